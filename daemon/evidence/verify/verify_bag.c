// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "evidence/verify/verify.h"

#define DEPTH_MAX	16
#define PATH_LEN_MAX	1024
#define HEX_LEN		64
#define READ_LEN	(1u << 16)

static const char bagit[] = "BagIt-Version: 1.0\n"
			    "Tag-File-Character-Encoding: UTF-8\n";

/* The order of the lines is that of the paths: none twice. */
static int
compare(const void *a, const void *b)
{
	const struct verify_file *x = a, *y = b;

	return strcmp(x->path, y->path);
}

struct verify_file *
verify_find(struct verify *v, const char *path)
{
	struct verify_file key = { .path = path };

	return v->file_count ? bsearch(&key, v->files, v->file_count,
				   sizeof(*v->files), compare)
			     : NULL;
}

/* Hash, two spaces, path, newline; the newline becomes the path's end. */
static bool
read_entry(char **at, char *end, struct verify_file *ret_file)
{
	char *line = *at, *newline = memchr(line, '\n', (size_t)(end - line));

	if (!newline || newline - line < HEX_LEN + 3 ||
	    memcmp(line + HEX_LEN, "  ", 2) ||
	    memchr(line, 0, (size_t)(newline - line)) ||
	    newline - line - HEX_LEN > PATH_LEN_MAX)
		return false;
	*ret_file = (struct verify_file){ .path = line + HEX_LEN + 2 };
	if (!verify_read_hex(line, HEX_LEN, ret_file->sha256, 32))
		return false;
	*newline = 0;
	*at = newline + 1;
	return true;
}

/* The entries of a manifest, in text, which they point into. */
static int
read_manifest(struct verify *v, const char *name, char *text, size_t len,
    struct verify_file **ret_files, size_t *ret_count)
{
	size_t count = 0, cap = 0;
	struct verify_file *files = NULL;
	char *at = text;

	while (at < text + len) {
		if (count == cap) {
			struct verify_file *more;

			cap = cap ? 2 * cap : 64;
			more = realloc(files, cap * sizeof(*files));
			if (!more) {
				free(files);
				return -ENOMEM;
			}
			files = more;
		}
		if (!read_entry(&at, text + len, &files[count]) ||
		    (count && compare(&files[count - 1], &files[count]) >= 0)) {
			verify_bad(v, "%s: line %zu is not a hash and a path "
				      "in order", name, count + 1);
			break;
		}
		count++;
	}
	*ret_files = files;
	*ret_count = count;
	return 0;
}

static void
hash_text(struct verify *v, const char *text, size_t len, uint8_t *ret_sha256)
{
	tlog_hash_begin(&v->hasher);
	tlog_hash_add(&v->hasher, text, len);
	tlog_hash_end(&v->hasher, ret_sha256);
}

/* A tag file, whole, compared with the tag manifest's hash. */
static int
load_tag(struct verify *v, const struct verify_file *tag, char **ret_text,
    size_t *ret_len)
{
	uint8_t sha256[32];
	int err = verify_load(v, tag->path, VERIFY_MANIFEST_MAX, ret_text,
	    ret_len);

	if (err == -ENOMEM)
		return err;
	if (err) {
		verify_bad(v, "%s: %s", tag->path, strerror(-err));
		return 0;
	}
	hash_text(v, *ret_text, *ret_len, sha256);
	if (memcmp(sha256, tag->sha256, 32))
		verify_bad(v, "%s: its SHA-256 is not the one in "
			      "tagmanifest-sha256.txt", tag->path);
	return 0;
}

/* True if the text has a line that begins so. */
static bool
has_line(const char *text, const char *label)
{
	const char *p = strstr(text, label);

	while (p && p != text && p[-1] != '\n')
		p = strstr(p + 1, label);
	return p != NULL;
}

/* The three files that a tag manifest of a case names, no more, no less. */
static int
check_tags(struct verify *v, const struct verify_file *tags, size_t count)
{
	static const char *const names[] = { "bag-info.txt", "bagit.txt",
					     "manifest-sha256.txt" };
	size_t len = 0;

	for (size_t i = 0; i < 3; i++) {
		char *text = NULL;
		int err;

		if (i >= count || strcmp(tags[i].path, names[i])) {
			verify_bad(v, "tagmanifest-sha256.txt: does not name "
				      "%s where it should", names[i]);
			return 0;
		}
		err = load_tag(v, &tags[i], &text, &len);
		if (err)
			return err;
		if (i == 0 && text)
			v->redacted = has_line(text, "Telltap-Redacted: ");
		if (i == 0) {
			v->bag_info = text;
			text = NULL;
		}
		if (i == 1 && text && strcmp(text, bagit))
			verify_bad(v, "bagit.txt: not as BagIt 1.0 has it");
		if (i == 2 && text) {
			v->manifest = text;
			text = NULL;
			err = read_manifest(v, names[2], v->manifest, len,
			    &v->files, &v->file_count);
		}
		free(text);
		if (err)
			return err;
	}
	if (count > 3)
		verify_bad(v, "tagmanifest-sha256.txt: names %s, which is no "
			      "file of a case", tags[3].path);
	return 0;
}

static int
hash_file(struct verify *v, int fd, uint8_t *ret_sha256)
{
	uint8_t buf[READ_LEN];
	ssize_t n;

	tlog_hash_begin(&v->hasher);
	while ((n = read(fd, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		tlog_hash_add(&v->hasher, buf, (size_t)n);
	}
	tlog_hash_end(&v->hasher, ret_sha256);
	return 0;
}

static void
check_file(struct verify *v, int dir_fd, const char *name, const char *path)
{
	struct verify_file *f = verify_find(v, path);
	int fd = openat(dir_fd, name,
	    O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	uint8_t sha256[32];
	struct stat st;

	if (!f)
		verify_bad(v, "%s: not in manifest-sha256.txt", path);
	else if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
		verify_bad(v, "%s: no regular file that can be read", path);
	else if (hash_file(v, fd, sha256))
		verify_bad(v, "%s: can't be read: %s", path, strerror(errno));
	else if (memcmp(sha256, f->sha256, 32))
		verify_bad(v, "%s: its SHA-256 is not the one in "
			      "manifest-sha256.txt", path);
	if (f) {
		f->seen = true;
		f->size = fd < 0 ? 0 : (uint64_t)st.st_size;
	}
	if (fd >= 0)
		close(fd);
}

/* Where a case that was cut short may hold nothing. */
static bool
may_be_empty(const char *path)
{
	return !strcmp(path, "data/capture") || !strcmp(path, "data/objects");
}

/* Every file below data/. Folders are in no manifest: any other without a file
 * is none of a case. */
static void
walk(struct verify *v, int parent_fd, const char *name, char *path, size_t len,
    int depth)
{
	int fd = openat(parent_fd, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *d;
	struct stat st;
	bool empty = true;

	if (!dir) {
		verify_bad(v, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((d = readdir(dir))) {
		size_t n = strlen(d->d_name);

		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		empty = false;
		if (len + n + 2 > PATH_LEN_MAX || !depth) {
			verify_bad(v, "%s: too deep for a case", path);
			break;
		}
		path[len] = '/';
		memcpy(path + len + 1, d->d_name, n + 1);
		if (!fstatat(fd, d->d_name, &st, AT_SYMLINK_NOFOLLOW) &&
		    S_ISDIR(st.st_mode))
			walk(v, fd, d->d_name, path, len + 1 + n, depth - 1);
		else
			check_file(v, fd, d->d_name, path);
		path[len] = 0;
	}
	if (empty && !may_be_empty(path))
		verify_bad(v, "%s: an empty folder", path);
	closedir(dir);
}

/* What lies beside data/: the tag files, a signature, a time stamp. */
static int
check_beside(struct verify *v)
{
	static const char *const names[] = {
		".", "..", "data", "bagit.txt", "bag-info.txt",
		"manifest-sha256.txt", "tagmanifest-sha256.txt",
		"tagmanifest-sha256.txt.sig", "tagmanifest-sha256.txt.tsr",
	};
	int fd = openat(v->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *d;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return -errno;
	}
	while ((d = readdir(dir))) {
		bool known = false;

		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
			known |= !strcmp(d->d_name, names[i]);
		if (!known)
			verify_bad(v, "%s: no file of a case", d->d_name);
	}
	closedir(dir);
	return 0;
}

static void
check_payload(struct verify *v)
{
	uint64_t before = v->bad;
	char path[PATH_LEN_MAX] = "data";

	walk(v, v->dir_fd, "data", path, strlen(path), DEPTH_MAX);
	for (size_t i = 0; i < v->file_count; i++)
		if (!v->files[i].seen)
			verify_bad(v, "%s: in manifest-sha256.txt, but not "
				      "there", v->files[i].path);
	if (v->bad == before)
		verify_ok(v, "bag: %zu files have the SHA-256 that the "
			     "manifest gives", v->file_count);
}

int
verify_check_bag(struct verify *v)
{
	static const char name[] = "tagmanifest-sha256.txt";
	struct verify_file *tags = NULL;
	size_t len, count = 0;
	char *text = NULL;
	int err = check_beside(v);

	if (err)
		return err;
	err = verify_load(v, name, VERIFY_TEXT_MAX, &text, &len);
	if (err == -ENOMEM)
		return err;
	if (err) {
		verify_bad(v, "%s: %s", name, strerror(-err));
		return 0;
	}
	err = read_manifest(v, name, text, len, &tags, &count);
	if (!err)
		err = check_tags(v, tags, count);
	free(tags);
	free(text);
	if (!err)
		check_payload(v);
	return err;
}
