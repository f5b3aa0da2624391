// SPDX-License-Identifier: Apache-2.0
#include "protocol/quic/quic_session.h"

#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "protocol/conn.h"
#include "protocol/tls/key_uses.h"
#include "protocol/conn_wait.h"
#include "protocol/tls/keylog.h"
#include "protocol/quic/quic_choice.h"
#include "protocol/quic/quic_frames.h"
#include "protocol/quic/quic_paths.h"
#include "protocol/quic/quic_protect.h"
#include "protocol/quic/quic_short.h"
#include "protocol/quic/quic_streams.h"
#include "protocol/tls/tls.h"

#define PACKET_MAX_LEN	65536
#define SHORT_LEAST	21		/* a packet with a short header */

struct quic_session {
	struct conn *conn;
	uint32_t version;
	unsigned client;
	struct quic_sender app[2];	/* [side] */
	struct quic_sender early;	/* the client's 0-RTT */
	uint64_t next_pn[2];		/* 0-RTT and 1-RTT count as one */
	size_t longest[2];		/* with a short header, opened */
	struct quic_streams streams;
	struct quic_path *paths;	/* IDs that each side gave itself */
	struct quic_home *home;		/* NULL: all came by one flow */
	uint8_t id_len[2];		/* of what the side is sent to, in its
					 * long headers; above QUIC_CID_MAX: not
					 * known */
	bool has_token;			/* of the server's first ID: */
	uint8_t token[QUIC_TOKEN_LEN];
	bool elsewhere;			/* the packet came by other addresses,
					 * where it is accounted for */
};

/* What the packet under way was opened to. */
static __thread uint8_t plain[PACKET_MAX_LEN];

/* The cipher of early data is that of the session resumed, which is not told. */
static struct quic_choice
early_choice(const struct quic_session *s)
{
	return (struct quic_choice){ s->conn->env->keys,
		s->conn->tls->client_random, KEYLOG_CLIENT_EARLY,
		QUIC_SUITE_COUNT, s->version };
}

/* The ServerHello names the cipher. */
static struct quic_choice
app_choice(const struct quic_session *s, unsigned side)
{
	return (struct quic_choice){ s->conn->env->keys,
		s->conn->tls->client_random, side == s->client ?
		    KEYLOG_CLIENT_TRAFFIC_0 : KEYLOG_SERVER_TRAFFIC_0,
		quic_suite_of(s->conn->tls->cipher), s->version };
}

static void
init_app(struct quic_session *s, unsigned side)
{
	struct quic_choice c = app_choice(s, side);

	s->app[side].tried = true;
	if (c.suite != QUIC_SUITE_COUNT)
		(void)quic_choice_sender(&c, 0, &s->app[side]);
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
	struct quic_choice c;

	if (!keys || !conn->tls ||
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
	s->id_len[0] = s->id_len[1] = QUIC_CID_MAX + 1;
	s->version = version;
	if (!quic_streams_init(&s->streams, conn, client)) {
		free(s);
		return NULL;
	}
	c = early_choice(s);
	(void)quic_choice_sender(&c, 0, &s->early);
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
	if (s->home)
		s->home->session = NULL;
	quic_home_drop(s->home);
	if (s->paths)
		quic_paths_drop(s->conn->env->paths, &s->paths);
	quic_sender_clear(&s->early);
	quic_sender_clear(&s->app[0]);
	quic_sender_clear(&s->app[1]);
	quic_streams_clear(&s->streams);
	free(s);
}

void
quic_session_may_use(struct quic_session *s, unsigned side, struct span id,
    struct span token)
{
	if (s->conn->env->paths)
		quic_paths_add(s->conn->env->paths, &s->paths, s, !side, id,
		    token);
}

void
quic_session_token(struct quic_session *s, struct span token)
{
	s->has_token = token.len == QUIC_TOKEN_LEN;
	if (s->has_token)
		memcpy(s->token, token.p, QUIC_TOKEN_LEN);
}

void
quic_session_id(struct quic_session *s, unsigned side, struct span id)
{
	s->id_len[side] = (uint8_t)id.len;
	quic_session_may_use(s, side, id, (struct span){ 0 });
}

static void
read_frames(struct quic_session *s, unsigned side, size_t len,
    const struct when *when)
{
	struct cursor c = cur_init(plain, len);
	struct quic_frame f;

	while (quic_frame_next(&c, &f) == 0) {
		if (f.kind == QUIC_FRAME_STREAM ||
		    f.kind == QUIC_FRAME_RESET_STREAM)
			quic_streams_frame(&s->streams, side, &f, when);
		else if (f.kind == QUIC_FRAME_NEW_CONNECTION_ID)
			quic_session_may_use(s, side, f.data, f.token);
	}
}

/* Bytes that streams got or hold are theirs, the rest of the packet is overhead;
 * so is what was held and turned out to have come twice. */
static void
account(struct quic_session *s, const uint64_t before[2], unsigned side,
    size_t packet_len)
{
	for (unsigned i = 0; i < 2; i++) {
		uint64_t now = s->streams.given[i] + s->streams.held[i];
		uint64_t len = before[i] - now +
		    (i == side && !s->elsewhere ? packet_len : 0);

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

/* plain has what a packet of packet_len was opened to. */
static void
take_opened(struct quic_session *s, unsigned side, size_t packet_len,
    size_t len, const struct when *when)
{
	uint64_t before[2];

	s->conn->tls->keys = TLS_KEYS_OPENED;
	s->conn->tls->opened++;
	s->conn->decrypted = true;
	for (unsigned i = 0; i < 2; i++)
		before[i] = s->streams.given[i] + s->streams.held[i];
	read_frames(s, side, len, when);
	account(s, before, side, packet_len);
}

int
quic_session_early(struct quic_session *s, unsigned side, struct span packet,
    size_t pn_offset, const struct when *when)
{
	struct quic_choice c = early_choice(s);
	size_t len;

	if (!s->early.ready || packet.len > sizeof(plain) || side != s->client)
		return ERR_MALFORMED;
	if (quic_choice_open(&s->early, &c, packet, pn_offset, &s->next_pn[side],
		plain, &len)) {
		note_closed(s->conn->tls);
		return ERR_MALFORMED;
	}
	take_opened(s, side, packet.len, len, when);
	return 0;
}

/* IDs may differ in length. id_len: of the first one. */
static size_t
id_len_of(const struct quic_session *s, unsigned side, struct span rest,
    size_t id_len)
{
	struct cursor c = cur_init(rest.p, rest.len);
	size_t longest = 0;

	cur_skip(&c, 1);
	for (const struct quic_path *p = s->paths; p; p = p->sibling)
		if (p->to == side && p->len > longest &&
		    p->len <= cur_left(&c) &&
		    !memcmp(cur_peek(&c), p->id, p->len))
			longest = p->len;
	return longest ? longest : id_len;
}

/* The other side has lost the connection: it ends with a token that was told
 * before (RFC 9000, 10.3), and no key opens it. */
static bool
is_reset(const struct quic_session *s, unsigned side, struct span packet)
{
	struct cursor c = cur_init(packet.p, packet.len);

	if (packet.len < SHORT_LEAST)
		return false;
	cur_skip(&c, packet.len - QUIC_TOKEN_LEN);
	if (side != s->client && s->has_token &&
	    !memcmp(cur_peek(&c), s->token, QUIC_TOKEN_LEN))
		return true;
	for (const struct quic_path *p = s->paths; p; p = p->sibling)
		if (p->to != side && p->has_token &&
		    !memcmp(cur_peek(&c), p->token, QUIC_TOKEN_LEN))
			return true;
	return false;
}

/* Returns how much of it is accounted for. */
static size_t
not_opened(struct quic_session *s, unsigned side, struct span rest)
{
	bool reset = is_reset(s, side, rest);

	if (s->elsewhere)
		return reset ? rest.len : 0;
	if (!reset)
		note_closed(s->conn->tls);
	else
		conn_add_overhead(s->conn, side, CONN_UNDERSTOOD, rest.len);
	return reset ? rest.len : 0;
}

/* Of a packet that the keys at hand do not open. Returns how much was opened. */
static size_t
open_other(struct quic_session *s, unsigned side, struct span rest,
    size_t id_len, size_t *ret_len)
{
	struct quic_choice c = app_choice(s, side);
	struct quic_sender other;
	const struct quic_short at = { &other, s->version, &s->next_pn[side],
		&s->longest[side] };
	size_t used = 0;

	if (c.suite == QUIC_SUITE_COUNT || !quic_choice_goes_on(&s->app[side]))
		return 0;
	for (unsigned n = 1; !used && quic_choice_sender(&c, n, &other); n++) {
		used = quic_short_open(&at, rest, id_len, plain, ret_len);
		if (used)
			quic_choice_settle(&s->app[side], &other);
		else
			quic_sender_clear(&other);
	}
	return used;
}

size_t
quic_session_short(struct quic_session *s, unsigned side, struct span rest,
    size_t cid_len, const struct when *when)
{
	const struct quic_short at = { &s->app[side], s->version,
		&s->next_pn[side], &s->longest[side] };
	size_t used, len;

	if (!at.keys->tried && s->conn->tls->has_server_hello)
		init_app(s, side);
	if (!at.keys->ready || rest.len > sizeof(plain))
		return 0;
	cid_len = id_len_of(s, side, rest, cid_len);
	used = quic_short_open(&at, rest, cid_len, plain, &len);
	if (!used)
		used = open_other(s, side, rest, cid_len, &len);
	if (!used)
		return not_opened(s, side, rest);
	take_opened(s, side, used, len, when);
	return used;
}

size_t
quic_session_elsewhere(struct quic_session *s, unsigned side,
    struct span datagram, size_t id_len, const struct when *when)
{
	size_t opened = 0, used;

	if (id_len > QUIC_CID_MAX)
		id_len = s->id_len[!side];
	if (id_len > QUIC_CID_MAX)
		return 0;
	s->elsewhere = true;
	do {
		struct cursor c = cur_init(datagram.p, datagram.len);

		cur_skip(&c, opened);
		used = cur_left(&c) ? quic_session_short(s, side,
		    (struct span){ cur_peek(&c), cur_left(&c) }, id_len,
		    when) : 0;
		opened += used;
	} while (used);
	s->elsewhere = false;
	return opened;
}

struct quic_home *
quic_session_home(struct quic_session *s)
{
	if (!s->home)
		s->home = quic_home_new(s);
	return s->home;
}

struct conn *
quic_session_conn(const struct quic_session *s)
{
	return s->conn;
}

void
quic_session_finish(struct quic_session *s, const struct when *when)
{
	uint64_t before[2];

	for (unsigned i = 0; i < 2; i++)
		before[i] = s->streams.given[i] + s->streams.held[i];
	quic_streams_flush(&s->streams, when);
	account(s, before, 0, 0);
	quic_streams_finish(&s->streams, when);
}
