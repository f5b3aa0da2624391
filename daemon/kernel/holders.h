/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_HOLDERS_H
#define KERNEL_HOLDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Who held a tuple earlier than the few that its entry (tuples.h) has room for.
 * Packets are read some time after they were captured, and a port may have been used
 * many times since. Such holders are kept in one pool, a chain for each tuple, until
 * HOLDERS_KEPT_NS after another took over; at most HOLDERS_OF_TUPLE of one tuple and
 * HOLDERS_MAX of all, above which a tuple's oldest goes, and is counted.
 */

#define HOLDERS_KEPT_NS		10000000000ull
#define HOLDERS_OF_TUPLE	4096
#define HOLDERS_MAX		262144

struct tuple_holder {
	uint64_t since_ns;		/* Unix epoch */
	uint64_t cookie;
	uint32_t creator, sender;
	uint32_t flags;			/* enum tap_socket_flag */
	uint32_t owner;			/* the id that packets bear, 0: nobody's */
};

struct holder_chain {
	uint32_t newest, oldest;	/* index + 1 */
	uint32_t count;
};

struct holders {
	struct holder_link *links;
	size_t cap, used, count;
	uint32_t free;			/* index + 1, chained by older */
	uint64_t forgotten;		/* for lack of room */
};

void holders_drop(struct holders *hs);

/* The one that an entry has no more room for: newer than all of the chain. */
void holders_push(struct holders *hs, struct holder_chain *chain,
    const struct tuple_holder *holder);

/* Removes those who were succeeded before that time, the last by one since next_ns. */
void holders_trim(struct holders *hs, struct holder_chain *chain, uint64_t next_ns,
    uint64_t before_ns);

void holders_clear(struct holders *hs, struct holder_chain *chain);

/* Who held at that time, or the oldest; NULL if the chain is empty. */
const struct tuple_holder *holders_find(const struct holders *hs,
    const struct holder_chain *chain, uint64_t ts_ns);

/* Whether it was the holder's by then. */
bool tuple_is_held(const struct tuple_holder *holder, uint64_t ts_ns);

#endif
