// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "source/source.h"

#define READ_LEN (1u << 20)

/* The file as stored, through a descriptor of its own. */
static int
hash_file(EVP_MD_CTX *md, const char *path, uint8_t *buf,
    struct telltap_source_file *f)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), r = 0;
	ssize_t n = 0;

	if (fd < 0)
		return -errno;
	if (EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1)
		r = -EIO;
	while (r == 0 && (n = read(fd, buf, READ_LEN)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			r = -errno;
		else if (EVP_DigestUpdate(md, buf, (size_t)n) != 1)
			r = -EIO;
	}
	if (r == 0 && EVP_DigestFinal_ex(md, f->sha256, NULL) != 1)
		r = -EIO;
	close(fd);
	f->has_sha256 = r == 0;
	return r;
}

int
source_hash_entry(struct telltap_source *src, size_t index)
{
	struct telltap_source_file *f = &src->files[index];
	EVP_MD_CTX *md;
	uint8_t *buf;
	int r = -ENOMEM;

	if (!src->entries[index].regular || f->skipped)
		return 0;
	md = EVP_MD_CTX_new();
	buf = malloc(READ_LEN);
	if (md && buf)
		r = hash_file(md, src->entries[index].path, buf, f);
	EVP_MD_CTX_free(md);
	free(buf);
	return r;
}

/* A file that can't be read has no hash; reading it says why. */
int
telltap_source_hash(struct telltap_source *src)
{
	int r = 0;

	/* Of many hosts the last may be days away: each in its turn. */
	src->hash_each = src->separate;
	if (src->separate)
		return 0;
	for (size_t i = 0; i < src->file_count && r != -ENOMEM; i++)
		r = source_hash_entry(src, i);
	return r == -ENOMEM ? source_fail(src, r, "%s", err_text(r)) : 0;
}
