// SPDX-License-Identifier: Apache-2.0
#include "content/known/known_tlsh.h"

#include <errno.h>
#include <stdlib.h>

#include "content/known/known_set.h"

/* Lengths that are further apart than this are too far apart alone: a step
 * weighs 12. */
#define LENGTHS_APART	(KNOWN_TLSH_NEAR / 12)

static int
compare(const void *a, const void *b, void *arg)
{
	const struct known_file *files = arg;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int of_x = tlsh_length(files[x].tlsh), of_y = tlsh_length(files[y].tlsh);

	return of_x != of_y ? of_x - of_y : x < y ? -1 : 1;
}

int
known_tlsh_seal(struct known *k)
{
	struct known_tlshs *t = &k->tlshs;
	size_t n = 0;

	for (size_t i = k->first_file; i < k->file_count; i++)
		n += k->files[i].has_tlsh;
	if (!n)
		return 0;
	t->files = malloc(n * sizeof(*t->files));
	if (!t->files)
		return -ENOMEM;
	for (size_t i = k->first_file; i < k->file_count; i++)
		if (k->files[i].has_tlsh)
			t->files[t->count++] = (uint32_t)i;
	qsort_r(t->files, n, sizeof(*t->files), compare, k->files);
	return 0;
}

/* The first whose length is that or more. */
static size_t
search(const struct known *k, unsigned length)
{
	size_t low = 0, high = k->tlshs.count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (tlsh_length(k->files[k->tlshs.files[middle]].tlsh) < length)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct nearest {
	const uint8_t *value;
	unsigned distance;
	long file;
};

static void
ask(const struct known *k, unsigned length, struct nearest *n)
{
	for (size_t i = search(k, length); i < k->tlshs.count; i++) {
		uint32_t file = k->tlshs.files[i];
		unsigned d;

		if (tlsh_length(k->files[file].tlsh) != length)
			break;
		d = tlsh_distance(n->value, k->files[file].tlsh);
		if (d < n->distance || (d == n->distance &&
		    (n->file < 0 || file < n->file))) {
			n->distance = d;
			n->file = (long)file;
		}
	}
}

long
known_tlsh_find(const struct known *k, const uint8_t value[static TLSH_LEN],
    unsigned *ret_distance)
{
	struct nearest n = { value, KNOWN_TLSH_NEAR, -1 };

	for (; k && k->sealed; k = k->older) {
		if (!k->tlshs.count)
			continue;
		for (int step = -LENGTHS_APART; step <= LENGTHS_APART; step++)
			ask(k, (uint8_t)(tlsh_length(value) + step), &n);
	}
	if (n.file >= 0)
		*ret_distance = n.distance;
	return n.file;
}
