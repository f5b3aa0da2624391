/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_TUPLES_H
#define KERNEL_TUPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "bpf/socket.h"
#include "kernel/holders.h"

/*
 * User space's copy of the kernel's tuples: to whom a packet belongs. A tuple
 * is used by one socket after another, so each keeps its last holders and
 * since when they held it; the packet's time tells which one is meant.
 *
 * An entry goes when its socket is done and has lingered, since data queued at
 * close() leaves later. At most TUPLES_MAX are kept; above it nothing is
 * entered, which the caller counts. The kernel has room for a quarter of that, so
 * where there are many they linger for less.
 */

#define TUPLES_MAX	1048576
#define TUPLE_HOLDERS	4

struct tuple_entry {
	struct tap_tuple tuple;
	uint64_t ended_ns;		/* 0 while the socket is open */
	uint32_t next_of_cookie;	/* index + 1 */
	uint32_t holder_count;
	struct tuple_holder holders[TUPLE_HOLDERS];	/* newest first */
	struct holder_chain earlier;
};

struct tuples;

struct tuples *tuples_new(void);
void tuples_free(struct tuples *ts);

/* Enters a holder, or renews the newest one if it has the same owner. */
must_check int tuples_hold(struct tuples *ts, const struct tap_tuple *tuple,
    const struct tuple_holder *holder);

/* Who held the tuple at ts_ns, or who was the first to do so if that was later;
 * NULL if it is not known. Lives until the next call that changes the table. */
const struct tuple_holder *tuples_find(const struct tuples *ts,
    const struct tap_tuple *tuple, uint64_t ts_ns);

/* The owner id of the newest holder, 0 if there is none. */
uint32_t tuples_owner(const struct tuples *ts, const struct tap_tuple *tuple);

/* All tuples that the socket of that cookie holds now are done. Returns the
 * owner id of one of them, 0 if it had none. */
uint32_t tuples_end_cookie(struct tuples *ts, uint64_t cookie, uint64_t now_ns);

/* Removes what ended before the given time, calling removed for each. */
size_t tuples_sweep(struct tuples *ts, uint64_t before_ns,
    void (*removed)(void *arg, const struct tuple_entry *entry), void *arg);

/* Every tuple that was not removed. */
void tuples_each(const struct tuples *ts,
    void (*each)(void *arg, const struct tuple_entry *entry), void *arg);

size_t tuples_count(const struct tuples *ts);

/* Holders that went too soon, for lack of room. */
uint64_t tuples_holders_forgotten(const struct tuples *ts);

/* How long those that ended are to be kept: a minute if they are few, and some
 * seconds if they come by the ten thousand a second. */
uint64_t tuples_linger_ns(const struct tuples *ts);

#endif
