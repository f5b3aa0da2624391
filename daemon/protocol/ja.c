// SPDX-License-Identifier: Apache-2.0
#include "protocol/ja.h"

#include <pthread.h>
#include <stdlib.h>
#include <openssl/evp.h>

#include "base/cursor.h"

/*
 * The digests' texts repeat: a machine has few TLS clients. So each thread
 * remembers the last texts with their digests, since setting a digest up costs
 * more than building the text does. A hit compares the whole text.
 */
#define TEXT_LEN	1024
#define KEPT_TEXT_LEN	448
#define KEPT		32

static const char hex[] = "0123456789abcdef";

struct kept {
	uint16_t len;
	uint8_t md;
	uint8_t digest[32];
	char text[KEPT_TEXT_LEN];
};

enum ja_md {
	JA_MD5,
	JA_SHA256,
	JA_MD_COUNT,
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

/* Text on its way into a digest. */
struct text {
	struct ja_thread *thread;
	enum ja_md md;
	bool flushed, failed;
	size_t len;
	char buf[TEXT_LEN];
};

static void
text_begin(struct text *t, struct ja_thread *thread, enum ja_md md)
{
	t->thread = thread;
	t->md = md;
	t->len = 0;
	t->flushed = false;
	t->failed = !thread || !mds[md];
}

static void
text_flush(struct text *t)
{
	if (!t->flushed && !t->failed)
		t->failed = !EVP_DigestInit_ex2(t->thread->ctx, mds[t->md],
		    NULL);
	t->flushed = true;
	if (!t->failed)
		t->failed = !EVP_DigestUpdate(t->thread->ctx, t->buf, t->len);
	t->len = 0;
}

static void
text_char(struct text *t, char c)
{
	if (t->len == sizeof(t->buf))
		text_flush(t);
	t->buf[t->len++] = c;
}

static void
text_decimal(struct text *t, unsigned v)
{
	char s[10];
	int n = 0;

	do {
		s[n++] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	while (n)
		text_char(t, s[--n]);
}

static void
text_hex4(struct text *t, uint16_t v)
{
	for (int shift = 12; shift >= 0; shift -= 4)
		text_char(t, hex[v >> shift & 15]);
}

static struct kept *
kept_slot(const struct text *t)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < t->len; i++)
		h = (h ^ (uint8_t)t->buf[i]) * 16777619u;
	return &t->thread->kept[(h ^ h >> 15) % KEPT];
}

static bool
text_end(struct text *t, uint8_t ret_digest[static 32])
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
	text_flush(t);
	if (!t->failed)
		t->failed = !EVP_DigestFinal_ex(t->thread->ctx, ret_digest,
		    &len);
	if (k && t->failed)
		k->len = 0;
	else if (k)
		memcpy(k->digest, ret_digest, 32);
	return !t->failed;
}

static void
put_hex(char *out, const uint8_t *bytes, size_t digits)
{
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

/* The next number of a list of 16-bit ones; false at its end. */
static bool
next16(struct cursor *c, uint16_t *ret_v)
{
	while (cur_left(c) >= 2) {
		*ret_v = cur_be16(c);
		if (!tls_is_grease(*ret_v))
			return true;
	}
	return false;
}

/* The next extension's type. */
static bool
next_extension(struct cursor *c, uint16_t *ret_type)
{
	while (cur_left(c) >= 4) {
		*ret_type = cur_be16(c);
		cur_skip(c, cur_be16(c));
		if (cur_failed(c))
			return false;
		if (!tls_is_grease(*ret_type))
			return true;
	}
	return false;
}

static void
decimal_list(struct text *t, struct span list,
    bool (*next)(struct cursor *, uint16_t *))
{
	struct cursor c = cur_init(list.p, list.len);
	uint16_t v;

	for (bool first = true; next(&c, &v); first = false) {
		if (!first)
			text_char(t, '-');
		text_decimal(t, v);
	}
}

void
ja3_text(const struct tls_client_hello *hello,
    char ret_text[static JA3_LEN + 1])
{
	uint8_t digest[32];
	struct text t;

	ret_text[0] = '\0';
	text_begin(&t, this_thread(), JA_MD5);
	text_decimal(&t, hello->legacy_version);
	text_char(&t, ',');
	decimal_list(&t, hello->ciphers, next16);
	text_char(&t, ',');
	decimal_list(&t, hello->extensions, next_extension);
	text_char(&t, ',');
	decimal_list(&t, hello->groups, next16);
	text_char(&t, ',');
	for (size_t i = 0; i < hello->point_formats.len; i++) {
		if (i)
			text_char(&t, '-');
		text_decimal(&t, hello->point_formats.p[i]);
	}
	if (!text_end(&t, digest))
		return;
	put_hex(ret_text, digest, JA3_LEN);
	ret_text[JA3_LEN] = '\0';
}

static int
compare16(const void *a, const void *b)
{
	return *(const uint16_t *)a - *(const uint16_t *)b;
}

static void
sort16(uint16_t *v, size_t n)
{
	if (n > 64) {
		qsort(v, n, sizeof(*v), compare16);
		return;
	}
	for (size_t i = 1; i < n; i++) {
		uint16_t x = v[i];
		size_t j = i;

		for (; j && v[j - 1] > x; j--)
			v[j] = v[j - 1];
		v[j] = x;
	}
}

static void
hex_list(struct text *t, const uint16_t *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i)
			text_char(t, ',');
		text_hex4(t, v[i]);
	}
}

/* The first 12 hex digits of the text's SHA-256. */
static bool
put_part(char *out, struct text *t)
{
	uint8_t digest[32];

	if (!text_end(t, digest))
		return false;
	put_hex(out, digest, 12);
	return true;
}

static const char *
version_mark(uint16_t version)
{
	if (tls_is_13(version))
		return "13";
	switch (version) {
	case 0x0303:
		return "12";
	case 0x0302:
		return "11";
	case 0x0301:
		return "10";
	case 0x0300:
		return "s3";
	case 0x0002:
		return "s2";
	case 0xfeff:
		return "d1";
	case 0xfefd:
		return "d2";
	case 0xfefc:
		return "d3";
	}
	return "00";
}

static bool
is_alnum(uint8_t c)
{
	return (uint8_t)(c - '0') < 10 || (uint8_t)((c | 0x20) - 'a') < 26;
}

/* Its first and last character, in hex where one is no letter or digit. */
static void
alpn_mark(struct span alpn, char out[static 2])
{
	uint8_t first, last;

	out[0] = out[1] = '0';
	if (!alpn.len)
		return;
	first = alpn.p[0];
	last = alpn.p[alpn.len - 1];
	if (is_alnum(first) && is_alnum(last)) {
		out[0] = (char)first;
		out[1] = (char)last;
	} else {
		out[0] = hex[first >> 4];
		out[1] = hex[last & 15];
	}
}

static void
two_digits(char *out, size_t n)
{
	if (n > 99)
		n = 99;
	out[0] = (char)('0' + n / 10);
	out[1] = (char)('0' + n % 10);
}

static bool
ja4_ciphers(const struct tls_client_hello *h, struct text *t, char *out)
{
	struct cursor c = cur_init(h->ciphers.p, h->ciphers.len);
	uint16_t v[32768];
	size_t n = 0;

	while (n < 32768 && next16(&c, &v[n]))
		n++;
	two_digits(out + 4, n);
	if (!n) {
		memset(out + 11, '0', 12);
		return true;
	}
	sort16(v, n);
	text_begin(t, t->thread, JA_SHA256);
	hex_list(t, v, n);
	return put_part(out + 11, t);
}

static bool
ja4_extensions(const struct tls_client_hello *h, struct text *t, char *out)
{
	struct cursor c = cur_init(h->extensions.p, h->extensions.len);
	uint16_t v[16384], sig;
	size_t n = 0, count = 0;

	while (n < 16384 && next_extension(&c, &v[n])) {
		count++;
		if (v[n] != TLS_EXT_SERVER_NAME && v[n] != TLS_EXT_ALPN)
			n++;
	}
	two_digits(out + 6, count);
	if (!n) {
		memset(out + 24, '0', 12);
		return true;
	}
	sort16(v, n);
	text_begin(t, t->thread, JA_SHA256);
	hex_list(t, v, n);
	c = cur_init(h->signatures.p, h->signatures.len);
	for (char sep = '_'; next16(&c, &sig); sep = ',') {
		text_char(t, sep);
		text_hex4(t, sig);
	}
	return put_part(out + 24, t);
}

void
ja4_text(const struct tls_client_hello *hello, char carrier,
    char ret_text[static JA4_LEN + 1])
{
	struct text t;

	t.thread = this_thread();
	ret_text[0] = carrier;
	memcpy(ret_text + 1, version_mark(hello->version), 2);
	ret_text[3] = hello->has_server_name ? 'd' : 'i';
	alpn_mark(hello->alpn_first, ret_text + 8);
	ret_text[10] = ret_text[23] = '_';
	ret_text[JA4_LEN] = '\0';
	if (!ja4_ciphers(hello, &t, ret_text) ||
	    !ja4_extensions(hello, &t, ret_text))
		ret_text[0] = '\0';
}
