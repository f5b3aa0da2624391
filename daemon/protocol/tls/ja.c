// SPDX-License-Identifier: Apache-2.0
#include "protocol/tls/ja.h"

#include <stdlib.h>

#include "base/cursor.h"
#include "protocol/tls/ja_digest.h"

static const char hex[] = "0123456789abcdef";

static void
text_decimal(struct ja_text *t, unsigned v)
{
	char s[10];
	int n = 0;

	do {
		s[n++] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	while (n)
		ja_text_char(t, s[--n]);
}

static void
text_hex4(struct ja_text *t, uint16_t v)
{
	for (int shift = 12; shift >= 0; shift -= 4)
		ja_text_char(t, hex[v >> shift & 15]);
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
decimal_list(struct ja_text *t, struct span list,
    bool (*next)(struct cursor *, uint16_t *))
{
	struct cursor c = cur_init(list.p, list.len);
	uint16_t v;

	for (bool first = true; next(&c, &v); first = false) {
		if (!first)
			ja_text_char(t, '-');
		text_decimal(t, v);
	}
}

void
ja3_text(const struct tls_client_hello *hello,
    char ret_text[static JA3_LEN + 1])
{
	uint8_t digest[32];
	struct ja_text t;

	ret_text[0] = '\0';
	ja_text_begin(&t, JA_MD5);
	text_decimal(&t, hello->legacy_version);
	ja_text_char(&t, ',');
	decimal_list(&t, hello->ciphers, next16);
	ja_text_char(&t, ',');
	decimal_list(&t, hello->extensions, next_extension);
	ja_text_char(&t, ',');
	decimal_list(&t, hello->groups, next16);
	ja_text_char(&t, ',');
	for (size_t i = 0; i < hello->point_formats.len; i++) {
		if (i)
			ja_text_char(&t, '-');
		text_decimal(&t, hello->point_formats.p[i]);
	}
	if (!ja_text_end(&t, digest))
		return;
	ja_put_hex(ret_text, digest, JA3_LEN);
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
hex_list(struct ja_text *t, const uint16_t *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i)
			ja_text_char(t, ',');
		text_hex4(t, v[i]);
	}
}

/* The first 12 hex digits of the text's SHA-256. */
static bool
put_part(char *out, struct ja_text *t)
{
	uint8_t digest[32];

	if (!ja_text_end(t, digest))
		return false;
	ja_put_hex(out, digest, 12);
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
ja4_ciphers(const struct tls_client_hello *h, struct ja_text *t, char *out)
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
	ja_text_begin(t, JA_SHA256);
	hex_list(t, v, n);
	return put_part(out + 11, t);
}

static bool
ja4_extensions(const struct tls_client_hello *h, struct ja_text *t, char *out)
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
	ja_text_begin(t, JA_SHA256);
	hex_list(t, v, n);
	c = cur_init(h->signatures.p, h->signatures.len);
	for (char sep = '_'; next16(&c, &sig); sep = ',') {
		ja_text_char(t, sep);
		text_hex4(t, sig);
	}
	return put_part(out + 24, t);
}

void
ja4_text(const struct tls_client_hello *hello, char carrier,
    char ret_text[static JA4_LEN + 1])
{
	struct ja_text t;

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

struct key {
	size_t len;
	bool full;
	uint8_t bytes[512];
};

static void
key_add(struct key *k, const void *p, size_t len)
{
	if (sizeof(k->bytes) - k->len < len + 2) {
		k->full = true;
		return;
	}
	/* With lengths in between no two hellos share a key. */
	k->bytes[k->len++] = (uint8_t)len;
	k->bytes[k->len++] = (uint8_t)(len >> 8);
	if (len)
		memcpy(k->bytes + k->len, p, len);
	k->len += len;
}

/* Everything that the texts are made of; of extensions only the types. */
static void
make_key(struct key *k, const struct tls_client_hello *h, char carrier)
{
	const uint16_t head[] = { h->legacy_version, h->version,
		(uint16_t)(h->has_server_name << 8 | carrier) };
	struct cursor c = cur_init(h->extensions.p, h->extensions.len);
	uint16_t types[64];
	size_t n = 0;

	k->len = 0;
	k->full = false;
	while (n < 64 && next_extension(&c, &types[n]))
		n++;
	key_add(k, head, sizeof(head));
	key_add(k, types, n * sizeof(*types));
	key_add(k, h->ciphers.p, h->ciphers.len);
	key_add(k, h->groups.p, h->groups.len);
	key_add(k, h->point_formats.p, h->point_formats.len);
	key_add(k, h->signatures.p, h->signatures.len);
	key_add(k, h->alpn_first.p, h->alpn_first.len);
	k->full |= n == 64;
	/* The hash reads words. */
	while (k->len % 8 && k->len < sizeof(k->bytes))
		k->bytes[k->len++] = 0;
}

void
ja_texts(const struct tls_client_hello *hello, char carrier,
    char ret_ja3[static JA3_LEN + 1], char ret_ja4[static JA4_LEN + 1])
{
	struct ja_kept *kept;
	struct key k;

	make_key(&k, hello, carrier);
	kept = k.full ? NULL : ja_kept_slot(k.bytes, k.len);
	if (kept && kept->len == k.len &&
	    memcmp(kept->key, k.bytes, k.len) == 0) {
		memcpy(ret_ja3, kept->ja3, sizeof(kept->ja3));
		memcpy(ret_ja4, kept->ja4, sizeof(kept->ja4));
		return;
	}
	ja3_text(hello, ret_ja3);
	ja4_text(hello, carrier, ret_ja4);
	if (!kept || !ret_ja3[0] || !ret_ja4[0])
		return;
	kept->len = (uint16_t)k.len;
	memcpy(kept->key, k.bytes, k.len);
	memcpy(kept->ja3, ret_ja3, sizeof(kept->ja3));
	memcpy(kept->ja4, ret_ja4, sizeof(kept->ja4));
}
