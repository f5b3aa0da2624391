// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "base/cursor.h"
#include "base/slab.h"
#include "protocol/tls/tls_layer.h"

/*
 * Handshake messages: a type, three bytes of length, a body. A message that
 * lies whole in the bytes at hand is read where it is. Of one that does not,
 * only what is wanted is gathered: hellos, and of Certificate the leaf.
 */
enum handshake_type {
	CLIENT_HELLO = 1,
	SERVER_HELLO = 2,
	NEW_SESSION_TICKET = 4,
	ENCRYPTED_EXTENSIONS = 8,
	HELLO_RETRY_REQUEST = 6,	/* of drafts */
	CERTIFICATE = 11,
	CLIENT_KEY_EXCHANGE = 16,
};

#define HELLO_MAX	(64 * 1024)
#define CERTIFICATE_MAX	(256 * 1024)

static void
client_hello(struct tls_layer *t, unsigned side, struct span body)
{
	struct tls_client_hello h;

	if (tls_client_hello_parse(body, &h))
		return;
	t->client = (int8_t)side;
	tls_info_client(t->info, t->layer.conn->env, &h, 't');
	conn_client_is(t->layer.conn, side);
	tls_decrypt_client(t, side, &h, body);
}

static void
server_hello(struct tls_layer *t, unsigned side, struct span body)
{
	struct tls_server_hello h;

	if (tls_server_hello_parse(body, &h))
		return;
	if (t->client < 0) {
		t->client = (int8_t)!side;
		conn_client_is(t->layer.conn, !side);
	}
	tls_info_server(t->info, t->layer.conn->env, &h);
	t->overhead = tls_overhead_of(h.version, h.cipher);
	t->expands = h.compression != 0;
	tls_decrypt_server(t, side, &h);
}

/* Returns true once the leaf was there, or can never be. */
static bool
certificate(struct tls_layer *t, unsigned side, struct span body)
{
	struct span leaf;

	if (tls_certificate_leaf(body, tls_is_13(t->info->version), &leaf))
		return false;
	if (leaf.len && (int)side != t->client)
		tls_info_leaf(t->info, t->layer.conn->env, leaf);
	else if (leaf.len)
		tls_client_leaf(t->layer.conn, leaf);
	return true;
}

static bool
wanted(const struct tls_layer *t, uint8_t type, uint32_t len)
{
	switch (type) {
	case NEW_SESSION_TICKET:
		return len <= HELLO_MAX && tls_exchange_resumes(t);
	case CLIENT_KEY_EXCHANGE:
		return len <= HELLO_MAX && tls_exchange_listens(t);
	case CLIENT_HELLO:
	case SERVER_HELLO:
	case ENCRYPTED_EXTENSIONS:
		return len <= HELLO_MAX;
	case CERTIFICATE:
		return len <= CERTIFICATE_MAX;
	}
	return false;
}

/* A message that needs no more than its type. */
static void
note(struct tls_layer *t, uint8_t type)
{
	if (type == NEW_SESSION_TICKET)
		t->info->ticket_issued = true;
	else if (type == HELLO_RETRY_REQUEST)
		t->info->retried = true;
}

/* Returns true when the message needs no more bytes. */
static bool
message(struct tls_layer *t, unsigned side, uint8_t type, struct span body,
    bool whole)
{
	if (type == CERTIFICATE)
		return certificate(t, side, body) || whole;
	if (!whole)
		return false;
	if (type == CLIENT_HELLO)
		client_hello(t, side, body);
	else if (type == SERVER_HELLO)
		server_hello(t, side, body);
	else if (type == CLIENT_KEY_EXCHANGE)
		tls_exchange_key(t, body);
	else if (type == NEW_SESSION_TICKET)
		tls_exchange_ticket(t, body);
	else
		tls_info_extensions(t->info, t->layer.conn->env, body);
	return true;
}

static void
gather(struct tls_layer *t, unsigned side, struct tls_assembly *a,
    struct span part)
{
	struct span body;

	a->left -= (uint32_t)part.len;
	tls_exchange_bytes(t, a->head[0], part);
	if (!a->keep)
		return;
	/* Whole in the bytes at hand: nothing is copied. */
	if (!a->body.len && !a->left) {
		message(t, side, a->head[0], part, true);
		return;
	}
	buf_append(&a->body, part.p, part.len);
	body = (struct span){ a->body.data, a->body.len };
	if (a->body.failed || message(t, side, a->head[0], body, !a->left)) {
		a->keep = false;
		buf_clear(&a->body);
	}
}

static void
begin_message(struct tls_layer *t, unsigned side, struct tls_assembly *a)
{
	a->left = (uint32_t)a->head[1] << 16 | (uint32_t)a->head[2] << 8 |
	    a->head[3];
	a->keep = wanted(t, a->head[0], a->left);
	buf_init(&a->body, CERTIFICATE_MAX);
	note(t, a->head[0]);
	tls_exchange_bytes(t, a->head[0], (struct span){ a->head, 4 });
	if (a->keep && !a->left)
		message(t, side, a->head[0], (struct span){ 0 }, true);
}

/* Where the side's message hangs, or would. */
static struct tls_assembly **
held(struct tls_layer *t, unsigned side)
{
	struct tls_assembly **at = &t->handshake;

	while (*at && (*at)->side != side)
		at = &(*at)->next;
	return at;
}

/* A message that is not over is held; without memory it is lost. */
static void
hold(struct tls_layer *t, unsigned side, struct tls_assembly *a)
{
	struct tls_assembly **at = held(t, side);

	if (!a->head_len) {
		tls_handshake_clear(t, side);
		return;
	}
	if (!*at)
		*at = slab_zalloc(t->layer.conn->env->slab, sizeof(**at));
	if (!*at) {
		buf_clear(&a->body);
		t->dir[side].handshake_lost = true;
		return;
	}
	a->next = (*at)->next;
	a->side = (uint8_t)side;
	**at = *a;
}

void
tls_handshake_data(struct tls_layer *t, unsigned side, struct span bytes,
    const struct when *when)
{
	struct tls_assembly a = { 0 }, *before = *held(t, side);
	struct cursor c = cur_init(bytes.p, bytes.len);

	if (t->dir[side].handshake_lost)
		return;
	if (before) {
		a = *before;
		buf_init(&before->body, CERTIFICATE_MAX);
	}
	while (cur_left(&c)) {
		if (a.head_len < 4) {
			a.head[a.head_len++] = cur_u8(&c);
			if (a.head_len == 4)
				begin_message(t, side, &a);
		} else {
			size_t len = cur_left(&c);

			if (len > a.left)
				len = a.left;
			gather(t, side, &a, (struct span){ cur_bytes(&c, len),
			    len });
		}
		if (a.head_len == 4 && !a.left) {
			buf_clear(&a.body);
			a.head_len = 0;
			tls_decrypt_message(t, side, a.head[0]);
		}
	}
	hold(t, side, &a);
}

void
tls_handshake_clear(struct tls_layer *t, unsigned side)
{
	struct tls_assembly **at = held(t, side), *a = *at;

	if (!a)
		return;
	*at = a->next;
	buf_clear(&a->body);
	slab_free(t->layer.conn->env->slab, a, sizeof(*a));
}

void
tls_handshake_gap(struct tls_layer *t, unsigned side, uint64_t len)
{
	struct tls_assembly *a = *held(t, side);

	tls_exchange_lost(t);
	if (a && a->head_len == 4 && len <= a->left) {
		buf_clear(&a->body);
		a->keep = false;
		a->left -= (uint32_t)len;
		if (!a->left)
			tls_handshake_clear(t, side);
		return;
	}
	tls_handshake_clear(t, side);
	t->dir[side].handshake_lost = true;
}

void
tls_handshake_record(struct tls_layer *t, unsigned side)
{
	t->dir[side].handshake_lost = false;
}

/* Its challenge stands for the client random, right-justified. */
void
tls_handshake_v2(struct tls_layer *t, unsigned side, struct span record)
{
	struct tls_client_hello h;
	uint8_t random[32] = { 0 };

	if (tls_v2_hello_parse(record, &h))
		return;
	if (h.random.len)
		memcpy(random + sizeof(random) - h.random.len, h.random.p,
		    h.random.len);
	h.random = (struct span){ random, sizeof(random) };
	t->client = (int8_t)side;
	tls_info_client(t->info, t->layer.conn->env, &h, 0);
	conn_client_is(t->layer.conn, side);
	tls_decrypt_client(t, side, &h, record);
}
