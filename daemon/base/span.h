/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes that belong to somebody else. Text in a span is untrusted, not
 * NUL-terminated and not necessarily UTF-8. p may be NULL when len is 0. */
struct span {
	const uint8_t *p;
	size_t len;
};

#define SPAN_LITERAL(s)	((struct span){ (const uint8_t *)(s), sizeof(s) - 1 })

static inline struct span
span_str(const char *s)
{
	return (struct span){ (const uint8_t *)s, s ? strlen(s) : 0 };
}

static inline bool
span_eq(struct span a, struct span b)
{
	return a.len == b.len && (!a.len || memcmp(a.p, b.p, a.len) == 0);
}

/* Equal but for ASCII case. */
static inline bool
span_caseeq(struct span a, struct span b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		uint8_t x = a.p[i], y = b.p[i];

		if ((uint8_t)(x - 'A') < 26)
			x |= 0x20;
		if ((uint8_t)(y - 'A') < 26)
			y |= 0x20;
		if (x != y)
			return false;
	}
	return true;
}

#endif
