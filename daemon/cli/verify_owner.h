/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_VERIFY_OWNER_H
#define CLI_VERIFY_OWNER_H

#include <stdint.h>

#include <uthash.h>

#include "base/buf.h"
#include "telltap/telltap.h"

/* The processes that lines name, each once with a number of its own. */
struct arena;
struct event_process;

/* All that is said of a process and how it is known, as bytes. */
struct owner {
	UT_hash_handle hh;
	uint32_t id;
	size_t len;
	uint8_t *key;
	struct telltap_process process;
};

struct owners {
	struct arena *arena;		/* of all that is kept */
	struct owner *all;
	struct buf key;
};

/* The arena outlives it. */
void owners_init(struct owners *o, struct arena *arena);
void owners_clear(struct owners *o);

/* asker: whose questions the process, a resolver, hands on; NULL if it is none. NULL
 * if memory is out. */
const struct owner *owners_find_or_add(struct owners *o,
    const struct event_process *p, const struct event_process *asker);

#endif
