// SPDX-License-Identifier: Apache-2.0
#include "protocol/quic/quic_ahead.h"

/* In front of a piece's bytes. */
struct head {
	struct when when;
	size_t len;
	uint8_t side, filled;
};

bool
quic_ahead_keep(struct quic_ahead *a, const struct quic_ahead_piece *p)
{
	const struct head h = { p->when, p->bytes.len, (uint8_t)p->side,
		p->filled };

	if (a->kept.len + sizeof(h) + p->bytes.len > QUIC_AHEAD_MAX)
		return false;
	if (!a->kept.data)
		buf_init(&a->kept, QUIC_AHEAD_MAX);
	if (!buf_reserve(&a->kept, sizeof(h) + p->bytes.len))
		return false;
	buf_append(&a->kept, &h, sizeof(h));
	buf_append(&a->kept, p->bytes.p, p->bytes.len);
	return true;
}

struct buf
quic_ahead_draw(struct quic_ahead *a)
{
	struct buf kept = a->kept;

	buf_init(&a->kept, QUIC_AHEAD_MAX);
	return kept;
}

bool
quic_ahead_next(struct cursor *c, struct quic_ahead_piece *ret)
{
	struct head h;

	cur_copy(c, (uint8_t *)&h, sizeof(h));
	if (cur_failed(c))
		return false;
	*ret = (struct quic_ahead_piece){ .when = h.when, .side = h.side,
		.filled = h.filled, .bytes = { cur_bytes(c, h.len), h.len } };
	return true;
}
