// SPDX-License-Identifier: Apache-2.0
#include "report/poisson.h"

#include <math.h>

#define TAIL		0.025
#define STEPS_MAX	1000000
#define TINY		1e-300

/* x^a e^-x / Gamma(a), without overflow. */
static double
weight(double a, double x)
{
	int sign;

	return exp(a * log(x) - x - lgamma_r(a, &sign));
}

/* The lower incomplete gamma function, regularized, by its series. */
static double
gamma_series(double a, double x)
{
	double term = 1 / a, sum = term;

	for (int i = 1; i < STEPS_MAX && term > sum * 1e-16; i++) {
		term *= x / (a + i);
		sum += term;
	}
	return sum * weight(a, x);
}

/* The upper one, by its continued fraction (modified Lentz). */
static double
gamma_fraction(double a, double x)
{
	double b = x + 1 - a, c = 1 / TINY, d = 1 / b, h = d, an, step = 0;

	for (int i = 1; i < STEPS_MAX && fabs(step - 1) > 1e-15; i++) {
		an = -i * (i - a);
		b += 2;
		d = an * d + b;
		d = 1 / (fabs(d) < TINY ? TINY : d);
		c = b + an / c;
		c = fabs(c) < TINY ? TINY : c;
		step = c * d;
		h *= step;
	}
	return h * weight(a, x);
}

/* P(X >= n) for a mean of x, n above 0. */
static double
at_least(double n, double x)
{
	if (x <= 0)
		return 0;
	return x < n + 1 ? gamma_series(n, x) : 1 - gamma_fraction(n, x);
}

/* The mean for which P(X >= n) is p; it grows with the mean. */
static double
solve(double n, double p)
{
	double low = 0, high = n + 10 * sqrt(n) + 10;

	for (int i = 0; i < 100 && high - low > 1e-12 * high; i++) {
		double mid = (low + high) / 2;

		if (at_least(n, mid) < p)
			low = mid;
		else
			high = mid;
	}
	return (low + high) / 2;
}

void
poisson_interval(uint64_t n, double *ret_low, double *ret_high)
{
	*ret_low = n ? solve((double)n, TAIL) : 0;
	*ret_high = solve((double)n + 1, 1 - TAIL);
}
