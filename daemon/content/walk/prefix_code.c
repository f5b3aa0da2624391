// SPDX-License-Identifier: Apache-2.0
#include "content/walk/prefix_code.h"

#include <string.h>

bool
prefix_code_build(struct prefix_code *c, const uint8_t *length, unsigned n)
{
	uint16_t offset[PREFIX_BITS_MAX + 1] = { 0 };
	int left = 1;

	memset(c->count, 0, sizeof(c->count));
	for (unsigned i = 0; i < n; i++)
		c->count[length[i]]++;
	for (unsigned len = 1; len <= PREFIX_BITS_MAX; len++) {
		left = 2 * left - c->count[len];
		if (left < 0)
			return false;
		if (len < PREFIX_BITS_MAX)
			offset[len + 1] = (uint16_t)(offset[len] +
			    c->count[len]);
	}
	for (unsigned i = 0; i < n; i++)
		if (length[i])
			c->symbol[offset[length[i]]++] = (uint16_t)i;
	return !left || c->count[0] + 1u >= n;
}

unsigned
prefix_code_read(const struct prefix_code *c, uint64_t bits, unsigned have,
    uint32_t *ret_symbol)
{
	uint32_t code = 0, first = 0, index = 0;

	*ret_symbol = 0;
	for (unsigned len = 1; len <= PREFIX_BITS_MAX; len++) {
		if (len > have)
			return 0;
		code |= bits >> (len - 1) & 1;
		if (code < first + c->count[len]) {
			*ret_symbol = c->symbol[index + code - first];
			return len;
		}
		index += c->count[len];
		first = (first + c->count[len]) << 1;
		code <<= 1;
	}
	*ret_symbol = PREFIX_NOTHING;
	return 0;
}
