// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "evidence/log/note.h"

/* The texts that notes are made of: base64, numbers, lines, checkpoints. */

static const char digits64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
note_write_base64(const uint8_t *data, size_t len, struct buf *out)
{
	for (size_t i = 0; i < len; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		uint32_t v = (uint32_t)data[i] << 16;

		v |= n > 1 ? (uint32_t)data[i + 1] << 8 : 0;
		v |= n > 2 ? data[i + 2] : 0;
		for (size_t k = 0; k < 4; k++)
			buf_u8(out, k <= n ? (uint8_t)digits64[v >> (18 - 6 * k)
						 & 63]
					   : '=');
	}
}

static int
digit_of(uint8_t c)
{
	const char *p = c ? strchr(digits64, c) : NULL;

	return p ? (int)(p - digits64) : -1;
}

int
note_read_base64(struct span text, uint8_t *ret_data, size_t max)
{
	size_t pad = 0, n = 0;
	uint32_t v = 0;

	if (text.len % 4 || text.len / 4 > SIZE_MAX / 3)
		return ERR_MALFORMED;
	while (pad < 2 && pad < text.len && text.p[text.len - 1 - pad] == '=')
		pad++;
	if (text.len / 4 * 3 - pad > max || text.len > INT32_MAX)
		return ERR_MALFORMED;
	for (size_t i = 0; i < text.len; i++) {
		int d = i < text.len - pad ? digit_of(text.p[i]) : 0;

		if (d < 0)
			return ERR_MALFORMED;
		v = v << 6 | (uint32_t)d;
		if (i % 4 != 3)
			continue;
		for (int shift = 16; shift >= 0; shift -= 8) {
			uint8_t byte = (uint8_t)(v >> shift);

			if (n < text.len / 4 * 3 - pad)
				ret_data[n++] = byte;
			else if (byte)	/* bits that stand for nothing */
				return ERR_MALFORMED;
		}
		v = 0;
	}
	return (int)n;
}

int
note_read_line(struct span *text, struct span *ret_line)
{
	const uint8_t *end = text->len ? memchr(text->p, '\n', text->len)
				       : NULL;

	if (!end)
		return ERR_MALFORMED;
	*ret_line = (struct span){ text->p, (size_t)(end - text->p) };
	text->len -= ret_line->len + 1;
	text->p = end + 1;
	return 0;
}

int
note_read_number(struct span text, uint64_t *ret_number)
{
	uint64_t n = 0;

	if (!text.len || text.len > 19 || (text.p[0] == '0' && text.len > 1))
		return ERR_MALFORMED;
	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return ERR_MALFORMED;
		n = n * 10 + (text.p[i] - '0');
	}
	if (n > INT64_MAX)
		return ERR_MALFORMED;
	*ret_number = n;
	return 0;
}

void
note_write_checkpoint(const struct note_checkpoint *c, struct buf *out)
{
	buf_append(out, c->origin.p, c->origin.len);
	buf_printf(out, "\n%llu\n", (unsigned long long)c->size);
	note_write_base64(c->root, sizeof(c->root), out);
	buf_u8(out, '\n');
}

int
note_read_checkpoint(struct span text, struct note_checkpoint *ret_c)
{
	struct span size, root;
	struct note_checkpoint c;

	if (note_read_line(&text, &c.origin) || !c.origin.len ||
	    note_read_line(&text, &size) || note_read_number(size, &c.size) ||
	    note_read_line(&text, &root) || text.len ||
	    note_read_base64(root, c.root, sizeof(c.root)) != 32)
		return ERR_MALFORMED;
	*ret_c = c;
	return 0;
}
