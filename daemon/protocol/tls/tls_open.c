// SPDX-License-Identifier: Apache-2.0
#include <string.h>
#include <openssl/crypto.h>

#include "base/cursor.h"
#include "protocol/tls/key_uses.h"
#include "protocol/tls/tls_decrypt.h"

/* A record and the keys it may be under; see tls_decrypt.c. */
#define SEARCH_MAX	1024	/* numbers tried for one record */

static bool
any_secret(const struct tls_decrypt *d)
{
	for (int label = 0; label < KEYLOG_LABEL_COUNT; label++)
		if (tls_decrypt_secret(d, (enum keylog_label)label).len)
			return true;
	return false;
}

void
tls_decrypt_look(struct tls_layer *t)
{
	struct tls_decrypt *d = t->decrypt;

	if (d->noted || !any_secret(d))
		return;
	d->noted = true;
	key_uses_note(t->layer.conn->env->uses, d->random[0], NULL);
	if (t->info->keys == TLS_KEYS_NONE)
		t->info->keys = TLS_KEYS_UNUSED;
}

bool
tls_decrypt_early_came(const struct tls_layer *t, unsigned side)
{
	return t->info->early_data && !t->info->has_server_hello &&
	    (int)side == t->client && !t->dir[side].early_over &&
	    tls_decrypt_secret(t->decrypt, KEYLOG_CLIENT_EARLY).len;
}

/* The suite of early data is that of the session resumed, which only the
 * secret's length hints at: what opens the first record is it. */
static bool
try_early(struct tls_opening *o, struct span secret, const uint8_t *header,
    struct span in, uint8_t *out, size_t *ret_len)
{
	static const uint16_t suites[] = { 0x1301, 0x1302, 0x1303, 0x1304,
		0x1305 };

	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		struct tls_crypt *crypt;
		struct tls_suite suite;

		if ((suites[i] == 0x1302) != (secret.len == 48) ||
		    tls_suite_find(0x0304, suites[i], false, &suite))
			continue;
		crypt = tls_crypt_new13(&suite, secret);
		if (crypt && tls_crypt_open(crypt, header, in, out,
		    ret_len) == 0) {
			tls_decrypt_use(o, crypt, STAGE_EARLY);
			return true;
		}
		tls_crypt_free(crypt);
	}
	return false;
}

/* A key log may have several secrets of that name, as of any other. */
static bool
try_earlies(const struct tls_decrypt *d, struct tls_opening *o,
    const uint8_t *header, struct span in, uint8_t *out, size_t *ret_len)
{
	for (unsigned n = 0;; n++) {
		struct span secret = keylog_find_other(d->keys,
		    KEYLOG_CLIENT_EARLY, d->random[0], n);

		if (!secret.len)
			return false;
		if (try_early(o, secret, header, in, out, ret_len))
			return true;
	}
}

/* Numbers from first on, as many as the bytes lost could hold. The count of a
 * key that does not open it stays. */
static bool
search(const struct tls_opening *o, struct tls_crypt *crypt, uint64_t first,
    const uint8_t *header, struct span in, uint8_t *out, size_t *ret_len)
{
	uint64_t before = tls_crypt_number(crypt);
	uint64_t most = o->lost_len / (5 + tls_crypt_overhead(crypt)) + 1;

	if (most > SEARCH_MAX)
		most = SEARCH_MAX;
	for (uint64_t n = first; n <= first + most; n++) {
		tls_crypt_expect(crypt, n);
		if (tls_crypt_open(crypt, header, in, out, ret_len) == 0)
			return true;
	}
	tls_crypt_expect(crypt, before);
	return false;
}

/* Takes crypt, which is the side's from now on if it opens the record. */
static bool
try_turned(struct tls_opening *o, struct tls_crypt *crypt,
    enum tls_turned turned, const uint8_t *header, struct span in, uint8_t *out,
    size_t *ret_len)
{
	uint64_t lost_len = o->lost_len;
	bool searching = o->searching;

	if (!crypt)
		return false;
	if (searching ? !tls_crypt_can_skip(crypt) || !search(o, crypt, 0,
	    header, in, out, ret_len) :
	    tls_crypt_open(crypt, header, in, out, ret_len) != 0) {
		tls_crypt_free(crypt);
		return false;
	}
	tls_decrypt_use(o, crypt, STAGE_TRAFFIC);
	if (searching) {
		o->searching = true;
		o->lost_len = lost_len;
		o->turned = turned;
	}
	return true;
}

/* Early data was refused, or EndOfEarlyData was lost. */
static bool
try_handshake(struct tls_layer *t, unsigned side, struct span in,
    const struct when *when, uint8_t *out, size_t *ret_len)
{
	struct tls_opening *o = &t->decrypt->side[side];
	uint64_t lost_len = o->lost_len;
	bool searching = o->searching;

	tls_decrypt_begin_13(t, side);
	if (!o->crypt)
		return false;
	if (tls_crypt_open(o->crypt, t->dir[side].header, in, out, ret_len) == 0 ||
	    tls_decrypt_other(t, side, in, out, ret_len)) {
		if (!searching || t->info->early_refused)
			conn_plain_refused(t->layer.conn, when);
		return true;
	}
	o->searching = searching;
	o->lost_len = lost_len;
	return false;
}

/* A KeyUpdate was lost. */
static bool
try_updated(struct tls_layer *t, unsigned side, struct span in, uint8_t *out,
    size_t *ret_len)
{
	struct tls_decrypt *d = t->decrypt;
	struct tls_opening *o = &d->side[side];
	uint8_t secret[KEYLOG_SECRET_MAX];
	struct span next = { secret, o->secret_len };
	bool ok;

	memcpy(secret, o->secret, sizeof(secret));
	ok = tls_secret_update(&d->suite, secret, next.len) == 0 &&
	    try_turned(o, tls_crypt_new13(&d->suite, next), TURNED_UPDATE,
	    t->dir[side].header, in, out, ret_len);
	if (ok)
		memcpy(o->secret, secret, sizeof(secret));
	OPENSSL_cleanse(secret, sizeof(secret));
	return ok;
}

/* What a record's key may be when the one at hand does not open it. */
static bool
try_next(struct tls_layer *t, unsigned side, struct span in,
    const struct when *when, uint8_t *out, size_t *ret_len)
{
	struct tls_decrypt *d = t->decrypt;
	struct tls_opening *o = &d->side[side];
	const uint8_t *header = t->dir[side].header;
	struct span secret = { o->secret, o->secret_len };

	if (o->stage == STAGE_EARLY) {
		if (!t->info->has_server_hello)
			return false;
		if (try_handshake(t, side, in, when, out, ret_len))
			return true;
	}
	if (o->stage == STAGE_HANDSHAKE && secret.len) {
		if (!try_turned(o, tls_crypt_new13(&d->suite, secret),
		    TURNED_FINISHED, header, in, out, ret_len))
			return false;
		t->dir[side].handshake_sent = true;
		return true;
	}
	if (o->stage != STAGE_TRAFFIC || !o->searching)
		return false;
	if (tls_is_13(d->suite.version))
		return try_updated(t, side, in, out, ret_len);
	return try_turned(o, tls_decrypt_agreed(t, side), TURNED_CIPHER_AGAIN,
	    header, in, out, ret_len);
}

bool
tls_decrypt_open(struct tls_layer *t, unsigned side, struct span in,
    const struct when *when, uint8_t *out, size_t *ret_len)
{
	struct tls_decrypt *d = t->decrypt;
	struct tls_opening *o = &d->side[side];
	const uint8_t *header = t->dir[side].header;

	if (o->stage == STAGE_EARLY && !o->crypt) {
		if (try_earlies(d, o, header, in, out, ret_len))
			return true;
	} else if (tls_crypt_open(o->crypt, header, in, out, ret_len) == 0) {
		return true;
	}
	if (o->searching && o->crypt && search(o, o->crypt,
	    tls_crypt_number(o->crypt) + 1, header, in, out, ret_len))
		return true;
	return tls_decrypt_other(t, side, in, out, ret_len) ||
	    try_next(t, side, in, when, out, ret_len);
}
