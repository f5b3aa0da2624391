// SPDX-License-Identifier: Apache-2.0
#include "protocol/quic/quic_order.h"

#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"

struct quic_piece {
	struct quic_piece *next;
	uint64_t offset;
	size_t len;
	uint8_t data[];
};

/* Passes on what of the piece lies at or behind the next byte. */
static void
pass(struct quic_order *o, uint64_t offset, const uint8_t *data, size_t len,
    const struct quic_order_sink *sink, void *arg)
{
	struct cursor c = cur_init(data, len);
	uint64_t old = o->next - offset;

	if (old >= len)
		return;
	cur_skip(&c, (size_t)old);
	o->next = offset + len;
	sink->data(arg, cur_peek(&c), cur_left(&c));
}

static void
drain(struct quic_order *o, const struct quic_order_sink *sink, void *arg)
{
	while (o->pieces && o->pieces->offset <= o->next) {
		struct quic_piece *p = o->pieces;

		o->pieces = p->next;
		o->held_len -= p->len;
		o->held_count--;
		pass(o, p->offset, p->data, p->len, sink, arg);
		free(p);
	}
}

static void
skip_hole(struct quic_order *o, const struct quic_order_sink *sink, void *arg)
{
	uint64_t len = o->pieces->offset - o->next;

	o->next = o->pieces->offset;
	if (len)
		sink->gap(arg, len);
	drain(o, sink, arg);
}

static void
hold(struct quic_order *o, uint64_t offset, const uint8_t *data, size_t len)
{
	struct quic_piece **at = &o->pieces, *p;

	while (*at && (*at)->offset < offset)
		at = &(*at)->next;
	/* a retransmission of what waits */
	if (*at && (*at)->offset == offset && (*at)->len >= len)
		return;
	p = malloc(sizeof(*p) + len);
	if (!p)
		return;
	p->offset = offset;
	p->len = len;
	memcpy(p->data, data, len);
	p->next = *at;
	*at = p;
	o->held_len += len;
	o->held_count++;
}

void
quic_order_data(struct quic_order *o, uint64_t offset, const uint8_t *data,
    size_t len, const struct quic_order_sink *sink, void *arg)
{
	if (len == 0 || offset > (1ull << 62) - len)
		return;
	if (offset <= o->next) {
		pass(o, offset, data, len, sink, arg);
		drain(o, sink, arg);
		return;
	}
	hold(o, offset, data, len);
	while (o->pieces && (o->held_len > QUIC_ORDER_MAX_LEN ||
	    o->held_count > QUIC_ORDER_MAX_PIECES))
		skip_hole(o, sink, arg);
}

void
quic_order_flush(struct quic_order *o, const struct quic_order_sink *sink,
    void *arg)
{
	while (o->pieces)
		skip_hole(o, sink, arg);
}

void
quic_order_clear(struct quic_order *o)
{
	while (o->pieces) {
		struct quic_piece *p = o->pieces;

		o->pieces = p->next;
		free(p);
	}
	o->held_len = o->held_count = 0;
}
