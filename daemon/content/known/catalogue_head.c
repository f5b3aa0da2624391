// SPDX-License-Identifier: Apache-2.0
#include "content/known/catalogue_head.h"

#include <string.h>

#include "base/cursor.h"

static const uint8_t magic[8] = "\x89TTKNOW\n";

bool
catalogue_is(const uint8_t *head, size_t len)
{
	return len >= sizeof(magic) && !memcmp(head, magic, sizeof(magic));
}

uint32_t
catalogue_row_len(uint32_t algorithms)
{
	uint32_t len = CATALOGUE_ROW_FIXED;

	for (int a = 0; a < KNOWN_HASH_COUNT; a++)
		if (algorithms >> a & 1)
			len += (uint32_t)known_hash_len((enum known_hash)a);
	return len;
}

/* count things of len bytes from at on lie between head and end. */
static bool
fits(const struct catalogue_head *h, uint64_t at, uint64_t count, uint64_t len)
{
	return at >= CATALOGUE_HEAD_LEN && at <= h->file_len &&
	    count <= (h->file_len - at) / len;
}

static bool
section_is_sound(const struct catalogue_head *h, int alg)
{
	const struct catalogue_section *s = &h->by[alg];

	if (!(h->algorithms >> alg & 1))
		return !s->count;
	return s->count <= h->row_count && s->bits <= CATALOGUE_MAX_BITS &&
	    fits(h, s->entries_at, s->count, CATALOGUE_ENTRY_LEN) &&
	    fits(h, s->table_at, (1ull << s->bits) + 1, 4);
}

static bool
is_sound(const struct catalogue_head *h)
{
	const uint32_t all = (1u << KNOWN_HASH_COUNT) - 1;

	if (h->algorithms & ~all || h->only & ~h->algorithms ||
	    h->row_count > CATALOGUE_MAX_ROWS ||
	    h->row_len != catalogue_row_len(h->algorithms) ||
	    h->names_len > CATALOGUE_NAME_MASK || !h->names_len ||
	    h->filter_log2 < 3 || h->filter_log2 > CATALOGUE_MAX_BITS + 4)
		return false;
	for (int a = 0; a < KNOWN_HASH_COUNT; a++)
		if (!section_is_sound(h, a))
			return false;
	return fits(h, h->rows_at, h->row_count, h->row_len) &&
	    fits(h, h->names_at, h->names_len, 1) &&
	    fits(h, h->filter_at, 1ull << h->filter_log2, 8);
}

int
catalogue_head_read(const uint8_t *data, size_t len, uint64_t file_len,
    struct catalogue_head *ret_head)
{
	struct cursor c = cur_init(data, len);
	struct catalogue_head h = { 0 };
	uint32_t version;

	if (!catalogue_is(data, len))
		return ERR_MALFORMED;
	cur_skip(&c, sizeof(magic));
	version = cur_le32(&c);
	if (!cur_failed(&c) && version != CATALOGUE_VERSION)
		return ERR_UNSUPPORTED;
	h.row_len = cur_le32(&c);
	h.file_len = cur_le64(&c);
	h.row_count = cur_le64(&c);
	h.rows_at = cur_le64(&c);
	h.algorithms = cur_le32(&c);
	h.only = cur_le32(&c);
	h.names_at = cur_le64(&c);
	h.names_len = cur_le64(&c);
	h.filter_at = cur_le64(&c);
	h.filter_log2 = cur_le32(&c);
	for (int a = 0; a < KNOWN_HASH_COUNT; a++) {
		h.by[a].count = cur_le64(&c);
		h.by[a].entries_at = cur_le64(&c);
		h.by[a].table_at = cur_le64(&c);
		h.by[a].bits = cur_le32(&c);
	}
	cur_copy(&c, h.digest, sizeof(h.digest));
	if (cur_failed(&c) || h.file_len > file_len)
		return ERR_TRUNCATED;
	if (h.file_len != file_len || !is_sound(&h))
		return ERR_MALFORMED;
	*ret_head = h;
	return 0;
}

static uint8_t *
put(uint8_t *p, uint64_t v, size_t len)
{
	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)(v >> 8 * i);
	return p + len;
}

void
catalogue_head_write(const struct catalogue_head *h,
    uint8_t ret_data[static CATALOGUE_HEAD_LEN])
{
	uint8_t *p = ret_data;

	memset(p, 0, CATALOGUE_HEAD_LEN);
	memcpy(p, magic, sizeof(magic));
	p = put(p + sizeof(magic), CATALOGUE_VERSION, 4);
	p = put(p, h->row_len, 4);
	p = put(p, h->file_len, 8);
	p = put(p, h->row_count, 8);
	p = put(p, h->rows_at, 8);
	p = put(p, h->algorithms, 4);
	p = put(p, h->only, 4);
	p = put(p, h->names_at, 8);
	p = put(p, h->names_len, 8);
	p = put(p, h->filter_at, 8);
	p = put(p, h->filter_log2, 4);
	for (int a = 0; a < KNOWN_HASH_COUNT; a++) {
		p = put(p, h->by[a].count, 8);
		p = put(p, h->by[a].entries_at, 8);
		p = put(p, h->by[a].table_at, 8);
		p = put(p, h->by[a].bits, 4);
	}
	memcpy(p, h->digest, sizeof(h->digest));
}
