// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "content/known/anchor_stream.h"

#define LEN	20000

static uint8_t *data;
static uint64_t expected[LEN], got[LEN];

/* The definition, word for word. */
static size_t
by_definition(const uint8_t *p, size_t len, uint64_t *ret)
{
	uint64_t last = UINT64_MAX;
	size_t n = 0;

	for (size_t w = 0; w + ANCHOR_RUN <= len; w++) {
		uint32_t min = ANCHOR_NO_RANK;
		size_t at = 0;

		for (size_t i = w; i < w + ANCHOR_WINDOW; i++) {
			if (anchor_rank(p + i) <= min) {
				min = anchor_rank(p + i);
				at = i;
			}
		}
		if (min == ANCHOR_NO_RANK || at == last)
			continue;
		last = at;
		ret[n++] = at;
	}
	return n;
}

static size_t
by_stream(const uint8_t *p, size_t len, size_t piece, size_t batch, bool all)
{
	struct anchor_stream *s = malloc(sizeof(*s));
	struct anchor found[32];
	size_t n = 0, k;

	if (all)
		anchor_stream_init_all(s);
	else
		anchor_stream_init(s);
	for (size_t i = 0; i <= len; i += piece) {
		size_t m = len - i < piece ? len - i : piece;
		uint8_t *copy = malloc(m + 1);

		memcpy(copy, p + i, m);
		anchor_stream_open(s, copy, m);
		while ((k = anchor_stream_next(s, i + piece > len, found,
		    batch))) {
			for (size_t j = 0; j < k; j++)
				got[n++] = found[j].offset;
		}
		anchor_stream_close(s);
		free(copy);
	}
	free(s);
	return n;
}

/* Kinds of content, one after the other in a buffer of exactly that size. */
static void
fill(unsigned kind)
{
	uint32_t x = 12345 + kind;

	for (size_t i = 0; i < LEN; i++) {
		x = x * 1664525 + 1013904223;
		switch (kind) {
		case 0:
			data[i] = (uint8_t)(x >> 24);
			break;
		case 1:		/* text */
			data[i] = (uint8_t)"etaoin shrdlu\n.,"[x >> 28];
			break;
		case 2:		/* noise and zeros by turns */
			data[i] = i / 700 % 2 ? 0 : (uint8_t)(x >> 24);
			break;
		case 3:		/* period of 3, 5, 7, ... */
			data[i] = (uint8_t)(i % (3 + i / 4000 * 2));
			break;
		case 4:		/* few bits */
			data[i] = (uint8_t)(x >> 31);
			break;
		case 5:		/* period of 4 with a flaw now and then */
			data[i] = i % 997 ? (uint8_t)(i % 4) : 99;
			break;
		default:	/* ranks that rise and rise fill the queue */
			data[i] = (uint8_t)(i / 256 + i % 3);
			break;
		}
	}
}

static void
anchors_are_as_defined_in_any_pieces(void **state)
{
	static const size_t pieces[] = { 1, 63, 64, 255, 300, 897, 1460, 5000,
		LEN };

	for (unsigned kind = 0; kind < 7; kind++) {
		size_t n, m;

		fill(kind);
		n = by_definition(data, LEN, expected);
		for (size_t i = 0; i < 9; i++) {
			for (int portable = 0; portable < 2; portable++) {
				anchor_force_portable(portable);
				m = by_stream(data, LEN, pieces[i],
				    1 + i * 3, false);
				assert_int_equal(m, n);
				assert_memory_equal(got, expected,
				    n * sizeof(*got));
			}
		}
	}
	anchor_force_portable(false);
}

/* All anchors are among what is told, which is else of low rank, and the same
 * however the bytes are cut and ranked. */
static void
every_candidate_is_told_where_all_are(void **state)
{
	static const size_t pieces[] = { 1, 64, 300, 1460, LEN };
	static uint64_t first[LEN];

	for (unsigned kind = 0; kind < 7; kind++) {
		size_t n, m, count = 0, at = 0;

		fill(kind);
		n = by_definition(data, LEN, expected);
		for (size_t i = 0; i < 10; i++) {
			anchor_force_portable(i % 2);
			m = by_stream(data, LEN, pieces[i / 2], 1 + i * 3,
			    true);
			if (!i) {
				count = m;
				memcpy(first, got, m * sizeof(*got));
			}
			assert_int_equal(m, count);
			assert_memory_equal(got, first, m * sizeof(*got));
		}
		for (size_t i = 0; i < count; i++) {
			if (at < n && first[i] == expected[at])
				at++;
			else
				assert_true(anchor_rank(data + first[i]) <=
				    ANCHOR_LOW);
		}
		assert_int_equal(at, n);
	}
	anchor_force_portable(false);
}

static void
a_run_needs_256_bytes(void **state)
{
	fill(0);
	assert_int_equal(by_stream(data, 255, 255, 32, false), 0);
	assert_int_equal(by_stream(data, 256, 256, 32, false), 1);
	assert_int_equal(by_stream(data, 0, 1, 32, false), 0);
}

static void
repeating_bytes_have_no_rank(void **state)
{
	static const uint8_t p[] = { 1, 2, 3, 4, 1, 2, 3, 4, 5 };

	assert_int_equal(anchor_rank(p), ANCHOR_NO_RANK);
	assert_int_not_equal(anchor_rank(p + 1), ANCHOR_NO_RANK);
	memset(data, 7, LEN);
	assert_int_equal(by_stream(data, LEN, 1000, 32, false), 0);
}

static int
setup(void **state)
{
	data = malloc(LEN);
	return data ? 0 : -1;
}

static int
teardown(void **state)
{
	free(data);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(anchors_are_as_defined_in_any_pieces),
		cmocka_unit_test(every_candidate_is_told_where_all_are),
		cmocka_unit_test(a_run_needs_256_bytes),
		cmocka_unit_test(repeating_bytes_have_no_rank),
	};

	return cmocka_run_group_tests_name("content/anchor", tests, setup,
	    teardown);
}
