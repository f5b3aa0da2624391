/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_INFERENCE_RATES_H
#define BENCH_INFERENCE_RATES_H

/* Options and rates of false names with their bounds, for inference.c and
 * inference_files.c. */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inference_traffic.h"
#include "report/proportion.h"

#define RATES	3
#define RANKS	20

static const double rates_alphas[RATES] = { 0.05, 0.01, 0.001 };

struct rates_options {
	unsigned cases, pool;
	size_t redraws;
	bool false_names, recall;
};

static inline void
rates_stop(const char *what)
{
	fprintf(stderr, "inference: %s\n", what);
	exit(2);
}

/* The seed goes where all that is drawn comes from. */
static inline struct rates_options
rates_options(int argc, char **argv)
{
	struct rates_options o = { 10000, 50, INFERENCE_REDRAWS, true, true };

	for (int i = 1; i < argc; i++) {
		unsigned long v = i + 1 < argc ?
		    strtoul(argv[i + 1], NULL, 10) : 0;

		if (!strcmp(argv[i], "--no-recall"))
			o.recall = false;
		else if (!strcmp(argv[i], "--no-false-names"))
			o.false_names = false;
		else if (!strcmp(argv[i], "--cases"))
			o.cases = (unsigned)v;
		else if (!strcmp(argv[i], "--redraws"))
			o.redraws = v;
		else if (!strcmp(argv[i], "--pool") && v)
			o.pool = (unsigned)v;
		else if (!strcmp(argv[i], "--seed"))
			state = v;
	}
	return o;
}

/* True if as many hits come less than once in 1000 runs where alpha is what it
 * should be. */
static inline bool
rates_print(const char *padding, const uint64_t *hits, uint64_t cases)
{
	bool any = false;

	for (int a = 0; a < RATES; a++) {
		double low, high;
		bool above;

		proportion_interval((double)hits[a], (double)cases, &low,
		    &high);
		above = hits[a] && proportion_beta((double)hits[a],
		    (double)(cases - hits[a]) + 1, rates_alphas[a]) < 0.001;
		printf("| %s | %g | %llu of %llu | %.5f | %.5f to %.5f |%s\n",
		    padding, rates_alphas[a], (unsigned long long)hits[a],
		    (unsigned long long)cases, (double)hits[a] / (double)cases,
		    low, high, above ? " ABOVE ALPHA" : "");
		any |= above;
	}
	return any;
}

/* How many cases have a p_false in each twentieth up to a half: as many in each, if
 * the planted code is one more redraw. (Above that are those in which nothing
 * fits.) True if they differ as much less than once in 1000 runs: Wilson and
 * Hilferty's approximation of chi-square. */
static inline bool
rates_print_ranks(const uint64_t *ranks, uint64_t cases)
{
	double mean = (double)cases / RANKS, sum = 0, rest = (double)cases, z;
	const int shown = RANKS / 2;
	const double each = 2.0 / (9 * shown);

	printf("\np_false by twentieths, up to a half:");
	for (int i = 0; i < shown; i++) {
		double off = (double)ranks[i] - mean;

		sum += off * off / mean;
		rest -= (double)ranks[i];
		printf(" %llu", (unsigned long long)ranks[i]);
	}
	rest -= (double)cases / 2;
	sum += rest * rest / ((double)cases / 2);
	z = (cbrt(sum / shown) - (1 - each)) / sqrt(each);
	printf("\nchi-square %.1f with %d degrees of freedom; as much by chance: "
	    "%.4f\n", sum, shown, erfc(z / sqrt(2)) / 2);
	return z > 3.09;
}

#endif
