// SPDX-License-Identifier: Apache-2.0
#include "engine/held_wholes.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "inference/model.h"

#define HEADS_MAX	65536		/* flows */
#define GROUPS_MAX	1024		/* connections of HTTP/2 */
#define PAD_MAX		32	/* that padding leaves open of headers */
#define QUIC_PROTO	17

/* What a flow sent last, where it can have been headers. */
struct held_head {
	UT_hash_handle hh;
	uint64_t flow;
	uint16_t len;
};

struct held_group {
	UT_hash_handle hh;
	uint64_t flow;
	uint32_t number;
};

struct held_far_end {
	UT_hash_handle hh;
	uint32_t number;
	char key[];
};

void
held_wholes_clear(struct held_wholes *w)
{
	struct held_head *h, *next_head;
	struct held_group *g, *next_group;
	struct held_far_end *f, *next_far_end;

	HASH_ITER(hh, w->heads, h, next_head) {
		HASH_DEL(w->heads, h);
		free(h);
	}
	HASH_ITER(hh, w->group_of, g, next_group) {
		HASH_DEL(w->group_of, g);
		free(g);
	}
	HASH_ITER(hh, w->far_ends, f, next_far_end) {
		HASH_DEL(w->far_ends, f);
		free(f);
	}
	free(w->items);
	free(w->groups);
	*w = (struct held_wholes){ 0 };
}

static uint32_t
far_end_number(struct held_wholes *w, struct span key)
{
	struct held_far_end *f = NULL;

	if (key.len)
		HASH_FIND(hh, w->far_ends, key.p, key.len, f);
	if (f || !key.len)
		return f ? f->number : 0;
	f = malloc(sizeof(*f) + key.len);
	if (!f)
		return 0;
	memcpy(f->key, key.p, key.len);
	f->number = 1 + HASH_COUNT(w->far_ends);
	HASH_ADD_KEYPTR(hh, w->far_ends, f->key, key.len, f);
	return f->number;
}

static uint8_t
carrier_of(const struct event_flow *f)
{
	if (f->proto == QUIC_PROTO)
		return INFERENCE_QUIC;
	return f->tls && f->tls->may_be_h2 ? INFERENCE_HTTP2 : INFERENCE_STREAM;
}

static struct held_head *
find_head(const struct held_wholes *w, uint64_t flow)
{
	struct held_head *e = NULL;

	HASH_FIND(hh, w->heads, &flow, sizeof(flow), e);
	return e;
}

/* Headers may go out, be answered, and the body follow. */
void
held_wholes_note(struct held_wholes *w, const struct record *r)
{
	const struct event_transfer *t = r->event.transfer;
	bool fits = t->plain_max_out - t->plain_min_out <= PAD_MAX &&
	    t->plain_max_out <= MODEL_OFFSET_MAX;
	struct held_head *e = find_head(w, r->flow.id);

	if (!e && fits && HASH_COUNT(w->heads) < HEADS_MAX) {
		e = calloc(1, sizeof(*e));
		if (!e)
			return;
		e->flow = r->flow.id;
		HASH_ADD(hh, w->heads, flow, sizeof(e->flow), e);
	}
	if (e)
		e->len = fits ? (uint16_t)t->plain_max_out : 0;
}

/* The group of a connection's runs; 0 if there is no room for more. */
static uint32_t
group_number(struct held_wholes *w, uint64_t flow)
{
	struct inference_group *list;
	struct held_group *g = NULL;

	HASH_FIND(hh, w->group_of, &flow, sizeof(flow), g);
	if (g || w->group_count == GROUPS_MAX)
		return g ? g->number : 0;
	list = reallocarray(w->groups, w->group_count + 1, sizeof(*list));
	if (!list)
		return 0;
	w->groups = list;
	g = calloc(1, sizeof(*g));
	if (!g)
		return 0;
	list[w->group_count] = (struct inference_group){ 0 };
	g->flow = flow;
	g->number = (uint32_t)++w->group_count;
	HASH_ADD(hh, w->group_of, flow, sizeof(g->flow), g);
	return g->number;
}

/* What a run adds to its connection. */
static void
add_to_group(struct held_wholes *w, const struct event_transfer *t,
    uint32_t whole)
{
	struct inference_item *item = &w->items[whole];
	struct inference_group *g;

	if (!item->group)
		return;
	g = &w->groups[item->group - 1];
	g->total += t->plain_max_out;
	g->too_many |= t->end_count > TRANSFER_ENDS ||
	    t->plain_min_out != t->plain_max_out ||
	    g->end_count + t->end_count > INFERENCE_ENDS_MAX;
	for (size_t i = 0; i < t->end_count && !g->too_many; i++)
		g->ends[g->end_count++] = (struct inference_end){ whole,
			t->ends_out[i] };
}

/* Packets that may be probes of the path are, numbers are as short as they get if
 * how long they are is all that is uncertain, and records as programs write them. */
static void
add_sizes(struct inference_item *item, const struct event_transfer *t)
{
	uint64_t packets = t->records_out - (item->carrier == INFERENCE_QUIC ?
	    t->hollow_out : t->full_out);
	uint64_t span = INFERENCE_NUMBER_SPAN * packets;

	item->packets += packets;
	if (item->carrier == INFERENCE_QUIC && t->plain_max_out -
	    t->plain_min_out == span + t->hollow_len_out) {
		item->min += t->plain_min_out + span;
		item->max += t->plain_min_out + span;
		return;
	}
	item->min += t->plain_min_out + t->even_under_out;
	item->max += t->plain_max_out - t->even_over_out;
}

/* Room for one more. */
static bool
reserve(struct held_wholes *w)
{
	size_t cap = w->cap ? 2 * w->cap : 64;
	struct inference_item *items;

	if (w->count == INFERENCE_ITEMS_MAX)
		return false;
	if (w->count < w->cap)
		return true;
	items = reallocarray(w->items, cap, sizeof(*items));
	if (!items)
		return false;
	w->items = items;
	w->cap = cap;
	return true;
}

long
held_wholes_add(struct held_wholes *w, const struct record *r)
{
	const struct event_transfer *t = r->event.transfer;
	const struct held_head *head;
	struct inference_item *item;

	if (!reserve(w))
		return -1;
	item = &w->items[w->count];
	head = find_head(w, r->flow.id);
	*item = (struct inference_item){
		.before = head ? head->len : 0,
		.far_end = far_end_number(w, r->cloud.key),
		.carrier = carrier_of(&r->flow),
		.start_count = t->start_count,
	};
	if (item->carrier == INFERENCE_HTTP2)
		item->group = group_number(w, r->flow.id);
	_Static_assert(INFERENCE_STARTS == TRANSFER_STARTS, "as many starts");
	_Static_assert(INFERENCE_END_LEAST == TRANSFER_END_MIN + 1, "as long");
	memcpy(item->starts, t->starts_out, sizeof(item->starts));
	return (long)w->count++;
}

void
held_wholes_go_on(struct held_wholes *w, uint32_t whole)
{
	struct inference_item *item = &w->items[whole];

	if (item->start_count < INFERENCE_STARTS && item->min == item->max &&
	    item->max < UINT32_MAX)
		item->starts[item->start_count++] = (uint32_t)item->max;
}

void
held_wholes_take(struct held_wholes *w, uint32_t whole,
    const struct event_transfer *t)
{
	add_sizes(&w->items[whole], t);
	if (t->end_last)
		w->items[whole].end = t->end_last;
	add_to_group(w, t, whole);
}
