// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "source/source.h"

#define READ_LEN (256u << 10)	/* stays in the cache until it is hashed */

/* Hashes all files of a source, on a thread of its own. What it finds is the
 * source's once the thread is joined. */
struct source_hasher {
	struct telltap_source *src;
	pthread_t thread;
	atomic_bool quit, done;
	int err;
};

static bool
is_quit(struct source_hasher *h)
{
	return h && atomic_load_explicit(&h->quit, memory_order_relaxed);
}

/* The file as stored, through a descriptor of its own. */
static int
hash_file(EVP_MD_CTX *md, const char *path, uint8_t *buf,
    struct source_hasher *h, struct telltap_source_file *f)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), r = 0;
	ssize_t n = 0;

	if (fd < 0)
		return -errno;
	if (EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1)
		r = -EIO;
	while (r == 0 && (n = read(fd, buf, READ_LEN)) != 0) {
		if (is_quit(h))
			r = -ECANCELED;
		else if (n < 0 && errno == EINTR)
			continue;
		else if (n < 0)
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

static int
hash_entry(struct telltap_source *src, size_t index, struct source_hasher *h)
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
		r = hash_file(md, src->entries[index].path, buf, h, f);
	EVP_MD_CTX_free(md);
	free(buf);
	return r;
}

int
source_hash_entry(struct telltap_source *src, size_t index)
{
	return hash_entry(src, index, NULL);
}

/* A file that can't be read has no hash; reading it says why. */
static int
hash_all(struct telltap_source *src, struct source_hasher *h)
{
	int r = 0;

	for (size_t i = 0; i < src->file_count && r != -ENOMEM && !is_quit(h);
	     i++)
		r = hash_entry(src, i, h);
	return r == -ENOMEM ? r : 0;
}

int
telltap_source_hash(struct telltap_source *src)
{
	int r;

	/* Of many hosts the last may be days away: each in its turn. */
	src->hash_each = src->separate;
	if (src->separate)
		return 0;
	r = hash_all(src, NULL);
	return r ? source_fail(src, r, "%s", err_text(r)) : 0;
}

static void *
hasher_thread(void *arg)
{
	struct source_hasher *h = arg;

	h->err = hash_all(h->src, h);
	atomic_store(&h->done, true);
	return NULL;
}

int
telltap_source_hash_begin(struct telltap_source *src)
{
	struct source_hasher *h;
	sigset_t all, old;
	int r;

	if (src->separate || src->hasher)
		return telltap_source_hash(src);
	h = calloc(1, sizeof(*h));
	if (!h)
		return source_fail(src, -ENOMEM, "%s", err_text(-ENOMEM));
	h->src = src;
	/* signals are the program's business, not the thread's */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&h->thread, NULL, hasher_thread, h);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (r) {
		free(h);
		return telltap_source_hash(src);
	}
	src->hasher = h;
	return 0;
}

static int
end_thread(struct telltap_source *src)
{
	struct source_hasher *h = src->hasher;
	int r;

	pthread_join(h->thread, NULL);
	r = h->err;
	free(h);
	src->hasher = NULL;
	return r;
}

int
telltap_source_hashed(struct telltap_source *src, bool wait)
{
	int r;

	if (!src->hasher)
		return 1;
	if (!wait && !atomic_load(&src->hasher->done))
		return 0;
	r = end_thread(src);
	return r ? source_fail(src, r, "%s", err_text(r)) : 1;
}

void
source_hash_end(struct telltap_source *src)
{
	if (!src->hasher)
		return;
	atomic_store(&src->hasher->quit, true);
	(void)end_thread(src);
}
