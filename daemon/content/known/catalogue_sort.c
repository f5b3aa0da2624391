// SPDX-License-Identifier: Apache-2.0
#include "content/known/catalogue_sort.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RUN_ENTRIES	(1u << 20)	/* 16 MiB, and as much to sort it in */
#define READ_ENTRIES	2048
#define DIGIT_BITS	11
#define DIGITS		3		/* the upper 33 bits of the key */

/* A sorted part of the scratch file, and what of it is in memory. */
struct run {
	uint64_t next, end;	/* entries of the file still to be read */
	unsigned at, held;
	struct sort_entry entry[READ_ENTRIES];
};

struct sorter {
	const char *path;
	int fd;
	uint64_t count, written;
	struct sort_entry *entries, *other;
	size_t held;
	uint64_t *run_ends;
	size_t run_count;
	struct run **heap;	/* by their first entries */
	size_t heap_count;
	size_t at;		/* of entries, where there are no runs */
};

int
sort_scratch(const char *path)
{
	char name[PATH_MAX];
	const char *slash = strrchr(path, '/');
	int dir_len = slash ? (int)(slash - path) + 1 : 2, fd;

	if (dir_len + 32 > PATH_MAX)
		return -ENAMETOOLONG;
	snprintf(name, sizeof(name), "%.*s", dir_len, slash ? path : "./");
	fd = open(name, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	snprintf(name, sizeof(name), "%.*s.telltap-XXXXXX", dir_len,
	    slash ? path : "./");
	fd = mkostemp(name, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	unlink(name);
	return fd;
}

struct sorter *
sorter_new(const char *path)
{
	struct sorter *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->path = path;
	s->fd = -1;
	s->entries = malloc(RUN_ENTRIES * sizeof(*s->entries));
	s->other = malloc(RUN_ENTRIES * sizeof(*s->other));
	if (s->entries && s->other)
		return s;
	sorter_free(s);
	return NULL;
}

void
sorter_free(struct sorter *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->heap_count; i++)
		free(s->heap[i]);
	free(s->heap);
	free(s->run_ends);
	free(s->entries);
	free(s->other);
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}

uint64_t
sorter_count(const struct sorter *s)
{
	return s->count;
}

static int
compare(const void *a, const void *b)
{
	const struct sort_entry *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

static unsigned
digit(uint64_t key, int n)
{
	return key >> (64 - DIGIT_BITS * (DIGITS - n)) &
	    ((1u << DIGIT_BITS) - 1);
}

/* By one digit; what is alike keeps its order. */
static void
pass(const struct sort_entry *from, struct sort_entry *to, size_t n, int d)
{
	uint32_t place[1u << DIGIT_BITS] = { 0 }, sum = 0, count;

	for (size_t i = 0; i < n; i++)
		place[digit(from[i].key, d)]++;
	for (size_t i = 0; i < 1u << DIGIT_BITS; i++) {
		count = place[i];
		place[i] = sum;
		sum += count;
	}
	for (size_t i = 0; i < n; i++)
		to[place[digit(from[i].key, d)]++] = from[i];
}

/* Upper bits by their digits, then the few that share them. */
static void
sort(struct sorter *s)
{
	struct sort_entry *swap;
	size_t i, j;

	for (int d = 0; d < DIGITS; d++) {
		pass(s->entries, s->other, s->held, d);
		swap = s->entries;
		s->entries = s->other;
		s->other = swap;
	}
	for (i = 0; i < s->held; i = j) {
		for (j = i + 1; j < s->held && s->entries[j].key >> 31 ==
		    s->entries[i].key >> 31; j++)
			;
		if (j - i > 1)
			qsort(s->entries + i, j - i, sizeof(*s->entries),
			    compare);
	}
}

static int
write_all(int fd, const void *data, size_t len)
{
	const uint8_t *p = data;
	ssize_t n;

	for (; len; len -= (size_t)n, p += n) {
		n = write(fd, p, len);
		if (n < 0 && errno != EINTR)
			return -errno;
		n = n < 0 ? 0 : n;
	}
	return 0;
}

static int
write_run(struct sorter *s)
{
	uint64_t *ends = reallocarray(s->run_ends, s->run_count + 1,
	    sizeof(*ends));
	int err;

	if (!ends)
		return -ENOMEM;
	s->run_ends = ends;
	if (s->fd < 0)
		s->fd = sort_scratch(s->path);
	if (s->fd < 0)
		return s->fd;
	sort(s);
	err = write_all(s->fd, s->entries, s->held * sizeof(*s->entries));
	if (err)
		return err;
	s->written += s->held;
	s->run_ends[s->run_count++] = s->written;
	s->held = 0;
	return 0;
}

int
sorter_add(struct sorter *s, uint64_t key, uint32_t row)
{
	int err = s->held == RUN_ENTRIES ? write_run(s) : 0;

	if (err)
		return err;
	s->entries[s->held++] = (struct sort_entry){ key, row };
	s->count++;
	return 0;
}

/* More of a run into memory: 1, 0 at its end. */
static int
fill(struct sorter *s, struct run *r)
{
	uint64_t left = r->end - r->next;
	size_t want = (left < READ_ENTRIES ? (size_t)left : READ_ENTRIES) *
	    sizeof(r->entry[0]), have = 0;
	ssize_t n;

	if (r->at < r->held)
		return 1;
	while (have < want) {
		n = pread(s->fd, (uint8_t *)r->entry + have, want - have,
		    (off_t)(r->next * sizeof(r->entry[0]) + have));
		if (!n || (n < 0 && errno != EINTR))
			return n ? -errno : -EIO;
		have += n > 0 ? (size_t)n : 0;
	}
	r->at = 0;
	r->held = (unsigned)(want / sizeof(r->entry[0]));
	r->next += r->held;
	return want > 0;
}

static bool
is_before(const struct run *a, const struct run *b)
{
	return compare(&a->entry[a->at], &b->entry[b->at]) < 0;
}

static void
sift_down(struct sorter *s, size_t i)
{
	for (;;) {
		size_t least = i, child = 2 * i + 1;
		struct run *swap;

		for (size_t c = child; c < child + 2 && c < s->heap_count; c++)
			if (is_before(s->heap[c], s->heap[least]))
				least = c;
		if (least == i)
			return;
		swap = s->heap[i];
		s->heap[i] = s->heap[least];
		s->heap[least] = swap;
		i = least;
	}
}

static int
open_run(struct sorter *s, size_t i)
{
	struct run *r = malloc(sizeof(*r));
	int got;

	if (!r)
		return -ENOMEM;
	r->next = i ? s->run_ends[i - 1] : 0;
	r->end = s->run_ends[i];
	r->at = r->held = 0;
	s->heap[s->heap_count++] = r;
	got = fill(s, r);
	return got < 0 ? got : 0;
}

int
sorter_seal(struct sorter *s)
{
	int err = 0;

	if (!s->run_count) {
		sort(s);
		return 0;
	}
	if (s->held)
		err = write_run(s);
	free(s->entries);
	free(s->other);
	s->entries = s->other = NULL;
	s->heap = calloc(s->run_count, sizeof(struct run *));
	if (!s->heap)
		return -ENOMEM;
	for (size_t i = 0; i < s->run_count && !err; i++)
		err = open_run(s, i);
	for (size_t i = s->heap_count; !err && i-- > 0;)
		sift_down(s, i);
	return err;
}

int
sorter_next(struct sorter *s, struct sort_entry *ret_entry)
{
	struct run *r;
	int got;

	if (!s->run_count) {
		if (s->at == s->held)
			return 0;
		*ret_entry = s->entries[s->at++];
		return 1;
	}
	if (!s->heap_count)
		return 0;
	r = s->heap[0];
	*ret_entry = r->entry[r->at++];
	got = fill(s, r);
	if (got < 0)
		return got;
	if (!got) {
		s->heap[0] = s->heap[--s->heap_count];
		free(r);
	}
	sift_down(s, 0);
	return 1;
}
