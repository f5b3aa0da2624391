// SPDX-License-Identifier: Apache-2.0
#include "evidence/log/tlog.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int
tlog_init(struct tlog *t, tlog_tile_fn on_tile, void *arg)
{
	t->size = 0;
	t->on_tile = on_tile;
	t->arg = arg;
	return tlog_hasher_init(&t->hasher);
}

void
tlog_clear(struct tlog *t)
{
	tlog_hasher_clear(&t->hasher);
}

/* Hashes in the tile of that level that is being filled: 0 to 255. */
static unsigned
width_of(const struct tlog *t, unsigned level)
{
	return (unsigned)(t->size >> 8 * level) & (TLOG_TILE_WIDTH - 1);
}

static uint64_t
index_of(const struct tlog *t, unsigned level)
{
	return level + 1 < TLOG_LEVELS ? t->size >> 8 * (level + 1) : 0;
}

static uint8_t *
hash_at(struct tlog *t, unsigned level, unsigned i)
{
	return t->tiles[level] + (size_t)i * TLOG_HASH_LEN;
}

/* The root over count hashes, a power of two; count 1 is the hash itself. */
static void
fold(struct tlog *t, const uint8_t *hashes, unsigned count, uint8_t *ret_root)
{
	uint8_t half[TLOG_TILE_WIDTH / 2][TLOG_HASH_LEN];

	if (count == 1) {
		memcpy(ret_root, hashes, TLOG_HASH_LEN);
		return;
	}
	for (unsigned i = 0; i < count / 2; i++)
		tlog_hash_node(&t->hasher, hashes + 2 * i * TLOG_HASH_LEN,
		    hashes + (2 * i + 1) * TLOG_HASH_LEN, half[i]);
	for (count /= 2; count > 1; count /= 2)
		for (unsigned i = 0; i < count / 2; i++)
			tlog_hash_node(&t->hasher, half[2 * i],
			    half[2 * i + 1], half[i]);
	memcpy(ret_root, half[0], TLOG_HASH_LEN);
}

int
tlog_append(struct tlog *t, const uint8_t leaf[static 32])
{
	uint8_t hash[TLOG_HASH_LEN];
	unsigned level = 0;

	memcpy(hash, leaf, sizeof(hash));
	for (; level < TLOG_LEVELS; level++) {
		unsigned width = width_of(t, level);
		int err = 0;

		memcpy(hash_at(t, level, width), hash, sizeof(hash));
		if (width + 1 < TLOG_TILE_WIDTH)
			break;
		if (t->on_tile)
			err = t->on_tile(t->arg, level, index_of(t, level),
			    TLOG_TILE_WIDTH, t->tiles[level]);
		if (err)
			return err;
		fold(t, t->tiles[level], TLOG_TILE_WIDTH, hash);
	}
	t->size++;
	return t->hasher.failed ? -EIO : 0;
}

int
tlog_flush(struct tlog *t)
{
	int err = 0;

	for (unsigned level = 0; level < TLOG_LEVELS && !err; level++)
		if (width_of(t, level) && t->on_tile)
			err = t->on_tile(t->arg, level, index_of(t, level),
			    width_of(t, level), t->tiles[level]);
	return err;
}

/* From the smallest perfect subtree, on the right, to the largest. */
void
tlog_root(struct tlog *t, uint8_t ret_root[static 32])
{
	uint8_t root[TLOG_HASH_LEN], left[TLOG_HASH_LEN];
	bool any = false;

	for (unsigned level = 0; level < TLOG_LEVELS; level++) {
		unsigned width = width_of(t, level);

		for (unsigned n = 1; width; n *= 2) {
			if (!(width & n))
				continue;
			width -= n;
			fold(t, hash_at(t, level, width), n, left);
			if (any)
				tlog_hash_node(&t->hasher, left, root, root);
			else
				memcpy(root, left, sizeof(root));
			any = true;
		}
	}
	if (!any) {
		tlog_hash_begin(&t->hasher);
		tlog_hash_end(&t->hasher, root);
	}
	memcpy(ret_root, root, sizeof(root));
}

void
tlog_tile_path(unsigned level, uint64_t index, unsigned width,
    char ret_path[static TLOG_PATH_MAX])
{
	uint64_t unit = 1;
	int n = snprintf(ret_path, TLOG_PATH_MAX, "tile/%u/", level % 100);

	while (index / unit >= 1000)
		unit *= 1000;
	for (; unit; unit /= 1000)
		n += snprintf(ret_path + n, TLOG_PATH_MAX - (size_t)n,
		    unit > 1 ? "x%03u/" : "%03u",
		    (unsigned)(index / unit % 1000));
	if (width < TLOG_TILE_WIDTH)
		snprintf(ret_path + n, TLOG_PATH_MAX - (size_t)n, ".p/%u",
		    width);
}
