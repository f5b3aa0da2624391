// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>

#include "report/format.h"
#include "report/text.h"

/* The table of destinations on a terminal; how many rows it has, the others are
 * added up. */
#define TEXT_DESTS	20
#define NAME_WIDTH_MAX	60
#define RATE_WIDTH	11

/* Fills up to width characters since start. */
static void
pad(struct buf *b, size_t start, size_t width)
{
	for (size_t n = format_width(b, start); n < width; n++)
		buf_u8(b, ' ');
}

/* Right-aligned: moves what was written since start. */
static void
align_right(struct buf *b, size_t start, size_t width)
{
	size_t n = format_width(b, start), by = width > n ? width - n : 0;

	if (!by || !buf_reserve(b, by))
		return;
	memmove(b->data + start + by, b->data + start, b->len - start);
	memset(b->data + start, ' ', by);
	b->len += by;
}

static void
put_dest_name(struct buf *b, const struct model_dest *d)
{
	format_safe(b, d->name);
	if (!d->address.len ||
	    memmem(d->name.p, d->name.len, d->address.p, d->address.len))
		return;
	buf_str(b, " (");
	buf_append(b, d->address.p, d->address.len);
	buf_str(b, d->several_addresses ? " and others)" : ")");
}

static const struct {
	const char *title;
	size_t width;
} columns[] = {
	{ "sent", 11 },	   { "received", 11 }, { "transfers", 11 },
	{ "lookups", 10 }, { "files", 8 },     { "unread", 9 },
};

/* What has left in the last seconds, by the second. */
static void
put_rate(struct buf *b, const struct model_dest *d, double seconds)
{
	size_t start = b->len;

	format_bytes(b, (uint64_t)((double)(model_dest_sent(d) - d->shown_out) /
			    seconds));
	align_right(b, start, RATE_WIDTH);
}

static void
put_row(struct buf *b, const struct model_dest *d, size_t name_width,
    double seconds)
{
	const uint64_t v[] = { model_dest_sent(d), model_dest_received(d),
			       d->transfers, model_dest_lookups(d),
			       d->whole_files, d->by_kind[KIND_OPAQUE] };
	size_t start;

	buf_str(b, "  ");
	start = b->len;
	put_dest_name(b, d);
	pad(b, start, name_width);
	if (seconds > 0)
		put_rate(b, d, seconds);
	for (size_t i = 0; i < 6; i++) {
		start = b->len;
		if (i < 2)
			format_bytes(b, v[i]);
		else
			format_count(b, v[i]);
		align_right(b, start, columns[i].width);
	}
	buf_u8(b, '\n');
}

static size_t
name_width(const struct model_dest **list, size_t count)
{
	size_t width = sizeof("destination") - 1;
	struct buf b;

	buf_init(&b, 0);
	for (size_t i = 0; i < count; i++) {
		size_t n;

		buf_reset(&b);
		put_dest_name(&b, list[i]);
		n = format_width(&b, 0);
		if (n > width)
			width = n;
	}
	buf_clear(&b);
	return width < NAME_WIDTH_MAX ? width : NAME_WIDTH_MAX;
}

/* What the table has no room for, in one row. */
static void
put_other_dests(struct buf *b, const struct model *m,
    const struct model_dest **list, size_t shown, size_t width,
    double seconds)
{
	struct model_dest rest = m->other;
	char name[64];

	for (size_t i = shown; i < m->dests.count; i++) {
		rest.flow_out += model_dest_sent(list[i]);
		rest.shown_out += list[i]->shown_out;
		rest.flow_in += model_dest_received(list[i]);
		rest.transfers += list[i]->transfers;
		rest.whole_files += list[i]->whole_files;
		for (unsigned k = 0; k < KIND_COUNT; k++)
			rest.by_kind[k] += list[i]->by_kind[k];
	}
	if (shown == m->dests.count && !m->dests.more)
		return;
	snprintf(name, sizeof(name), "and %zu more%s",
	    m->dests.count - shown,
	    m->dests.more ? ", and others not told apart" : "");
	rest.name = span_str(name);
	put_row(b, &rest, width, seconds);
}

void
text_dests(const struct model *m, double seconds, struct buf *b)
{
	const struct model_dest **list = model_sorted_dests(m);
	size_t shown = m->dests.count < TEXT_DESTS ? m->dests.count
						   : TEXT_DESTS;
	size_t width = list ? name_width(list, shown) : 0, start;

	if (!list)
		return;
	buf_str(b, "  destination");
	pad(b, b->len - (sizeof("destination") - 1), width);
	if (seconds > 0) {
		start = b->len;
		buf_str(b, "out/s");
		align_right(b, start, RATE_WIDTH);
	}
	for (size_t i = 0; i < 6; i++) {
		start = b->len;
		buf_str(b, columns[i].title);
		align_right(b, start, columns[i].width);
	}
	buf_u8(b, '\n');
	for (size_t i = 0; i < shown; i++)
		put_row(b, list[i], width, seconds);
	put_other_dests(b, m, list, shown, width, seconds);
	buf_u8(b, '\n');
	free(list);
}
