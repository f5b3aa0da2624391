// SPDX-License-Identifier: Apache-2.0
#include "engine/hold.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What one call brought: packets, and behind them their bytes. */
struct hold_batch {
	struct hold_batch *next;
	uint64_t last_ns;
	size_t bytes, count;
	struct telltap_packet packets[];
};

void
hold_init(struct hold *h, uint64_t wait_ns, size_t max_bytes)
{
	*h = (struct hold){ .wait_ns = wait_ns, .max_bytes = max_bytes };
	h->end = &h->first;
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

void
hold_clear(struct hold *h)
{
	while (h->first)
		drop_first(h);
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

static int
give_first(struct hold *h, hold_fn give, void *arg)
{
	int r = give(arg, h->first->packets, h->first->count);

	drop_first(h);
	return r;
}

int
hold_add(struct hold *h, const struct telltap_packet *packets, size_t count,
    hold_fn give, void *arg)
{
	struct hold_batch *b = copy(packets, count);
	int r = 0;

	if (!b)
		return -ENOMEM;
	*h->end = b;
	h->end = &b->next;
	h->bytes += b->bytes;
	while (!r && h->first && h->bytes > h->max_bytes) {
		h->early += h->first->count;
		r = give_first(h, give, arg);
	}
	return r;
}

int
hold_release(struct hold *h, uint64_t now_ns, hold_fn give, void *arg)
{
	int r = 0;

	while (!r && h->first && (now_ns == UINT64_MAX ||
	    (now_ns >= h->wait_ns && h->first->last_ns <= now_ns - h->wait_ns)))
		r = give_first(h, give, arg);
	return r;
}
