// SPDX-License-Identifier: Apache-2.0
#include "content/walk/xar_toc.h"

#include <zlib.h>

#include "base/cursor.h"

#define OUT_LEN		16384

/* What its head says of it is not believed. */
bool
xar_toc_is_small(const uint8_t *p, size_t len)
{
	struct cursor c = cur_init(p, len);
	uint8_t out[OUT_LEN];
	z_stream z = { 0 };
	uint16_t head_len;
	size_t made = 0;
	int r = Z_OK;

	cur_skip(&c, 4);	/* the mark */
	head_len = cur_be16(&c);
	cur_skip(&c, head_len < 6 ? 0 : head_len - 6u);
	if (cur_failed(&c))
		return true;	/* that's no head: nobody reads it */
	if (inflateInit(&z) != Z_OK)
		return false;
	z.next_in = (uint8_t *)(uintptr_t)cur_peek(&c);
	z.avail_in = (unsigned)cur_left(&c);
	while (r == Z_OK && made <= XAR_TOC_MAX) {
		z.next_out = out;
		z.avail_out = OUT_LEN;
		r = inflate(&z, Z_NO_FLUSH);
		made += OUT_LEN - z.avail_out;
	}
	inflateEnd(&z);
	return made <= XAR_TOC_MAX;
}
