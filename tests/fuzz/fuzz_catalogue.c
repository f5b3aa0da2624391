// SPDX-License-Identifier: Apache-2.0
/*
 * Any bytes as a catalogue: refused, or asked, and then what is found has the
 * hash that was asked for, and every name ends within the bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "content/known/catalogue.h"

#define ROWS_MAX	64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
ask(const struct catalogue *c, const struct known_file *f, enum known_hash alg)
{
	size_t hash_len = known_hash_len(alg), same;
	struct known_file found;
	bool shared;

	for (size_t n = CATALOGUE_KEY; n <= hash_len; n += hash_len - 8) {
		int64_t row = catalogue_find(c, alg, f->hash[alg], n, &same,
		    &shared);

		if (row < 0)
			continue;
		if ((uint64_t)row >= c->head.row_count || !same)
			abort();
		catalogue_get(c, (uint32_t)row, &found);
		if (memcmp(found.hash[alg], f->hash[alg], n))
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct catalogue *c;
	struct known_file f;

	if (catalogue_over(data, len, &c))
		return 0;
	for (uint32_t row = 0; row < ROWS_MAX; row++) {
		catalogue_get(c, row, &f);
		if (strlen(f.name) >= len)
			abort();
		for (int a = 0; a < KNOWN_HASH_COUNT; a++)
			ask(c, &f, (enum known_hash)a);
	}
	catalogue_free(c);
	return 0;
}
