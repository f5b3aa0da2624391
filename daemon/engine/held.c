// SPDX-License-Identifier: Apache-2.0
#include "engine/held.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "canary/set.h"
#include "engine/infer.h"

#define HELD_MAX	65536		/* records */
#define PART_MIN	1024		/* bytes that a first part has at least */
#define ANSWER_MIN	64		/* of plaintext: fewer answer nothing */
#define QUIC_PROTO	17

/* The last part of a flow that was not answered. */
struct open_part {
	UT_hash_handle hh;
	uint64_t flow;
	uint32_t whole;
};

struct far_end {
	UT_hash_handle hh;
	uint32_t number;
	char key[];
};

struct held {
	const struct known *known;
	double alpha;
	struct arena arena;
	struct held_record **records;
	size_t record_count, record_cap;
	struct inference_item *wholes;
	size_t whole_count, whole_cap;
	struct open_part *open;
	struct far_end *far_ends;
};

int
held_new(const struct known *known, double alpha, struct held **ret_held)
{
	struct held *h;
	size_t sets = 0;

	if (known)
		known_sets(known, &sets);
	*ret_held = NULL;
	if (!sets)
		return 0;
	h = calloc(1, sizeof(*h));
	if (!h)
		return -ENOMEM;
	h->known = known;
	h->alpha = alpha;
	arena_init(&h->arena);
	*ret_held = h;
	return 0;
}

void
held_free(struct held *h)
{
	struct open_part *o, *next_open;
	struct far_end *f, *next_far_end;

	if (!h)
		return;
	HASH_ITER(hh, h->open, o, next_open) {
		HASH_DEL(h->open, o);
		free(o);
	}
	HASH_ITER(hh, h->far_ends, f, next_far_end) {
		HASH_DEL(h->far_ends, f);
		free(f);
	}
	free(h->records);
	free(h->wholes);
	arena_clear(&h->arena);
	free(h);
}

static struct span
copy(struct arena *a, struct span s)
{
	char *p = s.len ? arena_strndup(a, s.p, s.len) : NULL;

	return (struct span){ (uint8_t *)p, p ? s.len : 0 };
}

static const char *
copy_word(struct arena *a, const char *s)
{
	return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

static void
copy_flow(struct arena *a, struct held_record *to)
{
	struct event_flow *f = &to->flow;

	f->community_id = copy(a, f->community_id);
	f->domain = copy(a, f->domain);
	if (!f->tls)
		return;
	to->tls = *f->tls;
	f->tls = &to->tls;
	to->tls.cipher = copy_word(a, to->tls.cipher);
	to->tls.server_name = copy(a, to->tls.server_name);
	to->tls.alpn = copy(a, to->tls.alpn);
	to->tls.ja3 = copy(a, to->tls.ja3);
	to->tls.ja4 = copy(a, to->tls.ja4);
	to->tls.cert_subject = copy(a, to->tls.cert_subject);
	to->tls.cert_issuer = copy(a, to->tls.cert_issuer);
}

static void
copy_transfer(struct arena *a, struct held_record *to)
{
	struct event_transfer *t = &to->transfer;
	struct span *reasons = arena_zalloc(a, (t->reason_count + 1 +
	    INFER_REASONS) * sizeof(*reasons));
	struct event_category *c = arena_zalloc(a, (t->category_count + 1) *
	    sizeof(*c));

	for (size_t i = 0; reasons && i < t->reason_count; i++)
		reasons[i] = copy(a, t->reasons[i]);
	t->reason_count = reasons ? t->reason_count : 0;
	t->reasons = reasons;
	if (c && t->category_count)
		memcpy(c, t->categories, t->category_count * sizeof(*c));
	t->category_count = c ? t->category_count : 0;
	t->categories = c;
	t->limits = NULL;
	t->limit_count = 0;
}

static struct held_record *
copy_record(struct arena *a, const struct record *r)
{
	struct held_record *to = arena_zalloc(a, sizeof(*to));

	if (!to)
		return NULL;
	to->event = r->event;
	to->flow = r->flow;
	to->transfer = *r->event.transfer;
	to->cloud = r->cloud;
	to->cloud.vendor = copy(a, to->cloud.vendor);
	to->cloud.network = copy(a, to->cloud.network);
	to->cloud.purpose = copy(a, to->cloud.purpose);
	to->cloud.source = copy(a, to->cloud.source);
	to->cloud.key = copy(a, to->cloud.key);
	copy_flow(a, to);
	copy_transfer(a, to);
	to->event.flow = &to->flow;
	to->event.transfer = &to->transfer;
	to->event.cloud = &to->cloud;
	return to;
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
	return f->tls && f->tls->alpn.len == 2 &&
	    !memcmp(f->tls->alpn.p, "h2", 2) ? INFERENCE_HTTP2 :
					       INFERENCE_STREAM;
}

/* The whole that a transfer goes on with, or a new one; -1 if there is no
 * memory for it. */
static long
whole_of(struct held *h, struct open_part *open, const struct record *r)
{
	const struct event_transfer *t = r->event.transfer;
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
	*w = (struct inference_item){
		.far_end = far_end_number(h, r->cloud.key),
		.carrier = carrier_of(&r->flow),
		.start_count = t->start_count,
	};
	_Static_assert(INFERENCE_STARTS == TRANSFER_STARTS, "as many starts");
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

bool
held_take(struct held *h, const struct record *r)
{
	const struct event_transfer *t = r->event.transfer;
	struct held_record *copied;
	struct open_part *open = NULL;
	long whole;

	if (t->visibility != VISIBLE_ENCRYPTED || !t->records_out ||
	    t->missing_out || t->plain_max_out == UINT64_MAX ||
	    h->record_count == HELD_MAX)
		return false;
	HASH_FIND(hh, h->open, &r->flow.id, sizeof(r->flow.id), open);
	if (!open && t->payload_out < PART_MIN)
		return false;
	copied = copy_record(&h->arena, r);
	whole = copied ? whole_of(h, open, r) : -1;
	if (whole < 0 || !keep(h, copied))
		return false;
	copied->whole = (uint32_t)whole;
	h->wholes[whole].min += t->plain_min_out;
	h->wholes[whole].max += t->plain_max_out;
	h->wholes[whole].packets += t->records_out;
	follow(h, open, r, (uint32_t)whole);
	return true;
}

int
held_release(struct held *h, int (*visit)(void *arg, struct event *e),
    void *arg)
{
	struct infer_case c = {
		.known = h->known,
		.alpha = h->alpha,
		.arena = &h->arena,
		.records = h->records,
		.record_count = h->record_count,
		.wholes = h->wholes,
		.whole_count = h->whole_count,
	};
	int r = infer_case(&c);

	for (size_t i = 0; i < h->record_count && !r; i++)
		r = visit(arg, &h->records[i]->event);
	return r;
}
