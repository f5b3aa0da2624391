// SPDX-License-Identifier: Apache-2.0
#include "engine/hold.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* What one call brought: packets, and behind them their bytes. */
struct hold_batch {
	struct hold_batch *next;
	uint64_t last_ns;
	size_t bytes, count;
	size_t at;			/* given away so far */
	struct telltap_packet packets[];
};

struct hold_note {
	struct hold_note *next;
	uint64_t ts_ns;
	size_t bytes;
	_Alignas(8) uint8_t data[];
};

void
hold_init(struct hold *h, uint64_t wait_ns, size_t max_bytes)
{
	*h = (struct hold){ .wait_ns = wait_ns, .max_bytes = max_bytes };
	h->end = &h->first;
	h->note_end = &h->note;
}

static void
drop_first(struct hold *h)
{
	struct hold_batch *b = h->first;

	h->first = b->next;
	if (!h->first)
		h->end = &h->first;
	h->bytes -= b->bytes;
	free(b);
}

static void
drop_note(struct hold *h)
{
	struct hold_note *n = h->note;

	h->note = n->next;
	if (!h->note)
		h->note_end = &h->note;
	h->bytes -= n->bytes;
	free(n);
}

void
hold_clear(struct hold *h)
{
	while (h->first)
		drop_first(h);
	while (h->note)
		drop_note(h);
}

static struct hold_batch *
copy(const struct telltap_packet *packets, size_t count)
{
	size_t len = sizeof(struct hold_batch) + count * sizeof(*packets);
	struct hold_batch *b;
	uint8_t *at;

	for (size_t i = 0; i < count; i++)
		len += packets[i].cap_len;
	b = malloc(len);
	if (!b)
		return NULL;
	*b = (struct hold_batch){ .bytes = len, .count = count };
	memcpy(b->packets, packets, count * sizeof(*packets));
	at = (uint8_t *)(b->packets + count);
	for (size_t i = 0; i < count; i++) {
		memcpy(at, packets[i].data, packets[i].cap_len);
		b->packets[i].data = at;
		at += packets[i].cap_len;
		if (packets[i].ts_ns > b->last_ns)
			b->last_ns = packets[i].ts_ns;
	}
	return b;
}

/* Of the first batch, what comes before the first note. */
static int
give_packets(struct hold *h, const struct hold_to *to)
{
	struct hold_batch *b = h->first;
	const struct telltap_packet *from = b->packets + b->at;
	size_t n = 1, left = b->count - b->at;
	int r;

	while (n < left && (!h->note || from[n].ts_ns <= h->note->ts_ns))
		n++;
	b->at += n;
	r = to->give(to->arg, from, n);
	if (b->at == b->count)
		drop_first(h);
	return r;
}

static bool
note_is_next(const struct hold *h)
{
	const struct hold_batch *b = h->first;

	return h->note && (!b || h->note->ts_ns < b->packets[b->at].ts_ns);
}

static int
give_next(struct hold *h, const struct hold_to *to)
{
	int r;

	if (!note_is_next(h))
		return give_packets(h, to);
	r = to->note(to->arg, h->note->data);
	drop_note(h);
	return r;
}

static int
give_above(struct hold *h, const struct hold_to *to)
{
	int r = 0;

	while (!r && (h->first || h->note) && h->bytes > h->max_bytes) {
		if (h->first && !note_is_next(h))
			h->early += h->first->count - h->first->at;
		do
			r = give_next(h, to);
		while (!r && h->first && h->first->at);
	}
	return r;
}

int
hold_add(struct hold *h, const struct telltap_packet *packets, size_t count,
    const struct hold_to *to)
{
	struct hold_batch *b = copy(packets, count);

	if (!b)
		return -ENOMEM;
	*h->end = b;
	h->end = &b->next;
	h->bytes += b->bytes;
	return give_above(h, to);
}

int
hold_add_note(struct hold *h, uint64_t ts_ns, const void *head,
    size_t head_len, const void *tail, size_t tail_len,
    const struct hold_to *to)
{
	size_t len = sizeof(struct hold_note) + head_len + tail_len;
	struct hold_note *n = malloc(len);

	if (!n)
		return -ENOMEM;
	n->next = NULL;
	n->ts_ns = ts_ns;
	n->bytes = len;
	memcpy(n->data, head, head_len);
	if (tail_len)
		memcpy(n->data + head_len, tail, tail_len);
	*h->note_end = n;
	h->note_end = &n->next;
	h->bytes += len;
	return give_above(h, to);
}

/* As far ahead as it would have to lie back: the clock was set back meanwhile,
 * and would not be as late again for long. */
static bool
is_due(const struct hold *h, uint64_t ts_ns, uint64_t now_ns)
{
	return now_ns == UINT64_MAX ||
	       (now_ns >= h->wait_ns && ts_ns <= now_ns - h->wait_ns) ||
	       (ts_ns >= h->wait_ns && ts_ns - h->wait_ns >= now_ns);
}

int
hold_release(struct hold *h, uint64_t now_ns, const struct hold_to *to)
{
	int r = 0;

	while (!r && (h->first || h->note) &&
	       is_due(h, note_is_next(h) ? h->note->ts_ns : h->first->last_ns,
		   now_ns))
		r = give_next(h, to);
	return r;
}

uint64_t
hold_until(const struct hold *h, uint64_t now_ns)
{
	const struct hold_batch *b = h->first;
	uint64_t first_ns = b ? b->packets[b->at].ts_ns : now_ns;

	return first_ns < now_ns ? first_ns : now_ns;
}
