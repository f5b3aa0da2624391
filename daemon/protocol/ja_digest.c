// SPDX-License-Identifier: Apache-2.0
#include "protocol/ja_digest.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>

#include "protocol/ja.h"

/*
 * The digests' texts repeat: a machine has few TLS clients. So each thread
 * remembers the last texts with their digests, since setting a digest up costs
 * more than building the text does. A hit compares the whole text.
 */
#define KEPT_TEXT_LEN	448
#define KEPT		32

struct kept {
	uint16_t len;
	uint8_t md;
	uint8_t digest[32];
	char text[KEPT_TEXT_LEN];
};

struct ja_thread {
	EVP_MD_CTX *ctx;
	struct kept kept[KEPT];
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
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
	usable = pthread_key_create(&key, free_thread) == 0;
}

static struct ja_thread *
this_thread(void)
{
	struct ja_thread *t;

	pthread_once(&once, init_once);
	if (!usable)
		return NULL;
	t = pthread_getspecific(key);
	if (t)
		return t;
	t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	t->ctx = EVP_MD_CTX_new();
	if (!t->ctx || pthread_setspecific(key, t)) {
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

static struct kept *
kept_slot(const struct ja_text *t)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < t->len; i++)
		h = (h ^ (uint8_t)t->buf[i]) * 16777619u;
	return &t->thread->kept[(h ^ h >> 15) % KEPT];
}

bool
ja_text_end(struct ja_text *t, uint8_t ret_digest[static 32])
{
	struct kept *k = NULL;
	unsigned len = 0;

	if (t->failed)
		return false;
	if (!t->flushed && t->len <= KEPT_TEXT_LEN && t->len) {
		k = kept_slot(t);
		if (k->len == t->len && k->md == t->md &&
		    memcmp(k->text, t->buf, t->len) == 0) {
			memcpy(ret_digest, k->digest, 32);
			return true;
		}
		k->len = (uint16_t)t->len;
		k->md = (uint8_t)t->md;
		memcpy(k->text, t->buf, t->len);
	}
	ja_text_flush(t);
	if (!t->failed)
		t->failed = !EVP_DigestFinal_ex(t->thread->ctx, ret_digest,
		    &len);
	if (k && t->failed)
		k->len = 0;
	else if (k)
		memcpy(k->digest, ret_digest, 32);
	return !t->failed;
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
