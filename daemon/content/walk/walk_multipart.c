// SPDX-License-Identifier: Apache-2.0
/*
 * multipart/anything: parts between boundaries, each with headers of its own.
 * The bytes of a part go to its item as they stand, unless it declares base64.
 */
#include <stdio.h>
#include <string.h>

#include "content/known/byte_class.h"
#include "content/target.h"
#include "content/walk/walkers.h"

#define BOUNDARY_MAX	200	/* RFC 2046 says 70; some products don't */
#define HEADERS_MAX	8192
#define PARTS_MAX	10000

enum part_at {
	AT_PREAMBLE,		/* before the first boundary */
	AT_BODY,
	AT_MARK,		/* the rest of a boundary's line */
	AT_HEADERS,
	AT_EPILOGUE,
};

struct multipart_state {
	enum part_at at;
	size_t mark_len;
	unsigned parts;
	size_t held_len;	/* bytes that may begin a boundary */
	size_t headers_len;
	uint8_t mark[BOUNDARY_MAX + 4];		/* CR LF - - boundary */
	uint8_t held[BOUNDARY_MAX + 4];
	uint8_t headers[HEADERS_MAX];
};

static void
multipart_begin(struct multipart_state *st, struct span boundary)
{
	memcpy(st->mark, "\r\n--", 4);
	memcpy(st->mark + 4, boundary.p, boundary.len);
	st->mark_len = boundary.len + 4;
	/* as if a line had ended before the first byte */
	memcpy(st->held, "\r\n", 2);
	st->held_len = 2;
}

static bool
multipart_open(struct scan_node *n)
{
	struct span b = header_param(n->from.declared_type, "boundary",
	    &n->s->arena);

	if (!b.len || b.len > BOUNDARY_MAX)
		return false;
	multipart_begin(n->state, b);
	return true;
}

static struct span
line_of(struct span *rest)
{
	const uint8_t *nl = memchr(rest->p, '\n', rest->len);
	struct span line = *rest;
	size_t skip = rest->len;

	if (nl) {
		line.len = (size_t)(nl - rest->p);
		skip = line.len + 1;
	}
	if (line.len && line.p[line.len - 1] == '\r')
		line.len--;
	rest->p += skip;
	rest->len -= skip;
	return line;
}

static bool
header_is(struct span line, const char *name, struct span *ret_value)
{
	size_t n = strlen(name);

	if (line.len <= n || line.p[n] != ':' ||
	    !span_caseeq((struct span){ line.p, n }, span_str(name)))
		return false;
	*ret_value = (struct span){ line.p + n + 1, line.len - n - 1 };
	while (ret_value->len && (*ret_value->p == ' ' ||
	    *ret_value->p == '\t')) {
		ret_value->p++;
		ret_value->len--;
	}
	return true;
}

static void
open_part(struct scan_node *n, struct multipart_state *st)
{
	struct span rest = { st->headers, st->headers_len }, value;
	struct node_origin from = { .encoding = "multipart" };
	char path[160];
	int len = -1;

	while (rest.len) {
		struct span line = line_of(&rest);

		if (header_is(line, "Content-Disposition", &value)) {
			struct span field = header_param(value, "name",
			    &n->s->arena);

			disposition_name(value, &n->s->arena, &from.name,
			    &from.declared_file);
			if (field.len)
				len = snprintf(path, sizeof(path),
				    "part %u /%.*s", st->parts,
				    field.len > 100 ? 100 : (int)field.len,
				    (const char *)field.p);
		} else if (header_is(line, "Content-Type", &value)) {
			from.declared_type = value;
		} else if (header_is(line, "Content-Encoding", &value)) {
			from.coding = value;
		} else if (header_is(line, "Content-Transfer-Encoding",
		    &value)) {
			value = header_main(value);
			from.base64 = span_caseeq(value,
			    SPAN_LITERAL("base64"));
			from.quoted = span_caseeq(value,
			    SPAN_LITERAL("quoted-printable"));
		}
	}
	if (len < 0)
		len = snprintf(path, sizeof(path), "part %u", st->parts);
	from.path = scan_keep(n->s, (struct span){ (uint8_t *)path,
		(size_t)len });
	n->child = node_open(n->s, n, &from);
}

static void
part_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct multipart_state *st = n->state;

	if (st->at != AT_BODY || !n->child || !len)
		return;
	n->child->parent_bytes += len;
	n->output += len;
	node_data(n->child, p, len);
}

static void
found_mark(struct scan_node *n, struct multipart_state *st)
{
	node_close(n->child, true);
	n->child = NULL;
	st->at = AT_MARK;
	st->headers_len = 0;
}

/*
 * Takes bytes up to the next boundary, which begins in held[] or in p; how many
 * of p were used. A prefix of a boundary at the end is held back.
 */
static size_t
seek_mark(struct scan_node *n, struct multipart_state *st, const uint8_t *p,
    size_t len)
{
	const uint8_t *hit;
	size_t keep;

	while (st->held_len) {
		size_t want = st->mark_len - st->held_len;
		size_t have = want < len ? want : len;

		if (!memcmp(st->mark + st->held_len, p, have)) {
			if (have < want) {
				memcpy(st->held + st->held_len, p, have);
				st->held_len += have;
				return have;
			}
			st->held_len = 0;
			found_mark(n, st);
			return have;
		}
		/* not a boundary from here: give out the first byte held, and
		 * see whether the rest may still begin one */
		do {
			part_data(n, st->held, 1);
			st->held_len--;
			memmove(st->held, st->held + 1, st->held_len);
		} while (st->held_len &&
		    memcmp(st->held, st->mark, st->held_len));
	}
	hit = memmem(p, len, st->mark, st->mark_len);
	if (hit) {
		part_data(n, p, (size_t)(hit - p));
		found_mark(n, st);
		return (size_t)(hit - p) + st->mark_len;
	}
	keep = st->mark_len - 1 < len ? st->mark_len - 1 : len;
	while (keep && memcmp(p + len - keep, st->mark, keep))
		keep--;
	part_data(n, p, len - keep);
	memcpy(st->held, p + len - keep, keep);
	st->held_len = keep;
	return len;
}

/* A byte of a boundary's line or of a part's headers. */
static void
head_byte(struct scan_node *n, struct multipart_state *st, uint8_t c)
{
	uint8_t *h = st->headers;

	if (st->headers_len < sizeof(st->headers))
		h[st->headers_len++] = c;
	if (st->at == AT_MARK) {
		if (st->headers_len == 2 && h[0] == '-' && h[1] == '-') {
			st->at = AT_EPILOGUE;
			n->parsed = true;
		} else if (c == '\n') {
			st->at = AT_HEADERS;
			st->headers_len = 0;
			st->parts++;
		}
		return;
	}
	if (c != '\n')
		return;
	if (st->headers_len <= 2 || (st->headers_len >= 4 &&
	    h[st->headers_len - 2] == '\r' &&
	    h[st->headers_len - 3] == '\n') ||
	    h[st->headers_len - 2] == '\n' ||
	    st->headers_len == sizeof(st->headers)) {
		st->at = AT_BODY;
		if (st->parts > PARTS_MAX)
			scan_limit(n->s, "more parts than are read");
		else
			open_part(n, st);
	}
}

static void
multipart_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct multipart_state *st = n->state;
	size_t i = 0;

	while (i < len) {
		switch (st->at) {
		case AT_PREAMBLE:
		case AT_BODY:
			i += seek_mark(n, st, p + i, len - i);
			break;
		case AT_MARK:
		case AT_HEADERS:
			head_byte(n, st, p[i++]);
			break;
		case AT_EPILOGUE:
			return;
		}
	}
}

static void
multipart_gap(struct scan_node *n, uint64_t len)
{
	struct multipart_state *st = n->state;
	uint8_t held[sizeof(st->held)];
	size_t held_len = st->held_len;

	memcpy(held, st->held, held_len);
	st->held_len = 0;
	if (st->at == AT_BODY) {
		part_data(n, held, held_len);
		if (n->child) {
			node_gap(n->child, len);
			n->child->parent_bytes += len;
		}
	} else if (st->at != AT_EPILOGUE) {
		/* the next boundary begins a part again */
		st->at = AT_PREAMBLE;
	}
}

static void
multipart_close(struct scan_node *n)
{
	struct multipart_state *st = n->state;

	if (st->at == AT_BODY)
		part_data(n, st->held, st->held_len);
	node_close(n->child, false);
	n->child = NULL;
}

static bool
is_boundary_byte(uint8_t c)
{
	return byte_is(c, BYTE_ALPHA | BYTE_DIGIT) ||
	    (c && strchr("'()+_,-./:=? ", c));
}

/*
 * The boundary of a multipart message of which nobody said that it is one, such
 * as a mail behind its headers: the first line that is made as one and has a
 * part's headers behind it.
 */
static struct span
find_boundary(const uint8_t *p, size_t len)
{
	struct span rest = { p, len }, line, value;

	while (rest.len) {
		size_t i = 2;

		line = line_of(&rest);
		if (line.len < 3 || line.len > BOUNDARY_MAX ||
		    line.p[0] != '-' || line.p[1] != '-')
			continue;
		while (i < line.len && is_boundary_byte(line.p[i]))
			i++;
		if (i < line.len)
			continue;
		value = rest;
		value = line_of(&value);
		if (header_is(value, "Content-Type", &value) ||
		    header_is(value, "Content-Disposition", &value) ||
		    header_is(value, "Content-Transfer-Encoding", &value))
			return (struct span){ line.p + 2, line.len - 2 };
	}
	return (struct span){ 0 };
}

bool
mime_fits(const uint8_t *p, size_t len)
{
	struct span mark;

	if (!len || (p[0] != '-' && !byte_is(p[0], BYTE_ALPHA)))
		return false;
	mark = find_boundary(p, len);
	/* the header of a tape archive is no text */
	return mark.len && !memchr(p, 0, (size_t)(mark.p - p));
}

static bool
mime_open(struct scan_node *n)
{
	multipart_begin(n->state, find_boundary(n->head, n->head_len));
	return true;
}

/* As multipart, but what it stands in may be a file itself. */
const struct walker walker_mime = {
	.name = "multipart",
	.state_len = sizeof(struct multipart_state),
	.open = mime_open,
	.data = multipart_data,
	.gap = multipart_gap,
	.close = multipart_close,
};

const struct walker walker_multipart = {
	.name = "multipart",
	.state_len = sizeof(struct multipart_state),
	.open = multipart_open,
	.data = multipart_data,
	.gap = multipart_gap,
	.close = multipart_close,
};
