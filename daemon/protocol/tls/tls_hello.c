// SPDX-License-Identifier: Apache-2.0
#include "protocol/tls/tls_hello.h"

#include "base/cursor.h"

static struct span
take(struct cursor *c, size_t len)
{
	const uint8_t *p = cur_bytes(c, len);

	return (struct span){ p, p ? len : 0 };
}

/* The list of one extension behind its two bytes of length. */
static struct span
list16(struct cursor ext)
{
	return take(&ext, cur_be16(&ext));
}

static struct span
host_name(struct cursor ext)
{
	struct cursor list = cur_sub(&ext, cur_be16(&ext));

	while (cur_left(&list) >= 3) {
		uint8_t type = cur_u8(&list);
		struct span name = take(&list, cur_be16(&list));

		if (type == 0)
			return name;
	}
	return (struct span){ 0 };
}

static struct span
first_protocol(struct cursor ext)
{
	struct cursor list = cur_sub(&ext, cur_be16(&ext));

	return take(&list, cur_u8(&list));
}

static bool
has_h2(struct cursor ext)
{
	struct cursor list = cur_sub(&ext, cur_be16(&ext));

	while (cur_left(&list))
		if (span_eq(take(&list, cur_u8(&list)), SPAN_LITERAL("h2")))
			return true;
	return false;
}

/* Drafts rank below the final 1.3 and above 1.2. */
static uint16_t
highest_version(struct cursor ext)
{
	struct cursor list = cur_sub(&ext, cur_u8(&ext));
	uint16_t best = 0;

	while (cur_left(&list) >= 2) {
		uint16_t v = cur_be16(&list);

		if (tls_is_grease(v))
			continue;
		if (v >> 8 == 0x7f ? best < 0x0304 || best >> 8 == 0x7f :
		    v >> 8 == 3 && (best >> 8 != 0x7f ? v > best : v == 0x0304))
			best = v;
	}
	return best;
}

static void
client_extension(struct tls_client_hello *h, uint16_t type, struct cursor ext)
{
	uint16_t version;

	switch (type) {
	case TLS_EXT_SERVER_NAME:
		h->has_server_name = true;
		h->server_name = host_name(ext);
		break;
	case TLS_EXT_GROUPS:
		h->groups = list16(ext);
		break;
	case TLS_EXT_POINT_FORMATS:
		h->point_formats = take(&ext, cur_u8(&ext));
		break;
	case TLS_EXT_SIGNATURES:
		h->signatures = list16(ext);
		break;
	case TLS_EXT_ALPN:
		h->alpn_first = first_protocol(ext);
		h->offers_h2 = has_h2(ext);
		break;
	case TLS_EXT_TICKET:
		h->ticket = take(&ext, cur_left(&ext));
		break;
	case TLS_EXT_PRE_SHARED_KEY:
		h->has_psk = true;
		break;
	case TLS_EXT_EARLY_DATA:
		h->early_data = true;
		break;
	case TLS_EXT_VERSIONS:
		version = highest_version(ext);
		if (version)
			h->version = version;
		break;
	case TLS_EXT_ECH:
	case TLS_EXT_ESNI:
		h->ech = true;
		break;
	}
}

int
tls_client_hello_parse(struct span body, struct tls_client_hello *ret)
{
	struct cursor c = cur_init(body.p, body.len), ext;
	struct tls_client_hello h = { 0 };

	h.legacy_version = h.version = cur_be16(&c);
	h.random = take(&c, 32);
	h.session_id = take(&c, cur_u8(&c));
	h.ciphers = take(&c, cur_be16(&c));
	cur_skip(&c, cur_u8(&c));
	if (cur_failed(&c))
		return ERR_TRUNCATED;
	if (h.session_id.len > 32 || h.ciphers.len % 2)
		return ERR_MALFORMED;
	/* SSL 3 and some TLS 1.0 clients end here. */
	if (cur_left(&c)) {
		size_t len = cur_be16(&c);

		h.cut = cur_left(&c) < len;
		h.extensions = take(&c, h.cut ? cur_left(&c) : len);
	}
	ext = cur_init(h.extensions.p, h.extensions.len);
	while (cur_left(&ext)) {
		uint16_t type = cur_be16(&ext);
		struct cursor one = cur_sub(&ext, cur_be16(&ext));

		if (cur_failed(&ext)) {
			h.cut = true;
			break;
		}
		client_extension(&h, type, one);
	}
	*ret = h;
	return 0;
}

int
tls_v2_hello_parse(struct span record, struct tls_client_hello *ret)
{
	struct cursor c = cur_init(record.p, record.len);
	struct tls_client_hello h = { 0 };
	size_t ciphers_len, id_len, challenge_len;

	if (cur_u8(&c) != 1)
		return cur_failed(&c) ? ERR_TRUNCATED : ERR_MALFORMED;
	h.legacy_version = h.version = cur_be16(&c);
	ciphers_len = cur_be16(&c);
	id_len = cur_be16(&c);
	challenge_len = cur_be16(&c);
	cur_skip(&c, ciphers_len);
	h.session_id = take(&c, id_len);
	h.random = take(&c, challenge_len);
	if (cur_failed(&c))
		return ERR_TRUNCATED;
	if (ciphers_len % 3 || id_len > 32 || challenge_len > 32)
		return ERR_MALFORMED;
	*ret = h;
	return 0;
}

static void
server_extension(struct tls_server_hello *h, uint16_t type, struct cursor ext)
{
	switch (type) {
	case TLS_EXT_ALPN:
		h->alpn = first_protocol(ext);
		break;
	case TLS_EXT_VERSIONS:
		h->version = cur_be16(&ext);
		break;
	case TLS_EXT_PRE_SHARED_KEY:
		h->psk = true;
		break;
	case TLS_EXT_ENCRYPT_THEN_MAC:
		h->encrypt_then_mac = true;
		break;
	case TLS_EXT_EXTENDED_MASTER_SECRET:
		h->extended_master_secret = true;
		break;
	}
}

/* SHA-256 of "HelloRetryRequest", RFC 8446 section 4.1.3. */
static const uint8_t retry_random[32] = {
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02,
	0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e,
	0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

int
tls_server_hello_parse(struct span body, struct tls_server_hello *ret)
{
	struct cursor c = cur_init(body.p, body.len), list;
	struct tls_server_hello h = { 0 };
	size_t len;

	h.version = cur_be16(&c);
	h.random = take(&c, 32);
	/* Drafts up to 21 have neither session ID nor compression. */
	if (h.version >> 8 != 0x7f)
		h.session_id = take(&c, cur_u8(&c));
	h.cipher = cur_be16(&c);
	if (h.version >> 8 != 0x7f)
		h.compression = cur_u8(&c);
	if (cur_failed(&c))
		return ERR_TRUNCATED;
	if (h.session_id.len > 32)
		return ERR_MALFORMED;
	h.retry = memcmp(h.random.p, retry_random, 32) == 0;
	len = cur_left(&c) ? cur_be16(&c) : 0;
	list = cur_sub(&c, cur_left(&c) < len ? cur_left(&c) : len);
	while (cur_left(&list)) {
		uint16_t type = cur_be16(&list);
		struct cursor one = cur_sub(&list, cur_be16(&list));

		if (cur_failed(&list))
			break;
		server_extension(&h, type, one);
	}
	*ret = h;
	return 0;
}

struct span
tls_extension(struct span body, uint16_t wanted)
{
	struct cursor c = cur_init(body.p, body.len);
	struct cursor list = cur_sub(&c, cur_be16(&c));

	while (cur_left(&list)) {
		uint16_t type = cur_be16(&list);
		struct cursor one = cur_sub(&list, cur_be16(&list));

		if (cur_failed(&list))
			break;
		if (type == wanted)
			return (struct span){ cur_peek(&one),
				cur_left(&one) };
	}
	return (struct span){ 0 };
}

struct span
tls_extensions_alpn(struct span body)
{
	struct cursor c = cur_init(body.p, body.len);
	struct cursor list = cur_sub(&c, cur_be16(&c));
	struct tls_server_hello h = { 0 };

	while (cur_left(&list)) {
		uint16_t type = cur_be16(&list);
		struct cursor one = cur_sub(&list, cur_be16(&list));

		if (cur_failed(&list))
			break;
		server_extension(&h, type, one);
	}
	return h.alpn;
}
