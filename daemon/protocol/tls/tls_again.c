// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "base/cursor.h"
#include "protocol/conn_again.h"
#include "protocol/tls/tls_decrypt.h"

/*
 * Bytes of records that come again, and are others than those that came first: of
 * a record that is not whole yet they are kept beside it, and tried where the
 * first ones open nothing; for one that is whole the connection waits.
 */
#define SPARE_MAX	(2 * TLS_RECORD_MAX)

struct spare {
	uint16_t at, len;	/* of the record's body */
};

/* Of len bytes, those from at on came again as bytes. */
static void
keep(struct buf *spare, size_t at, struct span bytes)
{
	const struct spare head = { (uint16_t)at, (uint16_t)bytes.len };

	if (spare->len + sizeof(head) + bytes.len > SPARE_MAX)
		return;
	if (!spare->data)
		buf_init(spare, SPARE_MAX);
	buf_append(spare, &head, sizeof(head));
	buf_append(spare, bytes.p, bytes.len);
}

void
tls_layer_again(struct layer *l, unsigned side, uint64_t back,
    const uint8_t *data, size_t len)
{
	struct tls_layer *t = (struct tls_layer *)l;
	struct tls_opening *o = t->decrypt ? &t->decrypt->side[side] : NULL;
	struct cursor c = cur_init(data, len);
	size_t at = 0, n;

	if (!o || !o->held.len)
		return;
	if (back > o->held.len)
		cur_skip(&c, back - o->held.len < len ?
		    (size_t)(back - o->held.len) : len);
	else
		at = o->held.len - (size_t)back;
	n = o->held.len - at < cur_left(&c) ? o->held.len - at : cur_left(&c);
	if (n && memcmp(o->held.data + at, cur_peek(&c), n))
		keep(&o->spare, at, (struct span){ cur_peek(&c), n });
}

bool
tls_again_open(struct tls_layer *t, unsigned side, struct span in,
    const struct when *when, uint8_t *out, size_t *ret_len)
{
	const struct buf *spare = &t->decrypt->side[side].spare;
	struct cursor c = cur_init(spare->data, spare->len);
	uint8_t body[TLS_RECORD_MAX];

	if (!spare->len || spare->failed || in.len > sizeof(body))
		return false;
	memcpy(body, in.p, in.len);
	while (cur_left(&c)) {
		struct spare head;

		cur_copy(&c, (uint8_t *)&head, sizeof(head));
		cur_copy(&c, body + head.at, head.len);
	}
	return tls_decrypt_open(t, side, (struct span){ body, in.len }, when,
	    out, ret_len);
}

bool
tls_again_wait(struct tls_layer *t, unsigned side, struct span in,
    const struct when *when)
{
	const struct tls_opening *o = &t->decrypt->side[side];
	const struct span header = { t->dir[side].header, 5 };

	return o->opened && o->crypt && !o->searching &&
	    conn_again_begin(t->layer.conn, &t->layer, side, header, in, when);
}
