// SPDX-License-Identifier: Apache-2.0
/* Values that are too weak to name a file: CRC-32, TLSH, ssdeep, imphash. */
#include <stdio.h>
#include <string.h>

#include "content/known/byte_class.h"
#include "content/known/known_tlsh.h"
#include "content/hash_finder.h"
#include "content/scan_tree.h"

#define TLSH_ASKED_MAX	4096	/* of one entity; each may cost microseconds */

static bool
read_hex_crc(struct span v, uint32_t *ret_crc)
{
	uint8_t raw[4];

	if (hex_decode(hash_without_0x(v), raw, 4) != 4)
		return false;
	*ret_crc = (uint32_t)raw[0] << 24 | (uint32_t)raw[1] << 16 |
	    (uint32_t)raw[2] << 8 | raw[3];
	return true;
}

static bool
read_decimal_crc(struct span v, uint32_t *ret_crc)
{
	uint64_t number = 0;

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

bool
hash_tlsh(struct scan_node *n, const uint8_t *value, const char *encoding,
    struct span path, uint64_t offset, bool lookup_place)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t hex[2 * TLSH_LEN];
	unsigned distance;
	long file;

	if (!n->s->known || n->s->tlshs_asked >= TLSH_ASKED_MAX)
		return false;
	if (++n->s->tlshs_asked == TLSH_ASKED_MAX)
		scan_limit(n->s, "more TLSH values than are compared");
	file = known_tlsh_find(n->s->known, value, &distance);
	if (file < 0)
		return false;
	for (size_t i = 0; i < TLSH_LEN; i++) {
		hex[2 * i] = (uint8_t)digits[value[i] >> 4];
		hex[2 * i + 1] = (uint8_t)digits[value[i] & 15];
	}
	scan_add_hash(n, &(struct scan_hash){
		.algorithm = (uint8_t)KNOWN_TLSH,
		.hint = true,
		.encoding = encoding,
		.value = { hex, sizeof(hex) },
		.file = file,
		.distance = (uint16_t)distance,
		.path = path,
		.offset = offset,
		.lookup_place = lookup_place,
	});
	return true;
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

static void
crc_hint(struct scan_node *n, uint32_t crc, struct span path, uint64_t offset)
{
	long file = known_mark_find_crc(n->s->known, crc);
	uint8_t hex[9];

	snprintf((char *)hex, sizeof(hex), "%08x", crc);
	if (file >= 0 && crc)
		enter_hint(n, KNOWN_CRC32, (struct span){ hex, 8 }, file, path,
		    offset);
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
	uint8_t raw[KNOWN_HASH_MAX_LEN];
	uint32_t crc;

	if (ends_with(key, "tlsh")) {
		if (value.len == 2 * TLSH_LEN + 2 && value.p[1] == '1' &&
		    (value.p[0] | 0x20) == 't')
			value = (struct span){ value.p + 2, 2 * TLSH_LEN };
		if (hex_decode(value, raw, sizeof(raw)) == TLSH_LEN &&
		    !hash_tlsh(n, raw, "hex", path, offset, true))
			enter_hint(n, KNOWN_TLSH, value, -1, path, offset);
	} else if (ends_with(key, "ssdeep")) {
		if (is_ssdeep(value))
			enter_hint(n, KNOWN_SSDEEP, value, -1, path, offset);
	} else if (ends_with(key, "imphash")) {
		if (hex_decode(value, raw, sizeof(raw)) == 16)
			enter_hint(n, KNOWN_IMPHASH, value, -1, path, offset);
	} else if (ends_with(key, "crc") || ends_with(key, "crc32")) {
		/* eight decimal digits may be either */
		if (read_hex_crc(value, &crc))
			crc_hint(n, crc, path, offset);
		if (read_decimal_crc(value, &crc))
			crc_hint(n, crc, path, offset);
	}
}
