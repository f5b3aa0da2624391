/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_WAIT_H
#define ENGINE_WAIT_H

#include <stdint.h>

#include "base/err.h"

struct telltap_engine;

/*
 * Connections whose keys come late, see conn_wait.h. Between batches, while no
 * shard is run: what the shards found is told in the table of keys, and who has
 * waited for it, or long enough, goes on. Their records are not taken yet.
 *
 * The same for any number of threads: what is known between two batches depends
 * on the packets before, and connections go on in the order in which they began
 * to wait.
 */

/* What there is to wait for, by the keys at hand. */
void engine_wait_set(struct telltap_engine *e);

/* now_ns: of the packets' clock; UINT64_MAX: nobody waits any longer. */
int engine_wait_over(struct telltap_engine *e, uint64_t now_ns) must_check;

#endif
