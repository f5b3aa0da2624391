// SPDX-License-Identifier: Apache-2.0
#include "engine/held.h"

#include <errno.h>
#include <stdlib.h>

#include <uthash.h>

#include "engine/held_wholes.h"
#include "engine/infer_files.h"

#define HELD_MAX	65536		/* records */
#define PART_MIN	1024		/* bytes that a first part has at least */
#define ANSWER_MIN	64		/* of plaintext: fewer answer nothing */

/* The last part of a flow that was not answered. */
struct open_part {
	UT_hash_handle hh;
	uint64_t flow;
	uint32_t whole;
};

struct held {
	const struct known *known;
	double alpha;
	bool files;
	struct arena arena;
	struct held_record **records;
	size_t record_count, record_cap;
	struct held_wholes wholes;
	struct open_part *open;
	struct reads *reads;
	uint64_t refused;
};

void
held_read(struct held *h, const struct event_file_read *read,
    const struct event_process *process)
{
	reads_add(h->reads, read, process);
}

uint64_t
held_refused(const struct held *h)
{
	return h->refused;
}

int
held_new(const struct known *known, double alpha, bool files,
    struct held **ret_held)
{
	struct held *h;
	size_t sets = 0;

	if (known)
		known_sets(known, &sets);
	*ret_held = NULL;
	if (!sets && !files)
		return 0;
	h = calloc(1, sizeof(*h));
	if (!h)
		return -ENOMEM;
	h->reads = reads_new();
	if (!h->reads) {
		free(h);
		return -ENOMEM;
	}
	h->known = known;
	h->alpha = alpha;
	h->files = files;
	arena_init(&h->arena);
	*ret_held = h;
	return 0;
}

void
held_free(struct held *h)
{
	struct open_part *o, *next_open;

	if (!h)
		return;
	HASH_ITER(hh, h->open, o, next_open) {
		HASH_DEL(h->open, o);
		free(o);
	}
	reads_free(h->reads);
	free(h->records);
	held_wholes_clear(&h->wholes);
	arena_clear(&h->arena);
	free(h);
}

static bool
keep(struct held *h, struct held_record *r)
{
	if (h->record_count == h->record_cap) {
		size_t cap = h->record_cap ? 2 * h->record_cap : 64;
		struct held_record **list = reallocarray(h->records, cap,
		    sizeof(*list));

		if (!list)
			return false;
		h->records = list;
		h->record_cap = cap;
	}
	h->records[h->record_count++] = r;
	return true;
}

/* An answer closes what is open; else the next transfer of the flow goes on
 * with it. */
static void
follow(struct held *h, struct open_part *open, const struct record *r,
    uint32_t whole)
{
	if (r->event.transfer->plain_max_in >= ANSWER_MIN) {
		if (open) {
			HASH_DEL(h->open, open);
			free(open);
		}
		return;
	}
	if (open)
		return;
	open = malloc(sizeof(*open));
	if (!open)
		return;
	open->flow = r->flow.id;
	open->whole = whole;
	HASH_ADD(hh, h->open, flow, sizeof(open->flow), open);
}

/* The whole that a transfer goes on with, or a new one; -1 if there is no room
 * for it. */
static long
whole_of(struct held *h, const struct open_part *open, const struct record *r)
{
	if (!open)
		return held_wholes_add(&h->wholes, r);
	held_wholes_go_on(&h->wholes, open->whole);
	return (long)open->whole;
}

bool
held_take(struct held *h, const struct record *r)
{
	const struct event_transfer *t = r->event.transfer;
	struct held_record *copied;
	struct open_part *open = NULL;
	long whole;

	if (t->visibility != VISIBLE_ENCRYPTED || !t->records_out ||
	    t->missing_out || t->plain_max_out == UINT64_MAX)
		return false;
	HASH_FIND(hh, h->open, &r->flow.id, sizeof(r->flow.id), open);
	if (!open && t->payload_out < PART_MIN) {
		held_wholes_note(&h->wholes, r);
		return false;
	}
	copied = h->record_count < HELD_MAX ? held_copy(&h->arena, r) : NULL;
	whole = copied ? whole_of(h, open, r) : -1;
	held_wholes_note(&h->wholes, r);
	if (whole < 0 || !keep(h, copied)) {
		h->refused++;
		return false;
	}
	copied->whole = (uint32_t)whole;
	held_wholes_take(&h->wholes, copied->whole, t);
	follow(h, open, r, copied->whole);
	return true;
}

int
held_release(struct held *h, const struct known *known,
    int (*visit)(void *arg, struct event *e), void *arg)
{
	struct infer_case c = {
		.known = h->known,
		.files_known = h->files ? known : NULL,
		.alpha = h->alpha,
		.arena = &h->arena,
		.records = h->records,
		.record_count = h->record_count,
		.wholes = h->wholes.items,
		.whole_count = h->wholes.count,
		.groups = h->wholes.groups,
		.group_count = h->wholes.group_count,
		.reads = h->reads,
	};
	int r = infer_case(&c);

	if (!r)
		r = infer_files(&c);
	for (size_t i = 0; i < h->record_count && !r; i++)
		r = visit(arg, &h->records[i]->event);
	return r;
}
