// SPDX-License-Identifier: Apache-2.0
#include "evidence/packets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "evidence/turns.h"

#define PENDING_MAX	(1u << 20)
#define HEADER_MAX	(16u << 20)	/* blocks that every file begins with */

/* A little-endian section whose length is not given. */
const uint8_t packets_section[PACKETS_SECTION_LEN] = {
	0x0a, 0x0d, 0x0d, 0x0a, 28,   0,    0,	  0,	0x4d, 0x3c,
	0x2b, 0x1a, 1,	  0,	0,    0,    0xff, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 28,   0,    0,	  0,
};

void
packets_path(unsigned number, char ret_path[static PACKETS_PATH_MAX])
{
	if (number < 2)
		strcpy(ret_path, PACKETS_FOLDER "packets.pcapng");
	else
		snprintf(ret_path, PACKETS_PATH_MAX,
		    PACKETS_FOLDER "packets-%04u.pcapng", number);
}

static int
write_out(void *arg, const struct buf *blocks)
{
	struct packets *p = arg;

	return bag_write(p->bag, p->fd, blocks->data, blocks->len);
}

static int
hash(void *arg, const struct buf *blocks)
{
	struct packets *p = arg;

	if (p->hash_with)
		tlog_hash_with(&p->hasher, p->hash_with, p->hash_arg,
		    blocks->data, blocks->len);
	else
		tlog_hash_add(&p->hasher, blocks->data, blocks->len);
	return 0;
}

int
packets_init(struct packets *p, struct bag *bag, uint64_t file_max)
{
	memset(p, 0, sizeof(*p));
	p->bag = bag;
	p->fd = -1;
	p->file_max = file_max ? file_max : UINT64_MAX;
	buf_init(&p->header, HEADER_MAX);
	buf_init(&p->pending, 0);
	if (!bag->live)
		p->turns = turns_new(write_out, hash, p);
	return bag->live || p->turns ? tlog_hasher_init(&p->hasher) : -ENOMEM;
}

void
packets_clear(struct packets *p)
{
	turns_free(p->turns);
	p->turns = NULL;
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	buf_clear(&p->header);
	buf_clear(&p->pending);
	if (p->secrets.data)
		explicit_bzero(p->secrets.data, p->secrets.len);
	buf_clear(&p->secrets);
	tlog_hasher_clear(&p->hasher);
}

static int
begin_file(struct packets *p)
{
	char path[PACKETS_PATH_MAX];

	packets_path(++p->files, path);
	p->fd = bag_create(p->bag, path);
	if (p->fd < 0)
		return p->fd;
	tlog_hash_begin(&p->hasher);
	p->size = 0;
	buf_append(&p->pending, packets_section, PACKETS_SECTION_LEN);
	packets_put_secrets(p, &p->pending);
	buf_append(&p->pending, p->header.data, p->header.len);
	return p->bag->live ? bag_sync_folder(p->bag, path) : 0;
}

int
packets_flush(struct packets *p)
{
	int err;

	if (p->pending.failed)
		return -ENOMEM;
	if (!p->pending.len)
		return 0;
	p->size += p->pending.len;
	p->unsynced = true;
	if (p->turns)
		return turns_give(p->turns, &p->pending);
	err = hash(p, &p->pending);
	if (!err)
		err = write_out(p, &p->pending);
	buf_reset(&p->pending);
	return err;
}

int
packets_hash_with(struct packets *p, tlog_hash_fn fn, void *arg)
{
	int err = packets_flush(p);

	if (p->turns) {
		int before = turns_wait(p->turns);

		err = err ? err : before;
	}
	p->hash_with = fn;
	p->hash_arg = arg;
	return err;
}

int
packets_sync(struct packets *p)
{
	int err = packets_flush(p);

	if (!err && p->unsynced && p->fd >= 0 && fdatasync(p->fd))
		err = -errno;
	p->unsynced = false;
	return err;
}

int
packets_flush_for(struct packets *p, int *ret_fd)
{
	int err = packets_flush(p), fd = -1;

	if (!err && p->unsynced && p->fd >= 0) {
		fd = fcntl(p->fd, F_DUPFD_CLOEXEC, 3);
		err = fd < 0 ? -errno : 0;
	}
	if (err)
		return err;
	p->unsynced = false;
	*ret_fd = fd;
	return 0;
}

int
packets_interfaces(struct packets *p, const void *blocks, size_t len)
{
	buf_append(&p->header, blocks, len);
	if (p->header.failed)
		return ERR_LIMIT;
	if (p->fd >= 0)
		buf_append(&p->pending, blocks, len);
	return 0;
}

int
packets_append(struct packets *p, const void *blocks, size_t len)
{
	int err = p->fd < 0 ? begin_file(p) : 0;

	if (err)
		return err;
	buf_append(&p->pending, blocks, len);
	p->total += len;
	if (p->size + p->pending.len >= p->file_max &&
	    p->files < PACKETS_FILES_MAX)
		return packets_finish(p);
	return p->pending.len < PENDING_MAX ? 0 : packets_flush(p);
}

int
packets_finish(struct packets *p)
{
	char path[PACKETS_PATH_MAX];
	uint8_t sha256[32];
	int err;

	if (p->fd < 0)
		return 0;
	err = p->bag->live ? packets_sync(p)
			   : packets_hash_with(p, p->hash_with, p->hash_arg);
	if (close(p->fd) && !err)
		err = -errno;
	p->fd = -1;
	packets_path(p->files, path);
	if (!err)
		err = packets_insert_secrets(p, path);
	tlog_hash_end(&p->hasher, sha256);
	if (!err && p->hasher.failed)
		err = -EIO;
	return err ? err : bag_note(p->bag, path, p->size, sha256);
}
