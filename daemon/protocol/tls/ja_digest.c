// SPDX-License-Identifier: Apache-2.0
#include "protocol/tls/ja_digest.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>

#include "protocol/tls/ja.h"

#define KEPT		32

struct ja_thread {
	EVP_MD_CTX *ctx;
	struct ja_kept kept[KEPT];
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_key;
static EVP_MD *mds[JA_MD_COUNT];
static bool usable;

static void
free_thread(void *arg)
{
	struct ja_thread *t = arg;

	EVP_MD_CTX_free(t->ctx);
	free(t);
}

static void
init_once(void)
{
	mds[JA_MD5] = EVP_MD_fetch(NULL, "MD5", NULL);
	mds[JA_SHA256] = EVP_MD_fetch(NULL, "SHA256", NULL);
	usable = pthread_key_create(&thread_key, free_thread) == 0;
}

static struct ja_thread *
this_thread(void)
{
	struct ja_thread *t;

	pthread_once(&once, init_once);
	if (!usable)
		return NULL;
	t = pthread_getspecific(thread_key);
	if (t)
		return t;
	t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	t->ctx = EVP_MD_CTX_new();
	if (!t->ctx || pthread_setspecific(thread_key, t)) {
		free_thread(t);
		return NULL;
	}
	return t;
}

void
ja_text_begin(struct ja_text *t, enum ja_md md)
{
	t->thread = this_thread();
	t->md = md;
	t->len = 0;
	t->flushed = false;
	t->failed = !t->thread || !mds[md];
}

void
ja_text_flush(struct ja_text *t)
{
	if (!t->flushed && !t->failed)
		t->failed = !EVP_DigestInit_ex2(t->thread->ctx, mds[t->md],
		    NULL);
	t->flushed = true;
	if (!t->failed)
		t->failed = !EVP_DigestUpdate(t->thread->ctx, t->buf, t->len);
	t->len = 0;
}

struct ja_kept *
ja_kept_slot(const uint8_t *key, size_t len)
{
	struct ja_thread *t = this_thread();
	uint64_t h = len, v;

	for (size_t i = 0; i + 8 <= len; i += 8) {
		memcpy(&v, key + i, 8);
		h = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 32;
	}
	return t ? &t->kept[h % KEPT] : NULL;
}

bool
ja_text_end(struct ja_text *t, uint8_t ret_digest[static 32])
{
	unsigned len;

	if (t->failed)
		return false;
	ja_text_flush(t);
	return !t->failed &&
	    EVP_DigestFinal_ex(t->thread->ctx, ret_digest, &len);
}

void
ja_put_hex(char *out, const uint8_t *bytes, size_t digits)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < digits; i++)
		out[i] = hex[bytes[i / 2] >> (i % 2 ? 0 : 4) & 15];
}

bool
ja_sha256(struct span bytes, uint8_t ret_digest[static 32])
{
	struct ja_thread *t = this_thread();
	unsigned len;

	return t && mds[JA_SHA256] &&
	    EVP_DigestInit_ex2(t->ctx, mds[JA_SHA256], NULL) &&
	    EVP_DigestUpdate(t->ctx, bytes.p, bytes.len) &&
	    EVP_DigestFinal_ex(t->ctx, ret_digest, &len);
}
