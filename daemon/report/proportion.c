// SPDX-License-Identifier: Apache-2.0
#include "report/proportion.h"

#include <math.h>

#define TAIL	0.025
#define STEPS	80		/* of halving, below the precision of a double */

/* By its continued fraction. */
double
proportion_beta(double a, double b, double x)
{
	double front, c = 1, d, h;
	int sign;

	if (x <= 0 || x >= 1)
		return x >= 1;
	if (x > (a + 1) / (a + b + 2))
		return 1 - proportion_beta(b, a, 1 - x);
	front = exp(lgamma_r(a + b, &sign) - lgamma_r(a, &sign) -
	    lgamma_r(b, &sign) + a * log(x) + b * log1p(-x)) / a;
	d = 1 / (1 - (a + b) * x / (a + 1));
	h = d;
	for (int m = 1; m < 500; m++) {
		double n = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));

		d = 1 / (1 + n * d);
		c = 1 + n / c;
		h *= d * c;
		n = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
		d = 1 / (1 + n * d);
		c = 1 + n / c;
		h *= d * c;
	}
	return front * h;
}

/* The x at which proportion_beta(a, b, x) is p; it grows with x. */
static double
beta_point(double a, double b, double p)
{
	double low = 0, high = 1;

	for (int i = 0; i < STEPS; i++) {
		double mid = (low + high) / 2;

		if (proportion_beta(a, b, mid) < p)
			low = mid;
		else
			high = mid;
	}
	return (low + high) / 2;
}

void
proportion_interval(double hits, double n, double *ret_low, double *ret_high)
{
	*ret_low = hits > 0 ? beta_point(hits, n - hits + 1, TAIL) : 0;
	*ret_high = hits < n ? beta_point(hits + 1, n - hits, 1 - TAIL) : 1;
}

/* Student's distribution: the point above which TAIL lies. */
static double
student_point(double freedom)
{
	double x = beta_point(freedom / 2, 0.5, 2 * TAIL);

	return sqrt(freedom * (1 - x) / x);
}

bool
proportion_by_group(const struct proportion_group *groups, size_t count,
    double *ret_low, double *ret_high)
{
	double hits = 0, n = 0, squares = 0, p, alike, ratio;
	size_t with = 0;

	for (size_t i = 0; i < count; i++) {
		hits += (double)groups[i].hits;
		n += (double)groups[i].count;
		with += groups[i].count > 0;
	}
	if (with < 2)
		return false;
	p = hits / n;
	for (size_t i = 0; i < count; i++) {
		double off = (double)groups[i].hits -
		    p * (double)groups[i].count;

		squares += off * off;
	}
	alike = (double)with;
	if (hits > 0 && hits < n) {
		double variance = squares * (double)with /
		    ((double)with - 1) / (n * n);

		alike = fmin(n, p * (1 - p) / variance);
		/* The variance itself is known from few groups only. */
		ratio = student_point(n - 1) /
		    student_point((double)with - 1);
		alike *= ratio * ratio;
	}
	alike = fmin(alike, n);
	proportion_interval(p * alike, alike, ret_low, ret_high);
	return true;
}
