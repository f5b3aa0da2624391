// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"

#include <string.h>

size_t
utf8_decode(const uint8_t *p, size_t len, uint32_t *ret_cp)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n;
	uint32_t cp;

	if (!len)
		return 0;
	if (p[0] < 0x80) {
		*ret_cp = p[0];
		return 1;
	}
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (len < n)
		return 0;
	cp = p[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		cp = cp << 6 | (p[i] & 0x3f);
	}
	if (cp < least[n] || cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000))
		return 0;
	*ret_cp = cp;
	return n;
}

bool
utf8_is_trick(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x61c ||
	    cp == 0x200e || cp == 0x200f || (cp >= 0x2028 && cp <= 0x202e) ||
	    (cp >= 0x2066 && cp <= 0x2069) || cp == 0xfeff ||
	    cp == 0xfffe || cp == 0xffff;
}

size_t
utf8_encode(uint32_t cp, uint8_t ret_out[static 4])
{
	static const uint8_t marks[5] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t len = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;

	for (size_t i = len; i-- > 1; cp >>= 6)
		ret_out[i] = (uint8_t)(0x80 | (cp & 63));
	ret_out[0] = (uint8_t)(marks[len] | cp);
	return len;
}

size_t
utf8_from_utf16(const uint8_t *p, size_t len, bool big_endian, uint8_t *to)
{
	size_t n = 0;
	uint8_t u[4];

	for (size_t i = 0; i + 1 < len; i += 2) {
		uint32_t c = big_endian ? (uint32_t)p[i] << 8 | p[i + 1] :
					  (uint32_t)p[i + 1] << 8 | p[i];
		size_t m = utf8_encode(c >= 0xd800 && c < 0xe000 ? '?' : c, u);

		memcpy(to + n, u, m);
		n += m;
	}
	return n;
}
