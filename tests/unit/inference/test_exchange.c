// SPDX-License-Identifier: Apache-2.0
/* The claim of p_false rests on one thing that the program can get wrong: that the
 * code that was planted and those drawn anew are scored by one function of the code
 * and the traffic alone. Traffic is that of the bench. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../bench/inference_traffic.h"
#include "../../../daemon/inference/inference.c"

#define CODES	20
#define CASES	200

static uint8_t types[COUNT], name_lens[COUNT];
static struct inference_null *null, *turned;
static struct inference_set set;
static uint64_t sizes[COUNT];
static struct sent sent;
static struct fits f;

static int
set_up(void **unused)
{
	struct code code = code_for(COUNT);
	static const char seed[] = "exchange";

	for (int i = 0; i < COUNT; i++) {
		types[i] = (uint8_t)(i % FORM_TYPE_COUNT);
		name_lens[i] = (uint8_t)(12 + i % 16);
	}
	if (code_draw(&code, span_str(seed), sizes))
		return -1;
	set = (struct inference_set){ code, seed, sizes, types, name_lens };
	return inference_null_new(&set, CODES, &null) ||
	    inference_null_new(&set, CODES, &turned);
}

static int
tear_down(void **unused)
{
	inference_null_free(null);
	inference_null_free(turned);
	return 0;
}

static void
begin(unsigned number)
{
	struct inference_case in = { .items = sent.items, .groups = sent.groups };

	state = number;
	add_noise(&sent, number % PAD_COUNT);
	in.item_count = sent.count;
	in.group_count = sent.group_count;
	assert_int_equal(fits_init(&f, &set, &in), 0);
}

static void
a_code_scores_alike_wherever_it_stands(void **unused)
{
	for (unsigned n = 0; n < 40; n++) {
		size_t by = 1 + n % (CODES - 1);
		double *a, *b;

		begin(n);
		for (size_t i = 0; i < CODES; i++)
			turned->codes[i] = null->codes[(i + by) % CODES];
		a = null_scores(null, &f);
		b = null_scores(turned, &f);
		assert_memory_equal(a, b, CODES * sizeof(*a));
		free(a);
		free(b);
		fits_clear(&f);
	}
}

/* The rank of the code at that place, called the planted one, among all. */
static size_t
rank_of(size_t place)
{
	const struct fits_code planted = null->codes[place];
	struct best best;
	double *scores, p;

	null->redraws = CODES - 1;
	null->codes[place] = null->codes[CODES - 1];
	scores = null_scores(null, &f);
	p = find_best(&f, &planted, &best) ?
	    p_false(scores, CODES - 1, best.score) : 1;
	null->codes[CODES - 1] = null->codes[place];
	null->codes[place] = planted;
	null->redraws = CODES;
	free(scores);
	return (size_t)lround(p * CODES);
}

/* Whichever of the codes is called the planted one: each has a rank of its own, but
 * for ties, which count against it. */
static void
ranks_are_those_of_a_permutation(void **unused)
{
	for (unsigned n = 0; n < CASES; n += 20) {
		size_t at_most[CODES + 1] = { 0 };

		begin(n);
		for (size_t i = 0; i < CODES; i++) {
			size_t rank = rank_of(i);

			assert_in_range(rank, 1, CODES);
			for (size_t k = rank; k <= CODES; k++)
				at_most[k]++;
		}
		for (size_t k = 1; k <= CODES; k++)
			assert_true(at_most[k] <= k);
		assert_int_equal(at_most[CODES], CODES);
		fits_clear(&f);
	}
}

/* A case's p_false at a level or below: of codes with seeds of their own, drawn as a
 * set is when it is planted. 0.05 of 200 is 10; 21 or more come once in 600. */
static void
planted_codes_are_named_as_often_as_alpha(void **unused)
{
	struct fits_code *c = malloc(sizeof(*c));
	unsigned hits = 0;

	null->redraws = CODES - 1;
	for (unsigned n = 0; n < CASES; n++) {
		uint64_t drawn[COUNT];
		struct best best;
		double *scores;
		char seed[32];

		begin(1000 + n);
		snprintf(seed, sizeof(seed), "planted %u", n);
		assert_int_equal(code_draw(&set.code, span_str(seed), drawn), 0);
		fits_code_make(c, &null->model, drawn, types, COUNT);
		scores = null_scores(null, &f);
		hits += find_best(&f, c, &best) &&
		    p_false(scores, CODES - 1, best.score) <= 0.05;
		free(scores);
		fits_clear(&f);
	}
	null->redraws = CODES;
	free(c);
	assert_in_range(hits, 2, 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_code_scores_alike_wherever_it_stands),
		cmocka_unit_test(ranks_are_those_of_a_permutation),
		cmocka_unit_test(planted_codes_are_named_as_often_as_alpha),
	};

	return cmocka_run_group_tests_name("exchange", tests, set_up, tear_down);
}
