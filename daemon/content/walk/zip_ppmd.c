// SPDX-License-Identifier: Apache-2.0
/*
 * Entries under PPMd: libarchive unpacks them once they are all there, so that
 * each is kept, up to ARCHIVE_MAX bytes, and given to it in an archive of its own.
 */
#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "content/walk/archive_room.h"
#include "content/walk/zip_walk.h"

#define HEAD_LEN	(ZIP_LOCAL_LEN + 1)	/* with a name of one letter */
#define MEMORY_MAX	128	/* MiB that it may want */

static void
put_le32(uint8_t *at, uint64_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

bool
zip_ppmd_fits(const uint8_t *p, size_t len)
{
	/* four bits each: order less one, memory less one of two, and one of
	 * two ways to go on when that is used up */
	return len >= 2 && (p[0] & 15) && p[1] >> 4 <= 1;
}

void
zip_ppmd_begin(struct zip_state *st)
{
	static const uint8_t head[HEAD_LEN];

	buf_init(&st->packed, ARCHIVE_MAX + HEAD_LEN);
	buf_append(&st->packed, head, sizeof(head));
	st->keeps = true;
}

/* Once it is known how long the data are. */
static void
write_head(const struct zip_state *st)
{
	uint8_t *head = st->packed.data;

	memcpy(head, "PK\3\4\x3f", 5);
	head[8] = ZIP_PPMD;
	put_le32(head + 14, st->e.crc);
	put_le32(head + 18, st->packed.len - HEAD_LEN);
	put_le32(head + 22, st->e.plain < UINT32_MAX ? st->e.plain :
	    UINT32_MAX - 1);
	head[26] = 1;
	head[HEAD_LEN - 1] = 'x';
}

void
zip_ppmd_clear(struct zip_state *st)
{
	archive_room_give(st->counted);
	st->counted = 0;
	buf_clear(&st->packed);
	st->keeps = false;
}

void
zip_ppmd_data(struct scan_node *n, struct zip_state *st, const uint8_t *p,
    size_t len)
{
	if (st->packed.failed)
		return;
	if (archive_room_take(len)) {
		st->counted += len;
		buf_append(&st->packed, p, len);
	} else {
		st->packed.failed = true;
	}
	if (st->packed.failed)
		scan_limit(n->s,
		    "an archive of more than 64 MiB that is not read");
}

static bool
wants_too_much(struct scan_node *n, const uint8_t *p, size_t len)
{
	if (!zip_ppmd_fits(p, len))
		return true;
	if ((p[0] >> 4 | (p[1] & 15) << 4) < MEMORY_MAX)
		return false;
	scan_limit(n->s, "PPMd wants more than 128 MiB to unwrap");
	return true;
}

/* True if it ended as it should. (With AES nobody says its CRC.) */
static bool
unpack(struct scan_node *n, struct zip_state *st, struct archive *a)
{
	struct archive_entry *e;
	uint64_t made = 0;
	const void *out;
	la_int64_t offset;
	size_t len;
	int r;

	write_head(st);
	archive_read_support_format_zip_streamable(a);
	if (archive_read_open_memory(a, st->packed.data, st->packed.len) !=
	    ARCHIVE_OK || archive_read_next_header(a, &e) != ARCHIVE_OK)
		return false;
	do {	/* a wrong CRC is said with the last of the data */
		len = 0;
		r = archive_read_data_block(a, &out, &len, &offset);
		if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
			break;
		made += len;
		zip_emit(n, st, out, len);
	} while (r == ARCHIVE_OK && st->at == AT_DATA);
	return r == ARCHIVE_EOF ||
	    (r == ARCHIVE_WARN && !st->e.crc && made == st->e.plain);
}

void
zip_ppmd_end(struct scan_node *n, struct zip_state *st)
{
	struct archive *a = NULL;

	if (!st->packed.failed && st->packed.len > HEAD_LEN &&
	    !wants_too_much(n, st->packed.data + HEAD_LEN,
	    st->packed.len - HEAD_LEN))
		a = archive_read_new();
	st->entry_ok = a && unpack(n, st, a);
	archive_read_free(a);
	zip_ppmd_clear(st);
}
