// SPDX-License-Identifier: Apache-2.0
#include "kernel/batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BYTES_MAX	(16u << 20)
#define PACKETS_MAX	16384
#define LARGEST		262144

struct half {
	struct telltap_packet packets[PACKETS_MAX];
	size_t count, used;
	bool disordered;
	uint8_t *bytes;
};

struct batch {
	struct half halves[2];
	unsigned current;
	uint64_t number;
};

struct batch *
batch_new(void)
{
	struct batch *b = calloc(1, sizeof(*b));

	for (int i = 0; b && i < 2; i++) {
		b->halves[i].bytes = malloc(BYTES_MAX + LARGEST);
		if (!b->halves[i].bytes) {
			batch_free(b);
			return NULL;
		}
	}
	return b;
}

void
batch_free(struct batch *b)
{
	if (!b)
		return;
	free(b->halves[0].bytes);
	free(b->halves[1].bytes);
	free(b);
}

void
batch_number(struct batch *b, uint64_t before)
{
	b->number = before;
}

bool
batch_is_full(const struct batch *b)
{
	const struct half *h = &b->halves[b->current];

	return h->count == PACKETS_MAX || h->used >= BYTES_MAX;
}

bool
batch_has_room(const struct batch *b, uint32_t len)
{
	const struct half *h = &b->halves[b->current];

	return len <= LARGEST && h->count + 1 < PACKETS_MAX &&
	       h->used + len < BYTES_MAX;
}

int
batch_add(struct batch *b, const struct telltap_packet *packet)
{
	struct half *h = &b->halves[b->current];
	struct telltap_packet *p;

	if (batch_is_full(b) || packet->cap_len > LARGEST)
		return ERR_LIMIT;
	p = &h->packets[h->count];
	*p = *packet;
	if (p->cap_len)
		memcpy(h->bytes + h->used, packet->data, p->cap_len);
	p->data = h->bytes + h->used;
	h->used += p->cap_len;
	/* Kept stable by the order of arrival, which batch_take() renews. */
	p->number = h->count;
	if (h->count && p->ts_ns < h->packets[h->count - 1].ts_ns)
		h->disordered = true;
	h->count++;
	return 0;
}

static int
by_time(const void *x, const void *y)
{
	const struct telltap_packet *a = x, *b = y;

	if (a->ts_ns != b->ts_ns)
		return a->ts_ns < b->ts_ns ? -1 : 1;
	return a->number < b->number ? -1 : 1;
}

struct telltap_packet *
batch_take(struct batch *b, size_t *ret_count)
{
	struct half *h = &b->halves[b->current], *next;

	if (h->disordered)
		qsort(h->packets, h->count, sizeof(*h->packets), by_time);
	for (size_t i = 0; i < h->count; i++)
		h->packets[i].number = ++b->number;
	b->current ^= 1;
	next = &b->halves[b->current];
	next->count = next->used = 0;
	next->disordered = false;
	*ret_count = h->count;
	return h->packets;
}
