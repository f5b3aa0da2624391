// SPDX-License-Identifier: Apache-2.0
/*
 * Manifests: what md5sum, sha256sum and their like print. A line is
 *
 *	[\]HEX, blanks, [*]NAME		or	ALGORITHM (NAME) = HEX
 *
 * A backslash in front says that \\, \n and \r in the name are escapes.
 */
#include "content/known/known_manifest.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "content/known/known_set.h"

#define HEX_MIN	8	/* digits that begin a line as no text does */

static const char *const suffixes[] = {
	".md5", ".sha1", ".sha224", ".sha256", ".sha384", ".sha512",
	".manifest", ".sums",
};
static const char *const sum_names[] = {
	"MD5SUM", "SHA1SUM", "SHA224SUM", "SHA256SUM", "SHA384SUM",
	"SHA512SUM", "CHECKSUM", "SHASUM",
};

static int
hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t
manifest_hash(struct span s, struct manifest_line *ret)
{
	size_t n = 0;

	while (n < s.len && hex_value(s.p[n]) >= 0)
		n++;
	for (int a = 0; a < KNOWN_HASH_COUNT; a++) {
		if (n != 2 * known_hash_len((enum known_hash)a))
			continue;
		ret->alg = (enum known_hash)a;
		for (size_t i = 0; i < n / 2; i++)
			ret->hash[i] = (uint8_t)(hex_value(s.p[2 * i]) << 4 |
			    hex_value(s.p[2 * i + 1]));
		return n;
	}
	return 0;
}

static struct span
skip(struct span s, size_t n)
{
	return (struct span){ s.p + n, s.len - n };
}

static bool
read_tagged(struct span s, struct manifest_line *ret)
{
	struct span hex;
	size_t open = 0, close = s.len;

	while (open < s.len && s.p[open] != ' ')
		open++;
	while (close > 4 && memcmp(s.p + close - 4, ") = ", 4))
		close--;
	if (close <= 4 || open + 2 > close - 4 || s.p[open + 1] != '(')
		return false;
	hex = skip(s, close);
	ret->name = (struct span){ s.p + open + 2, close - 4 - open - 2 };
	return manifest_hash(hex, ret) == hex.len && hex.len;
}

const char *
manifest_read_line(struct span s, struct manifest_line *ret)
{
	size_t n;

	*ret = (struct manifest_line){ 0 };
	if (s.len && s.p[0] == '\\') {
		ret->escaped = true;
		s = skip(s, 1);
	}
	n = manifest_hash(s, ret);
	if (!n)
		return read_tagged(s, ret) ? NULL : "not a hash";
	s = skip(s, n);
	if (!s.len || (s.p[0] != ' ' && s.p[0] != '\t'))
		return s.len ? "not a hash" : "no name behind the hash";
	while (s.len && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = skip(s, 1);
	if (s.len && s.p[0] == '*')
		s = skip(s, 1);
	if (!s.len)
		return "no name behind the hash";
	if (s.len > MANIFEST_NAME_MAX)
		return "name too long";
	if (memchr(s.p, 0, s.len))
		return "NUL byte in the name";
	ret->name = s;
	return NULL;
}

/* The next line without its end, and false once there is none. */
static bool
next_line(struct span *text, struct span *ret_line)
{
	const uint8_t *nl;
	size_t len;

	if (!text->len)
		return false;
	nl = memchr(text->p, '\n', text->len);
	len = nl ? (size_t)(nl - text->p) : text->len;
	*ret_line = (struct span){ text->p, len };
	*text = skip(*text, nl ? len + 1 : len);
	if (ret_line->len && ret_line->p[ret_line->len - 1] == '\r')
		ret_line->len--;
	return true;
}

static bool
is_blank(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] != ' ' && s.p[i] != '\t')
			return false;
	}
	return true;
}

/* A line that only a manifest has, right or wrong: hex digits, and a name. */
static bool
looks_like_line(struct span s)
{
	struct manifest_line line;
	size_t n = 0;

	if (!manifest_read_line(s, &line))
		return true;
	while (n < s.len && hex_value(s.p[n]) >= 0)
		n++;
	return n >= HEX_MIN && (n == s.len || s.p[n] == ' ' || s.p[n] == '\t');
}

static bool
has_manifest_name(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		size_t n = strlen(suffixes[i]);

		if (len > n && !strcasecmp(name + len - n, suffixes[i]))
			return true;
	}
	for (size_t i = 0; i < sizeof(sum_names) / sizeof(*sum_names); i++)
		if (!strncasecmp(name, sum_names[i], strlen(sum_names[i])))
			return true;
	return false;
}

bool
known_is_manifest(const char *name, const uint8_t *text, size_t len)
{
	struct span rest = { text, len }, s;
	struct manifest_line line;
	size_t lines = 0;

	if (memchr(text, 0, len))
		return false;
	if (has_manifest_name(name))
		return true;
	while (next_line(&rest, &s)) {
		if (is_blank(s) || s.p[0] == '#')
			continue;
		if (!lines++ && looks_like_line(s))
			return true;
		/* a wrong line may stand before right ones */
		if (!manifest_read_line(s, &line))
			return true;
	}
	return false;
}

size_t
manifest_unescape(char *s)
{
	size_t n = 0;

	for (size_t i = 0; s[i]; i++) {
		char c = s[i];

		if (c == '\\' && s[i + 1])
			c = s[++i] == 'n' ? '\n' : s[i] == 'r' ? '\r' : s[i];
		s[n++] = c;
	}
	s[n] = '\0';
	return n;
}

int
known_add_manifest(struct known *k, const char *name, const uint8_t *text,
    size_t len)
{
	struct span rest = { text, len }, s;
	struct known_file *f;
	const char *wrong;
	struct manifest_line line;

	for (size_t number = 1; next_line(&rest, &s); number++) {
		if (is_blank(s) || s.p[0] == '#')
			continue;
		wrong = manifest_read_line(s, &line);
		if (wrong)
			return known_fail(k, ERR_MALFORMED, "%s:%zu: %s", name,
			    number, wrong);
		f = known_push(k, (const char *)line.name.p, line.name.len);
		if (!f)
			return known_fail(k, ERR_LIMIT, "%s:%zu: out of memory",
			    name, number);
		if (line.escaped)
			manifest_unescape((char *)f->name);
		memcpy(f->hash[line.alg], line.hash, known_hash_len(line.alg));
		f->has_hash = (uint8_t)(1u << line.alg);
	}
	return 0;
}
