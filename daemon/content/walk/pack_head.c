// SPDX-License-Identifier: Apache-2.0
#include "content/walk/pack_head.h"

#include "content/format.h"
#include "content/known/byte_class.h"
#include "content/walk/walkers.h"

struct pack_head
pack_head_msgpack(uint8_t c)
{
	static const struct pack_head by_byte[32] = {
		{ PACK_NUMBER, 0, 0, 0 },	/* c0 nil */
		{ PACK_BAD, 0, 0, 0 },
		{ PACK_NUMBER, 0, 0, 0 }, { PACK_NUMBER, 0, 0, 0 },
		{ PACK_BYTES, 1, 0, 0 },	/* c4 bin */
		{ PACK_BYTES, 2, 0, 0 },
		{ PACK_BYTES, 4, 0, 0 },
		{ PACK_BYTES, 1, 1, 0 },	/* c7 ext: a type before */
		{ PACK_BYTES, 2, 1, 0 },
		{ PACK_BYTES, 4, 1, 0 },
		{ PACK_NUMBER, 0, 4, 0 },	/* ca float */
		{ PACK_NUMBER, 0, 8, 0 },
		{ PACK_NUMBER, 0, 1, 0 },	/* cc uint */
		{ PACK_NUMBER, 0, 2, 0 },
		{ PACK_NUMBER, 0, 4, 0 },
		{ PACK_NUMBER, 0, 8, 0 },
		{ PACK_NUMBER, 0, 1, 0 },	/* d0 int */
		{ PACK_NUMBER, 0, 2, 0 },
		{ PACK_NUMBER, 0, 4, 0 },
		{ PACK_NUMBER, 0, 8, 0 },
		{ PACK_NUMBER, 0, 2, 0 },	/* d4 fixext */
		{ PACK_NUMBER, 0, 3, 0 },
		{ PACK_NUMBER, 0, 5, 0 },
		{ PACK_NUMBER, 0, 9, 0 },
		{ PACK_NUMBER, 0, 17, 0 },
		{ PACK_TEXT, 1, 0, 0 },		/* d9 str */
		{ PACK_TEXT, 2, 0, 0 },
		{ PACK_TEXT, 4, 0, 0 },
		{ PACK_ARRAY, 2, 0, 0 },	/* dc array */
		{ PACK_ARRAY, 4, 0, 0 },
		{ PACK_MAP, 2, 0, 0 },		/* de map */
		{ PACK_MAP, 4, 0, 0 },
	};

	if (c < 0x80 || c >= 0xe0)
		return (struct pack_head){ PACK_NUMBER, 0, 0, 0 };
	if (c < 0x90)
		return (struct pack_head){ PACK_MAP, 0, 0, c & 15 };
	if (c < 0xa0)
		return (struct pack_head){ PACK_ARRAY, 0, 0, c & 15 };
	if (c < 0xc0)
		return (struct pack_head){ PACK_TEXT, 0, 0, c & 31 };
	return by_byte[c - 0xc0];
}

struct pack_head
pack_head_cbor(uint8_t c)
{
	static const enum pack_kind kinds[8] = { PACK_NUMBER, PACK_NUMBER,
		PACK_BYTES, PACK_TEXT, PACK_ARRAY, PACK_MAP, PACK_TAG,
		PACK_NUMBER };
	struct pack_head h = { kinds[c >> 5], 0, 0, c & 31 };

	if (c == 0xff)
		return (struct pack_head){ PACK_BREAK, 0, 0, 0 };
	if (h.count >= 24 && h.count <= 27) {
		h.more = 1u << (h.count - 24);
	} else if (h.count == 31 && h.kind >= PACK_TEXT &&
	    h.kind <= PACK_MAP) {
		h.count = PACK_OPEN_ENDED;
	} else if (h.count > 27) {
		h.kind = PACK_BAD;
	}
	return h;
}

/*
 * A map, or an array, at the start, whose first keys are text: the first bytes
 * of nothing else look so.
 */
static bool
pack_fits(const uint8_t *p, size_t len, struct pack_head (*head)(uint8_t))
{
	struct pack_head h;
	size_t at = 0;
	bool inside = false;
	uint64_t n;

	for (int i = 0; i < 4 && at < len; i++) {
		h = head(p[at++]);
		n = h.more ? 0 : h.count;
		if (h.more) {
			for (unsigned k = 0; k < h.more && at < len; k++)
				n = n << 8 | p[at++];
		}
		if (h.kind == PACK_TEXT && inside)
			return n && n <= 64 && n < len - at && (n > 1 ?
			    format_is_text(p + at, (size_t)n) :
			    byte_is(p[at], BYTE_ALPHA | BYTE_DIGIT));
		if (h.kind == PACK_TAG)
			continue;
		if (h.kind != PACK_MAP && (h.kind != PACK_ARRAY || i))
			return false;
		if (!n || (n > 10000 && n != PACK_OPEN_ENDED))
			return false;
		inside = true;
	}
	return false;
}

bool
msgpack_fits(const uint8_t *p, size_t len)
{
	return len > 4 && p[0] >= 0x80 && pack_fits(p, len, pack_head_msgpack);
}

bool
cbor_fits(const uint8_t *p, size_t len)
{
	return len > 4 && p[0] >= 0x80 && pack_fits(p, len, pack_head_cbor);
}
