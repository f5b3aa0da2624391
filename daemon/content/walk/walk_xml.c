// SPDX-License-Identifier: Apache-2.0
/*
 * XML and HTML by their tags: the text of an element and the value of an
 * attribute are fields named after them. Entities are undone, CDATA is text.
 * Nothing is fetched, and no entity is defined.
 */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "content/known/byte_class.h"
#include "content/format.h"
#include "content/walk/walkers.h"

#define DEPTH_MAX	32
#define NAME_MAX_LEN	64
#define ENTITY_MAX	10
#define INDENT_MAX	64	/* white space before a text that is kept */

enum xml_at {
	AT_TEXT,
	AT_TAG,			/* behind '<' */
	AT_NAME,
	AT_ATTRS,
	AT_ATTR,		/* name of an attribute */
	AT_EQUALS,
	AT_QUOTED,
	AT_BANG,		/* comment, doctype, instruction: up to '>' */
	AT_CDATA,
};

struct xml_state {
	enum xml_at at;
	bool closing, empty, started;
	uint8_t quote;
	unsigned depth, tags, closed;
	size_t bang_len, entity_len, attr_len, path_len, indent_len;
	uint16_t path_at[DEPTH_MAX + 1];
	uint8_t bang[8];
	uint8_t entity[ENTITY_MAX];
	uint8_t indent[INDENT_MAX];
	uint8_t attr[NAME_MAX_LEN];
	uint8_t path[SCAN_MAX_PATH];
	uint64_t offset;
	struct value value;
};

static bool
xml_open(struct scan_node *n)
{
	return true;
}

static bool
is_name(uint8_t c)
{
	return byte_is(c, BYTE_ALPHA | BYTE_DIGIT) || c == '_' || c == '-' ||
	    c == '.' || c == ':' || c >= 0x80;
}

static void
path_put(struct xml_state *st, uint8_t c)
{
	if (st->path_len < sizeof(st->path))
		st->path[st->path_len++] = c;
}

static void
begin_value(struct scan_node *n, struct xml_state *st)
{
	struct span path = { st->path, st->path_len }, key = path;
	size_t at = path.len;

	/* a name space's prefix says nothing */
	while (at && path.p[at - 1] != '/' && path.p[at - 1] != '@' &&
	    path.p[at - 1] != ':')
		at--;
	key = (struct span){ path.p + at, path.len - at };
	value_begin(&st->value, n, "xml", path, key, st->offset -
	    st->indent_len);
}

static void
put(struct scan_node *n, struct xml_state *st, uint8_t c)
{
	if (st->at == AT_TEXT && !st->value.open) {
		if (!st->depth)
			return;
		/* between tags it says nothing, before a text it is part of it */
		if (byte_is(c, BYTE_SPACE) && st->indent_len < INDENT_MAX) {
			st->indent[st->indent_len++] = c;
			return;
		}
		begin_value(n, st);
		value_data(&st->value, st->indent, st->indent_len);
		st->value.raw_bytes += st->indent_len;
		st->indent_len = 0;
	}
	if (st->value.open)
		value_data(&st->value, &c, 1);
}

static void
entity_end(struct scan_node *n, struct xml_state *st)
{
	static const struct {
		const char *name;
		uint8_t c;
	} named[] = {
		{ "amp", '&' }, { "lt", '<' }, { "gt", '>' },
		{ "quot", '"' }, { "apos", '\'' },
	};
	char text[ENTITY_MAX + 1];
	uint8_t u[4] = { '?' };
	size_t len = 1;
	long c = -1;

	memcpy(text, st->entity + 1, st->entity_len - 1);
	text[st->entity_len - 1] = '\0';
	for (size_t i = 0; i < 5; i++) {
		if (!strcmp(text, named[i].name))
			c = named[i].c;
	}
	if (text[0] == '#')
		c = text[1] == 'x' ? strtol(text + 2, NULL, 16) :
		    strtol(text + 1, NULL, 10);
	st->entity_len = 0;
	if (c > 0 && c < 0x110000)
		len = utf8_encode((uint32_t)c, u);
	for (size_t i = 0; i < len; i++)
		put(n, st, u[i]);
}

/* What began with '&' was none after all. */
static void
no_entity(struct scan_node *n, struct xml_state *st)
{
	for (size_t i = 0; i < st->entity_len; i++)
		put(n, st, st->entity[i]);
	st->entity_len = 0;
}

static void
text_byte(struct scan_node *n, struct xml_state *st, uint8_t c)
{
	if (!st->entity_len && c != '&') {
		put(n, st, c);
		return;
	}
	if (st->entity_len && c == ';') {
		entity_end(n, st);
		return;
	}
	if (st->entity_len < ENTITY_MAX && c != ' ') {
		st->entity[st->entity_len++] = c;
		return;
	}
	no_entity(n, st);
	put(n, st, c);
}

static void
text_end(struct scan_node *n, struct xml_state *st)
{
	no_entity(n, st);
	st->indent_len = 0;
	if (st->value.open)
		value_end(&st->value, true);
}

static void
pop(struct xml_state *st)
{
	if (!st->depth)
		return;
	st->depth--;
	st->closed++;
	st->path_len = st->path_at[st->depth < DEPTH_MAX ? st->depth :
	    DEPTH_MAX];
}

static void
tag_byte(struct xml_state *st, uint8_t c)
{
	st->at = AT_NAME;
	st->closing = c == '/';
	st->empty = false;
	if (c == '!' || c == '?') {
		st->at = AT_BANG;
		st->bang_len = 0;
	} else if (!st->closing && is_name(c)) {
		if (st->depth <= DEPTH_MAX)
			st->path_at[st->depth] = (uint16_t)st->path_len;
		st->depth++;
		st->tags++;
		path_put(st, '/');
		path_put(st, c);
	} else if (!st->closing) {
		st->at = AT_TEXT;
	}
}

static void
tag_end(struct xml_state *st)
{
	if (st->closing || st->empty)
		pop(st);
	st->at = AT_TEXT;
}

static void
attrs_byte(struct xml_state *st, uint8_t c)
{
	if (c == '>') {
		tag_end(st);
	} else if (c == '/') {
		st->empty = true;
	} else if (is_name(c)) {
		st->at = AT_ATTR;
		st->attr_len = 0;
		st->attr[st->attr_len++] = c;
	}
}

static void
bang_byte(struct xml_state *st, uint8_t c)
{
	if (st->bang_len < sizeof(st->bang))
		st->bang[st->bang_len++] = c;
	if (st->bang_len == 7 && !memcmp(st->bang, "[CDATA[", 7)) {
		st->at = AT_CDATA;
		st->bang_len = 0;
	} else if (c == '>') {
		st->at = AT_TEXT;
	}
}

static void
cdata_byte(struct scan_node *n, struct xml_state *st, uint8_t c)
{
	/* "]]>" ends it; brackets are held back until it is clear */
	if (c == '>' && st->bang_len >= 2) {
		for (; st->bang_len > 2; st->bang_len--)
			put(n, st, ']');
		text_end(n, st);
		st->at = AT_TEXT;
		return;
	}
	if (!st->value.open)
		begin_value(n, st);
	if (c == ']' && st->bang_len < 1000) {
		st->bang_len++;
		return;
	}
	for (; st->bang_len; st->bang_len--)
		put(n, st, ']');
	put(n, st, c);
}

static void
quoted_begin(struct scan_node *n, struct xml_state *st, uint8_t c)
{
	size_t keep = st->path_len;

	st->quote = c;
	st->at = AT_QUOTED;
	path_put(st, '@');
	for (size_t i = 0; i < st->attr_len; i++)
		path_put(st, st->attr[i]);
	begin_value(n, st);
	st->value.offset++;
	st->path_len = keep;
}

static void
xml_byte(struct scan_node *n, struct xml_state *st, uint8_t c)
{
	switch (st->at) {
	case AT_TEXT:
		if (c == '<') {
			text_end(n, st);
			st->at = AT_TAG;
		} else {
			text_byte(n, st, c);
		}
		break;
	case AT_TAG:
		tag_byte(st, c);
		break;
	case AT_NAME:
		if (is_name(c)) {
			if (!st->closing)
				path_put(st, c);
		} else {
			st->at = AT_ATTRS;
			attrs_byte(st, c);
		}
		break;
	case AT_ATTRS:
		attrs_byte(st, c);
		break;
	case AT_ATTR:
		if (is_name(c) && st->attr_len < sizeof(st->attr))
			st->attr[st->attr_len++] = c;
		else if (c == '=')
			st->at = AT_EQUALS;
		else if (c == '>')
			tag_end(st);
		else if (!is_name(c))
			st->at = AT_ATTRS;
		break;
	case AT_EQUALS:
		if (c == '"' || c == '\'')
			quoted_begin(n, st, c);
		else if (!byte_is(c, BYTE_SPACE))
			st->at = AT_ATTRS;
		break;
	case AT_QUOTED:
		if (c == st->quote) {
			text_end(n, st);
			st->at = AT_ATTRS;
		} else {
			text_byte(n, st, c);
		}
		break;
	case AT_BANG:
		bang_byte(st, c);
		break;
	case AT_CDATA:
		cdata_byte(n, st, c);
		break;
	}
}

static void
xml_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct xml_state *st = n->state;

	for (size_t i = 0; i < len; i++) {
		size_t run = 0;

		/* the bulk of a long value at once */
		while (st->value.item && st->at == AT_TEXT &&
		    !st->entity_len && i + run < len && p[i + run] != '<' &&
		    p[i + run] != '&')
			run++;
		if (run) {
			value_data(&st->value, p + i, run);
			st->value.raw_bytes += run;
			st->offset += run;
			i += run;
		}
		if (i == len)
			break;
		xml_byte(n, st, p[i]);
		st->offset++;
		if (st->value.open)
			st->value.raw_bytes++;
	}
}

static void
xml_close(struct scan_node *n)
{
	struct xml_state *st = n->state;

	n->parsed = st->at == AT_TEXT && st->tags && !st->depth;
	if (st->value.open)
		value_end(&st->value, false);
}

/* White space, a byte order mark, and a tag that can begin a document. */
bool
xml_fits(const uint8_t *p, size_t len)
{
	size_t i = 0;

	if (len >= 3 && !memcmp(p, "\xef\xbb\xbf", 3))
		i = 3;
	while (i < len && byte_is(p[i], BYTE_SPACE))
		i++;
	if (len - i < 4 || p[i] != '<')
		return false;
	if (memchr(p, 0, len) || !format_has_no_controls(p, len < 64 ? len : 64))
		return false;
	return (p[i + 1] == '?' && p[i + 2] == 'x') || p[i + 1] == '!' ||
	    byte_is(p[i + 1], BYTE_ALPHA) || p[i + 1] == '_';
}

const struct walker walker_xml = {
	.name = "xml",
	.state_len = sizeof(struct xml_state),
	.open = xml_open,
	.data = xml_data,
	.close = xml_close,
};
