// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "protocol/tls/tls_decrypt.h"

/*
 * A key log may have several secrets of one name, where a line was spoilt, or two
 * programs wrote one file: what opens a key's first record is the right one.
 */

static bool
is_label(const struct tls_layer *t, unsigned side, enum keylog_label *ret_label)
{
	const struct tls_decrypt *d = t->decrypt;
	const struct tls_opening *o = &d->side[side];
	bool client = (int)side == t->client;

	if (!tls_is_13(d->suite.version)) {
		*ret_label = KEYLOG_MASTER;
		return o->stage == STAGE_TRAFFIC;
	}
	*ret_label = o->stage == STAGE_HANDSHAKE ?
	    (client ? KEYLOG_CLIENT_HANDSHAKE : KEYLOG_SERVER_HANDSHAKE) :
	    (client ? KEYLOG_CLIENT_TRAFFIC_0 : KEYLOG_SERVER_TRAFFIC_0);
	return o->stage == STAGE_HANDSHAKE || o->stage == STAGE_TRAFFIC;
}

static struct tls_crypt *
crypt_of(const struct tls_layer *t, unsigned side, struct span secret)
{
	const struct tls_decrypt *d = t->decrypt;

	return tls_is_13(d->suite.version) ? tls_crypt_new13(&d->suite, secret) :
	    tls_crypt_new12(&d->suite, secret, d->random[0], d->random[1],
		(int)side != t->client);
}

bool
tls_decrypt_other(struct tls_layer *t, unsigned side, struct span in, uint8_t *out,
    size_t *ret_len)
{
	struct tls_decrypt *d = t->decrypt;
	struct tls_opening *o = &d->side[side];
	enum keylog_label label;
	struct tls_crypt *crypt;
	struct span secret;

	if (!o->crypt || tls_crypt_number(o->crypt) || o->searching ||
	    !is_label(t, side, &label))
		return false;
	for (unsigned n = 1;; n++) {
		secret = keylog_find_other(d->keys, label, d->random[0], n);
		if (!secret.len)
			return false;
		crypt = crypt_of(t, side, secret);
		if (crypt && tls_crypt_open(crypt, t->dir[side].header, in, out,
			ret_len) == 0)
			break;
		tls_crypt_free(crypt);
	}
	tls_decrypt_use(o, crypt, (enum tls_stage)o->stage);
	if (o->stage == STAGE_TRAFFIC) {
		o->secret_len = (uint8_t)secret.len;
		memcpy(o->secret, secret.p, secret.len);
	}
	return true;
}
