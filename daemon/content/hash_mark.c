// SPDX-License-Identifier: Apache-2.0
/* Hashes of parts of files, hashes cut short, and hashes in dress: as a UUID,
 * in the labels of a host name, in base32. */
#include <stdio.h>
#include <string.h>

#include "content/known/byte_class.h"
#include "content/hash_finder.h"
#include "content/scan_tree.h"

#define UUID_LEN	36
#define LABEL_MIN	16	/* hex digits */

bool
hash_mark(struct scan_node *n, struct span bytes, const char *encoding,
    struct span path, uint64_t offset, bool lookup_place)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t hex[2 * KNOWN_HASH_MAX_LEN];
	unsigned kind;
	bool shared;
	long file;

	if (!n->s->known || bytes.len > KNOWN_HASH_MAX_LEN)
		return false;
	file = known_mark_find(n->s->known, bytes.p, bytes.len, &kind,
	    &shared);
	if (file < 0 || hash_is_of_nothing(bytes))
		return false;
	for (size_t i = 0; i < bytes.len; i++) {
		hex[2 * i] = (uint8_t)digits[bytes.p[i] >> 4];
		hex[2 * i + 1] = (uint8_t)digits[bytes.p[i] & 15];
	}
	scan_add_hash(n, &(struct scan_hash){
		.algorithm = (uint8_t)kind,
		.truncated = kind < KNOWN_HASH_COUNT,
		.hint = shared,
		.encoding = encoding,
		.value = { hex, 2 * bytes.len },
		.file = shared ? -1 : file,
		.path = path,
		.offset = offset,
		.lookup_place = lookup_place,
	});
	return true;
}

/* 8-4-4-4-12 digits, with or without braces: 16 bytes. */
static bool
uuid_decode(struct span s, uint8_t ret_out[static 16])
{
	uint8_t text[32];
	size_t n = 0;

	if (s.len == UUID_LEN + 2 && s.p[0] == '{' && s.p[s.len - 1] == '}')
		s = (struct span){ s.p + 1, UUID_LEN };
	if (s.len != UUID_LEN)
		return false;
	for (size_t i = 0; i < UUID_LEN; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (s.p[i] != '-')
				return false;
			continue;
		}
		text[n++] = s.p[i];
	}
	return hex_decode((struct span){ text, n }, ret_out, 16) == 16;
}

static void
swap_bytes(uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len / 2; i++) {
		uint8_t c = p[i];

		p[i] = p[len - 1 - i];
		p[len - 1 - i] = c;
	}
}

bool
hash_uuid(struct scan_node *n, struct span value, struct span path,
    uint64_t offset, bool lookup_place)
{
	uint8_t raw[16];

	if (!uuid_decode(value, raw))
		return false;
	for (int i = 0; i < 2; i++) {
		if (hash_known(n, raw, 16, "uuid", path, offset,
		    lookup_place) || hash_mark(n, (struct span){ raw, 16 },
		    "uuid", path, offset, lookup_place))
			return true;
		/* as Windows writes its first three numbers */
		swap_bytes(raw, 4);
		swap_bytes(raw + 4, 2);
		swap_bytes(raw + 6, 2);
	}
	return false;
}

struct span
hash_without_0x(struct span s)
{
	if (s.len > 2 && s.p[0] == '0' && (s.p[1] | 0x20) == 'x')
		s = (struct span){ s.p + 2, s.len - 2 };
	return s;
}

bool
hash_separated(struct scan_node *n, struct span value, struct span path,
    uint64_t offset, bool lookup_place)
{
	uint8_t raw[KNOWN_HASH_MAX_LEN];
	size_t len = (value.len + 1) / 3;

	if (!n->s->known || value.len % 3 != 2 || len < 16 ||
	    len > sizeof(raw) || !memchr(":- ", value.p[2], 3))
		return false;
	for (size_t i = 0; i < len; i++) {
		const uint8_t *p = value.p + 3 * i;

		if ((i && p[-1] != value.p[2]) ||
		    hex_decode((struct span){ p, 2 }, raw + i, 1) != 1)
			return false;
	}
	return hash_known(n, raw, len, "hex", path, offset, lookup_place) ||
	       hash_mark(n, (struct span){ raw, len }, "hex", path, offset,
	           lookup_place);
}

static size_t
base32_decode(struct span s, uint8_t *ret_out, size_t max)
{
	uint32_t bits = 0;
	unsigned have = 0;
	size_t n = 0;

	while (s.len && s.p[s.len - 1] == '=')
		s.len--;
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.p[i] | 0x20, v;

		if (c >= 'a' && c <= 'z')
			v = (uint8_t)(c - 'a');
		else if (s.p[i] >= '2' && s.p[i] <= '7')
			v = (uint8_t)(s.p[i] - '2' + 26);
		else
			return 0;
		bits = bits << 5 | v;
		have += 5;
		if (have < 8)
			continue;
		have -= 8;
		if (n == max)
			return 0;
		ret_out[n++] = (uint8_t)(bits >> have);
	}
	return n;
}

/* All of a value, as in urn:sha1: of file sharing and in archives of the web. */
static bool
base32_value(struct scan_node *n, struct span value, struct span path,
    uint64_t offset, bool lookup_place)
{
	uint8_t raw[KNOWN_HASH_MAX_LEN];
	size_t len = base32_decode(value, raw, sizeof(raw));

	return len >= 16 && hash_known(n, raw, len, "base32", path, offset,
	    lookup_place);
}

bool
hash_value(struct scan_node *n, struct span value, struct span path,
    uint64_t offset, bool lookup_place)
{
	uint8_t raw[KNOWN_HASH_MAX_LEN];
	size_t len;

	if (!n->s->known || value.len < 8 || value.len > 2 * sizeof(raw))
		return false;
	value = hash_without_0x(value);
	if (hash_uuid(n, value, path, offset, lookup_place))
		return true;
	len = hex_decode(value, raw, sizeof(raw));
	if (len >= 8)
		return hash_mark(n, (struct span){ raw, len }, "hex", path,
		    offset, lookup_place);
	if (base32_value(n, value, path, offset, lookup_place))
		return true;
	len = base64_decode(value, raw, sizeof(raw));
	return len >= 8 && hash_mark(n, (struct span){ raw, len }, "base64",
	    path, offset, lookup_place);
}

static bool
is_hex(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!byte_is(s.p[i], BYTE_HEX))
			return false;
	return s.len > 0;
}

/* A number in decimal or hex, as CRC-32 is written. */
static bool
read_crc(struct span v, uint32_t *ret_crc)
{
	uint64_t number = 0;
	uint8_t raw[4];

	v = hash_without_0x(v);
	if (hex_decode(v, raw, 4) == 4) {
		*ret_crc = (uint32_t)raw[0] << 24 | (uint32_t)raw[1] << 16 |
		    (uint32_t)raw[2] << 8 | raw[3];
		return true;
	}
	for (size_t i = 0; i < v.len; i++) {
		if (!byte_is(v.p[i], BYTE_DIGIT) || v.len > 10)
			return false;
		number = 10 * number + (v.p[i] - '0');
	}
	*ret_crc = (uint32_t)number;
	return v.len > 0 && number <= UINT32_MAX;
}

/* "96:" and two runs of base64, of 64 digits at most, as ssdeep writes them. */
static bool
is_ssdeep(struct span v)
{
	size_t i = 0, digits;
	unsigned size = 0;

	while (i < v.len && i < 8 && byte_is(v.p[i], BYTE_DIGIT))
		size = 10 * size + (v.p[i++] - '0');
	while (size > 3 && size % 2 == 0)
		size /= 2;
	for (int part = 0; part < 2 && size == 3; part++) {
		if (i == v.len || v.p[i++] != ':')
			return false;
		for (digits = 0; i < v.len && base64_values[v.p[i]] < 64; i++)
			digits++;
		if (digits < 6 || digits > 64)
			return false;
	}
	return size == 3 && i == v.len;
}

static void
enter_hint(struct scan_node *n, enum known_hash kind, struct span value,
    long file, struct span path, uint64_t offset)
{
	uint8_t text[160];

	if (value.len > sizeof(text))
		return;
	for (size_t i = 0; i < value.len; i++)
		text[i] = kind != KNOWN_SSDEEP && value.p[i] >= 'A' &&
		    value.p[i] <= 'Z' ? value.p[i] | 0x20 : value.p[i];
	scan_add_hash(n, &(struct scan_hash){
		.algorithm = (uint8_t)kind,
		.hint = true,
		.encoding = kind == KNOWN_SSDEEP ? "base64" : "hex",
		.value = { text, value.len },
		.file = file,
		.path = path,
		.offset = offset,
		.lookup_place = true,
	});
	scan_add_category(n->s, "file.hash", path,
	    "a weak hash, by the field's name and form");
}

static bool
ends_with(struct span key, const char *word)
{
	size_t n = strlen(word);

	return key.len >= n && !memcmp(key.p + key.len - n, word, n);
}

void
hash_hint(struct scan_node *n, struct span key, struct span value,
    struct span path, uint64_t offset)
{
	uint8_t hex[9];
	uint32_t crc;
	long file;

	if (ends_with(key, "tlsh")) {
		if (value.len == 72 && value.p[0] == 'T' && value.p[1] == '1')
			value = (struct span){ value.p + 2, 70 };
		if (value.len == 70 && is_hex(value))
			enter_hint(n, KNOWN_TLSH, value, -1, path, offset);
	} else if (ends_with(key, "ssdeep")) {
		if (is_ssdeep(value))
			enter_hint(n, KNOWN_SSDEEP, value, -1, path, offset);
	} else if (ends_with(key, "imphash")) {
		if (value.len == 32 && is_hex(value))
			enter_hint(n, KNOWN_IMPHASH, value, -1, path, offset);
	} else if ((ends_with(key, "crc") || ends_with(key, "crc32")) &&
	    read_crc(value, &crc)) {
		file = known_mark_find_crc(n->s->known, crc);
		snprintf((char *)hex, sizeof(hex), "%08x", crc);
		if (file >= 0 && crc)
			enter_hint(n, KNOWN_CRC32, (struct span){ hex, 8 },
			    file, path, offset);
	}
}

static bool
label(struct scan_node *n, struct span text, struct span path, uint64_t offset)
{
	uint8_t raw[KNOWN_HASH_MAX_LEN];
	size_t len = hex_decode(text, raw, sizeof(raw));

	if (hash_word(n, text, path, offset, true) ||
	    (len >= 8 && hash_mark(n, (struct span){ raw, len }, "hex", path,
	    offset, true)))
		return true;
	return base32_value(n, text, path, offset, true);
}

bool
hash_labels(struct scan_node *n, struct span name, struct span path)
{
	uint8_t joined[2 * KNOWN_HASH_MAX_LEN];
	size_t at = 0, len = 0, parts = 0, start = 0;
	bool found = false;

	if (!n->s->known)
		return false;
	while (at < name.len) {
		struct span l = { name.p + at, 0 };

		while (at + l.len < name.len && l.p[l.len] != '.')
			l.len++;
		if (l.len >= LABEL_MIN)
			found |= label(n, l, path, at);
		/* a label has 63 digits at most: longer hashes take several */
		if (!is_hex(l) || len + l.len > sizeof(joined)) {
			len = parts = 0;
		}
		if (is_hex(l) && l.len <= sizeof(joined) - len) {
			start = parts++ ? start : at;
			memcpy(joined + len, l.p, l.len);
			len += l.len;
			if (parts > 1 && len >= LABEL_MIN)
				found |= label(n, (struct span){ joined, len },
				    path, start);
		}
		at += l.len + 1;
	}
	return found;
}
