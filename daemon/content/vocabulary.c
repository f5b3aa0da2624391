// SPDX-License-Identifier: Apache-2.0
#include "content/vocabulary.h"

#include <string.h>

#include "content/known/byte_class.h"

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

bool
vocabulary_is_tag(const char *key)
{
	static const char *const tags[] = {
		"etag", "ifnonematch", "ifmatch", "contentmd5",
		"contentdigest", "reprdigest", "boundary", "integrity",
		/* what registries, mirrors and caches name things by */
		"blobs", "manifests", "byhash", "persistedquery", NULL,
	};

	return is_any(key, tags);
}

bool
vocabulary_is_below_tag(struct span path)
{
	char key[VOCABULARY_KEY_MAX];
	size_t from = 0;

	for (size_t i = 0; i <= path.len; i++) {
		if (i < path.len && path.p[i] != '/' && path.p[i] != ':')
			continue;
		vocabulary_normalize((struct span){ path.p + from, i - from },
		    key);
		if (vocabulary_is_tag(key))
			return true;
		from = i + 1;
	}
	return false;
}

/* What may stand beside the word for a hash in the name of a field that holds
 * the hash of a file. "userhash" and "md5filename" are something else. */
static const char *const hash_words[] = {
	"md5", "sha512", "sha384", "sha256", "sha224", "sha2", "sha1", "sha",
	"hashes", "hash", "checksums", "checksum", "digests", "digest", "sums",
	"sum", "values", "value", "list", "files", "file", "samples", "sample",
	"objects", "object", "binary", "content", "image", "module", "process",
	"app", "apk", "executable", "exe", "pe", "dll", "document",
	"attachment", "artifact", "parent", "target", "full", "original",
	"item", "entry", "scan", "threat", "malware", "virus", "detected",
	"lookup", "check", "hex", "base64", "raw", "of", NULL,
};

static bool
is_made_of_hash_words(const char *key, unsigned depth)
{
	if (!*key)
		return true;
	if (!depth)
		return false;
	for (const char *const *w = hash_words; *w; w++) {
		size_t n;

		if (*key != **w)
			continue;
		n = strlen(*w);
		if (!strncmp(key, *w, n) &&
		    is_made_of_hash_words(key + n, depth - 1))
			return true;
	}
	return false;
}

bool
vocabulary_is_hash(const char *key, enum known_hash *ret_alg)
{
	static const struct {
		const char *word;
		enum known_hash alg;
	} algorithms[] = {
		{ "md5", KNOWN_MD5 },
		{ "sha512", KNOWN_SHA512 },
		{ "sha384", KNOWN_SHA384 },
		{ "sha224", KNOWN_SHA224 },
		{ "sha256", KNOWN_SHA256 },
		{ "sha2", KNOWN_SHA256 },
		{ "sha1", KNOWN_SHA1 },
	};
	static const char *const hashes[] = {
		"hash", "checksum", "digest", "sha", NULL,
	};

	/* what commits, messages and parts of pages are called by */
	static const char *const others[] = {
		"sha", "digest", "contenthash", "contentsha", "shasum", NULL,
	};

	*ret_alg = KNOWN_HASH_COUNT;
	if (vocabulary_is_tag(key) || is_any(key, others) ||
	    !is_made_of_hash_words(key, 6))
		return false;
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(*algorithms); i++) {
		if (strstr(key, algorithms[i].word)) {
			*ret_alg = algorithms[i].alg;
			return true;
		}
	}
	return has_any(key, hashes);
}

bool
vocabulary_is_url(const char *key)
{
	static const char *const names[] = {
		"url", "urls", "uri", "uris", "link", "links", "site", "sites",
		"website", "websites", "requesturl",
		"requesturi", "targeturl", "pageurl", "visitedurl",
		"sourceurl", "downloadurl", "referrerurl", "referrer",
		"referer", "checkurl", "lookupurl", "urlrequested", "weburl",
		"fileurl", "originurl", "resource", NULL,
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
