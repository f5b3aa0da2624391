// SPDX-License-Identifier: Apache-2.0
#include "protocol/quic/quic_detect.h"

#include <stdlib.h>

#include "base/cursor.h"
#include "protocol/conn.h"
#include "protocol/conn_wait.h"
#include "protocol/quic/quic_ahead.h"
#include "protocol/quic/quic_burst.h"
#include "protocol/quic/quic_google.h"
#include "protocol/quic/quic_handshake.h"
#include "protocol/quic/quic_hello.h"
#include "protocol/quic/quic_long.h"
#include "protocol/quic/quic_protect.h"
#include "protocol/quic/quic_session.h"
#include "protocol/quic/quic_short.h"
#include "protocol/tls/tls.h"

/*
 * A datagram holds one or more packets. Long headers (RFC 9000 section 17.2)
 * tell where they end; a short header goes to the end of the datagram. How
 * long the connection ID in a short header is, the other side has said in its
 * long headers, as the ID that it wants to be sent.
 *
 * Packets that can hold no more than an acknowledgement are overhead and do
 * not count as an answer.
 */
#define CID_MAX		QUIC_CID_MAX
#define TAG_LEN		QUIC_TAG_LEN
#define CONTROL_LEN	24

struct quic_layer {
	struct layer layer;
	bool told_client;
	uint8_t cid_len[2];	/* that the side is sent; CID_MAX + 1: not known */
	bool cid_sure[2];	/* a packet said so that could be opened */
	struct quic_burst burst;	/* of packets that can't be opened */
	struct quic_ahead ahead;	/* of the ServerHello */
	struct quic_hello *hello;	/* NULL before and behind the hellos */
	bool had_hello;
	struct quic_session *session;	/* NULL: no secrets */
	bool had_session;
	struct quic_handshake *handshake;	/* likewise */
	bool had_handshake;
	uint8_t client;			/* side, once told_client */
	bool q046;			/* Google's version of that name */
};

/* What is left of a datagram and begins with no long header. Returns how much of
 * it that was. */
static size_t
short_packet(struct quic_layer *q, unsigned side, struct span rest,
    bool filled, const struct when *when)
{
	size_t cid = q->cid_len[!side], len;
	size_t least = 1 + 1 + TAG_LEN, most = 1 + 4 + TAG_LEN;
	size_t min, max, opened = 0;

	if (q->session && cid <= CID_MAX)
		opened = quic_session_short(q->session, side, rest, cid, when);
	if (opened)
		return opened;
	len = quic_short_segment(rest, cid);
	least += cid <= CID_MAX ? cid : 0;
	most += cid <= CID_MAX ? cid : CID_MAX;
	max = len > least ? len - least : 0;
	min = len > most ? len - most : 0;
	if (max <= CONTROL_LEN) {
		conn_add_overhead(q->layer.conn, side, CONN_ENCRYPTED, len);
		return len;
	}
	quic_burst_packet(&q->burst, side, len, min, max, filled, when);
	return len;
}

/* Calls of Snapchat send RTP by the addresses of a connection of that version,
 * whose hello names no host (nDPI knows them by this, too). */
static void
note_media(struct quic_layer *q, struct span datagram)
{
	struct conn *conn = q->layer.conn;

	if (q->q046 && !conn->use && !conn->host && quic_is_rtp(datagram))
		conn->use = CONN_USE_SNAPCHAT_CALL;
}

/* One or more packets with short headers. */
static void
short_packets(struct quic_layer *q, const struct quic_ahead_piece *p)
{
	struct cursor c = cur_init(p->bytes.p, p->bytes.len);

	/* every packet is at least its header, so this ends */
	while (cur_left(&c))
		cur_skip(&c, short_packet(q, p->side,
		    (struct span){ cur_peek(&c), cur_left(&c) }, p->filled,
		    &p->when));
}

/* There are secrets, but not the cipher that they are for. */
static bool
is_ahead(const struct quic_layer *q)
{
	return q->session && !q->layer.conn->tls->has_server_hello;
}

static void
drain_ahead(struct quic_layer *q)
{
	struct buf kept = quic_ahead_draw(&q->ahead);
	struct cursor c = cur_init(kept.data, kept.len);
	struct quic_ahead_piece p;

	while (quic_ahead_next(&c, &p))
		short_packets(q, &p);
	buf_clear(&kept);
}

/* True if the packet could be opened. */
static bool
initial_packet(struct quic_layer *q, unsigned side, struct span packet,
    size_t pn_offset, uint32_t version)
{
	const struct tls_info *tls;
	bool opened;

	if (!q->hello && !q->had_hello) {
		q->hello = quic_hello_new(q->layer.conn);
		q->had_hello = true;
	}
	if (!q->hello)
		return false;
	opened = quic_hello_packet(q->hello, side, packet, pn_offset) == 0;
	if (quic_hello_done(q->hello)) {
		quic_hello_free(q->hello);
		q->hello = NULL;
	}
	tls = q->layer.conn->tls;
	if (opened && !q->had_session && tls && tls->has_client_hello)
		q->session = quic_session_begin(q->layer.conn, q->client,
		    version, &q->had_session);
	if (opened && q->session)
		quic_session_version(q->session, version);
	return opened;
}

/* True if the packet could be opened. */
static bool
handshake_packet(struct quic_layer *q, unsigned side, struct span packet,
    const struct quic_long *h)
{
	struct conn *conn = q->layer.conn;
	struct quic_handshake_told told;

	if (!q->had_handshake && conn->tls && conn->tls->has_server_hello) {
		q->had_handshake = true;
		q->handshake = quic_handshake_new(conn, q->client,
		    h->version);
	}
	if (!q->handshake || quic_handshake_packet(q->handshake, side, packet,
		h->header_len))
		return false;
	told = quic_handshake_told(q->handshake);
	if (q->session && told.preferred.len)
		quic_session_may_use(q->session, !q->client, told.preferred,
		    told.preferred_token);
	if (q->session && told.token.len)
		quic_session_token(q->session, told.token);
	return true;
}

/* 0-RTT, and what of it waits for its message is not overhead. */
static bool
early_packet(struct quic_layer *q, unsigned side, const struct quic_long *h,
    struct span packet, const struct when *when)
{
	size_t body = h->len - h->header_len;

	if (q->session && quic_session_early(q->session, side, packet,
		h->header_len, when) == 0)
		return true;
	quic_burst_packet(&q->burst, side, h->len,
	    body > 4 + TAG_LEN ? body - 4 - TAG_LEN : 0,
	    body > 1 + TAG_LEN ? body - 1 - TAG_LEN : 0, false, when);
	return false;
}

/* True if the packet could be opened. */
static bool
open_long(struct quic_layer *q, unsigned side, const struct quic_long *h,
    struct span packet, const struct when *when)
{
	struct conn *conn = q->layer.conn;
	bool opened = false, clear;

	if (h->type == QUIC_LONG_0RTT)
		return early_packet(q, side, h, packet, when);
	if (h->type == QUIC_LONG_INITIAL)
		opened = initial_packet(q, side, packet, h->header_len,
		    h->version);
	else if (h->type == QUIC_LONG_HANDSHAKE)
		opened = handshake_packet(q, side, packet, h);
	clear = h->type == QUIC_LONG_RETRY ||
	    (h->type == QUIC_LONG_OTHER && !quic_is_reserved(h->version));
	conn_add_overhead(conn, side, opened || clear ? CONN_UNDERSTOOD :
	    CONN_ENCRYPTED, h->len);
	return opened;
}

/* The ID by which the sender is sent to. Anybody can send a long header: once one
 * could be opened, others say nothing. */
static void
note_id(struct quic_layer *q, unsigned side, const struct quic_long *h,
    bool opened)
{
	if (opened || !q->cid_sure[side])
		q->cid_len[side] = h->src_len;
	q->cid_sure[side] |= opened;
	if (opened && q->session)
		quic_session_id(q->session, side,
		    (struct span){ h->src, h->src_len });
}

static void
long_packet(struct quic_layer *q, unsigned side, const struct quic_long *h,
    struct span packet, const struct when *when)
{
	struct conn *conn = q->layer.conn;

	if (h->type == QUIC_LONG_0RTT && !q->had_session && conn->tls &&
	    conn->tls->has_client_hello)
		q->session = quic_session_begin(conn, q->client, h->version,
		    &q->had_session);
	if (h->type == QUIC_LONG_OTHER && quic_is_google(h->version))
		quic_hello_google(conn, packet);
	q->q046 |= h->version == QUIC_Q046;
	if (!q->told_client &&
	    (h->type <= QUIC_LONG_0RTT || quic_is_reserved(h->version))) {
		q->told_client = true;
		q->client = (uint8_t)side;
		/* A server's Initial comes second. */
		conn_client_is(conn, side);
	}
	note_id(q, side, h, open_long(q, side, h, packet, when));
}

static void
quic_data(struct layer *l, unsigned side, const uint8_t *data, size_t len,
    const struct when *when)
{
	struct quic_layer *q = (struct quic_layer *)l;
	struct cursor c = cur_init(data, len);
	struct quic_long h;
	bool handshake = false;

	while (cur_left(&c) && !conn_wait_rest(l->conn, l, cur_left(&c))) {
		struct quic_ahead_piece rest = { *when, { cur_peek(&c),
			cur_left(&c) }, side, handshake && len >= QUIC_FULL_LEN };

		/* Every packet is at least its header, so this ends. */
		if (quic_long_read(c, false, &h)) {
			handshake = true;
			quic_burst_try(&q->burst, side, len);
			long_packet(q, side, &h,
			    (struct span){ rest.bytes.p, h.len }, when);
			cur_skip(&c, h.len);
			if (q->ahead.kept.len && !is_ahead(q))
				drain_ahead(q);
			continue;
		}
		if (quic_is_old_google(c))
			quic_hello_google(l->conn, rest.bytes);
		note_media(q, rest.bytes);
		if (is_ahead(q) && quic_ahead_keep(&q->ahead, &rest))
			return;
		cur_skip(&c, short_packet(q, side, rest.bytes, rest.filled,
		    when));
	}
}

/* A datagram that was not captured tells nothing. */
static void
quic_gap(struct layer *l, unsigned side, uint64_t len, const struct when *when)
{
	struct quic_layer *q = (struct quic_layer *)l;

	quic_burst_gap(&q->burst, side, len, when);
}

static void
quic_finish(struct layer *l, const struct when *when)
{
	struct quic_layer *q = (struct quic_layer *)l;

	drain_ahead(q);
	quic_burst_end(&q->burst);
	if (q->session)
		quic_session_finish(q->session, when);
}

static void
quic_free(struct layer *l)
{
	struct quic_layer *q = (struct quic_layer *)l;

	buf_clear(&q->ahead.kept);
	quic_hello_free(q->hello);
	quic_session_free(q->session);
	quic_handshake_free(q->handshake);
	free(l);
}

static const struct layer_ops quic_ops = {
	.name = "quic",
	.data = quic_data,
	.gap = quic_gap,
	.finish = quic_finish,
	.free = quic_free,
};

struct layer *
quic_layer_new(struct conn *conn)
{
	struct quic_layer *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->layer = (struct layer){ &quic_ops, conn };
	q->burst.conn = conn;
	q->cid_len[0] = q->cid_len[1] = CID_MAX + 1;
	return &q->layer;
}
