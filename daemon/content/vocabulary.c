// SPDX-License-Identifier: Apache-2.0
#include "content/vocabulary.h"

#include <string.h>

#include "content/byte_class.h"

size_t
vocabulary_normalize(struct span key, char *ret_key)
{
	size_t n = 0;

	for (size_t i = 0; i < key.len && n < VOCABULARY_KEY_MAX - 1; i++) {
		uint8_t c = key.p[i];

		if (!byte_is(c, BYTE_ALPHA | BYTE_DIGIT))
			continue;
		ret_key[n++] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
	}
	ret_key[n] = '\0';
	return n;
}

static bool
has_any(const char *key, const char *const *words)
{
	for (; *words; words++) {
		if (strstr(key, *words))
			return true;
	}
	return false;
}

static bool
is_any(const char *key, const char *const *words)
{
	for (; *words; words++) {
		if (key[0] == **words && !strcmp(key, *words))
			return true;
	}
	return false;
}

static bool
ends_with(const char *key, const char *end)
{
	size_t n = strlen(key), m = strlen(end);

	return n >= m && !strcmp(key + n - m, end);
}

bool
vocabulary_is_tag(const char *key)
{
	static const char *const tags[] = {
		"etag", "ifnonematch", "ifmatch", "contentmd5",
		"contentdigest", "reprdigest", "boundary", "integrity", NULL,
	};

	return is_any(key, tags);
}

bool
vocabulary_is_hash(const char *key, enum known_hash *ret_alg)
{
	/* hashed for another reason than to name a file */
	static const char *const others[] = {
		"session", "token", "passw", "pwd", "nonce", "auth", "sign",
		"csrf", "salt", "user", "device", "machine", "commit", "hmac",
		"cert", "thumbprint", "cookie", "email", "mail", "account",
		"client", "install", "request", "trace", "revision", "secret",
		"apikey", "hashcode", "hashtag", "hashrate", "hashtype",
		"hashalg", "password", "mac5", "rehash", "issuer", "subject",
		"publickey", "pubkey", "query", "body", "config", "schema",
		NULL,
	};
	static const struct {
		const char *word;
		enum known_hash alg;
	} names[] = {
		{ "md5", KNOWN_MD5 },
		{ "sha512", KNOWN_SHA512 },
		{ "sha256", KNOWN_SHA256 },
		{ "sha2", KNOWN_SHA256 },
		{ "sha1", KNOWN_SHA1 },
	};

	*ret_alg = KNOWN_HASH_COUNT;
	if (vocabulary_is_tag(key) || has_any(key, others))
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strstr(key, names[i].word)) {
			*ret_alg = names[i].alg;
			return true;
		}
	}
	return ends_with(key, "hash") || ends_with(key, "hashes") ||
	    ends_with(key, "hashvalue") || ends_with(key, "hashlist") ||
	    ends_with(key, "checksum") || ends_with(key, "checksums") ||
	    ends_with(key, "digest") || ends_with(key, "digests") ||
	    ends_with(key, "sha");
}

bool
vocabulary_is_url(const char *key)
{
	static const char *const names[] = {
		"url", "urls", "uri", "uris", "link", "links", "site", "sites",
		"href", "website", "websites", "address", "requesturl",
		"requesturi", "targeturl", "pageurl", "visitedurl",
		"sourceurl", "downloadurl", "referrerurl", "referrer",
		"referer", "checkurl", "lookupurl", "urlrequested", "weburl",
		"fileurl", "originurl", "resource", "u", "page", NULL,
	};

	return is_any(key, names);
}

bool
vocabulary_is_schema(const char *key)
{
	static const char *const names[] = {
		"schema", "context", "xmlns", "namespace", "ns", "dtd", "type",
		"vocab", "license", "copyright", "docs", "documentation",
		"help", "homepage", "about", "id", NULL,
	};

	return is_any(key, names);
}
