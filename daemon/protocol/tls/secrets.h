/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_TLS_SECRETS_H
#define PROTOCOL_TLS_SECRETS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

/*
 * The store of a key log: secrets by a name of 32 bytes (a client random, or what
 * else names a session) and a label. A session's four secrets share its name, so
 * that a log of a gigabyte takes a third of that. For the key log alone, in its
 * storage; all zero is empty.
 */
#define SECRETS_NAME_LEN	32
#define SECRETS_BYTES_MAX	64
#define SECRETS_OTHERS_MAX	7	/* of a name and label, beside the first */

struct secrets {
	struct secrets_name *names;
	uint32_t name_count, name_cap;
	uint32_t *slots;		/* index + 1 of a name; open addressing */
	uint32_t slot_count;		/* a power of two, or 0 */
	uint64_t seed;			/* of places in it; nothing told hangs on it */
	uint64_t *units;		/* records, one behind the other */
	size_t unit_count, unit_cap;
};

void secrets_clear(struct secrets *s);

/* 1: it is new and kept; 0: it was there; ERR_LIMIT: there are too many of its name
 * and label, or it is too long; -ENOMEM. */
int secrets_add(struct secrets *s, uint8_t label,
    const uint8_t name[static SECRETS_NAME_LEN], struct span bytes) must_check;

/* The n-th of that name and label, from 0 on, borrowed until the next
 * secrets_add(); an empty span if there is none. */
struct span secrets_find(const struct secrets *s, uint8_t label,
    const uint8_t name[static SECRETS_NAME_LEN], unsigned n);

#endif
