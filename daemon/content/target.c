// SPDX-License-Identifier: Apache-2.0
#include "content/target.h"

#include <stdlib.h>
#include <string.h>

#include "content/known/byte_class.h"
#include "content/scan_tree.h"
#include "content/vocabulary.h"

#define PARTS_MAX	512	/* segments, and parameters, that are read */

struct span
text_trim(struct span s)
{
	while (s.len && byte_is(s.p[0], BYTE_SPACE)) {
		s.p++;
		s.len--;
	}
	while (s.len && byte_is(s.p[s.len - 1], BYTE_SPACE))
		s.len--;
	return s;
}

struct span
header_main(struct span value)
{
	const uint8_t *semi = value.len ? memchr(value.p, ';', value.len) :
	    NULL;

	if (semi)
		value.len = (size_t)(semi - value.p);
	return text_trim(value);
}

/* Length of the piece up to `stop`, which does not count within quotes. */
static size_t
piece_len(struct span s, uint8_t stop)
{
	bool quoted = false;
	size_t i;

	for (i = 0; i < s.len; i++) {
		if (quoted && s.p[i] == '\\')
			i++;
		else if (s.p[i] == '"')
			quoted = !quoted;
		else if (!quoted && s.p[i] == stop)
			break;
	}
	return i < s.len ? i : s.len;
}

static struct span
unquote(struct span s, struct arena *a)
{
	uint8_t *copy;
	size_t n = 0;

	s = text_trim(s);
	if (s.len < 2 || s.p[0] != '"' || s.p[s.len - 1] != '"')
		return s;
	s.p++;
	s.len -= 2;
	if (!memchr(s.p, '\\', s.len))
		return s;
	copy = arena_alloc(a, s.len);
	if (!copy)
		return s;
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '\\' && i + 1 < s.len)
			i++;
		copy[n++] = s.p[i];
	}
	return (struct span){ copy, n };
}

struct span
header_param(struct span value, const char *name, struct arena *a)
{
	while (value.len) {
		size_t n = piece_len(value, ';'), eq;
		struct span piece = text_trim((struct span){ value.p, n });

		eq = piece_len(piece, '=');
		if (eq < piece.len && span_caseeq(text_trim((struct span){ piece.p,
		    eq }), span_str(name)))
			return unquote((struct span){ piece.p + eq + 1,
			    piece.len - eq - 1 }, a);
		n += n < value.len;
		value.p += n;
		value.len -= n;
	}
	return (struct span){ 0 };
}

void
disposition_name(struct span value, struct arena *a, struct span *ret_name,
    bool *ret_file)
{
	struct span name = header_param(value, "filename", a);
	struct span wide = header_param(value, "filename*", a);
	uint8_t *plain;

	if (wide.len) {
		/* charset'language'percent-encoded */
		for (int quotes = 0; wide.len && quotes < 2;) {
			quotes += wide.p[0] == '\'';
			wide.p++;
			wide.len--;
		}
		plain = arena_alloc(a, wide.len + 1);
		if (plain)
			name = (struct span){ plain,
				percent_decode(wide, false, plain) };
	}
	if (name.len)
		*ret_name = name;
	*ret_file |= name.len || span_caseeq(header_main(value),
	    SPAN_LITERAL("attachment"));
}

/* A decimal number and the byte behind it. */
static bool
read_number(struct span *s, uint8_t stop, uint64_t *ret_n)
{
	uint64_t n = 0;
	size_t i = 0;

	for (; i < s->len && byte_is(s->p[i], BYTE_DIGIT) && i < 19; i++)
		n = n * 10 + (uint64_t)(s->p[i] - '0');
	if (!i || (stop ? i == s->len || s->p[i] != stop : i != s->len))
		return false;
	i += stop != 0;
	*s = (struct span){ s->p + i, s->len - i };
	*ret_n = n;
	return true;
}

bool
range_is_part(struct span value)
{
	static const struct span unit = SPAN_LITERAL("bytes ");
	uint64_t first, last, all;

	value = text_trim(value);
	if (!value.len)
		return false;
	if (value.len <= unit.len || !span_caseeq((struct span){ value.p,
	    unit.len }, unit))
		return true;
	value = (struct span){ value.p + unit.len, value.len - unit.len };
	return !read_number(&value, '-', &first) ||
	    !read_number(&value, '/', &last) ||
	    !read_number(&value, 0, &all) || first || last + 1 != all;
}

bool
target_is_part(struct span target)
{
	static const char *const marks[] = {
		"partNumber=", "comp=block&", "blockid=",
	};
	const uint8_t *query = target.len ? memchr(target.p, '?', target.len) :
	    NULL;
	size_t len = query ? (size_t)(target.p + target.len - query) : 0;

	for (size_t i = 0; query && i < sizeof(marks) / sizeof(*marks); i++)
		if (memmem(query, len, marks[i], strlen(marks[i])))
			return true;
	return false;
}

static size_t
last_comma(struct span s)
{
	for (size_t i = s.len; i-- > 0;) {
		if (s.p[i] == ',')
			return i;
	}
	return SIZE_MAX;
}

struct span
coding_last(struct span codings)
{
	size_t comma = last_comma(codings);

	if (comma == SIZE_MAX)
		return text_trim(codings);
	return text_trim((struct span){ codings.p + comma + 1,
		codings.len - comma - 1 });
}

struct span
coding_rest(struct span codings)
{
	size_t comma = last_comma(codings);

	if (comma == SIZE_MAX)
		return (struct span){ 0 };
	return text_trim((struct span){ codings.p, comma });
}

size_t
percent_decode(struct span s, bool plus, uint8_t *ret_out)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.p[i];

		if (c == '%' && s.len - i > 2 && byte_is(s.p[i + 1], BYTE_HEX) &&
		    byte_is(s.p[i + 2], BYTE_HEX)) {
			c = (uint8_t)(hex_digit(s.p[i + 1]) << 4 |
			    hex_digit(s.p[i + 2]));
			i += 2;
		} else if (plus && c == '+') {
			c = ' ';
		}
		ret_out[n++] = c;
	}
	return n;
}

/* One decoded value under a name that begins with prefix. */
static void
target_value(struct scan_node *n, const char *prefix, struct span key,
    struct span raw, bool plus, uint64_t offset)
{
	uint8_t path[SCAN_MAX_PATH], small[SCAN_FIELD], *text = small;
	struct value v;
	size_t len = strlen(prefix), klen;

	if (!raw.len || raw.len > 64 * 1024)
		return;
	if (raw.len > sizeof(small))
		text = malloc(raw.len);
	if (!text)
		return;
	memcpy(path, prefix, len);
	klen = key.len < sizeof(path) - len ? key.len : sizeof(path) - len;
	if (klen)
		memcpy(path + len, key.p, klen);
	raw.len = percent_decode(raw, plus, text);
	value_begin(&v, n, "percent", (struct span){ path, len + klen }, key,
	    offset);
	value_data(&v, text, raw.len);
	value_end(&v, true);
	if (text != small)
		free(text);
}

static void
query_scan(struct scan_node *n, struct span q, uint64_t offset)
{
	uint8_t key[SCAN_MAX_PATH];

	for (int i = 0; q.len && i < PARTS_MAX; i++) {
		struct span raw = q, name;
		size_t len = 0, eq;

		while (len < q.len && q.p[len] != '&' && q.p[len] != ';')
			len++;
		raw.len = len;
		eq = piece_len(raw, '=');
		name = (struct span){ raw.p, eq < sizeof(key) ? eq :
			sizeof(key) };
		name.len = percent_decode(name, true, key);
		name.p = key;
		if (eq < raw.len)
			target_value(n, "query:", name, (struct span){ raw.p +
			    eq + 1, raw.len - eq - 1 }, true, offset + eq + 1);
		else
			target_value(n, "query:", (struct span){ 0 }, raw, true,
			    offset);
		len += len < q.len;
		q.p += len;
		q.len -= len;
		offset += len;
	}
}

void
target_scan(struct scan_node *n, struct span target)
{
	const uint8_t *mark = memchr(target.p, '?', target.len);
	struct span path = target, last = { 0 };
	uint64_t at = 0;

	if (mark)
		path.len = (size_t)(mark - target.p);
	webpulse_scan(n, path);
	for (int i = 1; path.len && i < PARTS_MAX; i++) {
		size_t len = 0;

		while (len < path.len && path.p[len] != '/')
			len++;
		if (len) {
			target_value(n, "path:", last, (struct span){ path.p,
				len }, false, at);
			/* /by-hash/SHA256/..., /blobs/... */
			if (!vocabulary_is_below_tag(last))
				last = (struct span){ path.p, len };
		}
		len += len < path.len;
		path.p += len;
		path.len -= len;
		at += len;
	}
	if (mark)
		query_scan(n, (struct span){ mark + 1, target.len -
			(size_t)(mark + 1 - target.p) },
		    (uint64_t)(mark + 1 - target.p));
}
