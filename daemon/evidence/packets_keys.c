// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "evidence/packets.h"

/*
 * Decryption Secrets Blocks. A reader has to have met a key before the packets
 * that it opens, but what opened something is known only after these: a file
 * that was begun before gets its block at the end, right behind its section
 * header, by being copied once.
 */
#define SECRETS_MAX	(64u << 20)
#define COPY_LEN	(256u << 10)
#define TLS_KEY_LOG	0x544c534bu

int
packets_secrets(struct packets *p, const void *text, size_t len)
{
	if (!p->secrets.max_len)
		buf_init(&p->secrets, SECRETS_MAX);
	buf_append(&p->secrets, text, len);
	p->secrets_behind = true;
	return p->secrets.failed ? ERR_LIMIT : 0;
}

static void
put_u32(struct buf *b, uint32_t v)
{
	const uint8_t le[] = { (uint8_t)v, (uint8_t)(v >> 8),
		(uint8_t)(v >> 16), (uint8_t)(v >> 24) };

	buf_append(b, le, sizeof(le));
}

void
packets_put_secrets(struct packets *p, struct buf *out)
{
	static const uint8_t zeros[4];
	uint32_t len = (uint32_t)p->secrets.len, pad = -len & 3;

	if (!len)
		return;
	put_u32(out, PACKETS_SECRETS);
	put_u32(out, 20 + len + pad);
	put_u32(out, TLS_KEY_LOG);
	put_u32(out, len);
	buf_append(out, p->secrets.data, len);
	buf_append(out, zeros, pad);
	put_u32(out, 20 + len + pad);
	p->secrets_behind = false;
}

/* The packets' file but for its section header, behind what was written. */
static int
copy_rest(struct packets *p, int from, int to)
{
	struct buf room;
	uint64_t at = PACKETS_SECTION_LEN;
	int err = 0;

	buf_init(&room, 0);
	if (!buf_reserve(&room, COPY_LEN))
		err = -ENOMEM;
	while (!err) {
		ssize_t n = pread(from, room.data, COPY_LEN, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			err = n ? -errno : 0;
			break;
		}
		err = bag_write(p->bag, to, room.data, (size_t)n);
		tlog_hash_add(&p->hasher, room.data, (size_t)n);
		at += (uint64_t)n;
		p->size += (size_t)n;
	}
	buf_clear(&room);
	return err;
}

static int
write_anew(struct packets *p, int from, int to)
{
	struct buf head;
	int err;

	buf_init(&head, 0);
	buf_append(&head, packets_section, PACKETS_SECTION_LEN);
	packets_put_secrets(p, &head);
	tlog_hash_begin(&p->hasher);
	tlog_hash_add(&p->hasher, head.data, head.len);
	p->size = head.len;
	err = head.failed ? -ENOMEM : bag_write(p->bag, to, head.data,
	    head.len);
	buf_clear(&head);
	return err ? err : copy_rest(p, from, to);
}

int
packets_insert_secrets(struct packets *p, const char *path)
{
	char fresh[PACKETS_PATH_MAX + 4];
	uint8_t unused[32];
	int from, to, err;

	if (!p->secrets_behind || !p->secrets.len)
		return 0;
	tlog_hash_end(&p->hasher, unused);
	snprintf(fresh, sizeof(fresh), "%s.new", path);
	from = bag_open(p->bag, path);
	to = from < 0 ? from : bag_create(p->bag, fresh);
	if (to < 0) {
		if (from >= 0)
			close(from);
		return to;
	}
	err = write_anew(p, from, to);
	close(from);
	if (!err && p->bag->live && fdatasync(to))
		err = -errno;
	if (close(to) && !err)
		err = -errno;
	if (!err)
		err = bag_rename(p->bag, fresh, path);
	else
		bag_remove(p->bag, fresh);
	return err;
}
