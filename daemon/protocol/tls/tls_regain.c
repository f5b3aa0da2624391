// SPDX-License-Identifier: Apache-2.0
#include "protocol/tls/tls_decrypt.h"

/*
 * A gap loses the count of records, and so does a record that was damaged, for its
 * length may have been. Then the numbers ahead are tried, as many as the gap could
 * hold; how far the count went on tells how much plaintext is missing, exactly. What changes the key may have been in the gap: then the
 * next key is tried likewise, and what is missing is known at most.
 */
#define KEY_UPDATE_LEN	5	/* the message */
#define CIPHER_LEN	(6 + 16)	/* ChangeCipherSpec, and Finished */

void
tls_decrypt_lost(struct tls_layer *t, unsigned side, uint64_t len)
{
	struct tls_opening *o = t->decrypt ? &t->decrypt->side[side] : NULL;

	if (!o || !len)
		return;
	if (o->crypt && !tls_crypt_can_skip(o->crypt))
		tls_decrypt_use(o, NULL, STAGE_NONE);
	o->searching = o->crypt != NULL;
	o->lost_len += len;
}

void
tls_decrypt_missing(struct tls_layer *t, unsigned side, uint64_t len,
    const struct when *when)
{
	struct conn *conn = t->layer.conn;

	/* also where nothing was read yet: what it is in was sealed */
	conn->decrypted |= len > 0;
	conn_plain_gap(conn, side, len, when);
}

void
tls_decrypt_gap(struct tls_layer *t, unsigned side, const struct when *when)
{
	const struct tls_dir *dir = &t->dir[side];

	buf_clear(&t->decrypt->side[side].held);
	buf_clear(&t->decrypt->side[side].spare);
	tls_decrypt_lost(t, side, 5u + dir->record_len);
	tls_unopened(t, side, 5u + dir->record_len - dir->left, when);
}

void
tls_decrypt_damaged(struct tls_layer *t, unsigned side, struct span in,
    const struct when *when)
{
	struct tls_opening *o = &t->decrypt->side[side];
	size_t len;

	t->info->unauthentic++;
	if (!o->crypt)
		return;
	if (tls_crypt_can_skip(o->crypt)) {
		tls_decrypt_lost(t, side, 5u + in.len);
		return;
	}
	tls_crypt_pass(o->crypt, in);
	if (t->dir[side].header[0] != TLS_DATA ||
	    in.len <= tls_crypt_overhead(o->crypt))
		return;
	len = in.len - tls_crypt_overhead(o->crypt);
	tls_decrypt_missing(t, side, len < TLS_FRAGMENT_MAX ? len :
	    TLS_FRAGMENT_MAX, when);
}

void
tls_decrypt_end(struct tls_layer *t, unsigned side, const struct when *when)
{
	struct tls_opening *o = t->decrypt ? &t->decrypt->side[side] : NULL;
	uint64_t frame;

	if (!o || !o->crypt || !o->opened || o->stage != STAGE_TRAFFIC)
		return;
	frame = 5 + tls_crypt_overhead(o->crypt);
	if (o->lost_len > frame)
		tls_decrypt_missing(t, side, o->lost_len - frame, when);
	o->lost_len = 0;
}

void
tls_decrypt_suppose(struct tls_layer *t, unsigned side)
{
	struct tls_opening *o = &t->decrypt->side[side];
	uint64_t lost_len = o->lost_len;
	struct tls_crypt *crypt = tls_decrypt_agreed(t, side);

	if (crypt && !tls_crypt_can_skip(crypt)) {
		tls_crypt_free(crypt);
		crypt = NULL;
	}
	tls_decrypt_use(o, crypt, STAGE_TRAFFIC);
	if (!crypt)
		return;
	o->turned = TURNED_CIPHER;
	o->searching = true;
	o->lost_len = lost_len;
}

/* What records and a change of keys took of the bytes lost, at least; all of
 * them if no data can have been among them. */
static uint64_t
lost_otherwise(const struct tls_opening *o, uint64_t records)
{
	uint64_t frame = 5 + tls_crypt_overhead(o->crypt), len = records * frame;

	switch (o->turned) {
	case TURNED_FINISHED:
		return records ? len : o->lost_len;
	case TURNED_UPDATE:
		return len + frame + KEY_UPDATE_LEN;
	case TURNED_CIPHER:
		return records > 1 ? len + CIPHER_LEN : o->lost_len;
	case TURNED_CIPHER_AGAIN:
		return len + CIPHER_LEN;
	}
	return len;
}

void
tls_decrypt_found(struct tls_layer *t, unsigned side, uint64_t expected,
    const struct when *when)
{
	struct tls_opening *o = &t->decrypt->side[side];
	uint64_t records = tls_crypt_number(o->crypt) - 1 -
	    (o->turned ? 0 : expected);
	uint64_t len = lost_otherwise(o, records), missing;

	missing = o->lost_len > len ? o->lost_len - len : 0;
	/* padding of a block cipher may have been longer than it has to be */
	if (!o->turned && missing > records * TLS_FRAGMENT_MAX)
		missing = records * TLS_FRAGMENT_MAX;
	if (missing)
		tls_decrypt_missing(t, side, missing, when);
	o->searching = false;
	o->lost_len = 0;
	o->turned = TURNED_NOT;
}
