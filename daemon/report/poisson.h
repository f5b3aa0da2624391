/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_POISSON_H
#define REPORT_POISSON_H

#include <stdint.h>

/*
 * poisson_interval - the exact (Garwood) interval of 95 % for the mean of a
 * Poisson process of which n events were counted. It covers the mean at least
 * as often as it says; n = 0 gives 0 to 3.69.
 */
void poisson_interval(uint64_t n, double *ret_low, double *ret_high);

#endif
