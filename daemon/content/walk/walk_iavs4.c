// SPDX-License-Identifier: Apache-2.0
/*
 * What Avast and AVG send as "iavs4/upload": a mark, then entries of a tag of
 * four letters, a length (LE32) and that many bytes. The same address takes
 * files and mere statistics; TYPE says which: "Submit..." comes with a file in
 * DATA, enciphered by a stream that we don't have, so that no byte of it is
 * compared. HTYP holds the name of an algorithm and a hash of the file.
 */
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "content/hash_finder.h"
#include "content/walk/walkers.h"

#define MARK_LEN	4
#define HEAD_LEN	8
#define TEXT_MAX	1024	/* of an entry; what is longer is cut */
#define HASH_NAME	"SHA256HASH"

struct iavs4_state {
	uint8_t head[HEAD_LEN];
	size_t head_len;
	bool marked;		/* the mark was read */
	bool submit;		/* TYPE says that a file comes along */
	uint32_t left;		/* of the entry's value */
	size_t text_len;
	uint64_t offset;	/* in the node */
	uint64_t value_at;
	struct span name;	/* of the file */
	uint8_t text[TEXT_MAX];
};

static const struct {
	char tag[5];
	const char *category, *why;
} meanings[] = {
	{ "NAME", "file.name", "the file's name, in a submission" },
	{ "VIRU", "detection", "what the scanner found" },
	{ "EMAI", "user", "an e-mail address" },
	{ "USID", "host.id", "an id of the installation or its user" },
	{ "GUID", "host.id", "an id of the installation" },
	{ "UNID", "host.id", "an id of the installation" },
	{ "SIZE", "file.size", "the file's size" },
};

static bool
is_tag(const struct iavs4_state *st, const char *tag)
{
	return !memcmp(st->head, tag, 4);
}

/* UTF-16LE up to its NUL. */
static size_t
narrow(const uint8_t *p, size_t len, uint8_t *to)
{
	size_t n = utf8_from_utf16(p, len, false, to);

	return n ? strnlen((const char *)to, n) : 0;
}

static void
read_hash(struct scan_node *n, struct iavs4_state *st, struct span path)
{
	const size_t name_len = sizeof(HASH_NAME) - 1;
	const uint8_t *value = st->text + name_len;
	const struct known *k = n->s->known;
	long file = -1;
	size_t same;

	if (st->text_len != name_len + 32 ||
	    memcmp(st->text, HASH_NAME, name_len))
		return;
	if (k)
		file = known_find_hash(k, KNOWN_SHA256, value, &same);
	if (hash_enter(n, KNOWN_SHA256, value, "raw", file, path,
	    st->value_at + name_len, true))
		scan_add_category(n->s, "file.hash", path,
		    "the file's hash, in a submission");
}

/* A value is whole, and short enough to be looked at. */
static void
entry_end(struct scan_node *n, struct iavs4_state *st)
{
	uint8_t utf8[TEXT_MAX / 2 * 3];
	uint8_t path[5] = { '/' };
	struct field f = { .path = { path, 5 }, .key = { path + 1, 4 },
		.value = { st->text, st->text_len },
		.offset = st->value_at, .encoding = "iavs4" };

	memcpy(path + 1, st->head, 4);
	st->head_len = 0;
	if (is_tag(st, "HTYP")) {
		read_hash(n, st, f.path);
		return;
	}
	for (size_t i = 0; i < sizeof(meanings) / sizeof(*meanings); i++)
		if (is_tag(st, meanings[i].tag) && st->text_len)
			scan_add_category(n->s, meanings[i].category, f.path,
			    meanings[i].why);
	if (is_tag(st, "SIZE"))
		return;
	if (!is_tag(st, "GUID") && !is_tag(st, "UNID"))
		f.value = (struct span){ utf8,
			narrow(st->text, st->text_len, utf8) };
	if (is_tag(st, "TYPE"))
		st->submit = f.value.len >= 6 &&
			     !memcmp(f.value.p, "Submit", 6);
	if (is_tag(st, "NAME"))
		st->name = scan_keep(n->s, f.value);
	scan_field(n, &f);
}

static void
entry_begin(struct scan_node *n, struct iavs4_state *st)
{
	const uint8_t *l = st->head + 4;
	struct node_origin from = {
		.encoding = "iavs4",
		.path = SPAN_LITERAL("/DATA"),
		.name = st->name,
		.declared_file = st->submit,
		.enciphered = true,
	};

	st->left = (uint32_t)l[0] | (uint32_t)l[1] << 8 |
		   (uint32_t)l[2] << 16 | (uint32_t)l[3] << 24;
	st->text_len = 0;
	st->value_at = st->offset;
	if (is_tag(st, "DATA") && st->left) {
		n->child = node_open(n->s, n, &from);
		if (st->submit)
			scan_limit(n->s, "a file that Avast has enciphered "
					 "can't be compared");
	}
	if (!st->left)
		entry_end(n, st);
}

static void
entry_data(struct scan_node *n, struct iavs4_state *st, const uint8_t *p,
    size_t len)
{
	size_t take = TEXT_MAX - st->text_len;

	st->left -= (uint32_t)len;
	if (n->child) {
		n->child->parent_bytes += len;
		n->output += len;
		node_data(n->child, p, len);
		if (!st->left) {
			node_close(n->child, true);
			n->child = NULL;
			st->head_len = 0;
		}
		return;
	}
	take = take < len ? take : len;
	memcpy(st->text + st->text_len, p, take);
	st->text_len += take;
	if (!st->left)
		entry_end(n, st);
}

static bool
iavs4_open(struct scan_node *n)
{
	return true;
}

static void
iavs4_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct iavs4_state *st = n->state;
	size_t i = 0;

	while (i < len) {
		size_t run = len - i;

		if (st->left) {
			run = run < st->left ? run : st->left;
			st->offset += run;
			entry_data(n, st, p + i, run);
			i += run;
			continue;
		}
		st->head[st->head_len++] = p[i++];
		st->offset++;
		if (!st->marked && st->head_len == MARK_LEN) {
			st->marked = true;
			st->head_len = 0;
		} else if (st->head_len == HEAD_LEN) {
			entry_begin(n, st);
		}
	}
}

static void
iavs4_close(struct scan_node *n)
{
	struct iavs4_state *st = n->state;

	n->parsed = st->marked && !st->left && !st->head_len;
	node_close(n->child, false);
	n->child = NULL;
}

const struct walker walker_iavs4 = {
	.name = "iavs4",
	.state_len = sizeof(struct iavs4_state),
	.open = iavs4_open,
	.data = iavs4_data,
	.close = iavs4_close,
};
