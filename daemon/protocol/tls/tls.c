// SPDX-License-Identifier: Apache-2.0
#include "protocol/tls/tls.h"

#include <stdlib.h>

#include "base/cursor.h"
#include "base/slab.h"
#include "protocol/conn_hook.h"
#include "protocol/conn_wait.h"
#include "protocol/tls/tls_layer.h"

/*
 * Walks the records of both sides. Per side there are a header of at most five
 * bytes, which may come in pieces, and the length left of the record's body.
 * A gap inside a body is skipped by arithmetic. One that reaches past it loses
 * the boundary: then every offset is tried for a plausible header, and what
 * lies before it is sealed bytes of no known record. A side whose first bytes
 * are no record at all is not TLS: it is handed on as a run.
 */
static void
overhead(struct tls_layer *t, unsigned side, enum conn_overhead what,
    uint64_t len)
{
	conn_add_overhead(t->layer.conn, side, what, len);
}

static enum tls_part
classify(struct tls_layer *t, unsigned side, struct span rest)
{
	struct tls_dir *d = &t->dir[side];
	bool is_13 = tls_is_13(t->info->version) && t->info->cipher;

	switch (d->header[0]) {
	case TLS_CHANGE_CIPHER:
		d->sealed = true;
		if (!is_13)
			tls_decrypt_ccs(t, side);
		return TLS_PART_CLEAR;
	case TLS_HANDSHAKE:
		/* TLS 1.3 never seals a record of that type. */
		if (!d->sealed || is_13)
			return TLS_PART_HANDSHAKE;
		t->info->complete[side] = true;
		return TLS_PART_SEALED;
	case TLS_DATA:
		return tls_model_data(t, side, d->record_len, rest);
	default:
		return d->sealed ? TLS_PART_SEALED : TLS_PART_CLEAR;
	}
}

void
tls_record_end(struct tls_layer *t, unsigned side, const struct when *when)
{
	struct tls_dir *d = &t->dir[side];

	if (d->part == TLS_PART_DATA)
		tls_seal_record(t, side, !d->left, when);
	d->left = 0;
	d->header_len = 0;
}

static void
account(struct tls_layer *t, unsigned side, uint64_t len,
    const struct when *when)
{
	if (t->dir[side].part == TLS_PART_DATA)
		tls_seal_wire(t, side, len, when);
	else if (t->dir[side].part == TLS_PART_HOOKED)
		conn_hook_sealed(t->layer.conn, side, len);
	else
		overhead(t, side, t->dir[side].part == TLS_PART_SEALED ?
		    CONN_ENCRYPTED : CONN_UNDERSTOOD, len);
}

/* What kind of record it is has been found out; len bytes of it were seen. */
static void
begin_part(struct tls_layer *t, unsigned side, uint64_t len,
    const struct when *when)
{
	struct tls_dir *d = &t->dir[side];
	struct conn_hook *hook = t->layer.conn->hook;

	if (d->part == TLS_PART_DATA && hook && !t->owns_info) {
		d->part = TLS_PART_HOOKED;
		conn_hook_record(t->layer.conn, side,
		    5u + t->overhead.least);
		t->info->records[side]++;
	}
	if (d->part == TLS_PART_HANDSHAKE) {
		tls_handshake_record(t, side);
	} else if (d->part == TLS_PART_DATA) {
		t->dir[side].quiet = tls_model_quiet(t, side, d->record_len);
		tls_seal_begin(t, side, false, when);
		t->info->records[side]++;
	}
	account(t, side, len, when);
}

void
tls_unopened(struct tls_layer *t, unsigned side, uint64_t len,
    const struct when *when)
{
	struct tls_dir *d = &t->dir[side];

	d->part = TLS_PART_SEALED;
	if (d->header[0] == TLS_DATA)
		d->part = (uint8_t)tls_model_data(t, side, d->record_len,
		    (struct span){ 0 });
	begin_part(t, side, len, when);
}

/* A header is whole; rest is what lies behind it. */
static void
begin_record(struct tls_layer *t, unsigned side, struct span rest,
    const struct when *when)
{
	struct tls_dir *d = &t->dir[side];

	d->before_len = d->record_len;
	d->record_len = (uint16_t)(d->header[3] << 8 | d->header[4]);
	d->left = d->record_len;
	d->part = tls_decrypt_wants(t, side, d->header[0]) ? TLS_PART_OPEN :
	    (uint8_t)classify(t, side, rest);
	if (d->part != TLS_PART_OPEN)
		begin_part(t, side, 5, when);
	else if (!d->left)
		tls_decrypt_body(t, side, (struct span){ 0 }, when);
	if (!d->left)
		tls_record_end(t, side, when);
}

void
tls_unknown_bytes(struct tls_layer *t, unsigned side, struct span bytes,
    const struct when *when)
{
	const struct message_ops *ops = t->layer.conn->env->ops;
	bool run = t->dir[side].state == TLS_BROKEN;

	if (!bytes.len)
		return;
	tls_decrypt_lost(t, side, bytes.len);
	if (t->layer.conn->hook && !run && !t->owns_info) {
		conn_hook_sealed(t->layer.conn, side, bytes.len);
		return;
	}
	t->dir[side].quiet = false;
	tls_seal_begin(t, side, run, when);
	tls_seal_wire(t, side, bytes.len, when);
	if (!t->message)
		return;
	tls_seal_flush(t, when);
	if (run)
		ops->body(t->message, side, bytes.p, bytes.len, when);
	else
		ops->sealed(t->message, side, 0, bytes.len, when);
}

static void
broken(struct tls_layer *t, unsigned side, struct span rest,
    const struct when *when)
{
	struct tls_dir *d = &t->dir[side];
	struct span head = { d->header, d->header_len };

	t->info->broken = true;
	/* What was sealed or agreed on before makes sealed bytes of what
	 * follows. */
	d->state = d->sealed || d->sealed_seen || t->info->records[side] ||
	    t->info->has_server_hello ? TLS_LOST : TLS_BROKEN;
	tls_handshake_clear(t, side);
	d->header_len = 0;
	tls_unknown_bytes(t, side, head, when);
	if (d->state == TLS_BROKEN)
		tls_unknown_bytes(t, side, rest, when);
}

/* An SSLv2 hello may only be a client's first bytes. Returns bytes taken. */
static size_t
v2_hello(struct tls_layer *t, unsigned side, struct span bytes)
{
	size_t len;

	if (bytes.len < 3 || !(bytes.p[0] & 0x80) || bytes.p[2] != 1)
		return 0;
	len = (size_t)(bytes.p[0] & 0x7f) << 8 | bytes.p[1];
	t->dir[side].v2_left = (uint16_t)len;
	bytes.len -= 2;
	if (len <= bytes.len)
		tls_handshake_v2(t, side, (struct span){ bytes.p + 2, len });
	overhead(t, side, CONN_UNDERSTOOD, 2);
	return 2;
}

static void
take_body(struct tls_layer *t, unsigned side, struct cursor *c,
    const struct when *when)
{
	struct tls_dir *d = &t->dir[side];
	size_t len = cur_left(c) < d->left ? cur_left(c) : d->left;
	const uint8_t *p = cur_bytes(c, len);

	d->left = (uint16_t)(d->left - len);
	if (d->part == TLS_PART_OPEN)
		tls_decrypt_body(t, side, (struct span){ p, len }, when);
	else
		account(t, side, len, when);
	if (d->part == TLS_PART_HANDSHAKE)
		tls_handshake_data(t, side, (struct span){ p, len }, when);
	if (!d->left)
		tls_record_end(t, side, when);
}

static void
take_header(struct tls_layer *t, unsigned side, struct cursor *c,
    const struct when *when)
{
	struct tls_dir *d = &t->dir[side];

	while (d->header_len < 5 && cur_left(c))
		d->header[d->header_len++] = cur_u8(c);
	if (d->header_len < 5)
		return;
	struct span rest = { cur_peek(c), cur_left(c) };
	if (tls_header_plausible(d->header)) {
		begin_record(t, side, rest, when);
		return;
	}
	broken(t, side, rest, when);
	if (d->state == TLS_BROKEN)
		cur_skip(c, cur_left(c));
}

static void
tls_data(struct layer *l, unsigned side, const uint8_t *data, size_t len,
    const struct when *when)
{
	struct tls_layer *t = (struct tls_layer *)l;
	struct tls_dir *d = &t->dir[side];
	struct cursor c = cur_init(data, len);

	if (!d->any && d->state == TLS_RECORDS)
		cur_skip(&c, v2_hello(t, side, (struct span){ data, len }));
	d->any = true;
	while (cur_left(&c) && !conn_wait_rest(l->conn, l, cur_left(&c))) {
		if (d->v2_left) {
			size_t n = cur_left(&c) < d->v2_left ? cur_left(&c) :
			    d->v2_left;

			cur_skip(&c, n);
			d->v2_left = (uint16_t)(d->v2_left - n);
			overhead(t, side, CONN_UNDERSTOOD, n);
		} else if (d->state == TLS_BROKEN) {
			tls_unknown_bytes(t, side, (struct span){ cur_peek(&c),
			    cur_left(&c) }, when);
			cur_skip(&c, cur_left(&c));
		} else if (d->state == TLS_LOST) {
			size_t n = tls_header_find(cur_peek(&c), cur_left(&c));

			tls_unknown_bytes(t, side, (struct span){ cur_peek(&c),
			    n }, when);
			if (cur_left(&c) > n)
				d->state = TLS_RECORDS;
			cur_skip(&c, n);
		} else if (d->left) {
			take_body(t, side, &c, when);
		} else {
			take_header(t, side, &c, when);
		}
	}
	tls_seal_flush(t, when);
}

static void
tls_free(struct layer *l)
{
	struct tls_layer *t = (struct tls_layer *)l;

	for (unsigned side = 0; side < 2; side++)
		tls_handshake_clear(t, side);
	tls_decrypt_free(t);
	if (t->owns_info)
		tls_info_free(t->info, l->conn->env);
	slab_free(l->conn->env->slab, t, sizeof(*t));
}

static const struct layer_ops tls_ops = {
	.name = "tls",
	.data = tls_data,
	.gap = tls_layer_gap,
	.again = tls_layer_again,
	.finish = tls_layer_finish,
	.free = tls_free,
};

struct layer *
tls_layer_new(struct conn *conn)
{
	struct tls_layer *t = slab_zalloc(conn->env->slab, sizeof(*t));
	struct tls_info *info = tls_info_new(conn->env);

	if (!t || !info) {
		slab_free(conn->env->slab, t, sizeof(*t));
		tls_info_free(info, conn->env);
		return NULL;
	}
	t->layer = (struct layer){ &tls_ops, conn };
	t->info = info;
	t->client = -1;
	t->overhead = tls_overhead_of(0, 0);
	/* Inside of another TLS the outer one's info is the connection's. */
	t->owns_info = conn->tls != NULL;
	if (!t->owns_info)
		conn->tls = info;
	return &t->layer;
}

struct layer *
tls_layer_join(struct conn *conn)
{
	struct layer *l = tls_layer_new(conn);
	struct tls_layer *t = (struct tls_layer *)l;

	for (unsigned side = 0; l && side < 2; side++) {
		struct tls_dir *d = &t->dir[side];

		d->any = d->sealed = d->handshake_sent = true;
		d->early_over = true;
		d->state = TLS_LOST;
	}
	return l;
}
