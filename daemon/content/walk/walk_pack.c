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

#include "content/known/byte_class.h"
#include "content/walk/pack_head.h"
#include "content/walk/walkers.h"

#define DEPTH_MAX	32
#define KEY_MAX		64

struct pack_state {
	struct pack_head (*head)(uint8_t c);
	struct pack_head now;
	unsigned need;		/* bytes of count still to come */
	uint64_t count, skip, left, offset, values;
	unsigned depth;
	bool in_bytes, pieces, key, broken, key_next[DEPTH_MAX + 1];
	uint64_t remaining[DEPTH_MAX + 1];
	uint32_t index[DEPTH_MAX + 1];
	bool is_map[DEPTH_MAX + 1];
	uint16_t path_at[DEPTH_MAX + 1];
	size_t path_len;
	struct value value;
	uint8_t path[SCAN_MAX_PATH];
};

static bool
msgpack_open(struct scan_node *n)
{
	((struct pack_state *)n->state)->head = pack_head_msgpack;
	return true;
}

static bool
cbor_open(struct scan_node *n)
{
	((struct pack_state *)n->state)->head = pack_head_cbor;
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
		if (st->remaining[d] == PACK_OPEN_ENDED || --st->remaining[d])
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
	    (st->count != PACK_OPEN_ENDED && st->count > UINT32_MAX)) {
		st->broken = true;
		return;
	}
	d = ++st->depth;
	st->is_map[d] = st->key_next[d] = map;
	st->remaining[d] = st->count == PACK_OPEN_ENDED ? PACK_OPEN_ENDED :
	    st->count * (map ? 2 : 1);
	st->index[d] = 0;
	st->path_at[d] = (uint16_t)st->path_len;
}

static void
begin_content(struct scan_node *n, struct pack_state *st)
{
	struct span path = { st->path, st->path_len };
	size_t at = path.len;

	st->pieces = st->count == PACK_OPEN_ENDED;
	st->left = st->pieces ? 0 : st->count;
	st->in_bytes = !st->pieces;
	if (st->key)
		return;
	while (at && path.p[at - 1] != '/')
		at--;
	value_begin(&st->value, n, n->walker->name, path,
	    (struct span){ path.p + at, path.len - at }, st->offset + 1);
	st->value.bytes = st->now.kind == PACK_BYTES;
}

static void
end_content(struct pack_state *st)
{
	st->in_bytes = false;
	if (st->pieces)
		return;		/* up to the break */
	if (st->value.open)
		value_end(&st->value, true);
	value_done(st);
}

/* Within a string in pieces: the next one, or the break. */
static void
piece_head(struct pack_state *st)
{
	if (st->now.kind == PACK_BREAK) {
		st->pieces = false;
		end_content(st);
	} else if ((st->now.kind == PACK_TEXT || st->now.kind == PACK_BYTES) &&
	    st->count != PACK_OPEN_ENDED) {
		st->left = st->count;
		st->in_bytes = st->left > 0;
	} else {
		st->broken = true;
	}
}

/* The head is complete: its count is known. */
static void
head_done(struct scan_node *n, struct pack_state *st)
{
	if (st->pieces) {
		piece_head(st);
		return;
	}
	st->skip = st->now.skip;
	switch (st->now.kind) {
	case PACK_TAG:
		break;
	case PACK_TEXT:
	case PACK_BYTES:
		begin_content(n, st);
		if (!st->left && !st->skip)
			end_content(st);
		break;
	case PACK_ARRAY:
	case PACK_MAP:
		open_level(st, st->now.kind == PACK_MAP);
		break;
	case PACK_NUMBER:
		if (!st->skip)
			value_done(st);
		break;
	case PACK_BREAK:
		if (!st->depth || st->remaining[st->depth] != PACK_OPEN_ENDED ||
		    (st->is_map[st->depth] && !st->key_next[st->depth])) {
			st->broken = true;
			break;
		}
		st->remaining[st->depth] = 1;
		st->index[st->depth]--;
		st->key_next[st->depth] = !st->key_next[st->depth];
		value_done(st);
		break;
	case PACK_BAD:
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
	if (st->now.kind != PACK_BREAK && st->now.kind != PACK_BAD &&
	    !st->pieces)
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
	    !st->in_bytes && !st->pieces && !st->skip;
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
