// SPDX-License-Identifier: Apache-2.0
/*
 * flip_case CASE VKEY [STEP]: changes one bit of every byte of every file of a case,
 * of every STEPth where a file has more than 512, first as somebody who only
 * writes, then with manifests that fit again. Every change has to be refused, and the
 * file, or the line of the log, be named. What is not is printed; exits 0 if all is.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/sha.h>

#include "telltap/verify.h"

#define FILES_MAX 400

struct file {
	char path[256];		/* below the case */
	uint8_t *data;
	size_t len;
	uint8_t sha256[32];
};

static struct file files[FILES_MAX];
static size_t count;
static const char *dir;
static char said[1 << 16];

static _Noreturn void
stop(const char *what)
{
	fprintf(stderr, "flip_case: %s: %s\n", what, strerror(errno));
	exit(2);
}

static const char *
full(const char *path)
{
	static char text[1024];

	snprintf(text, sizeof(text), "%s/%s", dir, path);
	return text;
}

static int
take_file(const char *path, const struct stat *st, int type)
{
	struct file *f = &files[count];
	FILE *in;

	if (type != FTW_F)
		return 0;
	if (count == FILES_MAX)
		stop("too many files");
	in = fopen(path, "r");
	snprintf(f->path, sizeof(f->path), "%s", path + strlen(dir) + 1);
	f->len = (size_t)st->st_size;
	f->data = malloc(f->len + 1);
	if (!in || !f->data || fread(f->data, 1, f->len, in) != f->len)
		stop(path);
	fclose(in);
	SHA256(f->data, f->len, f->sha256);
	count++;
	return 0;
}

static int
by_path(const void *a, const void *b)
{
	return strcmp(((const struct file *)a)->path,
	    ((const struct file *)b)->path);
}

static void
put(const char *path, const void *data, size_t len)
{
	int fd = open(full(path), O_WRONLY | O_TRUNC);

	if (fd < 0 || write(fd, data, len) != (ssize_t)len || close(fd))
		stop(path);
}

static bool
is_tag(const char *path)
{
	return !strcmp(path, "manifest-sha256.txt") || !strncmp(path, "tag", 3);
}

/* The lines of the files whose paths begin so; their hash. */
static void
put_manifest(const char *path, bool payload, const uint8_t *payload_hash,
    uint8_t *ret_sha256)
{
	static char text[FILES_MAX * 340];
	size_t at = 0;

	for (size_t i = 0; i < count; i++) {
		const struct file *f = &files[i];
		const uint8_t *hash = f->sha256;

		if (payload == !!strncmp(f->path, "data/", 5))
			continue;
		if (!payload && !strcmp(f->path, "manifest-sha256.txt"))
			hash = payload_hash;
		else if (!payload && is_tag(f->path))
			continue;
		for (int k = 0; k < 32; k++)
			at += (size_t)sprintf(text + at, "%02x", hash[k]);
		at += (size_t)sprintf(text + at, "  %s\n", f->path);
	}
	put(path, text, at);
	SHA256((uint8_t *)text, at, ret_sha256);
}

static void
bag_again(void)
{
	uint8_t payload[32], tags[32];

	put_manifest("manifest-sha256.txt", true, NULL, payload);
	put_manifest("tagmanifest-sha256.txt", false, payload, tags);
}

static void
hear(void *arg, enum telltap_check result, const char *text)
{
	size_t at = strlen(said);

	if (result == TELLTAP_CHECK_BAD)
		snprintf(said + at, sizeof(said) - at, "%s\n", text);
}

static int
verify(const char *vkey)
{
	struct telltap_verify_options o = { .size = sizeof(o),
		.vkey_path = vkey };

	said[0] = '\0';
	return telltap_verify(dir, &o, hear, NULL);
}

/* What a finding has to have in it. A tile that is changed may be told as a line
 * that is not the logged one. */
static bool
is_named(const char *path)
{
	const char *name = strncmp(path, "data/", 5) ? path : path + 5;

	return strstr(said, name) || strstr(said, path);
}

static unsigned
try(struct file *f, size_t at, bool again, const char *vkey)
{
	uint8_t was = f->data[at], hash[32];
	int result;

	f->data[at] ^= (uint8_t)(1 << at % 8);
	put(f->path, f->data, f->len);
	memcpy(hash, f->sha256, 32);
	SHA256(f->data, f->len, f->sha256);
	if (again)
		bag_again();
	result = verify(vkey);
	if (result != 1 || !is_named(f->path))
		printf("%s: byte %zu%s: %s: %.300s\n", f->path, at,
		    again ? ", bagged again" : "",
		    result == 1 ? "not named" : "NOT REFUSED", said);
	f->data[at] = was;
	memcpy(f->sha256, hash, 32);
	return result != 1 || !is_named(f->path);
}

int
main(int argc, char **argv)
{
	unsigned long step = argc > 3 ? strtoul(argv[3], NULL, 10) : 61;
	unsigned wrong = 0, tried = 0;

	if (argc < 3 || !step)
		return 2;
	dir = argv[1];
	if (ftw(dir, take_file, 16))
		stop(dir);
	qsort(files, count, sizeof(*files), by_path);
	if (verify(argv[2]))
		stop("the case itself does not verify");
	for (size_t i = 0; i < count; i++) {
		struct file *f = &files[i];
		size_t by = f->len > 512 ? step : 1;

		for (size_t at = 0; at < f->len; at += by) {
			wrong += try(f, at, false, argv[2]);
			tried++;
			if (is_tag(f->path))
				continue;
			wrong += try(f, at, true, argv[2]);
			tried++;
		}
		put(f->path, f->data, f->len);
		bag_again();
	}
	if (verify(argv[2]))
		stop("the case is not as it was");
	printf("%u changes, %u not refused or not named\n", tried, wrong);
	return wrong ? 1 : 0;
}
