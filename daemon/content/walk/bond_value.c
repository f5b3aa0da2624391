// SPDX-License-Identifier: Apache-2.0
/*
 * The bytes of Bond's strings and lists of bytes. Wide strings are read as UTF-8.
 *
 * Defender's reports to MAPS are such. What each number means there is not
 * public, but public code says that they carry a file's hashes: in a body that
 * is declared Bond a string of the form of a SHA-1 or SHA-256 is taken for one.
 */
#include "base/utf8.h"
#include "content/known/byte_class.h"
#include "content/walk/bond_walk.h"

void
bond_content_begin(struct scan_node *n, struct bond_state *st)
{
	struct span path = { st->path, st->path_len };
	size_t at = path.len;

	while (at && path.p[at - 1] != '/')
		at--;
	if (!st->left) {
		bond_value_done(n, st);
		return;
	}
	value_begin(&st->value, n, "bond", path,
	    (struct span){ path.p + at, path.len - at }, st->offset + 1);
	st->at = AT_CONTENT;
	st->half = false;
}

static void
put_content(struct bond_state *st, const uint8_t *p, size_t len)
{
	st->value.raw_bytes += len;
	if (!st->wide) {
		value_data(&st->value, p, len);
		return;
	}
	for (size_t i = 0; i < len; i++) {
		uint8_t pair[2] = { st->first, p[i] }, utf8[3];

		if (st->half)
			value_data(&st->value, utf8,
			    utf8_from_utf16(pair, 2, false, utf8));
		st->half = !st->half;
		st->first = p[i];
	}
}

static void
name_hash(const struct scan_node *n, struct value *v)
{
	static const struct span bond = SPAN_LITERAL("application/bond");
	struct span type = n->from.declared_type;

	if (v->item || (v->len != 40 && v->len != 64) ||
	    type.len < bond.len || !span_caseeq((struct span){ type.p,
	    bond.len }, bond))
		return;
	for (size_t i = 0; i < v->len; i++)
		if (!byte_is(v->text[i], BYTE_HEX))
			return;
	v->key = v->len == 40 ? SPAN_LITERAL("sha1") : SPAN_LITERAL("sha256");
}

void
bond_content_data(struct scan_node *n, struct bond_state *st, const uint8_t *p,
    size_t len)
{
	put_content(st, p, len);
	st->left -= len;
	if (st->left)
		return;
	name_hash(n, &st->value);
	value_end(&st->value, true);
	bond_value_done(n, st);
}
