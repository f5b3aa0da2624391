// SPDX-License-Identifier: Apache-2.0
#include "protocol/quic/quic_hello.h"

#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "protocol/conn.h"
#include "protocol/quic/quic_frames.h"
#include "protocol/quic/quic_google.h"
#include "protocol/quic/quic_order.h"
#include "protocol/quic/quic_protect.h"
#include "protocol/tls/tls_hello.h"
#include "protocol/tls/tls_layer.h"

#define CRYPTO_MAX_LEN	(64 * 1024)
#define PACKET_MAX_LEN	4096
/* Initials that can't be opened, until no more are tried. */
#define FAILURES_MAX	16

enum handshake_type {
	CLIENT_HELLO = 1,
	SERVER_HELLO = 2,
};

struct hello_side {
	struct quic_order order;
	struct buf crypto;		/* handshake bytes in order */
	struct quic_keys keys;
	uint32_t version;		/* that keys are of, 0: no keys */
	uint64_t next_pn;
	bool done;			/* its hello was read, or is lost */
};

struct quic_hello {
	struct conn *conn;
	uint8_t dcid[QUIC_CID_MAX];	/* that opens the client's packets */
	uint8_t dcid_len;
	bool has_dcid;
	uint8_t client;			/* side, once has_dcid */
	uint8_t failures;
	struct hello_side side[2];
};

struct crypto_arg {
	struct quic_hello *hello;
	unsigned side;
};

struct quic_hello *
quic_hello_new(struct conn *conn)
{
	struct quic_hello *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->conn = conn;
	buf_init(&h->side[0].crypto, CRYPTO_MAX_LEN);
	buf_init(&h->side[1].crypto, CRYPTO_MAX_LEN);
	return h;
}

void
quic_hello_free(struct quic_hello *h)
{
	if (!h)
		return;
	for (unsigned side = 0; side < 2; side++) {
		quic_order_clear(&h->side[side].order);
		buf_clear(&h->side[side].crypto);
	}
	free(h);
}

bool
quic_hello_done(const struct quic_hello *h)
{
	return (h->side[0].done && h->side[1].done) ||
	    h->failures >= FAILURES_MAX;
}

static void
take_hello(struct quic_hello *h, uint8_t type, struct span body)
{
	struct tls_info **info = &h->conn->tls;
	struct tls_client_hello client;
	struct tls_server_hello server;

	if (!*info)
		*info = tls_info_new(h->conn->env);
	if (!*info)
		return;
	if (type == CLIENT_HELLO && tls_client_hello_parse(body, &client) == 0)
		tls_info_client(*info, h->conn->env, &client, 'q');
	if (type == SERVER_HELLO && tls_server_hello_parse(body, &server) == 0)
		tls_info_server(*info, h->conn->env, &server);
}

/* Handshake messages that are whole. A retried client sends two hellos. */
static void
read_messages(struct quic_hello *h, unsigned side)
{
	struct hello_side *s = &h->side[side];
	struct cursor c = cur_init(s->crypto.data, s->crypto.len);

	while (cur_left(&c) >= 4) {
		struct cursor m = c;
		uint8_t type = cur_u8(&m);
		size_t len = cur_be24(&m);
		const uint8_t *body = cur_bytes(&m, len);

		if (len > CRYPTO_MAX_LEN - 4)
			s->done = true;
		if (cur_failed(&m))
			break;
		take_hello(h, type, (struct span){ body, len });
		if (type == SERVER_HELLO && h->conn->tls &&
		    h->conn->tls->has_server_hello)
			h->side[0].done = h->side[1].done = true;
		c = m;
	}
	buf_consume(&s->crypto, s->crypto.len - cur_left(&c));
}

static void
on_crypto(void *arg, const uint8_t *data, size_t len)
{
	struct crypto_arg *a = arg;
	struct hello_side *s = &a->hello->side[a->side];

	if (s->done)
		return;
	buf_append(&s->crypto, data, len);
	if (s->crypto.failed)
		s->done = true;
	else
		read_messages(a->hello, a->side);
}

/* Above the ceiling of what may wait: no hello is like that. */
static void
on_crypto_gap(void *arg, uint64_t len)
{
	struct crypto_arg *a = arg;

	a->hello->side[a->side].done = true;
}

static const struct quic_order_sink crypto_sink = { on_crypto, on_crypto_gap };

static bool
is_google(uint32_t version)
{
	return version == QUIC_T050 || version == QUIC_T051 ||
	    version == QUIC_Q050;
}

static void
read_frames(struct quic_hello *h, unsigned side, uint32_t version,
    struct cursor c)
{
	struct crypto_arg arg = { h, side };
	struct quic_frame f;

	while ((is_google(version) ? quic_google_frame(&c, &f) :
	    quic_frame_next(&c, &f)) == 0)
		if (f.kind == QUIC_FRAME_CRYPTO && !h->side[side].done)
			quic_order_data(&h->side[side].order, f.offset,
			    f.data.p, f.data.len, &crypto_sink, &arg);
}

static int
open_with(struct hello_side *s, const struct quic_keys *keys,
    struct span packet, size_t pn_offset, uint8_t *plain, size_t *ret_len)
{
	struct quic_crypt x = { 0 };
	struct quic_header header;
	int rc;

	rc = quic_unprotect_header(&x, keys, packet, pn_offset, s->next_pn,
	    &header);
	if (rc == 0)
		rc = quic_open(&x, keys, packet, pn_offset, &header, plain,
		    ret_len);
	quic_crypt_clear(&x);
	if (rc == 0 && header.pn >= s->next_pn)
		s->next_pn = header.pn + 1;
	return rc;
}

/* The keys that the connection's ID gives for this version. */
static int
known_keys(struct quic_hello *h, unsigned side, uint32_t version)
{
	struct hello_side *s = &h->side[side];
	struct span dcid = { h->dcid, h->dcid_len };
	int rc;

	if (!h->has_dcid)
		return ERR_MALFORMED;
	if (s->version == version)
		return 0;
	rc = quic_keys_initial(version, dcid, side == h->client, &s->keys);
	if (rc == 0)
		s->version = version;
	return rc;
}

/* The packet's own ID opens it if it is the client's first, or its first after
 * a Retry. */
static int
first_keys(struct quic_hello *h, unsigned side, uint32_t version,
    struct span dcid, struct span packet, size_t pn_offset, uint8_t *plain,
    size_t *ret_len)
{
	struct quic_keys keys;
	int rc;

	if (h->has_dcid && side != h->client)
		return ERR_MALFORMED;
	rc = quic_keys_initial(version, dcid, true, &keys);
	if (rc == 0)
		rc = open_with(&h->side[side], &keys, packet, pn_offset, plain,
		    ret_len);
	if (rc)
		return rc;
	h->has_dcid = true;
	h->client = (uint8_t)side;
	memcpy(h->dcid, dcid.p, dcid.len);
	h->dcid_len = (uint8_t)dcid.len;
	h->side[side].keys = keys;
	h->side[side].version = version;
	h->side[side ^ 1].version = 0;
	return 0;
}

void
quic_hello_google(struct conn *conn, struct span data)
{
	struct span name;

	if (!conn->host && quic_google_name(data, &name))
		conn_host_is(conn, name, true);
}

int
quic_hello_packet(struct quic_hello *h, unsigned side, struct span packet,
    size_t pn_offset)
{
	struct cursor c = cur_init(packet.p, packet.len);
	uint8_t plain[PACKET_MAX_LEN];
	struct span dcid;
	uint32_t version;
	size_t len = 0;
	int rc;

	cur_skip(&c, 1);
	version = cur_be32(&c);
	dcid.len = cur_u8(&c);
	dcid.p = cur_bytes(&c, dcid.len);
	if (cur_failed(&c) || dcid.len > QUIC_CID_MAX ||
	    packet.len > sizeof(plain) || quic_hello_done(h))
		return ERR_MALFORMED;
	rc = known_keys(h, side, version);
	if (rc == 0)
		rc = open_with(&h->side[side], &h->side[side].keys, packet,
		    pn_offset, plain, &len);
	if (rc)
		rc = first_keys(h, side, version, dcid, packet, pn_offset,
		    plain, &len);
	if (rc) {
		h->failures++;
		return rc;
	}
	if (version == QUIC_Q050)
		quic_hello_google(h->conn, (struct span){ plain, len });
	else
		read_frames(h, side, version, cur_init(plain, len));
	return 0;
}
