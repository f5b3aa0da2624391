// SPDX-License-Identifier: Apache-2.0
#include "protocol/quic/quic_handshake.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "protocol/conn.h"
#include "protocol/quic/quic_choice.h"
#include "protocol/quic/quic_frames.h"
#include "protocol/quic/quic_order.h"
#include "protocol/tls/tls_hello.h"
#include "protocol/tls/tls_layer.h"

#define CRYPTO_MAX_LEN	(256 * 1024)
#define PACKET_MAX_LEN	4096

/* Messages of TLS, an extension, a transport parameter (RFC 9000, 18.2). */
#define ENCRYPTED_EXTENSIONS	8
#define CERTIFICATE		11
#define TRANSPORT_PARAMETERS	0x39
#define RESET_TOKEN		0x02
#define PREFERRED_ADDRESS	0x0d

struct handshake_side {
	struct quic_sender keys;
	struct quic_order order;
	struct buf crypto;		/* messages in order, not read yet */
	uint64_t next_pn;
	bool lost;			/* the rest can't be read */
};

struct quic_handshake {
	struct conn *conn;
	unsigned client;
	uint32_t version;
	struct handshake_side side[2];
	uint8_t preferred_len, token_len;
	uint8_t preferred[QUIC_CID_MAX], preferred_token[QUIC_TOKEN_LEN];
	uint8_t token[QUIC_TOKEN_LEN];
};

struct crypto_arg {
	struct quic_handshake *h;
	unsigned side;
};

static struct quic_choice
choice_of(const struct quic_handshake *h, unsigned side)
{
	return (struct quic_choice){ h->conn->env->keys,
		h->conn->tls->client_random, side == h->client ?
		    KEYLOG_CLIENT_HANDSHAKE : KEYLOG_SERVER_HANDSHAKE,
		quic_suite_of(h->conn->tls->cipher), h->version };
}

struct quic_handshake *
quic_handshake_new(struct conn *conn, unsigned client, uint32_t version)
{
	struct quic_handshake *h = conn->env->keys ? calloc(1, sizeof(*h)) :
						     NULL;

	if (!h)
		return NULL;
	h->conn = conn;
	h->client = client;
	h->version = version;
	for (unsigned i = 0; i < 2; i++) {
		struct quic_choice c = choice_of(h, i);

		if (c.suite != QUIC_SUITE_COUNT)
			(void)quic_choice_sender(&c, 0, &h->side[i].keys);
		buf_init(&h->side[i].crypto, CRYPTO_MAX_LEN);
	}
	if (h->side[0].keys.ready || h->side[1].keys.ready)
		return h;
	free(h);
	return NULL;
}

void
quic_handshake_free(struct quic_handshake *h)
{
	if (!h)
		return;
	for (unsigned i = 0; i < 2; i++) {
		quic_sender_clear(&h->side[i].keys);
		quic_order_clear(&h->side[i].order);
		buf_clear(&h->side[i].crypto);
	}
	free(h);
}

/* Two addresses with their ports, then the ID and its token. */
static void
read_preferred(struct quic_handshake *h, struct cursor c)
{
	size_t len;
	const uint8_t *id, *token;

	cur_skip(&c, 4 + 2 + 16 + 2);
	len = cur_u8(&c);
	id = cur_bytes(&c, len);
	token = cur_bytes(&c, QUIC_TOKEN_LEN);
	if (cur_failed(&c) || !len || len > QUIC_CID_MAX)
		return;
	memcpy(h->preferred, id, len);
	memcpy(h->preferred_token, token, QUIC_TOKEN_LEN);
	h->preferred_len = (uint8_t)len;
}

static void
read_parameters(struct quic_handshake *h, struct cursor c)
{
	while (cur_left(&c)) {
		uint64_t type = quic_varint(&c), len = quic_varint(&c);
		struct cursor one;

		if (len > cur_left(&c))
			return;
		one = cur_sub(&c, (size_t)len);
		if (cur_failed(&c))
			return;
		if (type == PREFERRED_ADDRESS)
			read_preferred(h, one);
		else if (type == RESET_TOKEN && len == QUIC_TOKEN_LEN) {
			cur_copy(&one, h->token, QUIC_TOKEN_LEN);
			h->token_len = QUIC_TOKEN_LEN;
		}
	}
}

static void
read_extensions(struct quic_handshake *h, struct span body)
{
	struct span parameters = tls_extension(body, TRANSPORT_PARAMETERS);

	tls_info_extensions(h->conn->tls, h->conn->env, body);
	read_parameters(h, cur_init(parameters.p, parameters.len));
}

static void
read_certificate(struct quic_handshake *h, unsigned side, struct span body)
{
	struct span leaf;

	if (tls_certificate_leaf(body, true, &leaf) || !leaf.len)
		return;
	if (side == h->client)
		tls_client_leaf(h->conn, leaf);
	else
		tls_info_leaf(h->conn->tls, h->conn->env, leaf);
}

static void
on_crypto(void *arg, const uint8_t *data, size_t len)
{
	struct crypto_arg *a = arg;
	struct handshake_side *s = &a->h->side[a->side];
	struct cursor c;

	buf_append(&s->crypto, data, len);
	s->lost |= s->crypto.failed;
	c = cur_init(s->crypto.data, s->lost ? 0 : s->crypto.len);
	while (cur_left(&c)) {
		struct cursor m = c;
		uint8_t type = cur_u8(&m);
		size_t body_len = cur_be24(&m);
		struct span body = { cur_bytes(&m, body_len), body_len };

		if (cur_failed(&m))
			break;
		if (type == ENCRYPTED_EXTENSIONS && a->side != a->h->client)
			read_extensions(a->h, body);
		else if (type == CERTIFICATE)
			read_certificate(a->h, a->side, body);
		c = m;
	}
	buf_consume(&s->crypto, s->crypto.len - cur_left(&c));
}

static void
on_gap(void *arg, uint64_t len)
{
	struct crypto_arg *a = arg;

	a->h->side[a->side].lost = true;
}

int
quic_handshake_packet(struct quic_handshake *h, unsigned side,
    struct span packet, size_t pn_offset)
{
	static const struct quic_order_sink sink = { on_crypto, on_gap };
	struct handshake_side *s = &h->side[side];
	struct crypto_arg arg = { h, side };
	struct quic_choice choice = choice_of(h, side);
	uint8_t plain[PACKET_MAX_LEN];
	struct quic_frame f;
	struct cursor c;
	size_t len;

	if (!s->keys.ready || packet.len > sizeof(plain) ||
	    quic_choice_open(&s->keys, &choice, packet, pn_offset, &s->next_pn,
		plain, &len))
		return ERR_MALFORMED;
	c = cur_init(plain, len);
	while (quic_frame_next(&c, &f) == 0)
		if (f.kind == QUIC_FRAME_CRYPTO && !s->lost)
			quic_order_data(&s->order, f.offset, f.data.p,
			    f.data.len, &sink, &arg);
	return 0;
}

struct quic_handshake_told
quic_handshake_told(const struct quic_handshake *h)
{
	return (struct quic_handshake_told){
		.preferred = { h->preferred, h->preferred_len },
		.preferred_token = { h->preferred_token,
			h->preferred_len ? QUIC_TOKEN_LEN : 0 },
		.token = { h->token, h->token_len },
	};
}
