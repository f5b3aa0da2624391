// SPDX-License-Identifier: Apache-2.0
#include "evidence/verify/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "evidence/bag.h"

void
verify_say(struct verify *v, enum telltap_check result, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (result == TELLTAP_CHECK_BAD && v->bad++ >= VERIFY_SAID_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e)
			*p = '?';
	v->say(v->arg, result, text);
}

/* fd, or -EINVAL if it is no regular file. */
static int
only_regular(int fd)
{
	struct stat st;

	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return -EINVAL;
}

/* One folder after the other, so that none of them can be a link. */
int
verify_open(struct verify *v, const char *path)
{
	int fd = v->dir_fd;

	for (;;) {
		const char *slash = strchr(path, '/');
		size_t len = slash ? (size_t)(slash - path) : strlen(path);
		char name[256];
		int next;

		if (!len || len >= sizeof(name))
			next = -ENOENT;
		else {
			memcpy(name, path, len);
			name[len] = 0;
			next = !strcmp(name, "..") ? -ENOENT :
			    openat(fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC
				| O_NONBLOCK | (slash ? O_DIRECTORY : 0));
			if (next == -1)
				next = -errno;
		}
		if (fd != v->dir_fd)
			close(fd);
		if (next < 0 || !slash)
			return next < 0 ? next : only_regular(next);
		fd = next;
		path = slash + 1;
	}
}

int
verify_read(int fd, size_t max, char **ret_data, size_t *ret_len)
{
	size_t cap = 4096, len = 0;
	char *data = malloc(cap);
	struct stat st;
	ssize_t n = 1;
	int err = 0;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		err = -EINVAL;
	while (!err && data && n) {
		n = read(fd, data + len, cap - 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			err = -errno;
		else if ((len += (size_t)n) > max)
			err = -EFBIG;
		if (!err && len + 1 == cap) {
			char *more = realloc(data, cap *= 2);

			if (!more)
				free(data);
			data = more;
		}
	}
	if (!data)
		return -ENOMEM;
	if (err) {
		free(data);
		return err;
	}
	data[len] = 0;
	*ret_data = data;
	*ret_len = len;
	return 0;
}

int
verify_load(struct verify *v, const char *path, size_t max, char **ret_data,
    size_t *ret_len)
{
	int fd = verify_open(v, path), err;

	if (fd < 0)
		return fd;
	err = verify_read(fd, max, ret_data, ret_len);
	close(fd);
	return err;
}

bool
verify_read_hex(const char *hex, size_t hex_len, uint8_t *ret, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	if (hex_len != 2 * len)
		return false;
	for (size_t i = 0; i < hex_len; i++) {
		const char *d = hex[i] ? strchr(digits, hex[i]) : NULL;

		if (!d)
			return false;
		ret[i / 2] = (uint8_t)(ret[i / 2] << 4 | (d - digits));
	}
	return true;
}

/* A case that has no data/ yet. */
static bool
is_unfinished(struct verify *v)
{
	struct stat st;

	if (!fstatat(v->dir_fd, "data", &st, AT_SYMLINK_NOFOLLOW) ||
	    fstatat(v->dir_fd, BAG_PART, &st, AT_SYMLINK_NOFOLLOW))
		return false;
	verify_bad(v, "not finished: the case is still being written, or was "
	    "cut short; telltap recover ends it");
	return true;
}

/* A folder with nothing in it that a case has is not a case that was changed. */
static bool
is_none(struct verify *v, const char *dir)
{
	static const char *const names[] = { "bagit.txt", "bag-info.txt", "data",
		"manifest-sha256.txt", "tagmanifest-sha256.txt", BAG_PART };
	struct stat st;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!fstatat(v->dir_fd, names[i], &st, AT_SYMLINK_NOFOLLOW))
			return false;
	verify_unknown(v, "%s: no case: it has no bagit.txt, and nothing else of "
	    "one", dir);
	return true;
}

static int
check_all(struct verify *v)
{
	int err;

	if (is_unfinished(v))
		return 0;
	err = verify_check_bag(v);
	if (!err)
		err = verify_check_key(v);
	if (!err)
		err = verify_load_packets(v);
	if (!err)
		err = verify_check_log(v);
	if (!err)
		err = verify_check_info(v);
	if (!err)
		verify_tell_packets(v);
	if (!err)
		verify_tell_objects(v);
	if (!err)
		verify_tell_places(v);
	if (!err)
		err = verify_check_outer(v);
	if (!err && (v->hasher.failed || v->tree.hasher.failed ||
			   v->findings.hasher.failed))
		err = -EIO;
	return err;
}

int
verify_begin(struct verify *v, const char *dir,
    const struct telltap_verify_options *options, telltap_check_fn say,
    void *arg)
{
	int err;

	v->options = options;
	v->say = say;
	v->arg = arg;
	buf_init(&v->first, 0);
	v->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = v->dir_fd < 0 ? -errno : 0;
	if (err)
		verify_unknown(v, "%s: %s", dir, strerror(-err));
	return err ? err : tlog_hasher_init(&v->hasher);
}

int
verify_run(struct verify *v)
{
	int err = check_all(v);

	if (v->bad > VERIFY_SAID_MAX)
		v->say(v->arg, TELLTAP_CHECK_UNKNOWN,
		    "more of the kind, not listed");
	return err ? err : v->bad ? 1 : 0;
}

void
verify_clear(struct verify *v)
{
	if (v->dir_fd >= 0)
		close(v->dir_fd);
	tlog_clear(&v->tree);
	tlog_clear(&v->findings);
	tlog_hasher_clear(&v->hasher);
	free(v->files);
	free(v->packets.runs);
	free(v->manifest);
	free(v->bag_info);
	buf_clear(&v->first);
}

int
telltap_verify(const char *dir, const struct telltap_verify_options *options,
    telltap_check_fn say, void *arg)
{
	struct verify *v = calloc(1, sizeof(*v));
	int err;

	if (!v)
		return -ENOMEM;
	err = verify_begin(v, dir, options, say, arg);
	if (!err)
		err = verify_run_parts(v, dir);
	if (err == -ENOTDIR)
		err = is_none(v, dir) ? -ENOENT : verify_run(v);
	verify_clear(v);
	free(v);
	return err;
}
