// SPDX-License-Identifier: Apache-2.0
#include "content/known/sqlite_page.h"

#include <string.h>

#include "base/cursor.h"

#define PAGE_MIN	512

enum page_type {
	PAGE_INDEX_INNER = 2,
	PAGE_TABLE_INNER = 5,
	PAGE_INDEX_LEAF = 10,
	PAGE_TABLE_LEAF = 13,
};

/* 0: it is no database. */
static size_t
page_size(const struct known *k, uint32_t content)
{
	static const char magic[16] = "SQLite format 3";
	uint8_t head[18];
	struct cursor c = cur_init(head + 16, 2);
	size_t size;

	if (!known_copy(k, content, 0, head, sizeof(head)) ||
	    memcmp(head, magic, sizeof(magic)))
		return 0;
	size = cur_be16(&c);
	size = size == 1 ? 65536 : size;
	return size < PAGE_MIN || size & (size - 1) ? 0 : size;
}

/* How many bytes at the start of the page at that offset are not its own; in one
 * of another type, as those of long records are, they all may be. */
static size_t
common_len(const struct known *k, uint32_t content, uint64_t at, size_t size)
{
	uint8_t head[8];
	struct cursor c = cur_init(head, sizeof(head));
	size_t pointers, cells, from;
	unsigned type;

	if (!at)	/* the schema */
		return size;
	if (!known_copy(k, content, at, head, sizeof(head)))
		return 0;
	type = cur_u8(&c);
	if (type == PAGE_TABLE_INNER)
		return size;
	if (type != PAGE_INDEX_INNER && type != PAGE_INDEX_LEAF &&
	    type != PAGE_TABLE_LEAF)
		return 0;
	cur_skip(&c, 2);
	cells = cur_be16(&c);
	from = cur_be16(&c);
	pointers = (type == PAGE_INDEX_INNER ? 12u : 8u) + 2 * cells;
	/* between both nothing stands */
	from = from > pointers ? from : pointers;
	return from < size ? from : size;
}

bool
sqlite_mark_own(const struct known *k, uint32_t content, uint64_t offset,
    size_t len, bool *own)
{
	size_t size = page_size(k, content), in_page, n, common;

	if (!size)
		return false;
	for (size_t i = 0; i < len; i += n) {
		in_page = (size_t)((offset + i) % size);
		n = size - in_page < len - i ? size - in_page : len - i;
		common = common_len(k, content, offset + i - in_page, size);
		for (size_t b = 0; b < n; b++)
			own[i + b] = in_page + b >= common;
	}
	return true;
}
