// SPDX-License-Identifier: Apache-2.0
#include "content/format_cut.h"

#include <string.h>

#include "base/cursor.h"

struct piece {
	struct span head, tail;
	uint64_t size;
};

static struct cursor
head_at(const struct piece *p, uint64_t at)
{
	struct cursor c = cur_init(p->head.p, p->head.len);

	cur_skip(&c, at < p->head.len ? (size_t)at : p->head.len);
	return c;
}

static bool
tail_has(const struct piece *p, const char *mark, size_t within)
{
	size_t n = within < p->tail.len ? within : p->tail.len;

	return memmem(p->tail.p + p->tail.len - n, n, mark, strlen(mark));
}

static bool
pdf_is_cut(const struct piece *p)
{
	return !tail_has(p, "%%EOF", FORMAT_TAIL);
}

static bool
png_is_cut(const struct piece *p)
{
	return !tail_has(p, "IEND\xae\x42\x60\x82", FORMAT_TAIL);
}

static bool
jpeg_is_cut(const struct piece *p)
{
	return !tail_has(p, "\xff\xd9", 64);
}

static bool
gif_is_cut(const struct piece *p)
{
	return !tail_has(p, ";", 1);
}

static bool
rtf_is_cut(const struct piece *p)
{
	return !tail_has(p, "}", 8);
}

static bool
zip_is_cut(const struct piece *p)
{
	return !tail_has(p, "PK\5\6", FORMAT_TAIL);
}

static bool
sevenzip_is_cut(const struct piece *p)
{
	struct cursor c = head_at(p, 12);
	uint64_t at = cur_le64(&c), len = cur_le64(&c);

	return !cur_failed(&c) && p->size >= 32 &&
	    (at > p->size - 32 || len > p->size - 32 - at);
}

/* Sections, and the signatures behind them, lie in the file. */
static bool
pe_is_cut(const struct piece *p)
{
	struct cursor c = head_at(p, 60);
	uint64_t at = cur_le32(&c), end = 0, from, len;
	unsigned sections, optional;

	c = head_at(p, at + 6);
	sections = cur_le16(&c);
	cur_skip(&c, 12);
	optional = cur_le16(&c);
	if (cur_failed(&c))
		return false;
	for (unsigned i = 0; i < sections && !cur_failed(&c); i++) {
		c = head_at(p, at + 24 + optional + 40 * i + 16);
		len = cur_le32(&c);
		from = cur_le32(&c);
		if (!cur_failed(&c) && len && from + len > end)
			end = from + len;
	}
	return end > p->size;
}

/* The table of sections, which is written last, lies in the file. */
static bool
elf_is_cut(const struct piece *p)
{
	bool wide = p->head.len > 4 && p->head.p[4] == 2, little;
	uint64_t table, entry, count;
	struct cursor c;

	if (p->head.len < 52)
		return false;
	little = p->head.p[5] != 2;
	c = head_at(p, wide ? 40 : 32);
	if (wide)
		table = little ? cur_le64(&c) : cur_be64(&c);
	else
		table = little ? cur_le32(&c) : cur_be32(&c);
	c = head_at(p, wide ? 58 : 46);
	entry = little ? cur_le16(&c) : cur_be16(&c);
	count = little ? cur_le16(&c) : cur_be16(&c);
	return !cur_failed(&c) && table &&
	    (table > p->size || entry * count > p->size - table);
}

/* Pages, where the header counts them. */
static bool
sqlite_is_cut(const struct piece *p)
{
	struct cursor c = head_at(p, 16);
	uint64_t page = cur_be16(&c);

	c = head_at(p, 28);
	page = page == 1 ? 65536 : page;
	return page * cur_be32(&c) > p->size && !cur_failed(&c);
}

static bool
dex_is_cut(const struct piece *p)
{
	struct cursor c = head_at(p, 32);

	return cur_le32(&c) > p->size && !cur_failed(&c);
}

/* The sectors that the head points to lie in the file. */
static bool
ole_is_cut(const struct piece *p)
{
	struct cursor c = head_at(p, 30);
	unsigned shift = cur_le16(&c);
	uint64_t list, last;

	c = head_at(p, 44);
	list = cur_le32(&c);
	last = cur_le32(&c);
	c = head_at(p, 76);
	for (unsigned i = 0; i < list && i < 109 && !cur_failed(&c); i++) {
		uint64_t at = cur_le32(&c);

		last = at > last && at < 0xfffffff0u ? at : last;
	}
	return !cur_failed(&c) && shift >= 9 && shift <= 12 &&
	    ((last + 1) << shift) >= p->size;
}

static const struct {
	uint8_t len;
	char magic[10];
	bool (*is_cut)(const struct piece *p);
} formats[] = {
	{ 5, "%PDF-", pdf_is_cut },
	{ 2, "MZ", pe_is_cut },
	{ 4, "\x7f" "ELF", elf_is_cut },
	{ 4, "PK\x03\x04", zip_is_cut },
	{ 6, "7z\xbc\xaf\x27\x1c", sevenzip_is_cut },
	{ 8, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ole_is_cut },
	{ 8, "\x89PNG\r\n\x1a\n", png_is_cut },
	{ 3, "\xff\xd8\xff", jpeg_is_cut },
	{ 4, "GIF8", gif_is_cut },
	{ 5, "{\\rtf", rtf_is_cut },
	{ 9, "SQLite fo", sqlite_is_cut },
	{ 4, "dex\n", dex_is_cut },
};

bool
format_is_cut(struct span head, struct span tail, uint64_t size)
{
	struct piece p = { head, tail, size };

	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (head.len >= formats[i].len &&
		    !memcmp(head.p, formats[i].magic, formats[i].len))
			return formats[i].is_cut(&p);
	return false;
}
