/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_PATTERN_TEXT_H
#define CONTENT_PATTERN_TEXT_H

#include <string.h>

#include "content/known/byte_class.h"
#include "content/pattern/pattern.h"
#include "content/pattern/pattern_check.h"

/* Looking about in a text, without leaving it; for the checks of patterns. */

static inline bool
is_word(uint8_t c)
{
	return byte_is(c, BYTE_ALPHA | BYTE_DIGIT) || c == '_';
}

/* Is c the byte at i, and is i in the text? */
static inline bool
is_at(struct span text, size_t i, uint8_t c)
{
	return i < text.len && text.p[i] == c;
}

static inline bool
is_word_at(struct span text, size_t i)
{
	return i < text.len && is_word(text.p[i]);
}

static inline bool
is_one_of(uint8_t c, const char *set)
{
	return c && strchr(set, c);
}

/* How many bytes from i on are of a class or in the set. */
static inline size_t
span_of(struct span text, size_t i, uint8_t classes, const char *set)
{
	size_t n = 0;

	while (i + n < text.len && n <= PATTERN_MAX_LEN &&
	    (byte_is(text.p[i + n], classes) ||
	    is_one_of(text.p[i + n], set)))
		n++;
	return n;
}

/* The same, before i. */
static inline size_t
span_before(struct span text, size_t i, uint8_t classes, const char *set)
{
	size_t n = 0;

	while (n < i && n <= PATTERN_MAX_LEN &&
	    (byte_is(text.p[i - n - 1], classes) ||
	    is_one_of(text.p[i - n - 1], set)))
		n++;
	return n;
}

static inline bool
pattern_take(struct span text, size_t from, size_t to, struct pattern_value *ret)
{
	ret->text = (struct span){ text.p + from, to - from };
	return to > from && to - from <= PATTERN_MAX_LEN;
}

static inline size_t
count(struct span s, uint8_t classes)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += byte_is(s.p[i], classes) != 0;
	return n;
}

#endif
