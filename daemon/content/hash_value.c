// SPDX-License-Identifier: Apache-2.0
/* Hash values as they are written: hex, base64, in a word of text. */
#include <string.h>

#include "content/known/byte_class.h"
#include "content/hash_finder.h"
#include "content/scan_tree.h"

#define CUTS_MAX	16	/* places in a word where base64 may begin */

/* The hashes of no bytes at all: nothing is looked up by them. */
static const uint8_t hash_of_nothing[KNOWN_HASH_COUNT][8] = {
	[KNOWN_MD5] = { 0xd4, 0x1d, 0x8c, 0xd9, 0x8f, 0x00, 0xb2, 0x04 },
	[KNOWN_SHA1] = { 0xda, 0x39, 0xa3, 0xee, 0x5e, 0x6b, 0x4b, 0x0d },
	[KNOWN_SHA224] = { 0xd1, 0x4a, 0x02, 0x8c, 0x2a, 0x3a, 0x2b, 0xc9 },
	[KNOWN_SHA384] = { 0x38, 0xb0, 0x60, 0xa7, 0x51, 0xac, 0x96, 0x38 },
	[KNOWN_SHA256] = { 0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14 },
	[KNOWN_SHA512] = { 0xcf, 0x83, 0xe1, 0x35, 0x7e, 0xef, 0xb8, 0xbd },
};

bool
hash_is_of_nothing(struct span bytes)
{
	for (int a = 0; a < KNOWN_HASH_COUNT && bytes.len >= 8; a++)
		if (!memcmp(bytes.p, hash_of_nothing[a], 8))
			return true;
	return false;
}

size_t
hex_decode(struct span s, uint8_t *ret_out, size_t max)
{
	if (s.len % 2 || s.len / 2 > max)
		return 0;
	for (size_t i = 0; i < s.len; i++) {
		if (!byte_is(s.p[i], BYTE_HEX))
			return 0;
	}
	for (size_t i = 0; i < s.len; i += 2)
		ret_out[i / 2] = (uint8_t)(hex_digit(s.p[i]) << 4 |
		    hex_digit(s.p[i + 1]));
	return s.len / 2;
}

size_t
base64_decode(struct span s, uint8_t *ret_out, size_t max)
{
	size_t n = 0, pad = 0;
	uint32_t v = 0;

	while (s.len && s.p[s.len - 1] == '=' && pad < 2) {
		s.len--;
		pad++;
	}
	if (s.len % 4 == 1 || s.len / 4 * 3 + s.len % 4 > max + 1 ||
	    (pad && (s.len + pad) % 4))
		return 0;
	for (size_t i = 0; i < s.len; i++) {
		uint8_t d = base64_values[s.p[i]];

		if (d > 63)
			return 0;
		v = v << 6 | d;
		if (i % 4 == 0)
			continue;
		if (n == max)
			return 0;
		ret_out[n++] = (uint8_t)(v >> (6 - i % 4 * 2));
	}
	/* bits that no byte needs are zero in what an encoder wrote */
	if ((s.len % 4 == 2 && v & 15) || (s.len % 4 == 3 && v & 3))
		return 0;
	return n;
}

/* Written in lines; what stands in to is as long as s, at most. */
static struct span
join_lines(struct span s, uint8_t *to)
{
	struct span joined = { to, 0 };

	for (size_t i = 0; i < s.len; i++)
		if (!byte_is(s.p[i], BYTE_SPACE))
			to[joined.len++] = s.p[i];
	return joined;
}

size_t
value_decode(struct span s, uint8_t *ret_out, size_t max,
    const char **ret_encoding)
{
	uint8_t text[2 * SCAN_FIELD];
	size_t len;

	if (s.len <= sizeof(text) && s.len && memchr(s.p, '\n', s.len))
		s = join_lines(s, text);
	len = hex_decode(s, ret_out, max);
	if (len) {
		*ret_encoding = "hex";
		return len;
	}
	len = base64_decode(s, ret_out, max);
	if (len)
		*ret_encoding = "base64";
	return len;
}

bool
hash_enter(struct scan_node *n, enum known_hash alg, const uint8_t *value,
    const char *encoding, long file, struct span path, uint64_t offset,
    bool lookup_place)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t hex[2 * KNOWN_HASH_MAX_LEN];
	size_t len = known_hash_len(alg);

	if (!memcmp(value, hash_of_nothing[alg], 8))
		return false;
	for (size_t i = 0; i < len; i++) {
		hex[2 * i] = (uint8_t)digits[value[i] >> 4];
		hex[2 * i + 1] = (uint8_t)digits[value[i] & 15];
	}
	scan_add_hash(n, &(struct scan_hash){
		.algorithm = (uint8_t)alg,
		.encoding = encoding,
		.value = { hex, 2 * len },
		.file = file,
		.path = path,
		.offset = offset,
		.lookup_place = lookup_place,
	});
	return true;
}

/* A known hash that is exactly these bytes. */
bool
hash_known(struct scan_node *n, const uint8_t *p, size_t len,
    const char *encoding, struct span path, uint64_t offset, bool lookup_place)
{
	size_t same;
	long file;

	for (int a = 0; a < KNOWN_HASH_COUNT; a++) {
		enum known_hash alg = (enum known_hash)a;

		if (known_hash_len(alg) != len ||
		    !known_hash_maybe(n->s->known, p))
			continue;
		file = known_find_hash(n->s->known, alg, p, &same);
		if (file >= 0)
			return hash_enter(n, alg, p, encoding, file, path,
			    offset, lookup_place);
	}
	return false;
}

/* Hashes written one behind the other without a mark between them. */
static bool
slide(struct scan_node *n, const uint8_t *p, size_t len, struct span path,
    uint64_t offset, bool lookup_place)
{
	bool found = false;

	for (size_t i = 0; i + 16 <= len; i++) {
		if (!known_hash_maybe(n->s->known, p + i))
			continue;
		for (int a = 0; a < KNOWN_HASH_COUNT; a++) {
			size_t want = known_hash_len((enum known_hash)a);

			found |= want <= len - i && hash_known(n, p + i, want,
			    "hex", path, offset + 2 * i, lookup_place);
		}
	}
	return found;
}

/* 70 digits, or T1 and them: a TLSH may be. */
static bool
tlsh_run(struct scan_node *n, struct span word, size_t from, size_t to,
    struct span path, uint64_t offset, bool lookup_place)
{
	uint8_t raw[TLSH_LEN];

	if (to - from == 2 * TLSH_LEN + 1 && from && word.p[from] == '1' &&
	    (word.p[from - 1] | 0x20) == 't')
		from++;
	return hex_decode((struct span){ word.p + from, to - from }, raw,
	    sizeof(raw)) == TLSH_LEN && hash_tlsh(n, raw, "hex", path,
	    offset + from, lookup_place);
}

static bool
hex_runs(struct scan_node *n, struct span word, struct span path,
    uint64_t offset, bool lookup_place)
{
	uint8_t raw[HASH_WORD_MAX / 2];
	bool found = false;
	size_t i = 0, from, len;

	while (i < word.len) {
		from = i;
		while (i < word.len && byte_is(word.p[i], BYTE_HEX))
			i++;
		found |= tlsh_run(n, word, from, i, path, offset, lookup_place);
		/* digits beside other letters are not hex; "x" as in 0x is */
		len = hex_decode((struct span){ word.p + from,
			(i - from) & ~(size_t)1 }, raw, sizeof(raw));
		if (len >= 16)
			found |= slide(n, raw, len, path, offset + from,
			    lookup_place);
		i += i < word.len;
	}
	return found;
}

static bool
try_base64(struct scan_node *n, struct span s, struct span path,
    uint64_t offset, bool lookup_place)
{
	uint8_t raw[KNOWN_HASH_MAX_LEN];
	size_t len = base64_decode(s, raw, sizeof(raw));

	return len >= 16 && (hash_known(n, raw, len, "base64", path, offset,
	    lookup_place) || hash_mark(n, (struct span){ raw, len }, "base64",
	    path, offset, lookup_place));
}

bool
hash_word(struct scan_node *n, struct span word, struct span path,
    uint64_t offset, bool lookup_place)
{
	uint8_t raw[KNOWN_HASH_MAX_LEN];
	size_t len;
	bool found;
	int cuts = 0;

	if (!n->s->known || word.len > HASH_WORD_MAX)
		return false;
	found = hex_runs(n, word, path, offset, lookup_place);
	len = found ? 0 : hex_decode(hash_without_0x(word), raw, sizeof(raw));
	if (len >= 16)
		found = hash_mark(n, (struct span){ raw, len }, "hex", path,
		    offset, lookup_place);
	if (!found)
		found = hash_uuid(n, word, path, offset, lookup_place) ||
		    hash_separated(n, word, path, offset, lookup_place);
	for (size_t i = 0; i + 22 <= word.len && cuts < CUTS_MAX; i++) {
		struct span s = { word.p + i, word.len - i };

		/* at the front, and behind what may be a prefix: "sha256-" */
		if (i && byte_is(word.p[i - 1], BYTE_ALPHA | BYTE_DIGIT))
			continue;
		cuts++;
		if (s.len <= 88)
			found |= try_base64(n, s, path, offset + i,
			    lookup_place);
	}
	return found;
}

bool
hash_raw_at(struct scan_node *n, struct span v, struct span path,
    uint64_t offset)
{
	static const uint8_t part_lens[] = { 16, 20, 32 };
	bool found = false;

	for (int a = 0; a < KNOWN_HASH_COUNT; a++) {
		size_t want = known_hash_len((enum known_hash)a);

		found |= want <= v.len && hash_known(n, v.p, want, "raw", path,
		    offset, true);
	}
	for (size_t i = sizeof(part_lens); i-- > 0 && !found;)
		found = part_lens[i] <= v.len && hash_part(n, (struct span){ v.p,
		    part_lens[i] }, "raw", path, offset, true);
	return found;
}

bool
hash_raw(struct scan_node *n, struct span v, struct span path, uint64_t offset)
{
	bool found = false;

	for (size_t i = 0; n->s->known && i + 16 <= v.len; i++)
		found |= known_hash_maybe(n->s->known, v.p + i) &&
		    hash_raw_at(n, (struct span){ v.p + i, v.len - i }, path,
		    offset + i);
	return found;
}
