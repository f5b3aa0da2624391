// SPDX-License-Identifier: Apache-2.0
/*
 * Events as wevtutil and Get-WinEvent write them in XML: <Event> elements one
 * after the other, with or without a root. Only this vocabulary is read, by
 * looking for its tags; an event that never ends is passed over.
 */
#include <errno.h>
#include <stdlib.h>

#include "source/import_fields.h"

#define EVENT_MAX	(1u << 20)

static bool
find(struct span s, const char *text, size_t *ret_at)
{
	const uint8_t *p = s.len ? memmem(s.p, s.len, text, strlen(text)) :
				   NULL;

	if (p)
		*ret_at = (size_t)(p - s.p);
	return p != NULL;
}

static struct span
from(struct span s, size_t at)
{
	return (struct span){ s.p + at, s.len - at };
}

/* The value of an attribute of the tag that s begins with. */
static struct span
attribute(struct span tag, const char *name)
{
	struct span none = { NULL, 0 }, value;
	size_t len = strlen(name), at = 0;

	while (find(tag, name, &at)) {
		uint8_t quote;

		tag = from(tag, at + len);
		if (tag.len < 2 || tag.p[0] != '=' ||
		    (tag.p[1] != '\'' && tag.p[1] != '"'))
			continue;
		quote = tag.p[1];
		value = from(tag, 2);
		for (at = 0; at < value.len && value.p[at] != quote; at++)
			;
		if (at == value.len)
			return none;
		value.len = at;
		return value;
	}
	return none;
}

/* The next element of that name: its tag and its text; *s goes on behind. */
static bool
next_element(struct span *s, const char *open, const char *close,
    struct span *ret_tag, struct span *ret_text)
{
	size_t at, end;

	while (find(*s, open, &at)) {
		uint8_t behind;

		*s = from(*s, at + strlen(open));
		behind = s->len ? s->p[0] : 0;
		if (behind != ' ' && behind != '>' && behind != '/')
			continue;
		if (!find(*s, ">", &end))
			return false;
		*ret_tag = (struct span){ s->p, end };
		*s = from(*s, end + 1);
		*ret_text = (struct span){ s->p, 0 };
		if (end && ret_tag->p[end - 1] == '/')
			return true;
		if (!find(*s, close, &at))
			return false;
		ret_text->len = at;
		*s = from(*s, at + strlen(close));
		return true;
	}
	return false;
}

static size_t
put_utf8(uint32_t c, uint8_t *to)
{
	if (c < 0x80) {
		to[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (uint8_t)(0xc0 | c >> 6);
		to[1] = (uint8_t)(0x80 | (c & 63));
		return 2;
	}
	to[0] = '?';
	return 1;
}

/* "&amp;", "&#10;", "&#xA;": the length of what was read, 0 if none. */
static size_t
read_entity(struct span s, uint8_t *to, size_t *ret_len)
{
	static const struct {
		const char *text;
		char c;
	} names[] = { { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' },
		{ "&quot;", '"' }, { "&apos;", '\'' } };
	uint32_t c = 0;
	size_t i = 2;
	bool hex;

	for (size_t k = 0; k < sizeof(names) / sizeof(*names); k++) {
		size_t len = strlen(names[k].text);

		if (s.len >= len && !memcmp(s.p, names[k].text, len)) {
			*to = (uint8_t)names[k].c;
			*ret_len = 1;
			return len;
		}
	}
	if (s.len < 4 || s.p[1] != '#')
		return 0;
	hex = s.p[2] == 'x';
	for (i += hex; i < s.len && i < 10 && s.p[i] != ';'; i++) {
		uint8_t d = s.p[i];

		if ((uint8_t)(d - '0') <= 9)
			d = (uint8_t)(d - '0');
		else if (hex && (uint8_t)((d | 0x20) - 'a') < 6)
			d = (uint8_t)((d | 0x20) - 'a' + 10);
		else
			return 0;
		c = c * (hex ? 16 : 10) + d;
	}
	if (i == s.len || s.p[i] != ';')
		return 0;
	*ret_len = put_utf8(c, to);
	return i + 1;
}

/* Undone in room, which has as much as s; entities are longer than what they
 * stand for. */
static struct span
unescape(struct span s, uint8_t **room)
{
	uint8_t *to = *room;
	size_t n = 0;

	if (!s.len || !memchr(s.p, '&', s.len))
		return s;
	while (s.len) {
		size_t len = 0, used = s.p[0] == '&' ?
		    read_entity(s, to + n, &len) : 0;

		if (!used) {
			to[n] = s.p[0];
			used = len = 1;
		}
		n += len;
		s = from(s, used);
	}
	*room += n;
	return (struct span){ to, n };
}

static void
read_event(struct import_run *r, struct span event, uint8_t *room)
{
	struct import_fields f = { 0 };
	struct span rest = event, tag, text;

	if (next_element(&rest, "<EventID", "</EventID>", &tag, &text))
		f.v[FIELD_ID] = text;
	rest = event;
	if (next_element(&rest, "<Provider", "</Provider>", &tag, &text))
		f.v[FIELD_PROVIDER] = attribute(tag, "Name");
	rest = event;
	if (next_element(&rest, "<TimeCreated", "</TimeCreated>", &tag, &text))
		f.v[FIELD_LOGGED] = attribute(tag, "SystemTime");
	rest = event;
	while (next_element(&rest, "<Data", "</Data>", &tag, &text)) {
		enum import_field field =
		    import_field_of(attribute(tag, "Name"));

		if (field != FIELD_COUNT)
			f.v[field] = unescape(text, &room);
	}
	import_sysmon(r, &f);
}

bool
import_xml(struct import_run *r, struct span file)
{
	uint8_t *room;
	size_t at, end;
	bool any = false;

	if (!find(file, "<Event", &at))
		return false;
	room = malloc(EVENT_MAX);
	if (!room) {
		r->err = -ENOMEM;
		return true;
	}
	while (!r->err && find(file, "<Event", &at)) {
		file = from(file, at + 6);
		if (!file.len || (file.p[0] != ' ' && file.p[0] != '>'))
			continue;
		if (!find(file, "</Event>", &end)) {
			r->stats.unreadable++;
			break;
		}
		any = true;
		/* one that does not end is not mixed with the next */
		if (find((struct span){ file.p, end }, "<Event ", &at) ||
		    find((struct span){ file.p, end }, "<Event>", &at)) {
			r->stats.unreadable++;
			file = from(file, at);
			continue;
		}
		if (end <= EVENT_MAX)
			read_event(r, (struct span){ file.p, end }, room);
		else
			r->stats.unreadable++;
		file = from(file, end);
	}
	free(room);
	return any || r->stats.unreadable;
}
