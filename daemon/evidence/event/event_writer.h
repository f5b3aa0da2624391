/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVIDENCE_EVENT_WRITER_H
#define EVIDENCE_EVENT_WRITER_H

#include "base/json.h"
#include "verdict/event.h"

/*
 * What the files that write one event share: the JSON writer, the ceilings
 * that hold for this attempt, and the count of what they left out. A line is
 * tried with generous ceilings first; only one that comes out too long is
 * written again with smaller ones.
 */

enum event_left {
	LEFT_TEXT_BYTES,
	LEFT_REASONS,
	LEFT_CATEGORIES,
	LEFT_FILES,
	LEFT_RANGES,
	LEFT_ENCODINGS,
	LEFT_ALSO,
	LEFT_HASHES,
	LEFT_URLS,
	LEFT_ANSWERS,
	LEFT_LIMITS,
	LEFT_CANDIDATES,
	LEFT_TRANSFERS,
	LEFT_INPUTS,
	LEFT_OPTIONS,
	LEFT_ARGS,
	LEFT_VENDORS,
	LEFT_SAYS,
	LEFT_COUNT,
};

struct event_writer {
	struct json j;
	size_t start;			/* of the line, in the buffer */
	size_t list_max, text_max;
	uint64_t left[LEFT_COUNT];
};

/* How many of count items to write; the others are counted as left out. */
size_t event_list(struct event_writer *w, enum event_left what, size_t count);

/* True once the line is too long, so that loops end early. */
bool event_writer_full(const struct event_writer *w);

/* As much of a text that is above the ceiling as may be told. */
struct span event_cut(struct event_writer *w, struct span text);

/* A text, cut at the ceiling; nothing if it is empty. */
static inline void
event_text(struct event_writer *w, const char *key, struct span text)
{
	if (key && !text.len)
		return;
	if (text.len > w->text_max)
		text = event_cut(w, text);
	json_text(&w->j, key, text);
}

/* A text of ours; nothing if it is NULL. */
static inline void
event_word(struct event_writer *w, const char *key, const char *text)
{
	if (text)
		event_text(w, key, span_str(text));
}

void event_digest(struct event_writer *w, const char *key,
    const uint8_t sha256[static 32]);

/* A list of texts of that name; nothing if it is empty. */
void event_texts(struct event_writer *w, const char *key,
    enum event_left what, const struct span *texts, size_t count);
void event_words(struct event_writer *w, const char *key,
    enum event_left what, const char *const *words, size_t count);

/* The flow's ECS fields: network, source, destination, tls. */
void event_write_network(struct event_writer *w, const struct event *e);
/* The transfer's ECS fields: http, url, user_agent, dns. */
void event_write_application(struct event_writer *w,
    const struct event_transfer *t);
/* process, and the ECS fields of a file that was read. */
void event_write_process(struct event_writer *w, const struct event_process *p);
void event_write_read(struct event_writer *w, const struct event_file_read *f);
/* Parts of the object `telltap`. */
void event_write_attribution(struct event_writer *w, const struct event *e);
void event_write_read_counts(struct event_writer *w,
    const struct event_file_read *f);
void event_write_gap(struct event_writer *w, const struct event_gap *g);
void event_write_unwatched(struct event_writer *w,
    const struct event_unwatched *u);
void event_write_kernel_count(struct event_writer *w,
    const struct event_kernel_count *k);

void event_write_flow(struct event_writer *w, const struct event *e);
void event_write_transfer(struct event_writer *w, const struct event *e);
void event_write_data(struct event_writer *w, const struct event *e);
void event_write_types(struct event_writer *w, const struct event_http *h);
void event_write_inputs(struct event_writer *w,
    const struct event_input_list *list);
void event_write_totals(struct event_writer *w, const struct event *e);

#endif
