// SPDX-License-Identifier: Apache-2.0
/* Hashes of parts of files, hashes cut short, and hashes in dress: as a UUID,
 * in the labels of a host name, in base32. */
#include <string.h>

#include "content/known/byte_class.h"
#include "content/hash_finder.h"
#include "content/scan_tree.h"

#define UUID_LEN	36
#define LABEL_MIN	13	/* eight bytes in base32 */
#define LABELS_MAX	9	/* that a hash is cut into */

static bool
find_mark(struct scan_node *n, struct span bytes, const char *encoding,
    struct span path, uint64_t offset, bool lookup_place, bool parts_only)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t hex[2 * KNOWN_HASH_MAX_LEN];
	unsigned kind;
	bool shared;
	long file;

	if (!n->s->known || bytes.len > KNOWN_HASH_MAX_LEN)
		return false;
	if (bytes.len == TLSH_LEN && hash_tlsh(n, bytes.p, encoding, path,
	    offset, lookup_place))
		return true;
	file = known_mark_find(n->s->known, bytes.p, bytes.len, &kind,
	    &shared);
	if (file < 0 || hash_is_of_nothing(bytes) ||
	    (parts_only && kind < KNOWN_HASH_COUNT))
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

bool
hash_mark(struct scan_node *n, struct span bytes, const char *encoding,
    struct span path, uint64_t offset, bool lookup_place)
{
	return find_mark(n, bytes, encoding, path, offset, lookup_place, false);
}

bool
hash_part(struct scan_node *n, struct span bytes, const char *encoding,
    struct span path, uint64_t offset, bool lookup_place)
{
	return find_mark(n, bytes, encoding, path, offset, lookup_place, true);
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

	return (len >= 16 && hash_known(n, raw, len, "base32", path, offset,
	    lookup_place)) || (len >= 8 && hash_mark(n, (struct span){ raw, len },
	    "base32", path, offset, lookup_place));
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

/* Letters, digits and what stands in a UUID. */
static bool
is_hash_text(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!byte_is(s.p[i], BYTE_ALPHA | BYTE_DIGIT) && s.p[i] != '-')
			return false;
	return s.len > 0;
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

/* What labels from one on make together, at most as long as a hash is in hex;
 * the longest first. Returns how many bytes of the name it took, 0: nothing. */
static size_t
joined_labels(struct scan_node *n, struct span name, size_t start,
    struct span path)
{
	uint8_t joined[2 * KNOWN_HASH_MAX_LEN];
	size_t len = 0, count = 0;
	struct { size_t len, end; } upto[LABELS_MAX];

	/* a label has 63 digits at most: longer hashes take several */
	for (size_t at = start; at < name.len && count < LABELS_MAX; at++) {
		size_t from = at;

		for (; at < name.len && name.p[at] != '.'; at++) {
			if (len == sizeof(joined))
				goto joined;
			joined[len++] = name.p[at];
		}
		if (!is_hash_text((struct span){ name.p + from, at - from }))
			break;
		upto[count].len = len;
		upto[count++].end = at;
	}
joined:
	while (count--)
		if (upto[count].len >= LABEL_MIN && label(n, (struct span){
		    joined, upto[count].len }, path, start))
			return upto[count].end - start;
	return 0;
}

bool
hash_labels(struct scan_node *n, struct span name, struct span path)
{
	bool found = false;
	size_t at = 0;

	while (n->s->known && at < name.len) {
		size_t len = joined_labels(n, name, at, path);

		found |= len > 0;
		at += len;
		while (at < name.len && name.p[at] != '.')
			at++;
		at++;
	}
	return found;
}
