/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_REPLAY_OWNERS_H
#define CLI_REPLAY_OWNERS_H

#include "telltap/source.h"
#include "telltap/telltap.h"

/*
 * Whose packets are, as the capture itself says it: comments and headers of
 * other tools. Packets that have an owner are handed on as copies with its
 * number; a capture without any is handed on as it is.
 */
struct replay_owners;

/* Owners get numbers above `taken`. */
struct replay_owners *replay_owners_new(uint32_t taken);
void replay_owners_free(struct replay_owners *o);

/* Tells the engine of new owners. *ret_packets is packets, or copies that
 * live until the second next call. */
int replay_owners_apply(struct replay_owners *o,
    struct telltap_engine *engine, const struct telltap_block *blocks,
    size_t block_count, const struct telltap_packet *packets, size_t count,
    const struct telltap_packet **ret_packets);

#endif
