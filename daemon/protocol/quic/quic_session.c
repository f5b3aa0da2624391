// SPDX-License-Identifier: Apache-2.0
#include "protocol/quic/quic_session.h"

#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "protocol/conn.h"
#include "protocol/http/http3.h"
#include "protocol/tls/key_uses.h"
#include "protocol/conn_wait.h"
#include "protocol/tls/keylog.h"
#include "protocol/quic/quic_frames.h"
#include "protocol/quic/quic_protect.h"
#include "protocol/quic/quic_streams.h"
#include "protocol/tls/tls.h"

#define PACKET_MAX_LEN	65536
#define KEY_PHASE	0x04

/* One sender's keys: of the phase that its last packet was in, and of the next
 * one (RFC 9001, 6). Header protection keys stay. */
struct sender {
	bool tried, ready;
	bool phase;
	enum quic_suite suite;
	struct quic_keys now, next;
	uint8_t next_secret[QUIC_SECRET_MAX];
	uint64_t next_pn;
};

struct quic_session {
	struct conn *conn;
	uint32_t version;
	unsigned client;
	struct sender app[2];		/* [side] */
	struct sender early;		/* the client's 0-RTT */
	struct quic_streams streams;
};

/* What the packet under way was opened to. */
static __thread uint8_t plain[PACKET_MAX_LEN];

/* The phase after the one whose secret this is. */
static int
prepare_next(struct sender *k, uint32_t version, const uint8_t *secret)
{
	int rc = quic_secret_update(k->suite, version, secret,
	    k->next_secret);

	if (rc == 0)
		rc = quic_keys_derive(k->suite, version, k->next_secret,
		    &k->next);
	memcpy(k->next.hp, k->now.hp, sizeof(k->next.hp));
	return rc;
}

static void
sender_init(struct quic_session *s, struct sender *k, enum quic_suite suite,
    enum keylog_label label)
{
	struct span secret = keylog_find(s->conn->env->keys, label,
	    s->conn->tls->client_random);

	k->tried = true;
	if (suite == QUIC_SUITE_COUNT || secret.len != quic_secret_len(suite))
		return;
	k->suite = suite;
	if (quic_keys_derive(suite, s->version, secret.p, &k->now) == 0 &&
	    prepare_next(k, s->version, secret.p) == 0)
		k->ready = true;
}

static bool
is_http3(const struct tls_info *tls)
{
	return tls->alpn.len >= 2 && tls->alpn.p[0] == 'h' &&
	    tls->alpn.p[1] == '3';
}

/* Its cipher is that of the session resumed, which is not told; all but one have
 * secrets of this length. */
static enum quic_suite
early_suite(struct span secret)
{
	return secret.len == 48 ? QUIC_AES_256_GCM : QUIC_AES_128_GCM;
}

static void
init_early(struct quic_session *s)
{
	sender_init(s, &s->early, early_suite(keylog_find(s->conn->env->keys,
	    KEYLOG_CLIENT_EARLY, s->conn->tls->client_random)),
	    KEYLOG_CLIENT_EARLY);
}

/* The ServerHello names the cipher. */
static void
init_app(struct quic_session *s, unsigned side)
{
	sender_init(s, &s->app[side], quic_suite_of(s->conn->tls->cipher),
	    side == s->client ? KEYLOG_CLIENT_TRAFFIC_0 :
	    KEYLOG_SERVER_TRAFFIC_0);
}

void
quic_session_version(struct quic_session *s, uint32_t version)
{
	s->version = version;
}

struct quic_session *
quic_session_new(struct conn *conn, unsigned client, uint32_t version)
{
	const struct keylog *keys = conn->env->keys;
	struct quic_session *s;

	if (!keys || !conn->tls || !is_http3(conn->tls) ||
	    (!keylog_find(keys, KEYLOG_CLIENT_TRAFFIC_0,
		conn->tls->client_random).len &&
	     !keylog_find(keys, KEYLOG_SERVER_TRAFFIC_0,
		conn->tls->client_random).len))
		return NULL;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->conn = conn;
	s->client = client;
	s->version = version;
	s->streams.http3 = http3_new(conn, client);
	if (!s->streams.http3) {
		free(s);
		return NULL;
	}
	init_early(s);
	if (conn->tls->keys == TLS_KEYS_NONE)
		conn->tls->keys = TLS_KEYS_UNUSED;
	key_uses_note(conn->env->uses, conn->tls->client_random, NULL);
	return s;
}

struct quic_session *
quic_session_begin(struct conn *conn, unsigned client, uint32_t version,
    bool *ret_over)
{
	struct quic_session *s = quic_session_new(conn, client, version);
	struct conn_wanted wanted = { .session_count = 0 };

	memcpy(wanted.client_random, conn->tls->client_random, 32);
	*ret_over = s || !conn_wait_begin(conn, &wanted);
	return s;
}

void
quic_session_free(struct quic_session *s)
{
	if (!s)
		return;
	quic_streams_clear(&s->streams);
	http3_free(s->streams.http3);
	free(s);
}

static int
open_packet(struct quic_session *s, struct sender *k, struct span packet,
    size_t pn_offset, bool early, size_t *ret_len)
{
	struct quic_header header;
	bool phase;
	int rc;

	rc = quic_unprotect_header(&k->now, packet, pn_offset, k->next_pn,
	    &header);
	if (rc)
		return rc;
	phase = !early && (header.first & KEY_PHASE);
	rc = quic_open(phase == k->phase ? &k->now : &k->next, packet,
	    pn_offset, &header, plain, ret_len);
	if (rc)
		return rc;
	if (phase != k->phase) {
		uint8_t secret[QUIC_SECRET_MAX];

		k->phase = phase;
		k->now = k->next;
		memcpy(secret, k->next_secret, sizeof(secret));
		rc = prepare_next(k, s->version, secret);
	}
	if (header.pn >= k->next_pn)
		k->next_pn = header.pn + 1;
	return rc;
}

static void
read_frames(struct quic_session *s, unsigned side, size_t len,
    const struct when *when)
{
	struct cursor c = cur_init(plain, len);
	struct quic_frame f;

	while (quic_frame_next(&c, &f) == 0)
		if (f.kind == QUIC_FRAME_STREAM ||
		    f.kind == QUIC_FRAME_RESET_STREAM)
			quic_streams_frame(&s->streams, side, &f, when);
}

/* Bytes that streams got or hold are theirs, the rest of the packet is overhead;
 * so is what was held and turned out to have come twice. */
static void
account(struct quic_session *s, const uint64_t before[2], unsigned side,
    size_t packet_len)
{
	for (unsigned i = 0; i < 2; i++) {
		uint64_t now = s->streams.given[i] + s->streams.held[i];
		uint64_t len = (i == side ? packet_len : 0) + before[i] - now;

		conn_add_overhead(s->conn, i, CONN_UNDERSTOOD, len);
	}
}

static void
note_closed(struct tls_info *info)
{
	if (info->opened)
		info->unauthentic++;
	else
		info->keys = TLS_KEYS_WRONG;
}

int
quic_session_packet(struct quic_session *s, unsigned side, struct span packet,
    size_t pn_offset, bool early, const struct when *when)
{
	struct sender *k = early ? &s->early : &s->app[side];
	uint64_t before[2];
	size_t len;

	if (!early && !k->tried && s->conn->tls->has_server_hello)
		init_app(s, side);
	if (!k->ready || packet.len > sizeof(plain) ||
	    (early && side != s->client))
		return ERR_MALFORMED;
	if (open_packet(s, k, packet, pn_offset, early, &len)) {
		note_closed(s->conn->tls);
		return ERR_MALFORMED;
	}
	s->conn->tls->keys = TLS_KEYS_OPENED;
	s->conn->tls->opened++;
	s->conn->decrypted = true;
	for (unsigned i = 0; i < 2; i++)
		before[i] = s->streams.given[i] + s->streams.held[i];
	read_frames(s, side, len, when);
	account(s, before, side, packet.len);
	return 0;
}

void
quic_session_finish(struct quic_session *s, const struct when *when)
{
	uint64_t before[2];

	for (unsigned i = 0; i < 2; i++)
		before[i] = s->streams.given[i] + s->streams.held[i];
	quic_streams_flush(&s->streams, when);
	account(s, before, 0, 0);
	http3_finish(s->streams.http3, when);
}
