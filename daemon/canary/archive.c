// SPDX-License-Identifier: Apache-2.0
#include "canary/archive.h"

#include <errno.h>
#include <string.h>

#include <zlib.h>

#define LOCAL_LEN	30
#define CENTRAL_LEN	46
#define END_LEN		22
#define JAR_LEN		4
#define DOS_DATE	0x0021		/* 1980-01-01 */

struct entry {
	uint32_t crc, len, offset;
};

/* What stands between the signature and the name, local and central. */
static void
header(struct form *f, const struct archive_member *m, const struct entry *e)
{
	form_le16(f, 10);		/* version needed */
	form_le16(f, 0);		/* flags */
	form_le16(f, 0);		/* stored */
	form_le16(f, 0);		/* time */
	form_le16(f, DOS_DATE);
	form_le32(f, e->crc);
	form_le32(f, e->len);
	form_le32(f, e->len);
	form_le16(f, (unsigned)strlen(m->name));
	form_le16(f, m->is_jar ? JAR_LEN : 0);
}

static void
jar_mark(struct form *f, const struct archive_member *m)
{
	if (!m->is_jar)
		return;
	form_le16(f, 0xcafe);
	form_le16(f, 0);
}

/* The CRC comes before the data that it covers. */
static void
put_local(struct form *f, const struct archive_member *m, struct entry *e)
{
	struct buf *out = f->out;
	size_t crc_at, data_at;

	e->offset = (uint32_t)out->len;
	buf_append(out, "PK\3\4", 4);
	crc_at = out->len + 10;
	header(f, m, e);
	buf_str(out, m->name);
	jar_mark(f, m);
	data_at = out->len;
	if (m->text_len == ARCHIVE_NOISE)
		form_noise(f, e->len);
	else
		buf_append(out, m->text, e->len);
	if (out->failed)
		return;
	e->crc = (uint32_t)crc32_z(0, out->data + data_at, e->len);
	for (int i = 0; i < 4; i++)
		out->data[crc_at + i] = (uint8_t)(e->crc >> 8 * i);
}

static void
put_central(struct form *f, const struct archive_member *m,
    const struct entry *e)
{
	buf_append(f->out, "PK\1\2", 4);
	form_le16(f, 20);		/* version made by */
	header(f, m, e);
	form_le16(f, 0);		/* comment, disk, attributes */
	form_le16(f, 0);
	form_le16(f, 0);
	form_le32(f, 0);
	form_le32(f, e->offset);
	buf_str(f->out, m->name);
	jar_mark(f, m);
}

static void
put_end(struct form *f, size_t count, size_t central_at)
{
	size_t central_len = f->out->len - central_at;

	buf_append(f->out, "PK\5\6", 4);
	form_le32(f, 0);
	form_le16(f, (unsigned)count);
	form_le16(f, (unsigned)count);
	form_le32(f, (uint32_t)central_len);
	form_le32(f, (uint32_t)central_at);
	form_le16(f, 0);
}

int
archive_write(struct form *f, const struct archive_member *members,
    size_t count)
{
	struct entry entries[ARCHIVE_MEMBERS] = { 0 };
	uint64_t fixed = END_LEN;
	size_t central_at;

	if (count > ARCHIVE_MEMBERS)
		return -EINVAL;
	for (size_t i = 0; i < count; i++) {
		const struct archive_member *m = &members[i];

		fixed += LOCAL_LEN + CENTRAL_LEN + 2 * strlen(m->name) +
		    (m->is_jar ? 2 * JAR_LEN : 0);
		if (m->text_len != ARCHIVE_NOISE)
			fixed += m->text_len;
	}
	if (fixed > f->size || f->size > UINT32_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < count; i++) {
		entries[i].len = members[i].text_len != ARCHIVE_NOISE
		    ? members[i].text_len : (uint32_t)(f->size - fixed);
		put_local(f, &members[i], &entries[i]);
	}
	central_at = f->out->len;
	for (size_t i = 0; i < count; i++)
		put_central(f, &members[i], &entries[i]);
	put_end(f, count, central_at);
	return 0;
}
