// SPDX-License-Identifier: Apache-2.0
#include "content/walk/pack_head.h"

#include "content/format.h"
#include "content/known/byte_class.h"
#include "content/walk/walkers.h"

#define MANY		10000	/* values in an array or a map */
#define SAYS_MIN	10	/* bits */
#define LONG_LEAST	32	/* bytes or text, in which there has to be more */
#define NUMBERS_MAX	2	/* that count: they are half of all bytes */

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

/* A head and its count. */
static struct pack_head
read_head(const uint8_t *p, size_t len, size_t *at,
    struct pack_head (*head)(uint8_t), uint64_t *ret_n)
{
	struct pack_head h = head(p[(*at)++]);

	*ret_n = h.more ? 0 : h.count;
	for (unsigned k = 0; k < h.more && *at < len; k++)
		*ret_n = *ret_n << 8 | p[(*at)++];
	return h;
}

/* A key of one letter at p says little: what follows it is a value, and behind
 * that, if it is there, another key. */
static bool
short_key_fits(const uint8_t *p, size_t len, uint64_t pairs,
    struct pack_head (*head)(uint8_t))
{
	size_t at = 1;
	struct pack_head h;
	uint64_t n;

	if (!byte_is(p[0], BYTE_ALPHA | BYTE_DIGIT))
		return false;
	h = read_head(p, len, &at, head, &n);
	if (h.kind == PACK_ARRAY || h.kind == PACK_MAP || h.kind == PACK_TAG)
		return n > 0;
	if (h.kind == PACK_BREAK || h.kind == PACK_BAD)
		return false;
	n = h.skip + (h.kind == PACK_NUMBER || n == PACK_OPEN_ENDED ? 0 : n);
	if (pairs == 1 || n >= len - at)
		return true;
	at += (size_t)n;
	h = head(p[at]);
	return h.kind == PACK_TEXT || h.kind == PACK_BREAK;
}

/*
 * A map, or an array, at the start, whose first keys are text: the first bytes
 * of nothing else look so.
 */
static bool
pack_fits(const uint8_t *p, size_t len, struct pack_head (*head)(uint8_t))
{
	struct pack_head h;
	uint64_t n, pairs = 0;
	bool inside = false;
	size_t at = 0;

	for (int i = 0; i < 4 && at < len; i++) {
		h = read_head(p, len, &at, head, &n);
		if (h.kind == PACK_TEXT && inside && n < len - at && n == 1)
			return pairs && short_key_fits(p + at, len - at, pairs,
			    head);
		if (h.kind == PACK_TEXT && inside)
			return n >= 2 && n <= 64 && n < len - at &&
			    format_is_text(p + at, (size_t)n);
		if (h.kind == PACK_TAG)
			continue;
		if (h.kind != PACK_MAP && (h.kind != PACK_ARRAY || i))
			return false;
		if (!n || (n > MANY && n != PACK_OPEN_ENDED))
			return false;
		pairs = h.kind == PACK_MAP ? n : 0;
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

/* What a value's first byte and length say for the format, in bits. */
static unsigned
head_says(const struct pack_head *h, uint64_t n, bool outermost)
{
	unsigned bits = 0;

	switch (h->kind) {
	case PACK_BYTES:
		bits = h->more ? 6 : 0;
		/* no length of four bytes or more is that large */
		return bits + (h->more >= 4 && n < 1u << 24 ? 8 : 0);
	case PACK_TEXT:
		return n < 16 ? (unsigned)n : 16;
	case PACK_ARRAY:
	case PACK_MAP:
		return outermost && n <= 8 && !h->more ? 4 : 0;
	default:
		return 0;
	}
}

/* Text, or something that is wrapped again: noise is looked at as it stands. */
static bool
shows_more(const uint8_t *p, size_t len)
{
	return len >= LONG_LEAST / 2 && (format_is_text(p, len) ||
	    walker_unpacks(p, len) || format_of(p, len).mime_type ||
	    msgpack_fits(p, len) || cbor_fits(p, len) ||
	    protobuf_fits(p, len, false));
}

/*
 * Values within values, as their first bytes say, text that is text, and what is
 * all there ends where the bytes do. Where more follows, the bytes may break off
 * in a value.
 */
static bool
pack_may_fit(const uint8_t *p, size_t len, bool whole,
    struct pack_head (*head)(uint8_t))
{
	uint64_t due = 1, n;	/* values that are to come */
	unsigned bits = whole ? 8 : 0, numbers = 0;
	bool has_long = false, has_text = false, first = true;
	size_t at = 0;

	while (due && at < len) {
		struct pack_head h = read_head(p, len, &at, head, &n);
		bool inner = h.kind == PACK_ARRAY || h.kind == PACK_MAP;

		if (h.kind == PACK_TAG)
			continue;
		if (h.kind == PACK_BAD || h.kind == PACK_BREAK ||
		    n == PACK_OPEN_ENDED || (inner && n > MANY) ||
		    (first && !inner))
			return false;
		bits += h.kind == PACK_NUMBER ? numbers++ < NUMBERS_MAX :
		    head_says(&h, n, first);
		first = false;
		due--;
		if (inner) {
			due += h.kind == PACK_MAP ? 2 * n : n;
			continue;
		}
		has_text |= h.kind == PACK_TEXT && n;
		/* of noise beside text there may be more than is there yet */
		has_long |= h.kind == PACK_BYTES && h.more > 1 && has_text &&
		    n >= LONG_LEAST;
		has_long |= h.kind != PACK_NUMBER && n >= LONG_LEAST &&
		    shows_more(p + at, n < len - at ? (size_t)n : len - at);
		n = h.skip + (h.kind == PACK_NUMBER ? 0 : n);
		if (h.kind == PACK_TEXT && at < len && !format_is_text(p + at,
		    n < len - at ? (size_t)n : len - at))
			return false;
		if (whole && n > len - at)
			return false;
		at += n < len - at ? (size_t)n : len - at;
	}
	return bits >= SAYS_MIN && has_long && (whole ? !due && at == len : due ||
	    at == len);
}

bool
msgpack_may_fit(const uint8_t *p, size_t len, bool whole)
{
	return len > 4 && p[0] >= 0x80 &&
	    pack_may_fit(p, len, whole, pack_head_msgpack);
}

bool
cbor_may_fit(const uint8_t *p, size_t len, bool whole)
{
	return len > 4 && p[0] >= 0x80 &&
	    pack_may_fit(p, len, whole, pack_head_cbor);
}
