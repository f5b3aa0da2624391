/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/*
 * The time, of a clock of clock_gettime(2), for those who wait or stamp: never for
 * what derives events, which takes its time from packets.
 */

static inline uint64_t
clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

/* Nobody sets it. */
static inline uint64_t
clock_up_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

#endif
