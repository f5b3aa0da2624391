/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVIDENCE_EVENT_FIELDS_H
#define EVIDENCE_EVENT_FIELDS_H

#include "base/arena.h"
#include "base/json_tree.h"
#include "verdict/event.h"

/*
 * Fields out of a parsed line, for the files that read events. A field that is
 * not there reads as zero or empty; one of a wrong type, or no memory, latches
 * a failure that is checked once at the end. Texts are borrowed from the parsed
 * line, lists live in the arena.
 */
struct event_fields {
	struct arena arena;
	struct json_tree tree;
	const struct json_node *root;	/* of the tree */
	bool failed, no_memory;
	char error[160];
};

const struct json_node *field_object(struct event_fields *f, const struct json_node *o, const char *key);
const struct json_node *field_array(struct event_fields *f, const struct json_node *o, const char *key);
uint64_t field_u64(struct event_fields *f, const struct json_node *o, const char *key);
double field_real(struct event_fields *f, const struct json_node *o, const char *key);
bool field_bool(struct event_fields *f, const struct json_node *o, const char *key);
struct span field_text(struct event_fields *f, const struct json_node *o, const char *key);
/* NULL if it is not there. */
const char *field_word(struct event_fields *f, const struct json_node *o, const char *key);
/* Returns false, and leaves ret_out alone, if it is not there. */
bool field_sha256(struct event_fields *f, const struct json_node *o, const char *key,
    uint8_t ret_out[static 32]);
uint64_t field_time(struct event_fields *f, const struct json_node *o, const char *key);
/* A list of texts; its length is *ret_count. */
const struct span *field_texts(struct event_fields *f, const struct json_node *o,
    const char *key, size_t *ret_count);
const char *const *field_words(struct event_fields *f, const struct json_node *o,
    const char *key, size_t *ret_count);
/* Zeroed room for count objects of size bytes; NULL, latched, without memory;
 * NULL if count is 0. */
void *field_room(struct event_fields *f, size_t count, size_t size);
/* Latches a failure about that field. */
void field_bad(struct event_fields *f, const char *key);

/* The parts of a line. */
void event_read_flow(struct event_fields *f, struct event *e);
void event_read_transfer(struct event_fields *f, struct event *e);
void event_read_application(struct event_fields *f, struct event_transfer *t);
void event_read_file(struct event_fields *f, struct event *e);
void event_read_process(struct event_fields *f, struct event *e);
void event_read_file_read(struct event_fields *f, struct event *e);
/* False if the event is no socket's count. */
bool event_read_unwatched(struct event_fields *f, struct event *e);
bool event_read_gap(struct event_fields *f, struct event *e);
bool event_read_kernel_count(struct event_fields *f, struct event *e);

#endif
