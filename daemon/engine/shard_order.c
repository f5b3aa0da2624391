// SPDX-License-Identifier: Apache-2.0
#include "engine/shard.h"

/* Two lists that are in order; of equals the first list's come first. Returns the
 * last record. */
static struct record *
merge(struct record *a, struct record *b, struct record **ret_first)
{
	struct record **at = ret_first, *last = NULL;

	while (a || b) {
		struct record **from =
		    !b || (a && a->packet <= b->packet) ? &a : &b;

		last = *at = *from;
		*from = last->next;
		at = &last->next;
	}
	*at = NULL;
	return last;
}

#define RUNS	64	/* of lengths 1, 2, 4...: more records than memory holds */

void
shard_sort(struct shard *s)
{
	struct record *runs[RUNS] = { NULL }, *next, *all = NULL, *last = NULL;

	for (struct record *r = s->first; r; r = next) {
		unsigned i = 0;

		next = r->next;
		r->next = NULL;
		for (; i < RUNS - 1 && runs[i]; i++) {
			merge(runs[i], r, &r);
			runs[i] = NULL;
		}
		runs[i] = r;
	}
	for (unsigned i = 0; i < RUNS; i++)
		if (runs[i])
			last = merge(runs[i], all, &all);
	s->first = all;
	s->last = last ? &last->next : &s->first;
}
