// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "content/walk/zip_walk.h"

void
zip_emit(struct scan_node *n, struct zip_state *st, const uint8_t *p, size_t len)
{
	if (!len)
		return;
	if (!node_may_emit(n, len)) {
		n->parsed = false;
		st->at = AT_DONE;
		return;
	}
	if (n->child)
		node_data(n->child, p, len);
}

/* Unpacks; how many bytes of p it used. */
static size_t
unpack_entry(struct scan_node *n, struct zip_state *st, const uint8_t *p,
    size_t len)
{
	enum expand_result r;
	size_t used, made, all = 0;

	do {
		r = expand_some(st->u, p + all, len - all, &used, st->out,
		    sizeof(st->out), &made);
		all += used;
		zip_emit(n, st, st->out, made);
	} while (r == EXPAND_MORE && st->at == AT_DATA && (used || made) &&
	    (all < len || made == sizeof(st->out)));
	st->entry_ok = r == EXPAND_END;
	if (r == EXPAND_HUGE)
		scan_limit(n->s, "LZMA wants more than 128 MiB to unwrap");
	if (r != EXPAND_MORE) {
		expand_free(st->u);
		st->u = NULL;
	}
	return all;
}

/* What does not unpack is no zip; but the old cipher checks a password by one
 * byte, which a wrong one passes too: then it is a lock that holds. */
static void
entry_failed(struct scan_node *n, struct zip_state *st)
{
	if (!st->decrypting || st->e.aes_strength) {
		n->parsed = false;
		return;
	}
	st->locked = true;
	scan_limit(n->s, "an archive under a password not known");
}

size_t
zip_entry_data(struct scan_node *n, struct zip_state *st, const uint8_t *p,
    size_t len)
{
	bool open_ended = st->e.sizes_later && !st->e.packed;
	const uint8_t *data = p;
	size_t used;

	if (!open_ended && len > st->left)
		len = (size_t)st->left;
	if (st->decrypting) {
		len = len < sizeof(st->plain) ? len : sizeof(st->plain);
		zip_decrypt(&st->crypt, p, len, st->plain);
		data = st->plain;
	}
	used = len;
	if (st->u)
		used = unpack_entry(n, st, data, len);
	else if (st->keeps)
		zip_ppmd_data(n, st, data, len);
	else if (st->e.method == ZIP_STORED)
		zip_emit(n, st, data, len);
	st->eaten += used;
	if (!open_ended)
		st->left -= used;
	if (st->keeps && !st->left)
		zip_ppmd_end(n, st);
	if (st->keeps || st->at != AT_DATA)
		return used;
	if (st->e.method != ZIP_STORED && !st->u) {
		st->at = open_ended ? AT_SEEK : AT_SKIP;
		if (!st->entry_ok)
			entry_failed(n, st);
	} else if (!open_ended && !st->left) {
		st->at = AT_SKIP;
	}
	return used;
}

void
zip_trial_end(struct scan_node *n, struct zip_state *st)
{
	uint8_t *data = st->trial.data;
	size_t len = st->trial.len;

	zip_trial(&st->trial, &st->e, st->check, n->s->known, &st->crypt);
	st->at = AT_DATA;
	st->trial.data = NULL;
	zip_data(n, data, len);
	free(data);
}

size_t
zip_trial_data(struct scan_node *n, struct zip_state *st, const uint8_t *p,
    size_t len)
{
	size_t take = st->trial.want - st->trial.len;

	take = take < len ? take : len;
	memcpy(st->trial.data + st->trial.len, p, take);
	st->trial.len += take;
	if (st->trial.len == st->trial.want)
		zip_trial_end(n, st);
	return take;
}
