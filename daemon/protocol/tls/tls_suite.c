// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "protocol/tls/tls.h"
#include "protocol/tls/tls_crypt.h"
#include "protocol/tls/tls_hello.h"

/* A suite's name says all of it; what libcrypto calls the same. */
static const struct {
	const char *name;	/* behind "_WITH_", or "TLS_" in TLS 1.3 */
	const char *cipher;
	uint8_t mode, key_len, tag_len, block_len, iv_len;
} ciphers[] = {
	{ "AES_128_GCM_", "AES-128-GCM", TLS_MODE_GCM, 16, 16, 0, 4 },
	{ "AES_256_GCM_", "AES-256-GCM", TLS_MODE_GCM, 32, 16, 0, 4 },
	{ "ARIA_128_GCM_", "ARIA-128-GCM", TLS_MODE_GCM, 16, 16, 0, 4 },
	{ "ARIA_256_GCM_", "ARIA-256-GCM", TLS_MODE_GCM, 32, 16, 0, 4 },
	{ "AES_128_CCM_8", "AES-128-CCM", TLS_MODE_CCM, 16, 8, 0, 4 },
	{ "AES_256_CCM_8", "AES-256-CCM", TLS_MODE_CCM, 32, 8, 0, 4 },
	{ "AES_128_CCM", "AES-128-CCM", TLS_MODE_CCM, 16, 16, 0, 4 },
	{ "AES_256_CCM", "AES-256-CCM", TLS_MODE_CCM, 32, 16, 0, 4 },
	{ "CHACHA20_POLY1305_", "ChaCha20-Poly1305", TLS_MODE_CHACHA, 32, 16,
	    0, 12 },
	{ "AES_128_CBC_", "AES-128-CBC", TLS_MODE_CBC, 16, 0, 16, 16 },
	{ "AES_256_CBC_", "AES-256-CBC", TLS_MODE_CBC, 32, 0, 16, 16 },
	{ "CAMELLIA_128_CBC_", "CAMELLIA-128-CBC", TLS_MODE_CBC, 16, 0, 16,
	    16 },
	{ "CAMELLIA_256_CBC_", "CAMELLIA-256-CBC", TLS_MODE_CBC, 32, 0, 16,
	    16 },
	{ "ARIA_128_CBC_", "ARIA-128-CBC", TLS_MODE_CBC, 16, 0, 16, 16 },
	{ "ARIA_256_CBC_", "ARIA-256-CBC", TLS_MODE_CBC, 32, 0, 16, 16 },
	{ "3DES_EDE_CBC_", "DES-EDE3-CBC", TLS_MODE_CBC, 24, 0, 8, 8 },
	{ "RC4_128_", NULL, TLS_MODE_RC4, 16, 0, 0, 0 },
	{ "NULL_", NULL, TLS_MODE_NULL, 0, 0, 0, 0 },
};

static const struct {
	const char *end, *digest;
	uint8_t len;
} macs[] = {
	{ "_SHA", "SHA1", 20 },
	{ "_SHA256", "SHA256", 32 },
	{ "_SHA384", "SHA384", 48 },
	{ "_MD5", "MD5", 16 },
};

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), e = strlen(end);

	return n >= e && strcmp(s + n - e, end) == 0;
}

static bool
set_mac(struct tls_suite *s, const char *name)
{
	for (size_t i = 0; i < sizeof(macs) / sizeof(macs[0]); i++) {
		if (!ends_with(name, macs[i].end))
			continue;
		s->mac = macs[i].digest;
		s->mac_len = macs[i].len;
		return true;
	}
	return false;
}

int
tls_suite_find(uint16_t version, uint16_t cipher, bool encrypt_then_mac,
    struct tls_suite *ret)
{
	const char *name = tls_cipher_name(cipher), *with;
	struct tls_suite s = { .version = version };

	if (!name || (!tls_is_13(version) &&
	    (version < 0x0300 || version > 0x0303)))
		return ERR_UNSUPPORTED;
	with = strstr(name, "_WITH_");
	with = with ? with + 6 : name + 4;
	for (size_t i = 0; i < sizeof(ciphers) / sizeof(ciphers[0]); i++) {
		if (strncmp(with, ciphers[i].name, strlen(ciphers[i].name)))
			continue;
		s.cipher = ciphers[i].cipher;
		s.mode = ciphers[i].mode;
		s.key_len = ciphers[i].key_len;
		s.tag_len = ciphers[i].tag_len;
		s.block_len = ciphers[i].block_len;
		s.iv_len = ciphers[i].iv_len;
		s.prf = version < 0x0303 ? "MD5-SHA1" :
		    ends_with(name, "_SHA384") ? "SHA384" : "SHA256";
		if (!s.tag_len && !set_mac(&s, name))
			return ERR_UNSUPPORTED;
		if (version == 0x0300 && s.mac_len != 16 && s.mac_len != 20)
			return ERR_UNSUPPORTED;
		s.encrypt_then_mac = encrypt_then_mac &&
		    s.mode == TLS_MODE_CBC;
		*ret = s;
		return 0;
	}
	return ERR_UNSUPPORTED;
}

const char *
tls_info_unsupported(const struct tls_info *info)
{
	if (info->compressed)
		return "its records are compressed, which no client does today";
	return "no library here knows its cipher suite";
}
