// SPDX-License-Identifier: Apache-2.0
#include "content/known/anchor_thin.h"

#include <string.h>

void
anchor_thin_init(struct anchor_thin *t, uint64_t dense)
{
	t->dense = dense;
	t->count = 0;
}

unsigned
anchor_thin_class(const struct anchor_thin *t, uint64_t offset)
{
	unsigned class = 0;

	for (offset /= t->dense; offset; offset >>= 1)
		class++;
	return class;
}

/* Drops those before `from`: behind each of them a window begins, whose lowest
 * is the one that follows. */
static size_t
expire(struct anchor_thin *t, uint64_t from, struct anchor_kept *ret_kept)
{
	size_t n = 0, kept = 0;

	while (n < t->count && t->waiting[n].anchor.offset < from)
		if (++n < t->count)
			ret_kept[kept++] = t->waiting[n];
	t->count -= n;
	memmove(t->waiting, t->waiting + n, t->count * sizeof(*t->waiting));
	return kept;
}

size_t
anchor_thin_next(struct anchor_thin *t, const struct anchor_kept *next,
    struct anchor_kept ret_kept[static ANCHOR_WAITING + 1])
{
	uint64_t at = next->anchor.offset;
	uint64_t window = (uint64_t)ANCHOR_WINDOW <<
	    anchor_thin_class(t, at);
	size_t n = 0;

	if (at < t->dense) {
		ret_kept[n++] = *next;
		return n;
	}
	/* the last window before this anchor ends at it */
	if (at > window)
		n = expire(t, at - window, ret_kept);
	while (t->count &&
	    t->waiting[t->count - 1].anchor.rank >= next->anchor.rank)
		t->count--;
	/* where there is no room, it is kept at once */
	if (t->count == ANCHOR_WAITING || !t->count)
		ret_kept[n++] = *next;
	if (t->count < ANCHOR_WAITING)
		t->waiting[t->count++] = *next;
	return n;
}
