// SPDX-License-Identifier: Apache-2.0
#include "content/walk/unxor_key.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "content/scan_tree.h"
#include "content/walk/unxor.h"

#define SAMPLE_LEN	(64u << 10)	/* of differences that are packed */

/* One byte of a content, or -1. */
static int
byte_at(const struct known *k, uint32_t content, uint64_t offset)
{
	size_t len;
	const uint8_t *p = known_read(k, content, offset, &len);

	return p ? *p : -1;
}

/*
 * How far, from stream offset at and content offset off, the key goes on
 * repeating: the bytes a lag apart, differenced, are the same in both.
 */
static size_t
agree_forward(const struct unxor_head *b, uint32_t content, size_t at,
    uint64_t off)
{
	const struct known *k = b->known;
	uint64_t size = k->contents[content].size;
	size_t n = 0;

	while (at + n + b->lag < b->len && off + n + b->lag < size) {
		size_t have, far, step;
		const uint8_t *p, *q;
		uint8_t first[256];

		p = known_read(k, content, off + n, &have);
		if (!p)
			return n;
		step = have < sizeof(first) ? have : sizeof(first);
		memcpy(first, p, step);
		q = known_read(k, content, off + n + b->lag, &far);
		if (!q)
			return n;
		step = step < far ? step : far;
		step = step < b->len - b->lag - at - n ? step :
		    b->len - b->lag - at - n;
		for (size_t i = 0; i < step; i++, n++) {
			if ((first[i] ^ q[i]) != (b->head[at + n] ^
			    b->head[at + n + b->lag]))
				return n;
		}
	}
	return n;
}

static size_t
agree_backward(const struct unxor_head *b, uint32_t content, size_t at,
    uint64_t off)
{
	const struct known *k = b->known;
	size_t n = 0;

	while (n < at && n < off && n < b->lag + UNXOR_PROOF) {
		size_t i = at - n - 1;
		int x = byte_at(k, content, off - n - 1);
		int y = byte_at(k, content, off - n - 1 + b->lag);

		if (x < 0 || y < 0 ||
		    (x ^ y) != (b->head[i] ^ b->head[i + b->lag]))
			break;
		n++;
	}
	return n;
}

/* What the differences that agree say, in bits: of zeros and of tables they say
 * little, however many there are. */
static double
agreed_bits(const struct unxor_head *b, size_t at, size_t len)
{
	uint32_t count[256] = { 0 };
	double bits = 0;

	len = len < SCAN_KEEP ? len : SCAN_KEEP;
	for (size_t i = at; i < at + len; i++)
		count[b->head[i] ^ b->head[i + b->lag]]++;
	for (int i = 0; i < 256; i++)
		if (count[i])
			bits += count[i] * log2((double)len / count[i]);
	return bits;
}

bool
unxor_is_plain(const struct unxor_head *b, size_t at,
    const struct known_place *place)
{
	for (unsigned i = 0; i < UNXOR_PLAIN_MAX; i++) {
		const struct unxor_plain *s = &b->plain[i];

		if (s->content == place->content && at >= s->from &&
		    at < s->to && at - s->from == place->offset - s->off)
			return true;
	}
	return false;
}

bool
unxor_take_key(struct unxor_head *b, size_t at, const struct known_place *place)
{
	uint32_t content = place->content;
	uint64_t off = place->offset;
	size_t back = agree_backward(b, content, at, off);
	size_t fore = agree_forward(b, content, at, off);
	uint8_t any = 0;

	if (back + fore < UNXOR_PROOF)
		return false;
	at -= back;
	off -= back;
	if (agreed_bits(b, at, back + fore) < UNXOR_PROOF_BITS)
		return false;
	for (size_t i = 0; i < b->lag; i++) {
		int c = byte_at(b->known, content, off + i);

		if (c < 0)
			return false;
		b->key[(at + i) % b->lag] = (uint8_t)c ^ b->head[at + i];
		any |= b->key[(at + i) % b->lag];
	}
	/* without a key the plain look has found it */
	if (!any)
		b->plain[b->plain_count++ % UNXOR_PLAIN_MAX] =
		    (struct unxor_plain){ content, off, at, at + back + fore };
	return any != 0;
}

bool
unxor_says_much(const struct known *k, uint32_t content, uint64_t start,
    uint64_t end, uint32_t lag)
{
	uint64_t len = end - start;
	size_t n = len > lag + SAMPLE_LEN ? SAMPLE_LEN :
	    len > lag ? (size_t)(len - lag) : 0;
	uLongf packed_len = compressBound(n);
	uint8_t *bytes, *packed;
	bool much = false;

	if (n < UNXOR_SAYS_MUCH)
		return false;
	bytes = malloc(n + lag);
	packed = malloc(packed_len);
	if (!bytes || !packed ||
	    !known_copy(k, content, start, bytes, n + lag))
		goto out;
	for (size_t i = 0; i < n; i++)
		bytes[i] ^= bytes[i + lag];
	much = compress2(packed, &packed_len, bytes, n, 1) == Z_OK &&
	    packed_len >= UNXOR_SAYS_MUCH && packed_len >= n / 4;
out:
	free(bytes);
	free(packed);
	return much;
}
