// SPDX-License-Identifier: Apache-2.0
/*
 * Identifiers of the machine stand in what an event quotes of a message, too:
 * in addresses, in names of files, in what a program calls itself. There they
 * are blotted out as in the findings that tell of them.
 */
#include <string.h>

#include "verdict/judge.h"

static uint8_t
lower(uint8_t c)
{
	return (uint8_t)(c - 'A') < 26 ? c | 0x20 : c;
}

static int
figure(uint8_t c)
{
	c = lower(c);
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ?
	    c - 'a' + 10 : -1;
}

/* How many bytes of text spell the value, of either case, with or without
 * percent signs; 0: it is something else. */
static size_t
spelt(struct span text, struct span value)
{
	size_t at = 0;

	for (size_t i = 0; i < value.len; i++) {
		uint8_t c = at < text.len ? text.p[at] : 0;

		if (at == text.len)
			return 0;
		if (c == '%' && text.len - at > 2 &&
		    figure(text.p[at + 1]) >= 0 && figure(text.p[at + 2]) >= 0) {
			c = (uint8_t)(figure(text.p[at + 1]) << 4 |
			    figure(text.p[at + 2]));
			at += 2;
		}
		if (lower(c) != lower(value.p[i]))
			return 0;
		at++;
	}
	return at;
}

static void
blot_value(uint8_t *p, size_t len, struct span value)
{
	for (size_t i = 0; value.len >= 4 && i < len;) {
		size_t n = spelt((struct span){ p + i, len - i }, value);

		memset(p + i, '*', n);
		i += n ? n : 1;
	}
}

/* The segment or parameter around an offset of the target. */
static void
blot_piece(uint8_t *p, size_t len, size_t at)
{
	static const char ends[] = "/?&;=";
	size_t from = at, to = at;

	while (from && !memchr(ends, p[from - 1], sizeof(ends) - 1))
		from--;
	while (to < len && !memchr(ends, p[to], sizeof(ends) - 1))
		to++;
	if (from < to)
		memset(p + from, '*', to - from);
}

/* A finding tells a value that can be read from what went out: not its hash. */
static bool
is_readable(const struct scan_category *c)
{
	return c->kind && (!c->form || (strncmp(c->form, "md5", 3) &&
	    strncmp(c->form, "sha", 3)));
}

static bool
is_in_target(const struct scan_category *c)
{
	return c->offset != UINT64_MAX && c->path.len > 5 &&
	    (!memcmp(c->path.p, "query", 5) || !memcmp(c->path.p, "path:", 5));
}

static struct span
blotted(struct draft *d, struct span text, bool target)
{
	uint8_t *p = text.len ? draft_alloc(d, text.len) : NULL;

	if (!p)
		return text;
	memcpy(p, text.p, text.len);
	for (size_t i = 0; i < d->f->category_count; i++) {
		const struct scan_category *c = &d->f->categories[i];

		if (!is_readable(c))
			continue;
		blot_value(p, text.len, c->value);
		if (target && !c->by_form && is_in_target(c) &&
		    c->offset < text.len)
			blot_piece(p, text.len, c->offset);
	}
	return (struct span){ p, text.len };
}

void
judge_masks(struct draft *d, const struct event_transfer *t)
{
	bool any = false;

	for (size_t i = 0; d->f && i < d->f->category_count; i++)
		any |= is_readable(&d->f->categories[i]);
	if (!any || message_sink(d->m)->show_values)
		return;
	if (d->http) {
		d->http->shown = blotted(d, d->http->target, true);
		d->http->user_agent = blotted(d, d->http->user_agent, false);
	}
	for (size_t i = 0; d->urls && i < t->url_count; i++)
		d->urls[i] = blotted(d, d->urls[i], false);
	for (size_t i = 0; d->files && i < t->file_count; i++)
		if (!d->files[i].known)
			d->files[i].name = blotted(d, d->files[i].name, false);
}
