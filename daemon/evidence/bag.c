// SPDX-License-Identifier: Apache-2.0
#include "evidence/bag.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DATA		"data"
#define DATA_PART	BAG_PART

/* 1 if the folder holds nothing, 0 if it does, or a negative code. */
static int
is_empty(int dir_fd)
{
	int fd = dup(dir_fd), empty = 1;
	const struct dirent *d;
	DIR *dir;

	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		int err = -errno;

		if (fd >= 0)
			close(fd);
		return err;
	}
	while (empty && (d = readdir(dir)))
		empty = !strcmp(d->d_name, ".") || !strcmp(d->d_name, "..");
	closedir(dir);
	return empty;
}

int
bag_begin(struct bag *b, const char *dir)
{
	int empty, err;

	memset(b, 0, sizeof(*b));
	b->dir_fd = b->data_fd = b->reserve_fd = -1;
	err = tlog_hasher_init(&b->hasher);
	if (err)
		return err;
	b->made_dir = mkdir(dir, 0777) == 0;
	if (!b->made_dir && errno != EEXIST)
		return -errno;
	b->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (b->dir_fd < 0)
		return -errno;
	empty = b->made_dir ? 1 : is_empty(b->dir_fd);
	if (empty <= 0)
		return empty ? empty : -ENOTEMPTY;
	b->begun = true;
	if (mkdirat(b->dir_fd, DATA_PART, 0777))
		return -errno;
	b->data_fd = openat(b->dir_fd, DATA_PART,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return b->data_fd < 0 ? -errno : 0;
}

/* True if there was one: what failed for lack of space may be tried again. */
static bool
give_reserve(struct bag *b)
{
	if (!b || b->reserve_fd < 0)
		return false;
	/* The name goes with bag_finish(), or when it is reopened. */
	if (ftruncate(b->reserve_fd, 0))
		return false;
	close(b->reserve_fd);
	b->reserve_fd = -1;
	b->full = true;
	return true;
}

/* The folders that a path goes through. */
static int
make_folders(int fd, const char *path)
{
	char folder[256];

	for (const char *p = path; (p = strchr(p, '/')); p++) {
		size_t len = (size_t)(p - path);

		if (len >= sizeof(folder))
			return -ENAMETOOLONG;
		memcpy(folder, path, len);
		folder[len] = 0;
		if (mkdirat(fd, folder, 0777) && errno != EEXIST)
			return -errno;
	}
	return 0;
}

int
bag_create(struct bag *b, const char *path)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
	int fd, err;

	path += strlen(DATA "/");
	fd = openat(b->data_fd, path, flags, 0666);
	if (fd < 0 && errno == ENOSPC && give_reserve(b))
		fd = openat(b->data_fd, path, flags, 0666);
	if (fd >= 0 || errno != ENOENT)
		return fd < 0 ? -errno : fd;
	err = make_folders(b->data_fd, path);
	if (err == -ENOSPC && give_reserve(b))
		err = make_folders(b->data_fd, path);
	if (err)
		return err;
	fd = openat(b->data_fd, path, flags, 0666);
	return fd < 0 ? -errno : fd;
}

int
bag_note(struct bag *b, const char *path, uint64_t size,
    const uint8_t sha256[static 32])
{
	struct bag_file *f;

	if (b->count == b->cap) {
		size_t cap = b->cap ? 2 * b->cap : 16;
		struct bag_file *files = realloc(b->files,
		    cap * sizeof(*files));

		if (!files)
			return -ENOMEM;
		b->files = files;
		b->cap = cap;
	}
	f = &b->files[b->count];
	f->path = strdup(path);
	if (!f->path)
		return -ENOMEM;
	f->size = size;
	memcpy(f->sha256, sha256, 32);
	b->count++;
	return 0;
}

int
bag_write(struct bag *b, int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == ENOSPC || errno == EDQUOT) &&
		    give_reserve(b))
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static void
hash_bytes(struct bag *b, const void *data, size_t len, uint8_t *ret_sha256)
{
	tlog_hash_begin(&b->hasher);
	tlog_hash_add(&b->hasher, data, len);
	tlog_hash_end(&b->hasher, ret_sha256);
}

static int
put_file(struct bag *b, const char *path, const void *data, size_t len, bool sync)
{
	uint8_t sha256[32];
	int fd = bag_create(b, path), err;

	if (fd < 0)
		return fd;
	err = bag_write(b, fd, data, len);
	if (!err && sync && fsync(fd))
		err = -errno;
	if (close(fd) && !err)
		err = -errno;
	hash_bytes(b, data, len, sha256);
	return err ? err : bag_note(b, path, len, sha256);
}

int
bag_put(struct bag *b, const char *path, const void *data, size_t len)
{
	return put_file(b, path, data, len, b->live);
}

int
bag_put_derived(struct bag *b, const char *path, const void *data, size_t len)
{
	return put_file(b, path, data, len, false);
}

static int
by_path(const void *a, const void *b)
{
	const struct bag_file *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static void
put_hash(struct buf *out, const uint8_t *sha256, const char *path)
{
	for (size_t i = 0; i < 32; i++)
		buf_printf(out, "%02x", sha256[i]);
	buf_printf(out, "  %s\n", path);
}

/* A tag file, still under its first name; it goes into the tag manifest. */
static int
put_tag(struct bag *b, const char *name, const struct buf *text,
    struct buf *tags)
{
	char part[64];
	uint8_t sha256[32];
	int fd, err;

	if (text->failed)
		return -ENOMEM;
	snprintf(part, sizeof(part), "%s.part", name);
	fd = openat(b->dir_fd, part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    0666);
	if (fd < 0)
		return -errno;
	err = bag_write(b, fd, text->data, text->len);
	if (close(fd) && !err)
		err = -errno;
	hash_bytes(b, text->data, text->len, sha256);
	if (tags)
		put_hash(tags, sha256, name);
	return err;
}

static const char *const tag_names[] = {
	"bag-info.txt", "bagit.txt", "manifest-sha256.txt",
	"tagmanifest-sha256.txt",
};

#define TAG_COUNT (sizeof(tag_names) / sizeof(*tag_names))

static int
put_tags(struct bag *b, const struct buf *info)
{
	struct buf text[TAG_COUNT];
	unsigned long long size = 0;
	int err = 0;

	for (size_t i = 0; i < TAG_COUNT; i++)
		buf_init(&text[i], 0);
	qsort(b->files, b->count, sizeof(*b->files), by_path);
	for (size_t i = 0; i < b->count; i++) {
		put_hash(&text[2], b->files[i].sha256, b->files[i].path);
		size += b->files[i].size;
	}
	buf_append(&text[0], info->data, info->len);
	buf_printf(&text[0], "Payload-Oxum: %llu.%zu\n", size, b->count);
	text[0].failed |= info->failed;
	buf_str(&text[1], "BagIt-Version: 1.0\n"
			  "Tag-File-Character-Encoding: UTF-8\n");
	for (size_t i = 0; i < TAG_COUNT && !err; i++)
		err = put_tag(b, tag_names[i], &text[i],
		    i + 1 < TAG_COUNT ? &text[TAG_COUNT - 1] : NULL);
	for (size_t i = 0; i < TAG_COUNT; i++)
		buf_clear(&text[i]);
	return err;
}

int
bag_finish(struct bag *b, const struct buf *info)
{
	int err;

	if (b->reserve_fd >= 0)
		give_reserve(b);
	unlinkat(b->data_fd, BAG_RESERVE, 0);
	err = put_tags(b, info);
	if (!err && b->hasher.failed)
		err = -EIO;
	/* One call for all files: a long log has thousands of tiles. */
	if (!err && syncfs(b->dir_fd))
		err = -errno;
	for (size_t i = 0; i < TAG_COUNT && !err; i++) {
		char part[64];

		snprintf(part, sizeof(part), "%s.part", tag_names[i]);
		if (renameat(b->dir_fd, part, b->dir_fd, tag_names[i]))
			err = -errno;
	}
	if (!err && renameat(b->dir_fd, DATA_PART, b->dir_fd, DATA))
		err = -errno;
	if (err)
		return err;
	b->finished = true;
	return fsync(b->dir_fd) ? -errno : 0;
}

/* Whatever lies below; no deeper than a bag of ours is. */
static void
remove_tree(int parent_fd, const char *name, int depth)
{
	int fd = openat(parent_fd, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *d;

	while (dir && depth && (d = readdir(dir))) {
		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		if (unlinkat(fd, d->d_name, 0) && errno == EISDIR)
			remove_tree(fd, d->d_name, depth - 1);
	}
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
	unlinkat(parent_fd, name, AT_REMOVEDIR);
}

void
bag_remove_folder(struct bag *b, const char *path)
{
	remove_tree(b->data_fd, path + strlen(DATA "/"), 16);
}

void
bag_remove_tags(struct bag *b)
{
	for (size_t i = 0; i < TAG_COUNT; i++) {
		char part[64];

		snprintf(part, sizeof(part), "%s.part", tag_names[i]);
		unlinkat(b->dir_fd, part, 0);
		unlinkat(b->dir_fd, tag_names[i], 0);
	}
}

void
bag_clear(struct bag *b)
{
	if (b->begun && !b->finished && !b->live) {
		remove_tree(b->dir_fd, DATA_PART, 16);
		bag_remove_tags(b);
	}
	for (size_t i = 0; i < b->count; i++)
		free(b->files[i].path);
	free(b->files);
	if (b->reserve_fd >= 0)
		close(b->reserve_fd);
	if (b->data_fd >= 0)
		close(b->data_fd);
	if (b->dir_fd >= 0)
		close(b->dir_fd);
	tlog_hasher_clear(&b->hasher);
}
