// SPDX-License-Identifier: Apache-2.0
/*
 * MessagePack and CBOR: values with types and lengths, of which maps have keys.
 * Both are read by one machine; each format says what a first byte means.
 *
 * A level counts the values that are still to come in it; in a map every second
 * one is a key. CBOR's open-ended containers end with a break.
 */
#include <stdio.h>
#include <string.h>

#include "content/byte_class.h"
#include "content/format.h"
#include "content/walkers.h"

#define DEPTH_MAX	32
#define KEY_MAX		64
#define OPEN_ENDED	UINT64_MAX

enum pack_kind {
	KIND_NUMBER,		/* and all else of no content */
	KIND_TEXT,
	KIND_BYTES,
	KIND_ARRAY,
	KIND_MAP,
	KIND_TAG,		/* CBOR: says something of the next value */
	KIND_BREAK,
	KIND_BAD,
};

/* What a first byte means. */
struct pack_head {
	enum pack_kind kind;
	unsigned more;		/* bytes of length or count that follow */
	unsigned skip;		/* then bytes without interest */
	uint64_t count;		/* if none follow */
};

struct pack_state {
	struct pack_head (*head)(uint8_t c);
	struct pack_head now;
	unsigned need;		/* bytes of count still to come */
	uint64_t count, skip, left, offset, values;
	unsigned depth;
	bool in_bytes, key, broken, key_next[DEPTH_MAX + 1];
	uint64_t remaining[DEPTH_MAX + 1];
	uint32_t index[DEPTH_MAX + 1];
	bool is_map[DEPTH_MAX + 1];
	uint16_t path_at[DEPTH_MAX + 1];
	size_t path_len;
	struct value value;
	uint8_t path[SCAN_MAX_PATH];
};

static struct pack_head
msgpack_head(uint8_t c)
{
	static const struct pack_head by_byte[32] = {
		{ KIND_NUMBER, 0, 0, 0 },	/* c0 nil */
		{ KIND_BAD, 0, 0, 0 },
		{ KIND_NUMBER, 0, 0, 0 }, { KIND_NUMBER, 0, 0, 0 },
		{ KIND_BYTES, 1, 0, 0 },	/* c4 bin */
		{ KIND_BYTES, 2, 0, 0 },
		{ KIND_BYTES, 4, 0, 0 },
		{ KIND_BYTES, 1, 1, 0 },	/* c7 ext: a type before */
		{ KIND_BYTES, 2, 1, 0 },
		{ KIND_BYTES, 4, 1, 0 },
		{ KIND_NUMBER, 0, 4, 0 },	/* ca float */
		{ KIND_NUMBER, 0, 8, 0 },
		{ KIND_NUMBER, 0, 1, 0 },	/* cc uint */
		{ KIND_NUMBER, 0, 2, 0 },
		{ KIND_NUMBER, 0, 4, 0 },
		{ KIND_NUMBER, 0, 8, 0 },
		{ KIND_NUMBER, 0, 1, 0 },	/* d0 int */
		{ KIND_NUMBER, 0, 2, 0 },
		{ KIND_NUMBER, 0, 4, 0 },
		{ KIND_NUMBER, 0, 8, 0 },
		{ KIND_NUMBER, 0, 2, 0 },	/* d4 fixext */
		{ KIND_NUMBER, 0, 3, 0 },
		{ KIND_NUMBER, 0, 5, 0 },
		{ KIND_NUMBER, 0, 9, 0 },
		{ KIND_NUMBER, 0, 17, 0 },
		{ KIND_TEXT, 1, 0, 0 },		/* d9 str */
		{ KIND_TEXT, 2, 0, 0 },
		{ KIND_TEXT, 4, 0, 0 },
		{ KIND_ARRAY, 2, 0, 0 },	/* dc array */
		{ KIND_ARRAY, 4, 0, 0 },
		{ KIND_MAP, 2, 0, 0 },		/* de map */
		{ KIND_MAP, 4, 0, 0 },
	};

	if (c < 0x80 || c >= 0xe0)
		return (struct pack_head){ KIND_NUMBER, 0, 0, 0 };
	if (c < 0x90)
		return (struct pack_head){ KIND_MAP, 0, 0, c & 15 };
	if (c < 0xa0)
		return (struct pack_head){ KIND_ARRAY, 0, 0, c & 15 };
	if (c < 0xc0)
		return (struct pack_head){ KIND_TEXT, 0, 0, c & 31 };
	return by_byte[c - 0xc0];
}

static struct pack_head
cbor_head(uint8_t c)
{
	static const enum pack_kind kinds[8] = { KIND_NUMBER, KIND_NUMBER,
		KIND_BYTES, KIND_TEXT, KIND_ARRAY, KIND_MAP, KIND_TAG,
		KIND_NUMBER };
	struct pack_head h = { kinds[c >> 5], 0, 0, c & 31 };

	if (c == 0xff)
		return (struct pack_head){ KIND_BREAK, 0, 0, 0 };
	if (h.count >= 24 && h.count <= 27) {
		h.more = 1u << (h.count - 24);
	} else if (h.count == 31 && h.kind >= KIND_ARRAY &&
	    h.kind <= KIND_MAP) {
		h.count = OPEN_ENDED;
	} else if (h.count > 27) {
		h.kind = KIND_BAD;	/* strings in pieces too: rare */
	}
	return h;
}

static bool
msgpack_open(struct scan_node *n)
{
	((struct pack_state *)n->state)->head = msgpack_head;
	return true;
}

static bool
cbor_open(struct scan_node *n)
{
	((struct pack_state *)n->state)->head = cbor_head;
	return true;
}

static void
path_put(struct pack_state *st, const char *text, size_t len)
{
	size_t room = sizeof(st->path) - st->path_len;

	len = len < room ? len : room;
	memcpy(st->path + st->path_len, text, len);
	st->path_len += len;
}

/* A value begins: is it a key, and if not, what is it called. */
static void
name_value(struct pack_state *st)
{
	unsigned d = st->depth;
	char number[16];
	int len;

	st->key = d && st->is_map[d] && st->key_next[d];
	if (!d || (st->is_map[d] && !st->key))
		return;
	st->path_len = st->path_at[d];
	path_put(st, "/", 1);
	if (!st->is_map[d]) {
		len = snprintf(number, sizeof(number), "%u", st->index[d]);
		path_put(st, number, (size_t)len);
	}
}

/* A value has ended; so may levels. */
static void
value_done(struct pack_state *st)
{
	st->values++;
	while (st->depth) {
		unsigned d = st->depth;

		if (st->is_map[d])
			st->key_next[d] = !st->key_next[d];
		st->index[d]++;
		if (st->remaining[d] == OPEN_ENDED || --st->remaining[d])
			return;
		st->depth--;
		st->path_len = st->path_at[d];
	}
}

static void
open_level(struct pack_state *st, bool map)
{
	unsigned d;

	if (!st->count) {
		value_done(st);
		return;
	}
	if (st->depth == DEPTH_MAX || st->key ||
	    (st->count != OPEN_ENDED && st->count > UINT32_MAX)) {
		st->broken = true;
		return;
	}
	d = ++st->depth;
	st->is_map[d] = st->key_next[d] = map;
	st->remaining[d] = st->count == OPEN_ENDED ? OPEN_ENDED :
	    st->count * (map ? 2 : 1);
	st->index[d] = 0;
	st->path_at[d] = (uint16_t)st->path_len;
}

static void
begin_content(struct scan_node *n, struct pack_state *st)
{
	struct span path = { st->path, st->path_len };
	size_t at = path.len;

	st->left = st->count;
	st->in_bytes = true;
	if (st->key)
		return;
	while (at && path.p[at - 1] != '/')
		at--;
	value_begin(&st->value, n, n->walker->name, path,
	    (struct span){ path.p + at, path.len - at }, st->offset + 1);
}

static void
end_content(struct pack_state *st)
{
	st->in_bytes = false;
	if (st->value.open)
		value_end(&st->value, true);
	value_done(st);
}

/* The head is complete: its count is known. */
static void
head_done(struct scan_node *n, struct pack_state *st)
{
	st->skip = st->now.skip;
	switch (st->now.kind) {
	case KIND_TAG:
		break;
	case KIND_TEXT:
	case KIND_BYTES:
		begin_content(n, st);
		if (!st->left && !st->skip)
			end_content(st);
		break;
	case KIND_ARRAY:
	case KIND_MAP:
		open_level(st, st->now.kind == KIND_MAP);
		break;
	case KIND_NUMBER:
		if (!st->skip)
			value_done(st);
		break;
	case KIND_BREAK:
		if (!st->depth || st->remaining[st->depth] != OPEN_ENDED ||
		    (st->is_map[st->depth] && !st->key_next[st->depth])) {
			st->broken = true;
			break;
		}
		st->remaining[st->depth] = 1;
		st->index[st->depth]--;
		st->key_next[st->depth] = !st->key_next[st->depth];
		value_done(st);
		break;
	case KIND_BAD:
		st->broken = true;
		break;
	}
}

static void
pack_byte(struct scan_node *n, struct pack_state *st, uint8_t c)
{
	if (st->need) {
		st->count = st->count << 8 | c;
		if (!--st->need)
			head_done(n, st);
		return;
	}
	st->now = st->head(c);
	if (st->now.kind != KIND_BREAK && st->now.kind != KIND_BAD)
		name_value(st);
	st->count = st->now.more ? 0 : st->now.count;
	st->need = st->now.more;
	if (!st->need)
		head_done(n, st);
}

static size_t
content_bytes(struct pack_state *st, const uint8_t *p, size_t len)
{
	size_t take = st->left < len ? (size_t)st->left : len;
	size_t keep = take < KEY_MAX ? take : KEY_MAX;

	if (st->key) {
		path_put(st, (const char *)p, keep);
	} else {
		value_data(&st->value, p, take);
		st->value.raw_bytes += take;
	}
	if (!(st->left -= take))
		end_content(st);
	return take;
}

static void
pack_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct pack_state *st = n->state;

	while (len && !st->broken) {
		size_t take = 1;

		if (st->skip) {
			take = st->skip < len ? (size_t)st->skip : len;
			st->skip -= take;
			if (!st->skip && !st->in_bytes)
				value_done(st);
			else if (!st->skip && !st->left)
				end_content(st);
		} else if (st->in_bytes) {
			take = content_bytes(st, p, len);
		} else {
			pack_byte(n, st, *p);
		}
		st->offset += take;
		p += take;
		len -= take;
	}
}

static void
pack_close(struct scan_node *n)
{
	struct pack_state *st = n->state;

	if (st->value.open)
		value_end(&st->value, false);
	n->parsed = !st->broken && !st->depth && st->values && !st->need &&
	    !st->in_bytes && !st->skip;
}

/*
 * A map, or an array, at the start, whose first keys are text: the first bytes
 * of nothing else look so.
 */
static bool
pack_fits(const uint8_t *p, size_t len, struct pack_head (*head)(uint8_t))
{
	struct pack_head h;
	size_t at = 0;
	uint64_t n;

	for (int i = 0; i < 4 && at < len; i++) {
		h = head(p[at++]);
		n = h.more ? 0 : h.count;
		if (h.more) {
			for (unsigned k = 0; k < h.more && at < len; k++)
				n = n << 8 | p[at++];
		}
		if (h.kind == KIND_TEXT && i)
			return n >= 2 && n <= 64 && n < len - at &&
			    format_is_text(p + at, (size_t)n);
		if (h.kind == KIND_TAG)
			continue;
		if (h.kind != KIND_MAP && (h.kind != KIND_ARRAY || i))
			return false;
		if (!n || (n > 10000 && n != OPEN_ENDED))
			return false;
	}
	return false;
}

bool
msgpack_fits(const uint8_t *p, size_t len)
{
	return len > 4 && p[0] >= 0x80 && pack_fits(p, len, msgpack_head);
}

bool
cbor_fits(const uint8_t *p, size_t len)
{
	return len > 4 && p[0] >= 0x80 && pack_fits(p, len, cbor_head);
}

const struct walker walker_msgpack = {
	.name = "msgpack",
	.state_len = sizeof(struct pack_state),
	.open = msgpack_open,
	.data = pack_data,
	.close = pack_close,
};

const struct walker walker_cbor = {
	.name = "cbor",
	.state_len = sizeof(struct pack_state),
	.open = cbor_open,
	.data = pack_data,
	.close = pack_close,
};
