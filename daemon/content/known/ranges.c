// SPDX-License-Identifier: Apache-2.0
#include "content/known/ranges.h"

#include <stdlib.h>

static int
compare_range(const void *a, const void *b)
{
	const struct scan_range *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->end < y->end ? -1 : x->end > y->end;
}

size_t
ranges_normalize(struct scan_range *r, size_t n)
{
	size_t out = 0;

	if (n > 1)
		qsort(r, n, sizeof(*r), compare_range);
	for (size_t i = 0; i < n; i++) {
		if (r[i].start >= r[i].end)
			continue;
		if (out && r[out - 1].end >= r[i].start) {
			if (r[i].end > r[out - 1].end)
				r[out - 1].end = r[i].end;
			continue;
		}
		r[out++] = r[i];
	}
	return out;
}

uint64_t
ranges_bytes(const struct scan_range *r, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += r[i].end - r[i].start;
	return sum;
}

uint64_t
ranges_bytes_outside(const struct scan_range *a, size_t a_count,
    const struct scan_range *b, size_t b_count)
{
	uint64_t sum = 0, at, stop;
	size_t j = 0;

	for (size_t i = 0; i < a_count; i++) {
		at = a[i].start;
		while (j < b_count && b[j].end <= at)
			j++;
		for (size_t l = j; at < a[i].end; l++) {
			stop = l < b_count && b[l].start < a[i].end ?
			    b[l].start : a[i].end;
			sum += stop > at ? stop - at : 0;
			if (stop == a[i].end)
				break;
			at = b[l].end > at ? b[l].end : at;
		}
	}
	return sum;
}
