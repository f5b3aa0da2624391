// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/verify/verify.h"

static int
load_tile(struct verify_tiles *t, unsigned level, uint64_t index)
{
	uint64_t hashes = t->size >> 8 * level;
	unsigned width = (index + 1) * TLOG_TILE_WIDTH <= hashes
			     ? TLOG_TILE_WIDTH
			     : (unsigned)(hashes % TLOG_TILE_WIDTH);
	char path[16 + TLOG_PATH_MAX] = "data/log/";
	size_t len;
	int err;

	if (t->tile && t->level == level && t->index == index)
		return 0;
	free(t->tile);
	t->tile = NULL;
	tlog_tile_path(level, index, width, path + strlen(path));
	err = verify_load(t->v, path, TLOG_TILE_WIDTH * TLOG_HASH_LEN, &t->tile,
	    &len);
	if (err)
		return err;
	t->level = level;
	t->index = index;
	return len == (size_t)width * TLOG_HASH_LEN ? 0 : -EBADMSG;
}

int
verify_read_hash(void *arg, unsigned level, uint64_t index,
    uint8_t ret_hash[static 32])
{
	struct verify_tiles *t = arg;
	int err = load_tile(t, level, index / TLOG_TILE_WIDTH);

	if (!err)
		memcpy(ret_hash,
		    t->tile + index % TLOG_TILE_WIDTH * TLOG_HASH_LEN,
		    TLOG_HASH_LEN);
	return err;
}
