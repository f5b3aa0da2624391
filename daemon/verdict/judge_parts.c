// SPDX-License-Identifier: Apache-2.0
/* Parts of one known file that stand in several places of a message: they are
 * told as one, with the bytes that all of them together carried. */
#include "content/known/ranges.h"
#include "verdict/judge.h"

static bool
is_part_of(const struct event_file *e, long known_index)
{
	return e->known && e->known_index == known_index && e->coverage < 1.0;
}

static bool
has_also(const struct event_file *e, struct span name)
{
	for (size_t i = 0; i < e->also_count; i++)
		if (span_eq(e->also[i], name))
			return true;
	return false;
}

/* Which other files may be meant: those that every part fits. */
static void
join_also(struct draft *d, struct event_file *e, const struct event_file *part)
{
	struct span *both;
	size_t n = 0;

	both = draft_alloc(d, (e->also_count + 1) * sizeof(*both));
	if (!both)
		return;
	for (size_t i = 0; i < e->also_count; i++)
		if (has_also(part, e->also[i]))
			both[n++] = e->also[i];
	e->also = both;
	e->also_count = n;
	e->ambiguous = n > 0;
}

static void
lay_joined(struct draft *d, struct event_file *e, struct scan_range *all,
    size_t n)
{
	struct event_range *r;

	n = ranges_normalize(all, n);
	r = draft_alloc(d, (n + 1) * sizeof(*r));
	if (!r)
		return;
	for (size_t i = 0; i < n; i++)
		r[i] = (struct event_range){ all[i].start, all[i].end };
	e->ranges = r;
	e->range_count = n;
	e->sent_bytes = ranges_bytes(all, n);
	e->coverage = e->sent_bytes == e->size ? 1.0 :
	    (double)e->sent_bytes / (double)e->size;
}

/* Takes all parts behind first that are of its file into it. */
static void
join(struct draft *d, struct event_file *files, size_t first, size_t *n)
{
	struct event_file *e = &files[first];
	size_t ranges = 0, parts = 0, kept = first + 1, got = 0;
	struct scan_range *all;

	for (size_t i = first; i < *n; i++) {
		if (!is_part_of(&files[i], e->known_index))
			continue;
		ranges += files[i].range_count;
		parts++;
	}
	all = parts > 1 ? draft_alloc(d, ranges * sizeof(*all)) : NULL;
	if (!all)
		return;
	for (size_t i = first; i < *n; i++) {
		const struct event_file *part = &files[i];

		if (!is_part_of(part, e->known_index)) {
			files[kept++] = *part;
			continue;
		}
		for (size_t k = 0; k < part->range_count; k++)
			all[got++] = (struct scan_range){
				part->ranges[k].start, part->ranges[k].end };
		if (i > first)
			join_also(d, e, part);
	}
	*n = kept;
	lay_joined(d, e, all, got);
}

size_t
judge_join_parts(struct draft *d, struct event_file *files, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is_part_of(&files[i], files[i].known_index))
			join(d, files, i, &n);
	return n;
}
