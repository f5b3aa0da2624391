// SPDX-License-Identifier: Apache-2.0
/* Catalogues as part of the known files: a row has a number from KNOWN_FIRST_ROW
 * on, the catalogues counted one behind the other. */
#include "content/known/known_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RING	16		/* rows in words at a time, per thread */

uint64_t
known_rows(const struct known *k)
{
	uint64_t n = 0;

	for (size_t i = 0; i < k->catalogue_count; i++)
		n += k->catalogues[i]->head.row_count;
	return n;
}

uint64_t
known_total(const struct known *k)
{
	return known_count(k) + known_rows(k) + k->others;
}

static int
push(struct known *k, struct catalogue *c)
{
	struct catalogue **list = reallocarray(k->catalogues,
	    k->catalogue_count + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	k->catalogues = list;
	list[k->catalogue_count++] = c;
	return 0;
}

int
known_add_catalogue(struct known *k, const char *path)
{
	struct catalogue *c = NULL;
	int err = catalogue_open(path, &c);

	if (err == ERR_UNSUPPORTED)
		return known_fail(k, err, "%s: an index of another version; "
		    "build it again", path);
	if (err)
		return known_fail(k, err, "%s: index of known files: %s", path,
		    err_text(err));
	if (known_rows(k) + c->head.row_count > CATALOGUE_MAX_ROWS)
		err = known_fail(k, ERR_LIMIT, "%s: more than %u files in "
		    "indexes", path, CATALOGUE_MAX_ROWS);
	else if (push(k, c))
		err = known_fail(k, -ENOMEM, "%s: out of memory", path);
	if (err)
		catalogue_free(c);
	return err;
}

int
known_share_catalogues(struct known *k, const struct known *older)
{
	for (size_t i = 0; i < older->catalogue_count; i++) {
		if (push(k, older->catalogues[i]))
			return -ENOMEM;
		catalogue_share(older->catalogues[i]);
	}
	return 0;
}

void
known_drop_catalogues(struct known *k)
{
	for (size_t i = 0; i < k->catalogue_count; i++)
		catalogue_free(k->catalogues[i]);
	free(k->catalogues);
}

long
known_find_row(const struct known *k, enum known_hash alg, const uint8_t *hash,
    size_t len, size_t *ret_same, bool *ret_shared)
{
	uint64_t base = KNOWN_FIRST_ROW;
	size_t same, all = 0;
	bool shared, any_shared = false;
	long found = -1;

	for (size_t i = 0; i < k->catalogue_count; i++) {
		const struct catalogue *c = k->catalogues[i];
		int64_t row = catalogue_find(c, alg, hash, len, &same,
		    &shared);

		if (row >= 0) {
			any_shared |= shared || (found >= 0 &&
			    memcmp(known_get(k, (size_t)found)->hash[alg],
			    known_get(k, base + (uint64_t)row)->hash[alg],
			    known_hash_len(alg)));
			found = found < 0 ? (long)(base + (uint64_t)row) :
			    found;
			all += same;
		}
		base += c->head.row_count;
	}
	if (found >= 0) {
		*ret_same = all;
		*ret_shared = any_shared;
	}
	return found;
}

const struct known_file *
known_get_row(const struct known *k, size_t index)
{
	static __thread struct known_file ring[RING];
	static __thread unsigned next;
	struct known_file *f = &ring[next++ % RING];
	uint64_t row = index - KNOWN_FIRST_ROW;

	for (size_t i = 0; i < k->catalogue_count; i++) {
		const struct catalogue *c = k->catalogues[i];

		if (row < c->head.row_count) {
			catalogue_get(c, (uint32_t)row, f);
			return f;
		}
		row -= c->head.row_count;
	}
	return NULL;
}

static inline size_t
batch(size_t left)
{
	return left < FILTER_SIFT_MAX ? left : FILTER_SIFT_MAX;
}

/* While some offsets are asked, the lines of the next ones come. */
static void
each_in(const struct catalogue *c, const uint8_t *p, size_t n,
    void (*found)(void *arg, size_t at), void *arg)
{
	uint32_t lowest[2][FILTER_RANKS], log2 = c->head.filter_log2;
	uint16_t at[FILTER_SIFT_MAX];
	size_t count, from = 0, some = batch(n), next;
	unsigned turn = 0;

	if (n)
		filter_fetch(c->filter, log2, p, some, lowest[0]);
	for (; from < n; from += some, some = next, turn ^= 1) {
		next = batch(n - from - some);
		if (next)
			filter_fetch(c->filter, log2, p + from + some, next,
			    lowest[turn ^ 1]);
		count = filter_ask(c->filter, log2, p + from, some,
		    lowest[turn], at);
		for (size_t i = 0; i < count; i++)
			found(arg, from + at[i]);
	}
}

void
known_hash_each(const struct known *k, const uint8_t *p, size_t n,
    void (*found)(void *arg, size_t at), void *arg)
{
	for (size_t i = 0; known_count(k) && i < n; i++)
		if (hash_filter_maybe(&k->filter, p + i))
			found(arg, i);
	for (size_t i = 0; i < k->catalogue_count; i++)
		each_in(k->catalogues[i], p, n, found, arg);
}
