// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>

#include "base/cursor.h"
#include "protocol/keylog.h"
#include "protocol/tls_crypt.h"
#include "protocol/tls_layer.h"

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
 * A gap loses the count of records. Then the numbers ahead are tried, as many
 * as the gap could hold; how far the count went on tells how much plaintext is
 * missing, exactly.
 */
enum stage {
	STAGE_NONE,
	STAGE_EARLY,
	STAGE_HANDSHAKE,
	STAGE_TRAFFIC,
};

#define SEARCH_MAX	1024	/* numbers tried for one record */
#define SEARCH_RECORDS	8	/* records they are tried on */
#define TRIES_MAX	32	/* records before a key is called wrong */

struct opening {
	struct tls_crypt *crypt;
	struct buf held;	/* of a record that comes in pieces */
	uint64_t lost_len;	/* stream bytes since the count was lost */
	uint64_t opened;
	uint8_t stage;		/* enum stage */
	uint8_t failures;	/* in a row */
	uint8_t turn;		/* handshake message that changes the key */
	bool searching;
	uint8_t secret_len;
	uint8_t secret[KEYLOG_SECRET_MAX];	/* of the traffic, TLS 1.3 */
};

struct tls_decrypt {
	const struct keylog *keys;
	struct tls_suite suite;
	bool has_suite;
	uint8_t random[2][32];	/* client's, server's */
	struct opening side[2];
};

static struct span
secret_of(const struct tls_decrypt *d, enum keylog_label label)
{
	return keylog_find(d->keys, label, d->random[0]);
}

static void
set_crypt(struct opening *o, struct tls_crypt *crypt, enum stage stage)
{
	tls_crypt_free(o->crypt);
	o->crypt = crypt;
	o->stage = crypt ? stage : STAGE_NONE;
	o->failures = 0;
	o->searching = false;
	o->lost_len = 0;
}

static bool
any_secret(const struct tls_decrypt *d)
{
	for (int label = 0; label < KEYLOG_LABEL_COUNT; label++)
		if (secret_of(d, (enum keylog_label)label).len)
			return true;
	return false;
}

void
tls_decrypt_client(struct tls_layer *t, unsigned side,
    const struct tls_client_hello *h)
{
	const struct keylog *keys = t->layer.conn->env->keys;
	struct tls_decrypt *d = t->decrypt;

	if (!keys || h->random.len != 32)
		return;
	if (!d) {
		d = calloc(1, sizeof(*d));
		if (!d)
			return;
		d->keys = keys;
		t->decrypt = d;
	}
	memcpy(d->random[0], h->random.p, 32);
	if (any_secret(d) && t->info->keys == TLS_KEYS_NONE)
		t->info->keys = TLS_KEYS_UNUSED;
	if (h->early_data && secret_of(d, KEYLOG_CLIENT_EARLY).len)
		d->side[side].stage = STAGE_EARLY;
}

/* The key of a side's handshake, or of its data where that is not known. */
static void
begin_13(struct tls_layer *t, unsigned side)
{
	struct tls_decrypt *d = t->decrypt;
	struct opening *o = &d->side[side];
	bool client = (int)side == t->client;
	struct span s = secret_of(d, client ? KEYLOG_CLIENT_HANDSHAKE :
	    KEYLOG_SERVER_HANDSHAKE);
	struct span traffic = secret_of(d, client ? KEYLOG_CLIENT_TRAFFIC_0 :
	    KEYLOG_SERVER_TRAFFIC_0);

	o->secret_len = (uint8_t)traffic.len;
	if (traffic.len)
		memcpy(o->secret, traffic.p, traffic.len);
	if (s.len)
		set_crypt(o, tls_crypt_new13(&d->suite, s), STAGE_HANDSHAKE);
	else if (traffic.len)
		set_crypt(o, tls_crypt_new13(&d->suite, traffic),
		    STAGE_TRAFFIC);
	else
		set_crypt(o, NULL, STAGE_NONE);
}

void
tls_decrypt_server(struct tls_layer *t, unsigned side,
    const struct tls_server_hello *h)
{
	struct tls_decrypt *d = t->decrypt;

	if (!d || h->retry)
		return;
	memcpy(d->random[1], h->random.p, 32);
	d->has_suite = !h->compression && tls_suite_find(h->version, h->cipher,
	    h->encrypt_then_mac, &d->suite) == 0;
	if (!d->has_suite && t->info->keys != TLS_KEYS_NONE)
		t->info->keys = TLS_KEYS_UNSUPPORTED;
	if (!d->has_suite || !tls_is_13(h->version))
		return;
	begin_13(t, side);
	/* Early data goes on until the client says so. */
	if (d->side[!side].stage != STAGE_EARLY)
		begin_13(t, !side);
}

void
tls_decrypt_ccs(struct tls_layer *t, unsigned side)
{
	struct tls_decrypt *d = t->decrypt;
	struct span master;

	if (!d)
		return;
	master = secret_of(d, KEYLOG_MASTER);
	if (!d->has_suite || tls_is_13(d->suite.version) || !master.len) {
		set_crypt(&d->side[side], NULL, STAGE_NONE);
		return;
	}
	set_crypt(&d->side[side], tls_crypt_new12(&d->suite, master,
	    d->random[0], d->random[1], (int)side != t->client),
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
	struct opening *o = &d->side[side];
	struct span secret = { o->secret, o->secret_len };
	uint8_t type = o->turn;

	o->turn = 0;
	if (type == END_OF_EARLY_DATA && o->stage == STAGE_EARLY) {
		begin_13(t, side);
		t->dir[side].early_over = true;
	} else if (type == FINISHED && o->stage == STAGE_HANDSHAKE) {
		t->dir[side].handshake_sent = true;
		set_crypt(o, secret.len ? tls_crypt_new13(&d->suite, secret) :
		    NULL, STAGE_TRAFFIC);
	} else if (type == KEY_UPDATE && o->stage == STAGE_TRAFFIC) {
		set_crypt(o, tls_secret_update(&d->suite, o->secret,
		    o->secret_len) == 0 ? tls_crypt_new13(&d->suite, secret) :
		    NULL, STAGE_TRAFFIC);
	}
}

bool
tls_decrypt_wants(const struct tls_layer *t, unsigned side, uint8_t type)
{
	const struct opening *o;

	if (!t->decrypt)
		return false;
	o = &t->decrypt->side[side];
	if (o->stage == STAGE_EARLY)
		return type == TLS_DATA;
	if (!o->crypt)
		return false;
	return type == TLS_DATA || !tls_is_13(t->info->version);
}

/* The suite of early data is that of the session resumed, which only the
 * secret's length hints at: what opens the first record is it. */
static bool
try_early(struct tls_decrypt *d, struct opening *o, const uint8_t *header,
    struct span in, uint8_t *out, size_t *ret_len)
{
	static const uint16_t suites[] = { 0x1301, 0x1302, 0x1303, 0x1304,
		0x1305 };
	struct span secret = secret_of(d, KEYLOG_CLIENT_EARLY);

	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		struct tls_crypt *crypt;
		struct tls_suite suite;

		if ((suites[i] == 0x1302) != (secret.len == 48) ||
		    tls_suite_find(0x0304, suites[i], false, &suite))
			continue;
		crypt = tls_crypt_new13(&suite, secret);
		if (crypt && tls_crypt_open(crypt, header, in, out,
		    ret_len) == 0) {
			set_crypt(o, crypt, STAGE_EARLY);
			return true;
		}
		tls_crypt_free(crypt);
	}
	return false;
}

/* Numbers ahead, as many as the bytes lost could hold. */
static bool
search(struct opening *o, const uint8_t *header, struct span in, uint8_t *out,
    size_t *ret_len)
{
	uint64_t first = tls_crypt_number(o->crypt);
	uint64_t most = o->lost_len / (5 + tls_crypt_overhead(o->crypt)) + 1;

	if (most > SEARCH_MAX)
		most = SEARCH_MAX;
	for (uint64_t n = 1; n <= most; n++) {
		tls_crypt_expect(o->crypt, first + n);
		if (tls_crypt_open(o->crypt, header, in, out, ret_len) == 0)
			return true;
	}
	tls_crypt_expect(o->crypt, first);
	return false;
}

/* What a record's key may be when the one at hand does not open it. */
static bool
try_next(struct tls_layer *t, unsigned side, struct span in, uint8_t *out,
    size_t *ret_len)
{
	struct tls_decrypt *d = t->decrypt;
	struct opening *o = &d->side[side];
	const uint8_t *header = t->dir[side].header;
	struct span secret = { o->secret, o->secret_len };
	struct tls_crypt *crypt;

	if (o->stage == STAGE_EARLY) {
		if (!t->info->has_server_hello)
			return false;
		/* Early data was refused: no EndOfEarlyData comes. */
		begin_13(t, side);
		return o->crypt && tls_crypt_open(o->crypt, header, in, out,
		    ret_len) == 0;
	}
	if (o->stage == STAGE_HANDSHAKE && secret.len) {
		/* Finished was lost. */
		crypt = tls_crypt_new13(&d->suite, secret);
		if (crypt && tls_crypt_open(crypt, header, in, out,
		    ret_len) == 0) {
			set_crypt(o, crypt, STAGE_TRAFFIC);
			t->dir[side].handshake_sent = true;
			return true;
		}
		tls_crypt_free(crypt);
	}
	return false;
}

static bool
open_record(struct tls_layer *t, unsigned side, struct span in, uint8_t *out,
    size_t *ret_len)
{
	struct tls_decrypt *d = t->decrypt;
	struct opening *o = &d->side[side];
	const uint8_t *header = t->dir[side].header;

	if (o->stage == STAGE_EARLY && !o->crypt) {
		if (try_early(d, o, header, in, out, ret_len))
			return true;
	} else if (tls_crypt_open(o->crypt, header, in, out, ret_len) == 0) {
		return true;
	}
	if (o->searching && o->crypt && search(o, header, in, out, ret_len))
		return true;
	return try_next(t, side, in, out, ret_len);
}

static void
give_up(struct tls_layer *t, unsigned side)
{
	struct opening *o = &t->decrypt->side[side];

	if (!o->opened && t->info->keys == TLS_KEYS_UNUSED)
		t->info->keys = TLS_KEYS_WRONG;
	if (o->lost_len && o->opened)
		conn_plain_gap(t->layer.conn, side, o->lost_len,
		    &t->burst.last);
	set_crypt(o, NULL, STAGE_NONE);
}

static void
failed(struct tls_layer *t, unsigned side, const struct when *when)
{
	struct opening *o = &t->decrypt->side[side];
	unsigned most = o->searching ? SEARCH_RECORDS : TRIES_MAX;

	if (o->opened && !o->searching)
		t->info->unauthentic++;
	tls_unopened(t, side, 5u + t->dir[side].record_len, when);
	if (++o->failures >= most || !o->crypt)
		give_up(t, side);
}

/* What was lost before a record that opened again. */
static void
found(struct tls_layer *t, unsigned side, uint64_t expected,
    const struct when *when)
{
	struct opening *o = &t->decrypt->side[side];
	uint64_t records = tls_crypt_number(o->crypt) - 1 - expected;
	uint64_t frame = records * (5 + tls_crypt_overhead(o->crypt));

	if (o->lost_len > frame)
		conn_plain_gap(t->layer.conn, side, o->lost_len - frame, when);
	o->searching = false;
	o->lost_len = 0;
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
	struct opening *o = &t->decrypt->side[side];
	uint64_t expected = o->crypt ? tls_crypt_number(o->crypt) : 0;
	bool searching = o->searching;
	uint8_t out[TLS_PLAIN_MAX];
	size_t len;

	if (!open_record(t, side, in, out, &len)) {
		failed(t, side, when);
		return;
	}
	if (searching && o->searching)
		found(t, side, expected, when);
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
	struct opening *o = &t->decrypt->side[side];

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
}

void
tls_decrypt_gap(struct tls_layer *t, unsigned side, uint64_t len,
    const struct when *when)
{
	const struct tls_dir *dir = &t->dir[side];
	struct opening *o = &t->decrypt->side[side];
	uint64_t overhead;

	buf_clear(&o->held);
	if (o->crypt && !tls_crypt_can_skip(o->crypt))
		set_crypt(o, NULL, STAGE_NONE);
	if (o->crypt) {
		overhead = tls_crypt_overhead(o->crypt);
		if (o->stage == STAGE_TRAFFIC && dir->record_len > overhead &&
		    dir->header[0] == TLS_DATA)
			conn_plain_gap(t->layer.conn, side,
			    dir->record_len - overhead, when);
		tls_crypt_expect(o->crypt, tls_crypt_number(o->crypt) + 1);
	}
	tls_unopened(t, side, 5u + dir->record_len - dir->left, when);
}

void
tls_decrypt_lost(struct tls_layer *t, unsigned side, uint64_t len)
{
	struct opening *o = t->decrypt ? &t->decrypt->side[side] : NULL;

	if (!o || !o->crypt || !len)
		return;
	if (!tls_crypt_can_skip(o->crypt)) {
		set_crypt(o, NULL, STAGE_NONE);
		return;
	}
	o->searching = true;
	o->lost_len += len;
}

void
tls_decrypt_free(struct tls_layer *t)
{
	if (!t->decrypt)
		return;
	for (unsigned side = 0; side < 2; side++) {
		tls_crypt_free(t->decrypt->side[side].crypt);
		buf_clear(&t->decrypt->side[side].held);
	}
	OPENSSL_cleanse(t->decrypt, sizeof(*t->decrypt));
	free(t->decrypt);
	t->decrypt = NULL;
}
