// SPDX-License-Identifier: Apache-2.0
/*
 * The SHA-256 of captures as they are stored, each through a descriptor of its own. A
 * hasher goes on in steps, one at a time: a thread's, or those of whoever has
 * something else to hash, which then costs little more than itself.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/sha.h>

#include "base/sha256_pair.h"
#include "source/source.h"

#define READ_LEN (256u << 10)	/* stays in the cache until it is hashed */

/* What it finds is the source's once all is hashed and the thread, if there is
 * one, is joined. The lock is held for a step. */
struct source_hasher {
	struct telltap_source *src;
	size_t at, end;			/* of the entries */
	int fd;				/* of that one; -1: not open */
	SHA256_CTX hash;
	uint8_t *buf;
	size_t start, len;		/* what is not hashed yet, in buf */
	int err;
	atomic_bool quit, done;
	pthread_mutex_t lock;
	pthread_t thread;
	bool has_thread;
};

static struct source_hasher *
hasher_new(struct telltap_source *src, size_t first, size_t end)
{
	struct source_hasher *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->src = src;
	h->at = first;
	h->end = end;
	h->fd = -1;
	h->buf = malloc(READ_LEN);
	pthread_mutex_init(&h->lock, NULL);
	if (h->buf)
		return h;
	pthread_mutex_destroy(&h->lock);
	free(h);
	return NULL;
}

static void
hasher_free(struct source_hasher *h)
{
	if (h->fd >= 0)
		close(h->fd);
	free(h->buf);
	pthread_mutex_destroy(&h->lock);
	free(h);
}

static void
end_file(struct source_hasher *h, int err)
{
	struct telltap_source_file *f = &h->src->files[h->at++];

	close(h->fd);
	h->fd = -1;
	h->err = err;
	f->has_sha256 = !err && SHA256_Final(f->sha256, &h->hash) == 1;
}

/* The next file that is to be hashed is open, or there is none. */
static void
open_next(struct source_hasher *h)
{
	const struct telltap_source *src = h->src;

	for (; h->fd < 0 && h->at < h->end; h->at += h->fd < 0) {
		if (!src->entries[h->at].regular || src->files[h->at].skipped)
			continue;
		h->fd = open(src->entries[h->at].path, O_RDONLY | O_CLOEXEC);
		h->err = h->fd < 0 ? -errno : 0;
		SHA256_Init(&h->hash);
	}
}

/* Bytes of one file are there to be hashed, or all is done. A file that can't be
 * read has no hash; reading it says why. */
static bool
fill(struct source_hasher *h)
{
	ssize_t n;

	while (!h->len && !atomic_load(&h->done)) {
		open_next(h);
		if (h->fd < 0) {
			atomic_store(&h->done, true);
			break;
		}
		n = read(h->fd, h->buf, READ_LEN);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			end_file(h, n ? -errno : 0);
		h->start = 0;
		h->len = n > 0 ? (size_t)n : 0;
	}
	return h->len;
}

/* The rest is given up. */
static void
fail(struct source_hasher *h)
{
	h->err = -EIO;
	h->len = 0;
	atomic_store(&h->done, true);
}

static void
took(struct source_hasher *h, size_t n)
{
	h->start += n;
	h->len -= n;
}

static void
hash_alone(struct source_hasher *h)
{
	while (!atomic_load_explicit(&h->quit, memory_order_relaxed)) {
		bool more;

		pthread_mutex_lock(&h->lock);
		more = fill(h);
		if (more && SHA256_Update(&h->hash, h->buf + h->start, h->len) != 1)
			fail(h);
		else if (more)
			took(h, h->len);
		pthread_mutex_unlock(&h->lock);
		if (!more)
			break;
	}
}

int
source_hash_entry(struct telltap_source *src, size_t index)
{
	struct source_hasher *h = hasher_new(src, index, index + 1);
	int r;

	if (!h)
		return -ENOMEM;
	hash_alone(h);
	r = h->err;
	hasher_free(h);
	return r;
}

/* One that can't be read stops no others. */
static int
hash_all(struct telltap_source *src)
{
	struct source_hasher *h = hasher_new(src, 0, src->file_count);

	if (!h)
		return -ENOMEM;
	hash_alone(h);
	hasher_free(h);
	return 0;
}

int
telltap_source_hash(struct telltap_source *src)
{
	int r;

	/* Of many hosts the last may be days away: each in its turn. */
	src->hash_each = src->separate;
	if (src->separate)
		return 0;
	r = hash_all(src);
	return r ? source_fail(src, r, "%s", err_text(r)) : 0;
}

static void *
hasher_thread(void *arg)
{
	hash_alone(arg);
	return NULL;
}

int
telltap_source_hash_later(struct telltap_source *src)
{
	if (src->separate || src->hasher)
		return src->separate ? telltap_source_hash(src) : 0;
	src->hasher = hasher_new(src, 0, src->file_count);
	return src->hasher ? 0
			   : source_fail(src, -ENOMEM, "%s", err_text(-ENOMEM));
}

int
telltap_source_hash_begin(struct telltap_source *src)
{
	struct source_hasher *h;
	sigset_t all, old;
	int r = telltap_source_hash_later(src);

	h = src->hasher;
	if (r || !h || h->has_thread)
		return r;
	/* signals are the program's business, not the thread's */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	h->has_thread = !pthread_create(&h->thread, NULL, hasher_thread, h);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	/* without one it is done when it is waited for */
	return 0;
}

bool
telltap_source_hash_beside(struct telltap_source *src,
    struct SHA256state_st *other, const void *data, size_t len)
{
	struct source_hasher *h = src->hasher;
	const uint8_t *p = data;
	bool good = true;

	if (!h || atomic_load(&h->done))
		return SHA256_Update(other, data, len) == 1;
	pthread_mutex_lock(&h->lock);
	while (good && len && fill(h)) {
		size_t n = len < h->len ? len : h->len;

		good = sha256_pair_add(other, p, n, &h->hash, h->buf + h->start,
		    n);
		took(h, n);
		p += n;
		len -= n;
	}
	if (!good)
		fail(h);
	pthread_mutex_unlock(&h->lock);
	return good && SHA256_Update(other, p, len) == 1;
}

/* What was read then may have been other bytes than those that were hashed. */
static void
forget_changed(struct telltap_source *src)
{
	for (size_t i = 0; i < src->file_count; i++)
		if (src->files[i].has_sha256)
			src->files[i].has_sha256 = source_is_as_listed(src, i);
}

static void
end_hasher(struct telltap_source *src)
{
	if (src->hasher->has_thread)
		pthread_join(src->hasher->thread, NULL);
	hasher_free(src->hasher);
	src->hasher = NULL;
}

int
telltap_source_hashed(struct telltap_source *src, bool wait)
{
	if (!src->hasher)
		return 1;
	if (!wait && !atomic_load(&src->hasher->done))
		return 0;
	if (!src->hasher->has_thread)
		hash_alone(src->hasher);
	end_hasher(src);
	forget_changed(src);
	return 1;
}

void
source_hash_end(struct telltap_source *src)
{
	if (!src->hasher)
		return;
	atomic_store(&src->hasher->quit, true);
	end_hasher(src);
}
