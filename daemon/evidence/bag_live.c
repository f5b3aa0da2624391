// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "evidence/bag.h"

#define READ_LEN	(1u << 16)

/* Where a path of the finished bag is while data/ has not got its name. */
static const char *
below_data(const char *path)
{
	return path + strlen("data/");
}

/* Goes with the descriptor, so that a program that died holds nothing. */
static int
lock(struct bag *b)
{
	if (!flock(b->dir_fd, LOCK_EX | LOCK_NB))
		return 0;
	return errno == EWOULDBLOCK ? -EBUSY : -errno;
}

/* The name of the folder itself, and that of data.part in it. */
static int
sync_names(struct bag *b)
{
	int fd = openat(b->dir_fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = fsync(b->dir_fd) ? -errno : 0;

	/* A parent that can't be read can't be synced. */
	if (fd >= 0) {
		if (!err && fsync(fd))
			err = -errno;
		close(fd);
	}
	return err;
}

int
bag_begin_live(struct bag *b, const char *dir)
{
	int err = bag_begin(b, dir);

	if (!err)
		err = lock(b);
	if (!err)
		err = sync_names(b);
	b->live = !err;
	return err;
}

int
bag_reopen(struct bag *b, const char *dir)
{
	int err;

	memset(b, 0, sizeof(*b));
	b->dir_fd = b->data_fd = b->reserve_fd = -1;
	err = tlog_hasher_init(&b->hasher);
	if (err)
		return err;
	b->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (b->dir_fd < 0)
		return -errno;
	b->data_fd = openat(b->dir_fd, BAG_PART,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (b->data_fd < 0)
		return -errno;
	err = lock(b);
	if (err)
		return err;
	b->begun = b->live = true;
	unlinkat(b->data_fd, BAG_RESERVE, 0);
	bag_remove_tags(b);
	return 0;
}

int
bag_keep_reserve(struct bag *b, uint64_t size)
{
	int err;

	if (b->full)
		return 0;
	if (b->reserve_fd < 0)
		b->reserve_fd = openat(b->data_fd, BAG_RESERVE,
		    O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (b->reserve_fd < 0)
		return -errno;
	err = posix_fallocate(b->reserve_fd, 0, (off_t)size);
	return -err;
}

int
bag_sync_folder(struct bag *b, const char *path)
{
	const char *name = below_data(path), *slash = strrchr(name, '/');
	char folder[256] = ".";
	int fd, err;

	if (slash && (size_t)(slash - name) >= sizeof(folder))
		return -ENAMETOOLONG;
	if (slash) {
		memcpy(folder, name, (size_t)(slash - name));
		folder[slash - name] = 0;
	}
	fd = openat(b->data_fd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = fsync(fd) || fsync(b->data_fd) ? -errno : 0;
	close(fd);
	return err;
}

int
bag_replace(struct bag *b, const char *path, const void *data, size_t len)
{
	char fresh[256];
	int fd, err;

	if (snprintf(fresh, sizeof(fresh), "%s.new", path) >=
	    (int)sizeof(fresh))
		return -ENAMETOOLONG;
	bag_remove(b, fresh);
	fd = bag_create(b, fresh);
	if (fd < 0)
		return fd;
	err = bag_write(b, fd, data, len);
	if (!err && fsync(fd))
		err = -errno;
	if (close(fd) && !err)
		err = -errno;
	if (!err && renameat(b->data_fd, below_data(fresh), b->data_fd,
			below_data(path)))
		err = -errno;
	return err ? err : bag_sync_folder(b, path);
}

int
bag_load(struct bag *b, const char *path, size_t max, uint8_t **ret_data,
    size_t *ret_len)
{
	int fd = openat(b->data_fd, below_data(path),
	    O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	uint8_t *data = NULL;
	struct stat st;
	ssize_t n = 0;
	int err = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st))
		err = -errno;
	else if (!S_ISREG(st.st_mode))
		err = -EINVAL;
	else if (st.st_size > (off_t)max)
		err = -EFBIG;
	else if (!(data = malloc((size_t)st.st_size + 1)))
		err = -ENOMEM;
	if (!err && (n = read(fd, data, (size_t)st.st_size)) != st.st_size)
		err = n < 0 ? -errno : -EIO;
	close(fd);
	if (err) {
		free(data);
		return err;
	}
	*ret_data = data;
	*ret_len = (size_t)n;
	return 0;
}

int
bag_note_again(struct bag *b, const char *path)
{
	int fd = openat(b->data_fd, below_data(path),
	    O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK), err = 0;
	uint8_t part[READ_LEN], sha256[32];
	uint64_t size = 0;
	ssize_t n = 1;

	if (fd < 0)
		return -errno;
	tlog_hash_begin(&b->hasher);
	while (!err && n) {
		n = read(fd, part, sizeof(part));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			err = -errno;
			break;
		}
		tlog_hash_add(&b->hasher, part, (size_t)n);
		size += (uint64_t)n;
	}
	close(fd);
	tlog_hash_end(&b->hasher, sha256);
	return err ? err : bag_note(b, path, size, sha256);
}

void
bag_forget_last(struct bag *b)
{
	free(b->files[--b->count].path);
}

int
bag_open(struct bag *b, const char *path)
{
	int fd = openat(b->data_fd, below_data(path), O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int
bag_rename(struct bag *b, const char *from, const char *to)
{
	return renameat(b->data_fd, below_data(from), b->data_fd,
	    below_data(to)) ? -errno : 0;
}

void
bag_remove(struct bag *b, const char *path)
{
	unlinkat(b->data_fd, below_data(path), 0);
}
