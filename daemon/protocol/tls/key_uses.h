/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_KEY_USES_H
#define PROTOCOL_KEY_USES_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "protocol/tls/keylog.h"

/*
 * Which sessions of the capture there were keys for, for whoever keeps these
 * keys with the packets. One per shard, filled on its thread; read between batches.
 *
 * Ceiling: KEY_USES_MAX sessions; more are counted and left out.
 */
#define KEY_USES_MAX	65536u

struct key_use {
	uint8_t client_random[32];
	uint8_t master[48];	/* made of a pre-master secret; else zeros */
	bool derived;
};

struct key_uses {
	struct key_use *list;
	size_t count, cap, told;
	uint64_t left_out;
};

void key_uses_clear(struct key_uses *u);

/* A session begins whose keys are at hand. master: 48 bytes that no key log has,
 * or NULL. u may be NULL. */
void key_uses_note(struct key_uses *u, const uint8_t client_random[static 32],
    const uint8_t *master);

/* Key log lines of the sessions noted since the last call. */
void key_uses_tell(struct key_uses *u, const struct keylog *k, struct buf *out);

#endif
