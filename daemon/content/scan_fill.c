// SPDX-License-Identifier: Apache-2.0
/*
 * A file cut into values ends in one that is too short to be known alone, and
 * such a one may stand between two that are known. Where a short value of the
 * same entity is just what follows a part of a known file, or what goes before
 * it, it is of that file: its bytes are compared.
 */
#include <stdlib.h>
#include <string.h>

#include "content/scan_tree.h"

#define COMPARED_MAX	(1u << 22)	/* values, per entity */

/* A range of a known file, and the match that it is of. */
struct part {
	struct scan_match *match;
	struct scan_range *range;
};

struct filling {
	struct scan *s;
	struct part *parts;
	size_t count;
	bool *used;		/* by sliver */
	unsigned compared;
};

static int
compare(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	if (x->match->file != y->match->file)
		return x->match->file < y->match->file ? -1 : 1;
	if (x->range->start != y->range->start)
		return x->range->start < y->range->start ? -1 : 1;
	return x->range->end < y->range->end ? -1 :
	    x->range->end > y->range->end;
}

/* Parts that name one file: with NULL they are counted. */
static size_t
collect(const struct scan *s, struct part *list)
{
	size_t n = 0;

	for (size_t i = 0; i < s->item_count; i++) {
		const struct scan_item *item = &s->items[i];

		for (size_t k = 0; k < item->match_count; k++) {
			struct scan_match *m = (struct scan_match *)
			    &item->matches[k];

			if (m->whole || m->also_count)
				continue;
			for (size_t r = 0; r < m->range_count; r++, n++)
				if (list)
					list[n] = (struct part){ m,
						(struct scan_range *)
						&m->ranges[r] };
		}
	}
	return n;
}

/* The longest value that is how these len bytes begin or, backwards, end; a few
 * bytes say enough only where they are all of the gap. */
static size_t
find(struct filling *f, const uint8_t *p, size_t len, uint64_t gap,
    bool backwards)
{
	size_t best = 0, which = 0;

	for (size_t i = 0; i < f->s->sliver_count &&
	    f->compared < COMPARED_MAX; i++) {
		struct span v = f->s->slivers[i].bytes;

		f->compared++;
		if (f->used[i] || v.len > len || v.len <= best ||
		    (v.len < MATCH_MIN_RESUMED && v.len != gap) ||
		    memcmp(backwards ? p + len - v.len : p, v.p, v.len))
			continue;
		best = v.len;
		which = i;
	}
	if (best)
		f->used[which] = true;
	return best;
}

/* Lets a part grow into the gap beside it, value by value. */
static void
grow(struct filling *f, const struct part *part, uint64_t gap, bool backwards)
{
	struct scan_range *r = part->range;
	uint8_t bytes[SCAN_KEEP];
	size_t len, got;
	uint64_t at;

	for (; gap; gap -= got) {
		len = gap < sizeof(bytes) ? (size_t)gap : sizeof(bytes);
		at = backwards ? r->start - len : r->end;
		if (!known_copy(f->s->known, part->match->content, at, bytes,
		    len))
			return;
		got = find(f, bytes, len, gap, backwards);
		if (!got)
			return;
		at = backwards ? r->start - got : r->end;
		if (backwards)
			r->start = at;
		else
			r->end = at + got;
		scan_use_range(f->s, part->match->file, at, at + got);
		part->match->sent_bytes += got;
	}
}

/* What lies between a part and the next one of its file. */
static void
fill_gaps(struct filling *f, size_t from, size_t to)
{
	uint64_t size = known_get(f->s->known, f->parts[from].match->file)->size;
	const struct part *before = NULL;	/* that reaches furthest */

	for (size_t i = from; i < to; i++) {
		struct part *p = &f->parts[i];
		uint64_t reach = before ? before->range->end : 0;

		if (before && p->range->start > reach) {
			grow(f, before, p->range->start - reach, false);
			reach = before->range->end;
		}
		if (p->range->start > reach)
			grow(f, p, p->range->start - reach, true);
		if (!before || p->range->end > reach)
			before = p;
	}
	if (size != UINT64_MAX && size > before->range->end)
		grow(f, before, size - before->range->end, false);
	for (size_t i = from; i < to; i++)
		f->parts[i].match->whole = f->parts[i].match->sent_bytes == size;
}

void
scan_fill(struct scan *s)
{
	struct filling f = { .s = s };
	size_t from = 0;

	if (!s->sliver_count)
		return;
	f.count = collect(s, NULL);
	f.parts = f.count ? arena_zalloc(&s->arena, f.count * sizeof(*f.parts)) :
	    NULL;
	f.used = f.parts ? arena_zalloc(&s->arena, s->sliver_count) : NULL;
	if (!f.used)
		return;
	(void)collect(s, f.parts);
	qsort(f.parts, f.count, sizeof(*f.parts), compare);
	for (size_t i = 1; i <= f.count; i++) {
		if (i < f.count && f.parts[i].match->file ==
		    f.parts[from].match->file)
			continue;
		fill_gaps(&f, from, i);
		from = i;
	}
}
