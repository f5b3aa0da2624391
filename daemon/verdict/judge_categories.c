// SPDX-License-Identifier: Apache-2.0
#include "verdict/judge.h"

#include <string.h>

/* Which data were in it, as found and as its kind implies. */

static const char *const telemetry_categories[] = {
	"process", "behaviour", "detection", "system", "host.id", "user",
	"network.local", "software.inventory", "product.licence", "crash.dump",
	"file.path", "file.signer",
};

/* What a request's headers say goes along with whatever is asked for. */
static bool
is_of_header(struct span path)
{
	static const struct span header = SPAN_LITERAL("header:");

	return path.len >= header.len &&
	       !memcmp(path.p, header.p, header.len);
}

/* Is it data about the machine, its user or its software? What has the form of
 * it alone is, where that form names one machine or one user of it: paths and
 * addresses are in many texts. */
static bool
is_telemetry(const struct scan_category *c)
{
	size_t k = 0;

	while (k < sizeof(telemetry_categories) / sizeof(*telemetry_categories) &&
	    strcmp(c->category, telemetry_categories[k]))
		k++;
	if (k == sizeof(telemetry_categories) / sizeof(*telemetry_categories) ||
	    is_of_header(c->path))
		return false;
	return !c->by_form || (c->kind && strcmp(c->kind, "email") &&
	    strcmp(c->kind, "ip"));
}

/* The first and the last character, for who knows it to recognise. */
static struct span
mask(struct draft *d, struct span value)
{
	uint8_t *p;

	if (message_sink(d->m)->show_values)
		return draft_span(d, value);
	p = draft_alloc(d, value.len + 1);
	if (!p)
		return (struct span){ NULL, 0 };
	memset(p, '*', value.len);
	if (value.len > 5 && value.p[0] < 0x80 &&
	    value.p[value.len - 1] < 0x80) {
		p[0] = value.p[0];
		p[value.len - 1] = value.p[value.len - 1];
	}
	return (struct span){ p, value.len };
}

void
judge_categories(struct draft *d, struct event_transfer *t)
{
	struct event_category *c;
	size_t n = d->f ? d->f->category_count : 0;
	bool named = false;

	c = draft_alloc(d, sizeof(*c) * (n + DRAFT_MAX_CATEGORIES));
	if (!c)
		return;
	for (size_t i = 0; i < n; i++) {
		const struct scan_category *from = &d->f->categories[i];

		c[i].category = from->category;
		c[i].path = draft_span(d, from->path);
		c[i].offset = from->offset;
		c[i].why = from->why;
		c[i].kind = from->kind;
		c[i].form = from->form;
		c[i].encoding = from->encoding;
		if (from->kind)
			c[i].value = mask(d, from->value);
		d->by_form |= from->by_form;
		named |= is_telemetry(from) && !from->by_form;
		d->telemetry |= is_telemetry(from);
	}
	d->by_form &= !named;
	t->categories = c;
	t->category_count = n;
	d->categories = c;
}

static void
add_category(struct draft *d, struct event_transfer *t, const char *category,
    const char *why)
{
	for (size_t i = 0; i < t->category_count; i++)
		if (!strcmp(d->categories[i].category, category))
			return;
	if (d->categories && d->category_extra++ < DRAFT_MAX_CATEGORIES)
		d->categories[t->category_count++] =
		    (struct event_category){ .category = category,
			.offset = UINT64_MAX, .why = why };
}

void
judge_urls(struct draft *d, struct event_transfer *t)
{
	struct span *urls;

	if (!d->f || !d->f->url_count)
		return;
	urls = draft_alloc(d, sizeof(*urls) * d->f->url_count);
	if (!urls)
		return;
	for (size_t i = 0; i < d->f->url_count; i++)
		urls[i] = draft_span(d, d->f->urls[i]);
	t->urls = d->urls = urls;
	t->url_count = d->f->url_count;
	add_category(d, t, "url", "a URL was sent");
}

void
judge_limits(struct draft *d, struct event_transfer *t)
{
	const struct message_more *more = d->m->more;
	const char **limits;
	size_t n = d->f ? d->f->limit_count : 0;
	size_t told = more ? more->limit_count : 0;

	if (!n && !told)
		return;
	limits = draft_alloc(d, sizeof(*limits) * (n + told));
	if (!limits)
		return;
	if (n)
		memcpy(limits, d->f->limits, sizeof(*limits) * n);
	if (told)
		memcpy(limits + n, more->limits, sizeof(*limits) * told);
	t->limits = limits;
	t->limit_count = n + told;
	for (size_t i = 0; i < t->limit_count; i++)
		draft_reason(d, "not all of it was read: %s", limits[i]);
}

void
judge_implied(struct draft *d, struct event_transfer *t)
{
	if (d->upload != GRADE_COUNT || d->fragment != GRADE_COUNT)
		add_category(d, t, "file.content", "content of a file was sent");
	if (d->named)
		add_category(d, t, "file.name", "a file name was declared");
	if (t->hash_count || t->kind == KIND_HASH_LOOKUP)
		add_category(d, t, "file.hash", "a hash value was sent");
	if (t->kind == KIND_NAME_LOOKUP)
		add_category(d, t, "domain", "a host name was asked for");
	if (t->kind == KIND_OPAQUE)
		add_category(d, t, "undetermined", "it could not be read");
}
