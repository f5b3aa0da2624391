// SPDX-License-Identifier: Apache-2.0
#include "verdict/grant.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define ADDRESS_MAX	1024u

/* What may stand in an address without being escaped. */
static bool
is_url_byte(uint8_t c)
{
	return c > 0x20 && c < 0x7f && c != '"' && c != '<' && c != '>' &&
	       c != '\\' && c != '\'';
}

/* The characters from p on, every step bytes; in UTF-16 the odd ones are 0. */
static size_t
take_address(struct span s, size_t step, uint8_t *to)
{
	size_t n = 0;

	for (size_t i = 0; i + step <= s.len && n < ADDRESS_MAX; i += step) {
		if (!is_url_byte(s.p[i]) || (step == 2 && s.p[i + 1]))
			break;
		to[n++] = s.p[i];
	}
	return n;
}

/* "https://host/path?query" without the scheme and the query. */
static bool
cut(struct span url, struct span *ret)
{
	const uint8_t *mark = url.len ? memchr(url.p, '?', url.len) : NULL;
	const uint8_t *slash = url.len ? memchr(url.p, '/', url.len) : NULL;

	if (!mark || !slash || slash > mark || slash == url.p)
		return false;
	*ret = (struct span){ url.p, (size_t)(mark - url.p) };
	return true;
}

/* Appends to the list of *count addresses. */
static void
find_in(struct span text, struct arena *a, struct span *list, size_t *count)
{
	static const uint8_t narrow[] = "https://";
	static const uint8_t wide[] = "h\0t\0t\0p\0s\0:\0/\0/\0";
	uint8_t url[ADDRESS_MAX];

	for (size_t step = 1; step <= 2; step++) {
		const uint8_t *mark = step == 1 ? narrow : wide;
		struct span rest = text, address;
		const uint8_t *at;

		while (*count < GRANT_MAX && rest.len > 8 * step &&
		       (at = memmem(rest.p, rest.len, mark, 8 * step))) {
			char *copy;

			rest.len -= (size_t)(at + 8 * step - rest.p);
			rest.p = at + 8 * step;
			if (!cut((struct span){ url, take_address(rest, step,
			    url) }, &address))
				continue;
			copy = arena_strndup(a, address.p, address.len);
			if (!copy)
				return;
			list[(*count)++] = (struct span){ (uint8_t *)copy,
				address.len };
		}
	}
}

/* As far as it goes, since only the first bytes of an answer are there; how many
 * came out. */
static size_t
unpack(struct span packed, uint8_t *out)
{
	z_stream z = { .next_in = (Bytef *)packed.p,
		.avail_in = (uInt)packed.len, .next_out = out,
		.avail_out = GRANT_REPLY_MAX };

	/* gzip or zlib */
	if (inflateInit2(&z, 15 + 32) != Z_OK)
		return 0;
	(void)inflate(&z, Z_SYNC_FLUSH);
	inflateEnd(&z);
	return GRANT_REPLY_MAX - z.avail_out;
}

size_t
grant_find(struct span reply, struct arena *a, struct span *ret_list)
{
	uint8_t *plain;
	size_t count = 0;

	find_in(reply, a, ret_list, &count);
	if (reply.len < 2 || (reply.p[0] != 0x1f && reply.p[0] != 0x78))
		return count;
	plain = malloc(GRANT_REPLY_MAX);
	if (plain)
		find_in((struct span){ plain, unpack(reply, plain) }, a,
		    ret_list, &count);
	free(plain);
	return count;
}
