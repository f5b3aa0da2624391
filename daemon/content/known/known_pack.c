// SPDX-License-Identifier: Apache-2.0
/*
 * A pack: the head, the name, a mark for each hash of a part, the anchors of
 * each index, the file's bytes. The counts are in the head, so its length is
 * known from there.
 */
#include "content/known/known_pack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "content/known/known_set.h"

#define INDEXES		(1 + KNOWN_LAGS)
#define NAME_MAX_LEN	4096u

struct pack_head {
	uint64_t size;
	uint8_t hash[KNOWN_HASH_COUNT][KNOWN_HASH_MAX_LEN];
	uint32_t crc32, name_len, mark_count;
	uint32_t anchor_count[INDEXES];
	uint8_t tlsh[TLSH_LEN], has_tlsh, pad[4];
};

struct pack_mark {
	uint64_t first;
	uint32_t kind, pad;
};

struct pack_anchor {
	uint64_t key, offset;
	uint8_t before, behind, pad[6];
};

_Static_assert(sizeof(struct pack_head) == 8 + 6 * 64 + 3 * 4 + 7 * 4 + 40,
    "no holes");
_Static_assert(sizeof(struct pack_anchor) == 24, "no holes");

static const struct known_index *
index_of(const struct known *k, int i)
{
	return i ? k->xored[i - 1] : k->index;
}

static int
put_anchor(void *arg, const struct known_place *at, uint64_t key,
    const struct anchor_sides *sides)
{
	struct pack_anchor a = { .key = key, .offset = at->offset,
		.before = sides->before, .behind = sides->behind };
	struct buf *out = arg;

	buf_append(out, &a, sizeof(a));
	return out->failed ? -ENOMEM : 0;
}

int
known_pack(const struct known *k, struct buf *out)
{
	const struct known_file *f = k->files;
	const struct known_content *c = k->contents;
	struct pack_head head = { 0 };
	int err = 0;

	if (k->sealed || k->file_count != 1 || k->content_count != 1 ||
	    !c->bytes)
		return -EINVAL;
	head.size = f->size;
	memcpy(head.hash, f->hash, sizeof(head.hash));
	head.crc32 = f->crc32;
	head.has_tlsh = f->has_tlsh;
	memcpy(head.tlsh, f->tlsh, sizeof(head.tlsh));
	head.name_len = (uint32_t)strlen(f->name);
	head.mark_count = (uint32_t)k->marks.count;
	for (int i = 0; i < INDEXES; i++)
		head.anchor_count[i] =
		    (uint32_t)known_index_anchors(index_of(k, i));
	buf_append(out, &head, sizeof(head));
	buf_append(out, f->name, head.name_len);
	for (size_t i = 0; i < k->marks.count; i++) {
		struct pack_mark m = { k->marks.list[i].first,
			k->marks.list[i].kind, 0 };

		buf_append(out, &m, sizeof(m));
	}
	for (int i = 0; i < INDEXES && !err; i++)
		err = known_index_each(index_of(k, i), put_anchor, out);
	buf_append(out, c->bytes, f->size);
	if (out->failed)
		return out->max_len ? ERR_LIMIT : -ENOMEM;
	return err;
}

/* Where things lie in a pack that was found to be one. */
struct unpacked {
	struct pack_head head;
	const uint8_t *name, *marks, *anchors[INDEXES], *bytes;
};

static struct pack_mark
mark_at(const struct unpacked *u, size_t i)
{
	struct pack_mark m;

	memcpy(&m, u->marks + i * sizeof(m), sizeof(m));
	return m;
}

static struct pack_anchor
anchor_at(const struct unpacked *u, int index, size_t i)
{
	struct pack_anchor a;

	memcpy(&a, u->anchors[index] + i * sizeof(a), sizeof(a));
	return a;
}

static bool
values_are_possible(const struct unpacked *u)
{
	if (u->head.has_tlsh > 1 || !u->head.name_len || memchr(u->name, 0, u->head.name_len))
		return false;
	for (size_t i = 0; i < u->head.mark_count; i++) {
		unsigned kind = mark_at(u, i).kind;

		if (kind < KNOWN_HASH_COUNT || kind >= derive_kinds())
			return false;
	}
	for (int x = 0; x < INDEXES; x++)
		for (size_t i = 0; i < u->head.anchor_count[x]; i++)
			if (anchor_at(u, x, i).offset >= u->head.size)
				return false;
	return true;
}

static int
read_pack(struct span pack, struct unpacked *u)
{
	struct cursor c = cur_init(pack.p, pack.len);

	cur_copy(&c, &u->head, sizeof(u->head));
	if (cur_failed(&c) || u->head.name_len > NAME_MAX_LEN ||
	    u->head.size > KNOWN_MAX_SIZE)
		return ERR_MALFORMED;
	u->name = cur_bytes(&c, u->head.name_len);
	u->marks = cur_bytes(&c, (size_t)u->head.mark_count *
	    sizeof(struct pack_mark));
	for (int i = 0; i < INDEXES; i++)
		u->anchors[i] = cur_bytes(&c, (size_t)u->head.anchor_count[i] *
		    sizeof(struct pack_anchor));
	u->bytes = cur_bytes(&c, u->head.size);
	if (cur_failed(&c) || cur_left(&c))
		return ERR_MALFORMED;
	return values_are_possible(u) ? 0 : ERR_MALFORMED;
}

static uint64_t *
hash_blocks(const uint8_t *bytes, size_t len)
{
	uint64_t *list = calloc(len / KNOWN_BLOCK + 1, sizeof(*list));

	for (size_t at = 0; list && at < len; at += KNOWN_BLOCK)
		list[at / KNOWN_BLOCK] = known_block_hash(bytes + at,
		    len - at < KNOWN_BLOCK ? len - at : KNOWN_BLOCK);
	return list;
}

static int
add_anchors(struct known *k, const struct unpacked *u, uint32_t content)
{
	int err = 0;

	for (int x = 0; x < INDEXES; x++) {
		struct known_index *to = x ? k->xored[x - 1] : k->index;

		for (size_t i = 0; i < u->head.anchor_count[x] && !err; i++) {
			struct pack_anchor a = anchor_at(u, x, i);
			struct anchor_sides sides = { .before = a.before,
				.behind = a.behind };

			err = known_index_add(to, content, a.offset, a.key,
			    &sides);
		}
	}
	return err;
}

static int
add_file(struct known *k, const struct unpacked *u)
{
	struct known_file *f = known_push(k, (const char *)u->name,
	    u->head.name_len);
	struct known_content *c = f ? known_push_content(k, u->head.size) :
				      NULL;
	int err = c ? 0 : -ENOMEM;

	if (err)
		return err;
	f->size = u->head.size;
	memcpy(f->hash, u->head.hash, sizeof(f->hash));
	f->has_hash = (1u << KNOWN_HASH_COUNT) - 1;
	f->crc32 = u->head.crc32;
	f->has_crc32 = f->has_content = true;
	f->has_tlsh = u->head.has_tlsh;
	memcpy(f->tlsh, u->head.tlsh, sizeof(f->tlsh));
	c->bytes = malloc(u->head.size + 1);
	c->block_hash = hash_blocks(u->bytes, u->head.size);
	if (!c->bytes || !c->block_hash)
		return -ENOMEM;
	memcpy(c->bytes, u->bytes, u->head.size);
	for (size_t i = 0; i < u->head.mark_count && !err; i++)
		err = known_mark_enter(k, mark_at(u, i).first,
		    mark_at(u, i).kind);
	return err ? err : add_anchors(k, u,
	    (uint32_t)(k->content_count - 1));
}

int
known_unpack(struct known *k, struct span pack)
{
	struct unpacked u;
	int err = read_pack(pack, &u);

	if (err)
		return err;
	if (known_has_sha256(k, u.head.hash[KNOWN_SHA256]))
		return 1;
	return add_file(k, &u);
}
