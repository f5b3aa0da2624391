// SPDX-License-Identifier: Apache-2.0
/*
 * Zip archives front to back, entry by entry, as they stream by: the local
 * headers say all that is needed. Entries may be encrypted under a well-known
 * password.
 *
 * An entry's data end where its header says, or, where sizes come behind the
 * data, where its compression ends.
 */
#include <string.h>

#include "content/walk/zip_walk.h"

#define AES_OPENS_MAX	256	/* deriving a key takes a millisecond */

static bool
zip_open(struct scan_node *n)
{
	n->parsed = true;
	return true;
}

/* Collects up to want bytes; true once they are there. */
static bool
collect(struct zip_state *st, const uint8_t **p, size_t *len, size_t want)
{
	size_t take = want - st->have;

	take = take < *len ? take : *len;
	if (st->have < sizeof(st->buf)) {
		size_t room = sizeof(st->buf) - st->have;

		memcpy(st->buf + st->have, *p, take < room ? take : room);
	}
	st->have += take;
	*p += take;
	*len -= take;
	return st->have == want;
}

static void
read_header(struct scan_node *n, struct zip_state *st)
{
	const uint8_t *h = st->buf;

	st->have = 0;
	if (memcmp(h, "PK\3\4", 4)) {
		/* the directory, or something that is no zip */
		if (memcmp(h, "PK\1\2", 4) && memcmp(h, "PK\5\6", 4) &&
		    memcmp(h, "PK\6\6", 4))
			n->parsed = false;
		st->at = AT_DONE;
		return;
	}
	zip_read_local(h, &st->e);
	st->at = AT_NAME;
}

static void
open_entry(struct scan_node *n, struct zip_state *st)
{
	size_t len = st->have < sizeof(st->buf) ? st->have : sizeof(st->buf);
	struct node_origin from = {
		.encoding = "zip",
		.path = { st->buf, len },
		.name = { st->buf, len },
		.declared_file = len && st->buf[len - 1] != '/',
	};

	st->have = 0;
	st->at = AT_EXTRA;
	if (!from.declared_file && !st->e.sizes_later && !st->e.packed)
		return;
	from.path = scan_keep(n->s, from.path);
	n->child = node_open(n->s, n, &from);
}

static void
entry_close(struct scan_node *n, struct zip_state *st, bool complete)
{
	expand_free(st->u);
	st->u = NULL;
	zip_ppmd_clear(st);
	zip_crypt_clear(&st->crypt);
	st->decrypting = false;
	if (n->child) {
		n->child->parent_bytes = st->eaten;
		if (st->locked)
			n->s->notes[n->item].undeciphered +=
			    st->e.packed + st->sought;
	}
	node_close(n->child, complete);
	n->child = NULL;
}

static void
skip_entry(struct scan_node *n, struct zip_state *st)
{
	if (st->locked)
		scan_limit(n->s, "an archive under a password not known");
	else if (n->child)
		scan_limit(n->s, "an archive's method of packing not known");
	st->left = st->e.packed;
	st->entry_ok = false;
	st->sought = 0;
	st->at = st->e.sizes_later && !st->e.packed ? AT_SEEK : AT_SKIP;
}

static void
begin_data(struct scan_node *n, struct zip_state *st)
{
	bool open_ended = st->e.sizes_later && !st->e.packed;
	bool kept = st->e.method == ZIP_PPMD && !open_ended;
	bool known = expand_knows(st->e.method) || kept ||
	    (st->e.method == ZIP_STORED && !open_ended);

	if (!known || st->locked) {
		skip_entry(n, st);
		return;
	}
	if (kept)
		zip_ppmd_begin(st);
	else if (st->e.method != ZIP_STORED)
		st->u = expand_new(st->e.method, st->e.plain);
	st->entry_ok = st->e.method == ZIP_STORED;
	st->at = AT_DATA;
}

static void
begin_entry(struct scan_node *n, struct zip_state *st)
{
	st->left = st->e.packed;
	st->eaten = 0;
	st->locked = false;
	if (st->e.flags & ZIP_ENCRYPTED) {
		st->locked = true;
		st->at = AT_CRYPT;
		return;
	}
	begin_data(n, st);
}

static size_t
crypt_len(const struct zip_state *st)
{
	return st->e.aes_strength ? zip_aes_head_len(st->e.aes_strength) :
	    ZIP_CRYPT_HEAD;
}

static void
begin_crypt(struct scan_node *n, struct zip_state *st)
{
	unsigned pw = 0;

	st->check = (uint8_t)(st->e.sizes_later ? st->e.time >> 8 :
	    st->e.crc >> 24);
	if (st->e.aes_strength)
		st->decrypting = st->aes_opens++ < AES_OPENS_MAX &&
		    zip_aes_open(&st->crypt, n->s->passwords, st->buf,
		    st->e.aes_strength);
	else if (st->e.method != ZIP_AES)
		st->decrypting = zip_crypt_open(&st->crypt,
		    n->s->passwords, st->buf, st->check, &pw);
	st->locked = !st->decrypting;
	st->e.packed -= st->have < st->e.packed ? st->have : st->e.packed;
	st->left = st->e.packed;
	st->have = 0;
	begin_data(n, st);
	if (st->at != AT_DATA)
		return;
	if (st->e.aes_strength && st->left >= ZIP_AES_TAG)
		st->left -= ZIP_AES_TAG;
	else if (!st->e.aes_strength && zip_trial_begin(&st->trial, &st->e,
	    st->check, st->buf, n->s->passwords))
		st->at = AT_TRIAL;
}

/* Up to the next header: a descriptor of 12 to 24 bytes, as a rule. */
static void
seek_byte(struct scan_node *n, struct zip_state *st, uint8_t c)
{
	if (st->have == 4)
		memmove(st->buf, st->buf + 1, 3);
	st->sought++;
	st->have = st->have < 4 ? st->have + 1 : 4;
	st->buf[st->have - 1] = c;
	if (st->have == 4 && (!memcmp(st->buf, "PK\3\4", 4) ||
	    !memcmp(st->buf, "PK\1\2", 4))) {
		entry_close(n, st, st->entry_ok);
		st->at = AT_HEADER;
	}
}

static void
zip_step(struct scan_node *n, struct zip_state *st, const uint8_t **p,
    size_t *len)
{
	size_t used = 0;

	switch (st->at) {
	case AT_HEADER:
		if (collect(st, p, len, ZIP_LOCAL_LEN))
			read_header(n, st);
		break;
	case AT_NAME:
		if (collect(st, p, len, st->e.name_len))
			open_entry(n, st);
		break;
	case AT_EXTRA:
		if (collect(st, p, len, st->e.extra_len)) {
			zip_read_extra(st->buf, st->have < sizeof(st->buf) ?
			    st->have : sizeof(st->buf), &st->e);
			st->have = 0;
			begin_entry(n, st);
		}
		break;
	case AT_CRYPT:
		if (collect(st, p, len, crypt_len(st)))
			begin_crypt(n, st);
		break;
	case AT_TRIAL:
		used = zip_trial_data(n, st, *p, *len);
		break;
	case AT_DATA:
		used = zip_entry_data(n, st, *p, *len);
		break;
	case AT_SKIP:
		used = *len < st->left ? *len : (size_t)st->left;
		st->left -= used;
		break;
	case AT_SEEK:
		used = 1;
		seek_byte(n, st, **p);
		break;
	case AT_DONE:
		used = *len;
		break;
	}
	*p += used;
	*len -= used;
	if (st->at == AT_SKIP && !st->left) {
		bool tail = st->e.aes_strength && st->decrypting;

		entry_close(n, st, st->entry_ok);
		st->e.aes_strength = 0;
		if (tail) {
			st->left = ZIP_AES_TAG;	/* then once more */
		} else {
			/* a descriptor may stand before the next header */
			st->at = st->e.sizes_later ? AT_SEEK : AT_HEADER;
			st->have = 0;
		}
	}
}

void
zip_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct zip_state *st = n->state;

	while (len)
		zip_step(n, st, &p, &len);
}

static void
zip_close(struct scan_node *n)
{
	struct zip_state *st = n->state;

	if (st->at == AT_TRIAL && st->trial.len)
		zip_trial_end(n, st);
	zip_trial_clear(&st->trial);
	if (st->at != AT_DONE)
		n->parsed = false;
	st->left = st->left < st->e.packed ? st->left : st->e.packed;
	entry_close(n, st, false);
}

const struct walker walker_zip = {
	.name = "zip",
	.state_len = sizeof(struct zip_state),
	.open = zip_open,
	.data = zip_data,
	.close = zip_close,
};
