// SPDX-License-Identifier: Apache-2.0
#include "content/known/match_say.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "content/known/sqlite_page.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

/* 256 bytes of text or code say 1,000 and more; the first 256 bytes of a
 * program or an image without its own data say a few hundred. */
#define PART_MIN_BITS	700.0

#define GRAM_LEN	8
#define HEARD_LEN	4096	/* bytes that are judged together */

uint64_t
match_say_head(const struct known *k, const struct match_run *r)
{
	size_t n, i = 1;
	const uint8_t *p = known_read(k, r->content, r->file_off, &n);

	if (!p)
		return 0;
	n = n < r->len ? n : (size_t)r->len;
	while (i < n && p[i] == p[0])
		i++;
	return i < 8 ? 0 : i;
}

uint64_t
match_say_tail(const struct known *k, const struct match_run *r)
{
	uint64_t end = r->file_off + r->len, from;
	const uint8_t *p;
	size_t n, i;

	from = (end - 1) / KNOWN_BLOCK * KNOWN_BLOCK;
	from = from > r->file_off ? from : r->file_off;
	p = known_read(k, r->content, from, &n);
	if (!p)
		return 0;
	n = (size_t)(end - from);
	for (i = 1; i < n && p[n - 1 - i] == p[n - 1]; i++)
		;
	return i < 8 ? 0 : i;
}

static bool
was_said(const struct match_say *s, uint32_t gram)
{
	return s->said[gram / 64] >> gram % 64 & 1;
}

/* Which of the bits stands for the bytes at p. */
static uint32_t
gram_at(const uint8_t *p)
{
	return (uint32_t)(XXH3_64bits(p, GRAM_LEN) % MATCH_SAID_BITS);
}

/* The entropy of the bytes, by how often each is among them: of those of them
 * that no run has said before, among the same neighbours, and that are the file's
 * own. */
static double
new_bits(const struct match_say *s, const uint8_t *p, const bool *own,
    size_t len)
{
	uint32_t count[256] = { 0 }, fresh[256] = { 0 };
	double bits = 0;

	for (size_t i = 0; i < len; i++) {
		size_t at = i + GRAM_LEN < len ? i : len - GRAM_LEN;

		count[p[i]]++;
		fresh[p[i]] += own[i] && !was_said(s, gram_at(p + at));
	}
	for (unsigned i = 0; i < 256; i++)
		if (fresh[i])
			bits += fresh[i] * log2((double)len / count[i]);
	return bits;
}

static void
keep_in_mind(struct match_say *s, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i + GRAM_LEN <= len; i++) {
		uint32_t gram = gram_at(p + i);

		s->said[gram / 64] |= 1ull << gram % 64;
	}
}

/* By the first block's length of it, or less where that says enough. */
void
match_say_hear(struct match_say *s, const struct known *k,
    const struct match_run *r)
{
	size_t len = r->len < KNOWN_BLOCK ? (size_t)r->len : KNOWN_BLOCK, at, n;
	double bits = 0;
	uint8_t *bytes;
	bool *own;

	if (match_say_is_enough(s))
		return;
	bytes = malloc(len);
	own = malloc(len * sizeof(*own));
	if (bytes && own &&
	    known_copy(k, r->content, r->file_off, bytes, len)) {
		if (!sqlite_mark_own(k, r->content, r->file_off, len, own))
			memset(own, true, len * sizeof(*own));
		for (at = 0; len - at >= GRAM_LEN && bits < PART_MIN_BITS;
		    at += n) {
			n = len - at < HEARD_LEN ? len - at : HEARD_LEN;
			bits += new_bits(s, bytes + at, own + at, n);
		}
		keep_in_mind(s, bytes, at);
		s->bits += bits * (double)r->len / (double)len;
	}
	free(own);
	free(bytes);
}

bool
match_say_is_enough(const struct match_say *s)
{
	return s->bits >= PART_MIN_BITS;
}
