// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>

#include "base/cursor.h"
#include "protocol/tls/tls_decrypt.h"

/*
 * Which key opens a side's next record.
 *
 * Up to TLS 1.2 ChangeCipherSpec brings the key that the last hellos agreed
 * on, at first and after each renegotiation. In TLS 1.3 a side goes from early
 * data (the client's) to its handshake secret at ServerHello or
 * EndOfEarlyData, to its traffic secret at Finished, and to the next one at
 * each KeyUpdate. Where a secret of the handshake is missing, the traffic
 * secret is tried on each record until it opens one.
 *
 * What a gap does to that is in tls_regain.c.
 */
#define TRIES_MAX	32	/* records before a key is called wrong */

struct span
tls_decrypt_secret(const struct tls_decrypt *d, enum keylog_label label)
{
	return keylog_find(d->keys, label, d->random[0]);
}

void
tls_decrypt_use(struct tls_opening *o, struct tls_crypt *crypt,
    enum tls_stage stage)
{
	tls_crypt_free(o->crypt);
	o->crypt = crypt;
	o->stage = crypt ? stage : STAGE_NONE;
	o->failures = 0;
	o->searching = false;
	o->lost_len = 0;
	o->turned = TURNED_NOT;
}

void
tls_decrypt_client(struct tls_layer *t, unsigned side,
    const struct tls_client_hello *h, struct span body)
{
	const struct conn_env *env = t->layer.conn->env;
	struct tls_decrypt *d = t->decrypt;

	if ((!env->keys && !env->private_keys) || h->random.len != 32)
		return;
	if (!d) {
		d = calloc(1, sizeof(*d));
		if (!d)
			return;
		d->keys = env->keys;
		t->decrypt = d;
	}
	/* the second hello after a retry has the same */
	if (memcmp(d->random[0], h->random.p, 32))
		d->noted = false;
	memcpy(d->random[0], h->random.p, 32);
	tls_exchange_begin(d, env, h, body);
	tls_decrypt_look(t);
	if (!keylog_opens(d->keys, d->random[0]))
		conn_wait_begin(t->layer.conn, &d->wanted);
	if (h->early_data && tls_decrypt_secret(d, KEYLOG_CLIENT_EARLY).len)
		d->side[side].stage = STAGE_EARLY;
}

void
tls_decrypt_begin_13(struct tls_layer *t, unsigned side)
{
	struct tls_decrypt *d = t->decrypt;
	struct tls_opening *o = &d->side[side];
	bool client = (int)side == t->client;
	struct span s = tls_decrypt_secret(d, client ? KEYLOG_CLIENT_HANDSHAKE :
	    KEYLOG_SERVER_HANDSHAKE);
	struct span traffic = tls_decrypt_secret(d, client ?
	    KEYLOG_CLIENT_TRAFFIC_0 : KEYLOG_SERVER_TRAFFIC_0);

	o->secret_len = (uint8_t)traffic.len;
	if (traffic.len)
		memcpy(o->secret, traffic.p, traffic.len);
	if (s.len)
		tls_decrypt_use(o, tls_crypt_new13(&d->suite, s),
		    STAGE_HANDSHAKE);
	else if (traffic.len)
		tls_decrypt_use(o, tls_crypt_new13(&d->suite, traffic),
		    STAGE_TRAFFIC);
	else
		tls_decrypt_use(o, NULL, STAGE_NONE);
}

void
tls_decrypt_server(struct tls_layer *t, unsigned side,
    const struct tls_server_hello *h)
{
	struct tls_decrypt *d = t->decrypt;

	if (!d || h->retry)
		return;
	tls_decrypt_look(t);
	memcpy(d->random[1], h->random.p, 32);
	d->has_session = t->layer.conn->env->resume &&
	    tls_resume_id(h->session_id, d->session);
	d->extended = h->extended_master_secret;
	d->has_suite = !h->compression && tls_suite_find(h->version, h->cipher,
	    h->encrypt_then_mac, &d->suite) == 0;
	if (!d->has_suite && t->info->keys != TLS_KEYS_NONE) {
		t->info->keys = TLS_KEYS_UNSUPPORTED;
		t->info->compressed = h->compression != 0;
	}
	if (!d->has_suite || !tls_is_13(h->version))
		return;
	tls_decrypt_begin_13(t, side);
	/* Early data goes on until the client says so. */
	if (d->side[!side].stage != STAGE_EARLY)
		tls_decrypt_begin_13(t, !side);
}

struct tls_crypt *
tls_decrypt_agreed(struct tls_layer *t, unsigned side)
{
	struct tls_decrypt *d = t->decrypt;
	struct span master = { 0 };

	if (d->has_suite && !tls_is_13(d->suite.version))
		master = tls_exchange_master(t);
	return master.len ? tls_crypt_new12(&d->suite, master, d->random[0],
	    d->random[1], (int)side != t->client) : NULL;
}

void
tls_decrypt_ccs(struct tls_layer *t, unsigned side)
{
	struct tls_decrypt *d = t->decrypt;

	/* A client that sends early data sends one before it is answered. */
	if (!d || d->side[side].stage == STAGE_EARLY)
		return;
	tls_decrypt_use(&d->side[side], tls_decrypt_agreed(t, side),
	    STAGE_TRAFFIC);
}

enum turn {
	END_OF_EARLY_DATA = 5,
	FINISHED = 20,
	KEY_UPDATE = 24,
};

void
tls_decrypt_message(struct tls_layer *t, unsigned side, uint8_t type)
{
	if (!t->decrypt || !t->decrypt->side[side].crypt)
		return;
	if (type == FINISHED)
		t->info->complete[side] = true;
	if (tls_is_13(t->info->version))
		t->decrypt->side[side].turn = type;
}

/* After the record in which a message changed the key. */
static void
turn(struct tls_layer *t, unsigned side)
{
	struct tls_decrypt *d = t->decrypt;
	struct tls_opening *o = &d->side[side];
	struct span secret = { o->secret, o->secret_len };
	uint8_t type = o->turn;

	o->turn = 0;
	if (type == END_OF_EARLY_DATA && o->stage == STAGE_EARLY) {
		tls_decrypt_begin_13(t, side);
		t->dir[side].early_over = true;
	} else if (type == FINISHED && o->stage == STAGE_HANDSHAKE) {
		t->dir[side].handshake_sent = true;
		tls_decrypt_use(o, secret.len ? tls_crypt_new13(&d->suite, secret) :
		    NULL, STAGE_TRAFFIC);
	} else if (type == KEY_UPDATE && o->stage == STAGE_TRAFFIC) {
		tls_decrypt_use(o, tls_secret_update(&d->suite, o->secret,
		    o->secret_len) == 0 ? tls_crypt_new13(&d->suite, secret) :
		    NULL, STAGE_TRAFFIC);
	}
}

bool
tls_decrypt_wants(struct tls_layer *t, unsigned side, uint8_t type)
{
	struct tls_opening *o;

	if (!t->decrypt)
		return false;
	o = &t->decrypt->side[side];
	if (o->stage == STAGE_NONE && tls_decrypt_early_came(t, side))
		o->stage = STAGE_EARLY;
	if (o->stage == STAGE_EARLY)
		return type == TLS_DATA;
	if (!o->crypt && o->lost_len && type == TLS_DATA)
		tls_decrypt_suppose(t, side);
	if (!o->crypt)
		return false;
	return type == TLS_DATA || !tls_is_13(t->info->version);
}

static void
give_up(struct tls_layer *t, unsigned side)
{
	struct tls_opening *o = &t->decrypt->side[side];

	if (!o->opened && t->info->keys == TLS_KEYS_UNUSED)
		t->info->keys = TLS_KEYS_WRONG;
	if (o->lost_len && o->opened)
		tls_decrypt_missing(t, side, o->lost_len, &t->burst.last);
	tls_decrypt_use(o, NULL, STAGE_NONE);
}

static void
failed(struct tls_layer *t, unsigned side, struct span in,
    const struct when *when)
{
	struct tls_opening *o = &t->decrypt->side[side];
	unsigned most = o->searching ? TLS_SEARCH_RECORDS : TRIES_MAX;

	if (o->searching)
		o->lost_len += 5u + t->dir[side].record_len;
	else if (o->opened)
		tls_decrypt_damaged(t, side, in, when);
	tls_unopened(t, side, 5u + t->dir[side].record_len, when);
	if (++o->failures >= most || !o->crypt)
		give_up(t, side);
}

/* The type inside of a TLS 1.3 record; padding goes. 0 if there is none. */
static uint8_t
inner_type(const uint8_t *p, size_t *len)
{
	while (*len && !p[*len - 1])
		--*len;
	return *len ? p[--*len] : 0;
}

static void
opened(struct tls_layer *t, unsigned side, const uint8_t *plain, size_t len,
    const struct when *when)
{
	struct conn *conn = t->layer.conn;
	uint64_t wire_len = 5u + t->dir[side].record_len;
	uint8_t type = t->dir[side].header[0];

	if (tls_is_13(t->info->version) ||
	    t->decrypt->side[side].stage == STAGE_EARLY)
		type = inner_type(plain, &len);
	t->info->opened++;
	t->info->keys = TLS_KEYS_OPENED;
	if (type != TLS_DATA)
		conn_add_overhead(conn, side, CONN_UNDERSTOOD, wire_len);
	if (type == TLS_DATA) {
		t->info->records[side]++;
		conn->decrypted = true;
		conn_add_overhead(conn, side, CONN_UNDERSTOOD, wire_len - len);
		if (len)
			conn_plain(conn, side, plain, len, when);
	} else if (type == TLS_HANDSHAKE) {
		tls_handshake_data(t, side, (struct span){ plain, len }, when);
	} else if (type == TLS_CHANGE_CIPHER) {
		tls_decrypt_ccs(t, side);
	}
}

static void
whole_record(struct tls_layer *t, unsigned side, struct span in,
    const struct when *when)
{
	struct tls_opening *o = &t->decrypt->side[side];
	uint64_t expected = o->crypt ? tls_crypt_number(o->crypt) : 0;
	bool searching = o->searching;
	uint8_t out[TLS_PLAIN_MAX];
	size_t len;

	if (!tls_decrypt_open(t, side, in, when, out, &len) &&
	    !tls_again_open(t, side, in, when, out, &len)) {
		if (!tls_again_wait(t, side, in, when))
			failed(t, side, in, when);
		return;
	}
	if (searching && o->searching)
		tls_decrypt_found(t, side, expected, when);
	o->opened++;
	o->failures = 0;
	opened(t, side, out, len, when);
	if (o->turn)
		turn(t, side);
}

void
tls_decrypt_body(struct tls_layer *t, unsigned side, struct span bytes,
    const struct when *when)
{
	struct tls_dir *dir = &t->dir[side];
	struct tls_opening *o = &t->decrypt->side[side];

	if (!dir->left && !o->held.len) {
		whole_record(t, side, bytes, when);
		return;
	}
	if (!o->held.data) {
		buf_init(&o->held, 0);
		buf_reserve(&o->held, dir->record_len);
	}
	buf_append(&o->held, bytes.p, bytes.len);
	if (dir->left)
		return;
	whole_record(t, side, (struct span){ o->held.data, o->held.len }, when);
	buf_clear(&o->held);
	buf_clear(&o->spare);
}

void
tls_decrypt_free(struct tls_layer *t)
{
	if (!t->decrypt)
		return;
	for (unsigned side = 0; side < 2; side++) {
		tls_crypt_free(t->decrypt->side[side].crypt);
		buf_clear(&t->decrypt->side[side].held);
		buf_clear(&t->decrypt->side[side].spare);
	}
	buf_clear(&t->decrypt->transcript);
	OPENSSL_cleanse(t->decrypt, sizeof(*t->decrypt));
	free(t->decrypt);
	t->decrypt = NULL;
}
