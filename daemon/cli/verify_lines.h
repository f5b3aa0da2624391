/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_VERIFY_LINES_H
#define CLI_VERIFY_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Lines of events as a set of hashes: without the sequence number, which counts
 * lines that another run does not have, and without the nonce of a case.
 */
struct lines_hash {
	uint8_t hash[32];
	bool used;
	uint8_t excuse;		/* the caller's; 0: none */
	uint64_t place;		/* among those that were added, from 1 on */
};

/* A flow that has transfers. */
struct lines_flow {
	uint64_t id;
	uint64_t place;		/* of its line that was found last */
};

struct lines_seen {
	struct lines_hash *lines;
	size_t count, cap;
	struct lines_flow *flows;	/* that have transfers */
	size_t flow_count, flow_cap;
};

int lines_add(struct lines_seen *s, const char *line, size_t len, uint8_t excuse);
int lines_add_flow(struct lines_seen *s, uint64_t id);
/* All is added. */
int lines_sort(struct lines_seen *s);
void lines_clear(struct lines_seen *s);

/* 1 if there is such a line, which is then used up; 0; or a negative code. */
int lines_find(struct lines_seen *s, const char *line, size_t len,
    uint64_t *ret_place);
/* 1 if both are the same line but for sequence and nonce; 0; or a negative code. */
int lines_same(const char *a, size_t a_len, const char *b, size_t b_len);
/* False if a line of that flow was found before that was added later. */
bool lines_goes_on(struct lines_seen *s, uint64_t flow, uint64_t place);
bool lines_has_transfers(const struct lines_seen *s, uint64_t flow);
/* Lines with that excuse that were not used. */
uint64_t lines_left(const struct lines_seen *s, uint8_t excuse);

/* The decimal number behind a label at the start of a text. */
bool lines_read_number(const uint8_t *text, size_t len, const char *label,
    uint64_t *ret_number);

#endif
