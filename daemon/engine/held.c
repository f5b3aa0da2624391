// SPDX-License-Identifier: Apache-2.0
#include "engine/held.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "canary/set.h"
#include "engine/infer_files.h"

#define HELD_MAX	65536		/* records */
#define HEADS_MAX	65536		/* flows */
#define GROUPS_MAX	1024		/* connections of HTTP/2 */
#define PART_MIN	1024		/* bytes that a first part has at least */
#define ANSWER_MIN	64		/* of plaintext: fewer answer nothing */
#define PAD_MAX		32	/* that padding leaves open of headers */
#define QUIC_PROTO	17

/* The last part of a flow that was not answered. */
struct open_part {
	UT_hash_handle hh;
	uint64_t flow;
	uint32_t whole;
};

/* What a flow sent last, where it can have been headers. */
struct head {
	UT_hash_handle hh;
	uint64_t flow;
	uint16_t len;
};

struct group_of {
	UT_hash_handle hh;
	uint64_t flow;
	uint32_t number;
};

struct far_end {
	UT_hash_handle hh;
	uint32_t number;
	char key[];
};

struct held {
	const struct known *known;
	double alpha;
	bool files;
	struct arena arena;
	struct held_record **records;
	size_t record_count, record_cap;
	struct inference_item *wholes;
	size_t whole_count, whole_cap;
	struct open_part *open;
	struct head *heads;
	struct inference_group *groups;
	size_t group_count;
	struct group_of *group_of;
	struct far_end *far_ends;
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
	struct far_end *f, *next_far_end;
	struct head *e, *next_head;
	struct group_of *g, *next_group;

	if (!h)
		return;
	HASH_ITER(hh, h->open, o, next_open) {
		HASH_DEL(h->open, o);
		free(o);
	}
	HASH_ITER(hh, h->group_of, g, next_group) {
		HASH_DEL(h->group_of, g);
		free(g);
	}
	HASH_ITER(hh, h->heads, e, next_head) {
		HASH_DEL(h->heads, e);
		free(e);
	}
	HASH_ITER(hh, h->far_ends, f, next_far_end) {
		HASH_DEL(h->far_ends, f);
		free(f);
	}
	reads_free(h->reads);
	free(h->records);
	free(h->wholes);
	free(h->groups);
	arena_clear(&h->arena);
	free(h);
}

static uint32_t
far_end_number(struct held *h, struct span key)
{
	struct far_end *f = NULL;

	if (key.len)
		HASH_FIND(hh, h->far_ends, key.p, key.len, f);
	if (f || !key.len)
		return f ? f->number : 0;
	f = malloc(sizeof(*f) + key.len);
	if (!f)
		return 0;
	memcpy(f->key, key.p, key.len);
	f->number = 1 + HASH_COUNT(h->far_ends);
	HASH_ADD_KEYPTR(hh, h->far_ends, f->key, key.len, f);
	return f->number;
}

static uint8_t
carrier_of(const struct event_flow *f)
{
	if (f->proto == QUIC_PROTO)
		return INFERENCE_QUIC;
	return f->tls && f->tls->may_be_h2 ? INFERENCE_HTTP2 : INFERENCE_STREAM;
}

static struct head *
find_head(struct held *h, uint64_t flow)
{
	struct head *e = NULL;

	HASH_FIND(hh, h->heads, &flow, sizeof(flow), e);
	return e;
}

/* Headers may go out, be answered, and the body follow. */
static void
note_head(struct held *h, const struct record *r)
{
	const struct event_transfer *t = r->event.transfer;
	bool fits = t->plain_max_out - t->plain_min_out <= PAD_MAX &&
	    t->plain_max_out <= MODEL_OFFSET_MAX;
	struct head *e = find_head(h, r->flow.id);

	if (!e && fits && HASH_COUNT(h->heads) < HEADS_MAX) {
		e = calloc(1, sizeof(*e));
		if (!e)
			return;
		e->flow = r->flow.id;
		HASH_ADD(hh, h->heads, flow, sizeof(e->flow), e);
	}
	if (e)
		e->len = fits ? (uint16_t)t->plain_max_out : 0;
}

/* The group of a connection's runs; 0 if there is no room for more. */
static uint32_t
group_number(struct held *h, uint64_t flow)
{
	struct inference_group *list;
	struct group_of *g = NULL;

	HASH_FIND(hh, h->group_of, &flow, sizeof(flow), g);
	if (g || h->group_count == GROUPS_MAX)
		return g ? g->number : 0;
	list = reallocarray(h->groups, h->group_count + 1, sizeof(*list));
	if (!list)
		return 0;
	h->groups = list;
	g = calloc(1, sizeof(*g));
	if (!g)
		return 0;
	list[h->group_count] = (struct inference_group){ 0 };
	g->flow = flow;
	g->number = (uint32_t)++h->group_count;
	HASH_ADD(hh, h->group_of, flow, sizeof(g->flow), g);
	return g->number;
}

/* What a run adds to its connection. */
static void
add_to_group(struct held *h, const struct event_transfer *t, uint32_t whole)
{
	struct inference_item *w = &h->wholes[whole];
	struct inference_group *g;

	if (!w->group)
		return;
	g = &h->groups[w->group - 1];
	g->total += t->plain_max_out;
	g->too_many |= t->end_count > TRANSFER_ENDS ||
	    t->plain_min_out != t->plain_max_out ||
	    g->end_count + t->end_count > INFERENCE_ENDS_MAX;
	for (size_t i = 0; i < t->end_count && !g->too_many; i++)
		g->ends[g->end_count++] = (struct inference_end){ whole,
			t->ends_out[i] };
}

/* The whole that a transfer goes on with, or a new one; -1 if there is no
 * memory for it. */
static long
whole_of(struct held *h, struct open_part *open, const struct record *r)
{
	const struct event_transfer *t = r->event.transfer;
	const struct head *head;
	struct inference_item *w;

	if (open) {
		w = &h->wholes[open->whole];
		if (w->start_count < INFERENCE_STARTS && w->min == w->max &&
		    w->max < UINT32_MAX)
			w->starts[w->start_count++] = (uint32_t)w->max;
		return (long)open->whole;
	}
	if (h->whole_count == INFERENCE_ITEMS_MAX)
		return -1;
	if (h->whole_count == h->whole_cap) {
		size_t cap = h->whole_cap ? 2 * h->whole_cap : 64;

		w = reallocarray(h->wholes, cap, sizeof(*w));
		if (!w)
			return -1;
		h->wholes = w;
		h->whole_cap = cap;
	}
	w = &h->wholes[h->whole_count];
	head = find_head(h, r->flow.id);
	*w = (struct inference_item){
		.before = head ? head->len : 0,
		.far_end = far_end_number(h, r->cloud.key),
		.carrier = carrier_of(&r->flow),
		.start_count = t->start_count,
	};
	if (w->carrier == INFERENCE_HTTP2)
		w->group = group_number(h, r->flow.id);
	_Static_assert(INFERENCE_STARTS == TRANSFER_STARTS, "as many starts");
	_Static_assert(INFERENCE_END_LEAST == TRANSFER_END_MIN + 1, "as long");
	memcpy(w->starts, t->starts_out, sizeof(w->starts));
	return (long)h->whole_count++;
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

/* Packets that may be probes of the path are, numbers are as short as they get if
 * how long they are is all that is uncertain, and records as programs write them. */
static void
add_sizes(struct inference_item *w, const struct event_transfer *t)
{
	uint64_t packets = t->records_out - (w->carrier == INFERENCE_QUIC ?
	    t->hollow_out : t->full_out);
	uint64_t span = INFERENCE_NUMBER_SPAN * packets;

	w->packets += packets;
	if (w->carrier == INFERENCE_QUIC && t->plain_max_out -
	    t->plain_min_out == span + t->hollow_len_out) {
		w->min += t->plain_min_out + span;
		w->max += t->plain_min_out + span;
		return;
	}
	w->min += t->plain_min_out + t->even_under_out;
	w->max += t->plain_max_out - t->even_over_out;
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
		note_head(h, r);
		return false;
	}
	copied = h->record_count < HELD_MAX ? held_copy(&h->arena, r) : NULL;
	whole = copied ? whole_of(h, open, r) : -1;
	note_head(h, r);
	if (whole < 0 || !keep(h, copied)) {
		h->refused++;
		return false;
	}
	copied->whole = (uint32_t)whole;
	add_sizes(&h->wholes[whole], t);
	if (t->end_last)
		h->wholes[whole].end = t->end_last;
	add_to_group(h, t, (uint32_t)whole);
	follow(h, open, r, (uint32_t)whole);
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
		.wholes = h->wholes,
		.whole_count = h->whole_count,
		.groups = h->groups,
		.group_count = h->group_count,
		.reads = h->reads,
	};
	int r = infer_case(&c);

	if (!r)
		r = infer_files(&c);
	for (size_t i = 0; i < h->record_count && !r; i++)
		r = visit(arg, &h->records[i]->event);
	return r;
}
