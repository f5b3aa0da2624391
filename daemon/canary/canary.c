// SPDX-License-Identifier: Apache-2.0
#include "canary/canary.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MANIFEST_MAX	(4 * 1024 * 1024)
#define PART		".telltap.part"

static int
fail(struct canary_error *e, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int
fail(struct canary_error *e, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return code;
}

/* Opens the folder; a descriptor or a negative code. */
static int
open_dir(const char *dir, struct canary_error *e)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? fail(e, -errno, "%s: %s", dir, strerror(errno)) : fd;
}

static int
must_be_empty(const char *dir, struct canary_error *e)
{
	struct dirent *entry;
	DIR *d = opendir(dir);
	int r = 0;

	if (!d)
		return fail(e, -errno, "%s: %s", dir, strerror(errno));
	while (!r && (entry = readdir(d))) {
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			r = fail(e, -ENOTEMPTY, "%s: not empty", dir);
	}
	closedir(d);
	return r;
}

static int
write_all(int fd, const uint8_t *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* A new file; nothing is left of it if it can't be written whole. */
static int
write_new(int dir_fd, const char *name, unsigned mode, const struct buf *b)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC |
	    O_NOFOLLOW, mode);
	int r;

	if (fd < 0)
		return -errno;
	r = write_all(fd, b->data, b->len);
	if (close(fd) < 0 && !r)
		r = -errno;
	if (r)
		unlinkat(dir_fd, name, 0);
	return r;
}

/* In one step, whether the name is there or not. */
static int
write_over(int dir_fd, const char *name, unsigned mode, const struct buf *b)
{
	int r;

	unlinkat(dir_fd, PART, 0);	/* of a run that was cut off */
	r = write_new(dir_fd, PART, mode, b);
	if (!r && renameat(dir_fd, PART, dir_fd, name) < 0) {
		r = -errno;
		unlinkat(dir_fd, PART, 0);
	}
	return r;
}

/* The canaries. *ret_written: how many are there. */
static int
write_files(int dir_fd, const char *dir, struct set *s, struct canary_error *e,
    int (*put)(int, const char *, unsigned, const struct buf *),
    size_t *ret_written)
{
	struct buf b;
	int r = 0;

	*ret_written = 0;
	buf_init(&b, 0);
	for (size_t i = 0; i < s->count && !r; i++) {
		struct set_file *f = &s->files[i];

		r = set_make(s, i, &b);
		if (!r)
			r = put(dir_fd, f->name, form_types[f->type].mode, &b);
		if (r)
			fail(e, r, "%s/%s: %s", dir, f->name, err_text(r));
		else
			++*ret_written;
	}
	buf_clear(&b);
	return r;
}

static int
write_manifest(int dir_fd, const char *dir, const struct set *s,
    const uint8_t *key, struct canary_error *e)
{
	struct buf b;
	int r;

	buf_init(&b, MANIFEST_MAX);
	set_write(s, &b);
	r = b.failed ? -ENOMEM : key ? set_sign(key, &b) : 0;
	if (!r)
		r = write_over(dir_fd, SET_MANIFEST, 0644, &b);
	if (r)
		fail(e, r, "%s/" SET_MANIFEST ": %s", dir, err_text(r));
	buf_clear(&b);
	return r;
}

static int
plant(const char *dir, struct set *s, bool manifest, const uint8_t *key,
    struct canary_error *ret_error)
{
	bool made = mkdir(dir, 0755) == 0;
	size_t written;
	int fd, r;

	if (!made && errno != EEXIST)
		return fail(ret_error, -errno, "%s: %s", dir, strerror(errno));
	r = must_be_empty(dir, ret_error);
	if (r)
		return r;
	fd = open_dir(dir, ret_error);
	if (fd < 0)
		return fd;
	r = write_files(fd, dir, s, ret_error, write_new, &written);
	if (!r && manifest)
		r = write_manifest(fd, dir, s, key, ret_error);
	for (size_t i = 0; r && i < written; i++)
		unlinkat(fd, s->files[i].name, 0);
	close(fd);
	if (r && made)
		rmdir(dir);
	return r;
}

int
canary_plant(const char *dir, struct set *s, const uint8_t *key,
    struct canary_error *ret_error)
{
	return plant(dir, s, true, key, ret_error);
}

int
canary_plant_unlisted(const char *dir, struct set *s,
    struct canary_error *ret_error)
{
	return plant(dir, s, false, NULL, ret_error);
}

/* A regular file's bytes, not through a symbolic link. */
static int
read_whole(int dir_fd, const char *name, uint64_t max, struct buf *ret)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW |
	    O_NONBLOCK | O_NOCTTY);
	struct stat st;
	ssize_t n = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    (uint64_t)st.st_size > max) {
		close(fd);
		return -EINVAL;
	}
	do {
		uint8_t *room = buf_reserve(ret, 1 << 20);

		if (!room)
			break;
		n = read(fd, room, 1 << 20);
		if (n > 0)
			ret->len += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	close(fd);
	return ret->failed || n < 0 ? -EIO : 0;
}

int
canary_open(const char *dir, struct set *ret_set,
    struct canary_error *ret_error)
{
	const char *wrong = NULL;
	int fd = open_dir(dir, ret_error), r;
	struct buf text;

	if (fd < 0)
		return fd;
	buf_init(&text, 0);
	r = read_whole(fd, SET_MANIFEST, MANIFEST_MAX, &text);
	if (r)
		fail(ret_error, r, "%s/" SET_MANIFEST ": %s", dir, err_text(r));
	else
		r = set_read(ret_set, text.data, text.len, &wrong);
	if (wrong)
		fail(ret_error, r, "%s/" SET_MANIFEST ": %s", dir, wrong);
	buf_clear(&text);
	close(fd);
	return r;
}

static enum canary_state
check_at(int dir_fd, const struct set_file *file)
{
	uint8_t hash[SET_HASH_COUNT][64];
	enum canary_state state = CANARY_CHANGED;
	struct buf b;
	int r;

	buf_init(&b, 0);
	r = read_whole(dir_fd, file->name, file->size, &b);
	if (r == -ENOENT)
		state = CANARY_MISSING;
	if (!r && b.len == file->size && !set_hash_bytes(b.data, b.len, hash) &&
	    !memcmp(hash[SET_SHA256], file->hash[SET_SHA256], 32))
		state = CANARY_INTACT;
	buf_clear(&b);
	return state;
}

enum canary_state
canary_check(const char *dir, const struct set_file *file)
{
	struct canary_error unused;
	int fd = open_dir(dir, &unused);
	enum canary_state state;

	if (fd < 0)
		return CANARY_MISSING;
	state = check_at(fd, file);
	close(fd);
	return state;
}

static int
remove_at(const char *dir, const char *name, struct canary_error *e)
{
	int fd = open_dir(dir, e), r = 0;

	if (fd < 0)
		return fd;
	if (unlinkat(fd, name, 0) < 0)
		r = fail(e, -errno, "%s/%s: %s", dir, name, strerror(errno));
	close(fd);
	return r;
}

int
canary_remove(const char *dir, const struct set_file *file,
    enum canary_state *ret_state, struct canary_error *ret_error)
{
	enum canary_state state = canary_check(dir, file);
	int r = state == CANARY_INTACT ? remove_at(dir, file->name, ret_error)
				       : 0;

	if (!r)
		*ret_state = state;
	return r;
}

int
canary_remove_manifest(const char *dir, struct canary_error *ret_error)
{
	return remove_at(dir, SET_MANIFEST, ret_error);
}

int
canary_rewrite(const char *dir, const struct set *old, struct set *fresh,
    const uint8_t *key, struct canary_error *ret_error)
{
	size_t written;
	int fd, r;

	if (old->count != fresh->count)
		return fail(ret_error, -EINVAL, "%s: not as many files", dir);
	for (size_t i = 0; i < old->count; i++) {
		if (canary_check(dir, &old->files[i]) == CANARY_CHANGED)
			return fail(ret_error, -ESTALE,
			    "%s/%s: not as it was planted", dir,
			    old->files[i].name);
		strcpy(fresh->files[i].name, old->files[i].name);
	}
	fd = open_dir(dir, ret_error);
	if (fd < 0)
		return fd;
	r = write_files(fd, dir, fresh, ret_error, write_over, &written);
	if (!r)
		r = write_manifest(fd, dir, fresh, key, ret_error);
	close(fd);
	return r;
}
