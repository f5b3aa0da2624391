/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_PROPORTION_H
#define REPORT_PROPORTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Intervals of a proportion, 95 %: for what is independent, and for what comes
 * in groups whose members are not independent of each other. Pure.
 */

/* The regularised incomplete beta function. */
double proportion_beta(double a, double b, double x);

/* Clopper-Pearson's bounds of hits in n, which need not be whole numbers. */
void proportion_interval(double hits, double n, double *ret_low,
    double *ret_high);

struct proportion_group {
	uint64_t hits, count;
};

/*
 * proportion_by_group - Korn and Graubard's bounds: Clopper-Pearson's for as
 * many independent members as the variance between groups says there are. Where
 * all groups say never or always, which says nothing of that variance, each
 * group counts as one. False with fewer than two groups that have members: then
 * nothing can be said.
 */
bool proportion_by_group(const struct proportion_group *groups, size_t count,
    double *ret_low, double *ret_high);

#endif
