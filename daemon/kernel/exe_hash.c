// SPDX-License-Identifier: Apache-2.0
#include "kernel/exe_hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#define HASHES_MAX	256
#define PIECE_LEN	(1u << 18)

struct file_hash {
	dev_t dev;
	ino_t inode;
	off_t size;
	struct timespec changed;
	uint8_t sha256[32];
};

struct exe_hashes {
	struct file_hash list[HASHES_MAX];
	size_t count;			/* ever; the oldest is overwritten */
	bool (*on_piece)(void *arg);
	void *arg;
};

struct exe_hashes *
exe_hashes_new(void)
{
	return calloc(1, sizeof(struct exe_hashes));
}

void
exe_hashes_free(struct exe_hashes *hs)
{
	free(hs);
}

void
exe_hashes_watch(struct exe_hashes *hs, bool (*on_piece)(void *arg), void *arg)
{
	hs->on_piece = on_piece;
	hs->arg = arg;
}

static int
hash_file(struct exe_hashes *hs, int fd, uint8_t ret_sha256[32])
{
	bool goes_on = true;
	off_t at = 0;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t *bytes = malloc(PIECE_LEN);
	ssize_t got = -1;

	if (ctx && bytes && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1) {
		while (goes_on &&
		       (got = pread(fd, bytes, PIECE_LEN, at)) > 0) {
			EVP_DigestUpdate(ctx, bytes, got);
			at += got;
			goes_on = !hs->on_piece || hs->on_piece(hs->arg);
		}
		if (got == 0)
			EVP_DigestFinal_ex(ctx, ret_sha256, NULL);
	}
	free(bytes);
	EVP_MD_CTX_free(ctx);
	return got == 0 ? 0 : goes_on ? -EIO : -ETIME;
}

static bool
same_file(const struct file_hash *h, const struct stat *st)
{
	return h->dev == st->st_dev && h->inode == st->st_ino &&
	       h->size == st->st_size &&
	       h->changed.tv_sec == st->st_ctim.tv_sec &&
	       h->changed.tv_nsec == st->st_ctim.tv_nsec;
}

static int
open_if(const char *path, uint64_t inode, struct stat *ret_stat)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	if (fstat(fd, ret_stat) || !S_ISREG(ret_stat->st_mode) ||
	    ret_stat->st_ino != inode) {
		close(fd);
		return -ESTALE;
	}
	return fd;
}

static int
hash_once(struct exe_hashes *hs, int fd, const struct stat *st,
    uint8_t ret_sha256[32])
{
	struct file_hash *h;
	int err;

	for (size_t i = 0; i < hs->count && i < HASHES_MAX; i++) {
		if (!same_file(&hs->list[i], st))
			continue;
		memcpy(ret_sha256, hs->list[i].sha256, 32);
		return 0;
	}
	err = hash_file(hs, fd, ret_sha256);
	if (err)
		return err;
	h = &hs->list[hs->count++ % HASHES_MAX];
	*h = (struct file_hash){ .dev = st->st_dev, .inode = st->st_ino,
		.size = st->st_size, .changed = st->st_ctim };
	memcpy(h->sha256, ret_sha256, 32);
	return 0;
}

int
exe_hash(struct exe_hashes *hs, pid_t pid, const char *path, uint64_t inode,
    uint8_t ret_sha256[32])
{
	char link[64];
	struct stat st;
	int fd, err;

	snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
	fd = open_if(link, inode, &st);
	if (fd < 0)
		fd = open_if(path, inode, &st);
	if (fd < 0)
		return fd;
	err = hash_once(hs, fd, &st, ret_sha256);
	close(fd);
	return err;
}
