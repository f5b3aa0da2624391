// SPDX-License-Identifier: Apache-2.0
#include "canary/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MANIFEST_MAX	(4 * 1024 * 1024)

void
folder_name_aside(size_t index, enum folder_aside which,
    char ret_name[static FOLDER_ASIDE_SIZE])
{
	snprintf(ret_name, FOLDER_ASIDE_SIZE, ".telltap.%03u.%s",
	    (unsigned)index % 1000, which == FOLDER_NEW ? "new" : "old");
}

int
folder_fail(struct canary_error *e, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return code;
}

int
folder_open(const char *dir, struct canary_error *ret_error)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? folder_fail(ret_error, -errno, "%s: %s", dir,
	    strerror(errno)) : fd;
}

int
folder_lock(int dir_fd, const char *dir, const char *what,
    struct canary_error *ret_error)
{
	/* Some file systems know no locks of folders. */
	if (flock(dir_fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return folder_fail(ret_error, -EBUSY, "%s: a %s is at work "
		    "there", dir, what);
	return 0;
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

int
folder_write_files(int dir_fd, const char *dir, struct set *s, bool aside,
    size_t *ret_written, struct canary_error *ret_error)
{
	char name[FOLDER_ASIDE_SIZE];
	struct buf b;
	int r = 0;

	*ret_written = 0;
	buf_init(&b, 0);
	for (size_t i = 0; i < s->count && !r; i++) {
		struct set_file *f = &s->files[i];

		folder_name_aside(i, FOLDER_NEW, name);
		r = set_make(s, i, &b);
		if (!r)
			r = write_new(dir_fd, aside ? name : f->name,
			    form_types[f->type].mode, &b);
		if (r)
			folder_fail(ret_error, r, "%s/%s: %s", dir, f->name,
			    err_text(r));
		else
			++*ret_written;
	}
	buf_clear(&b);
	return r;
}

int
folder_write_list(int dir_fd, const char *dir, const char *name,
    const struct set *s, const uint8_t *key, struct canary_error *ret_error)
{
	struct buf b;
	int r;

	buf_init(&b, MANIFEST_MAX);
	set_write(s, &b);
	r = b.failed ? -ENOMEM : key ? set_sign(key, &b) : 0;
	if (!r)
		r = write_new(dir_fd, name, 0644, &b);
	if (r)
		folder_fail(ret_error, r, "%s/" SET_MANIFEST ": %s", dir,
		    err_text(r));
	buf_clear(&b);
	return r;
}

int
folder_name_part(int dir_fd, const char *dir, struct canary_error *ret_error)
{
	if (renameat(dir_fd, FOLDER_PART, dir_fd, SET_MANIFEST) < 0)
		return folder_fail(ret_error, -errno, "%s/" SET_MANIFEST ": %s",
		    dir, strerror(errno));
	return 0;
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
folder_read_manifest(int dir_fd, const char *dir, const char *name,
    struct set *ret_set, struct canary_error *ret_error)
{
	const char *wrong = NULL;
	struct buf text;
	int r;

	buf_init(&text, 0);
	r = read_whole(dir_fd, name, MANIFEST_MAX, &text);
	if (r)
		folder_fail(ret_error, r, "%s/%s: %s", dir, name, err_text(r));
	else
		r = set_read(ret_set, text.data, text.len, &wrong);
	if (wrong)
		folder_fail(ret_error, r, "%s/%s: %s", dir, name, wrong);
	buf_clear(&text);
	return r;
}

int
folder_check(int dir_fd, const char *name, const struct set_file *file,
    enum canary_state *ret_state)
{
	enum canary_state state = CANARY_CHANGED;
	uint8_t hash[SET_HASH_COUNT][64];
	struct buf b;
	int r;

	buf_init(&b, 0);
	r = read_whole(dir_fd, name, file->size, &b);
	if (!r && b.len == file->size)
		r = set_hash_bytes(b.data, b.len, hash);
	if (!r && b.len == file->size &&
	    !memcmp(hash[SET_SHA256], file->hash[SET_SHA256], 32))
		state = CANARY_INTACT;
	buf_clear(&b);
	if (r == -ENOENT)
		state = CANARY_MISSING;
	else if (r && r != -EINVAL && r != -ELOOP)
		return r;
	*ret_state = state;
	return 0;
}

int
folder_begins(int dir_fd, const char *name, const struct buf *bytes,
    bool *ret_begins)
{
	struct buf b;
	int r;

	buf_init(&b, 0);
	r = read_whole(dir_fd, name, bytes->len, &b);
	*ret_begins = !r && b.len <= bytes->len &&
	    (!b.len || !memcmp(b.data, bytes->data, b.len));
	buf_clear(&b);
	return r == -EINVAL || r == -ELOOP || r == -ENOENT ? 0 : r;
}
