// SPDX-License-Identifier: Apache-2.0
/* UTF-16, little-endian, of the characters that ASCII has. */
#include <string.h>

#include "content/pattern/pattern.h"
#include "content/pattern/pattern_check.h"

/* Most bytes have few zeros, or many in a row, and only the first of these can end
 * a character. */
bool
pattern_may_be_wide(struct span s)
{
	size_t last[2] = { 0 }, count[2] = { 0 };
	const uint8_t *at = s.p, *end = s.p + s.len;

	while (at < end && (at = memchr(at, 0, (size_t)(end - at)))) {
		size_t i = (size_t)(at - s.p), odd = i & 1;

		if (i && s.p[i - 1] >= 0x20 && s.p[i - 1] < 0x7f) {
			count[odd] = last[odd] + 2 == i ? count[odd] + 1 : 1;
			last[odd] = i;
			if (count[odd] == PATTERN_LEAST)
				return true;
		}
		while (at < end && !*at)
			at++;
	}
	return false;
}

size_t
pattern_narrow(struct span s, uint8_t *to)
{
	size_t n = 0;

	for (size_t i = 0; i + 1 < s.len; i += 2) {
		bool wide = !s.p[i + 1] && s.p[i] >= 0x20 && s.p[i] < 0x7f;

		to[i / 2] = wide ? s.p[i] : 0;
		n += wide;
	}
	return n;
}
