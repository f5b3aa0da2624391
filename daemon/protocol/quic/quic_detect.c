// SPDX-License-Identifier: Apache-2.0
#include "protocol/quic/quic_detect.h"

#include <stdlib.h>

#include "base/cursor.h"
#include "protocol/conn.h"
#include "protocol/conn_wait.h"
#include "protocol/quic/quic_burst.h"
#include "protocol/quic/quic_frames.h"
#include "protocol/quic/quic_handshake.h"
#include "protocol/quic/quic_hello.h"
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

enum long_type {
	LONG_INITIAL,
	LONG_0RTT,
	LONG_HANDSHAKE,
	LONG_RETRY,
	LONG_OTHER,	/* of versions that are not IETF's; it has no length */
};

struct quic_layer {
	struct layer layer;
	bool told_client;
	uint8_t cid_len[2];	/* that the side is sent; CID_MAX + 1: not known */
	struct quic_burst burst;	/* of packets that can't be opened */
	struct quic_hello *hello;	/* NULL before and behind the hellos */
	bool had_hello;
	struct quic_session *session;	/* NULL: no secrets */
	bool had_session;
	struct quic_handshake *handshake;	/* likewise */
	bool had_handshake;
	uint8_t client;			/* side, once told_client */
};

struct long_header {
	uint32_t version;
	uint8_t type;		/* enum long_type */
	uint8_t src_len;
	const uint8_t *src;	/* the ID by which its sender is sent to */
	size_t header_len;	/* up to the packet number */
	size_t len;		/* of the packet, all of it */
};

/* Google's versions are four characters: "Q046", "T051". */
static bool
is_google(uint32_t version)
{
	uint8_t letter = (uint8_t)(version >> 24);

	return (letter == 'Q' || letter == 'T') &&
	    (version >> 16 & 0xff) == '0' &&
	    (uint8_t)((version >> 8 & 0xff) - '0') < 10 &&
	    (uint8_t)((version & 0xff) - '0') < 10;
}

static bool
is_ietf(uint32_t version)
{
	return version == QUIC_V1 || quic_is_v2(version) ||
	    version == QUIC_T050 || version == QUIC_T051 ||
	    version == QUIC_Q050 ||
	    (version >= 0xff000016 && version <= 0xff000022) ||
	    version >> 8 == 0xfaceb0;
}

/* Nobody speaks it: a client that begins so has the server tell what it does
 * speak (RFC 9000, 15). */
static bool
is_reserved(uint32_t version)
{
	return (version & 0x0f0f0f0f) == 0x0a0a0a0a;
}

/* c: at the packet's first byte. False if it is no long header. Once the sides
 * know each other they need not set the fixed bit (RFC 9287). */
static bool
read_long(struct cursor c, bool fixed_bit, struct long_header *ret)
{
	size_t all = cur_left(&c);
	struct long_header h = { 0 };
	uint8_t first = cur_u8(&c);
	uint8_t dst_len;

	h.version = cur_be32(&c);
	if (!cur_failed(&c) && first & 0x80 && is_google(h.version) &&
	    !is_ietf(h.version)) {
		/* Their IDs' lengths are coded otherwise in each. */
		h.src_len = CID_MAX + 1;
		h.type = LONG_OTHER;
		h.len = all;
		*ret = h;
		return true;
	}
	dst_len = cur_u8(&c);
	cur_skip(&c, dst_len);
	h.src_len = cur_u8(&c);
	h.src = cur_bytes(&c, h.src_len);
	if (cur_failed(&c) || !(first & 0x80) || dst_len > CID_MAX ||
	    h.src_len > CID_MAX)
		return false;
	h.type = is_ietf(h.version) ? first >> 4 & 3 : LONG_OTHER;
	h.len = all;
	if (h.type == LONG_OTHER) {
		*ret = h;
		return h.version == 0 || is_reserved(h.version);
	}
	if (quic_is_v2(h.version))
		h.type = (h.type + 3) & 3;	/* RFC 9369 section 3.2 */
	if (fixed_bit && !(first & 0x40))
		return false;
	if (h.type != LONG_RETRY) {
		uint64_t len;

		if (h.type == LONG_INITIAL) {
			len = quic_varint(&c);
			cur_skip(&c, len > SIZE_MAX ? SIZE_MAX : (size_t)len);
		}
		len = quic_varint(&c);
		h.header_len = all - cur_left(&c);
		if (cur_failed(&c) || len > cur_left(&c))
			return false;
		h.len = h.header_len + (size_t)len;
	}
	*ret = h;
	return true;
}

/* Google's up to Q043: flags, connection ID, version. */
static bool
is_old_google(struct cursor c)
{
	uint8_t flags = cur_u8(&c);

	cur_skip(&c, 8);
	return (flags & 0x89) == 0x09 && is_google(cur_be32(&c)) &&
	    !cur_failed(&c);
}

int
quic_detect(const uint8_t *data, size_t len)
{
	struct cursor c = cur_init(data, len);
	struct long_header h;

	if (len < 7)
		return 0;
	if (!(data[0] & 0x80))
		return is_old_google(c);
	if (!read_long(c, true, &h))
		return 0;
	if (is_reserved(h.version))
		return data[0] & 0x40 && len >= QUIC_FULL_LEN;
	/* Version negotiation lists versions, one of which has to be known. */
	if (h.version == 0) {
		cur_skip(&c, 5);
		cur_skip(&c, cur_u8(&c));
		cur_skip(&c, cur_u8(&c));
		if (cur_left(&c) % 4)
			return 0;
		while (cur_left(&c)) {
			uint32_t v = cur_be32(&c);

			if (is_ietf(v) || is_google(v))
				return 1;
		}
		return 0;
	}
	return 1;
}

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
    const struct long_header *h)
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

static void
long_packet(struct quic_layer *q, unsigned side, const struct long_header *h,
    struct span packet, const struct when *when)
{
	struct conn *conn = q->layer.conn;
	size_t body = h->len - h->header_len;

	q->cid_len[side] = h->src_len;
	if (h->type == LONG_0RTT && !q->had_session && conn->tls &&
	    conn->tls->has_client_hello)
		q->session = quic_session_begin(conn, q->client, h->version,
		    &q->had_session);
	if (h->type == LONG_OTHER && is_google(h->version))
		quic_hello_google(conn, packet);
	if (!q->told_client &&
	    (h->type <= LONG_0RTT || is_reserved(h->version))) {
		q->told_client = true;
		q->client = (uint8_t)side;
		/* A server's Initial comes second. */
		conn_client_is(conn, side);
	}
	if ((h->type == LONG_OTHER && !is_reserved(h->version)) ||
	    h->type == LONG_RETRY ||
	    (h->type == LONG_INITIAL &&
	     initial_packet(q, side, packet, h->header_len, h->version)) ||
	    (h->type == LONG_HANDSHAKE &&
	     handshake_packet(q, side, packet, h)))
		conn_add_overhead(conn, side, CONN_UNDERSTOOD, h->len);
	else if (h->type == LONG_0RTT && q->session &&
	    quic_session_early(q->session, side, packet, h->header_len,
		when) == 0)
		return;
	else if (h->type == LONG_0RTT)
		quic_burst_packet(&q->burst, side, h->len,
		    body > 4 + TAG_LEN ? body - 4 - TAG_LEN : 0,
		    body > 1 + TAG_LEN ? body - 1 - TAG_LEN : 0, false, when);
	else
		conn_add_overhead(conn, side, CONN_ENCRYPTED, h->len);
}

static void
quic_data(struct layer *l, unsigned side, const uint8_t *data, size_t len,
    const struct when *when)
{
	struct quic_layer *q = (struct quic_layer *)l;
	struct cursor c = cur_init(data, len);
	struct long_header h;
	bool handshake = false;

	while (cur_left(&c) && !conn_wait_rest(l->conn, l, cur_left(&c))) {
		size_t left = cur_left(&c);

		/* Every packet is at least its header, so this ends. */
		if (!read_long(c, false, &h)) {
			if (is_old_google(c))
				quic_hello_google(l->conn,
				    (struct span){ cur_peek(&c), left });
			cur_skip(&c, short_packet(q, side,
			    (struct span){ cur_peek(&c), left },
			    handshake && len >= QUIC_FULL_LEN, when));
			continue;
		}
		handshake = true;
		long_packet(q, side, &h,
		    (struct span){ cur_peek(&c), h.len }, when);
		if (q->session && h.type != LONG_OTHER)
			quic_session_id(q->session, side,
			    (struct span){ h.src, h.src_len });
		cur_skip(&c, h.len);
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

	quic_burst_end(&q->burst);
	if (q->session)
		quic_session_finish(q->session, when);
}

static void
quic_free(struct layer *l)
{
	struct quic_layer *q = (struct quic_layer *)l;

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
