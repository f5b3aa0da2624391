/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_FLOW_RECORD_H
#define ENGINE_FLOW_RECORD_H

#include <openssl/evp.h>

#include "base/arena.h"
#include "flow/flow.h"
#include "protocol/conn.h"
#include "verdict/event.h"

/* What the engine keeps of a flow beside the table, and how it becomes an
 * event_flow. Used by a shard, on its thread. */
struct flow_user {
	struct conn *conn;		/* NULL: no payload yet */
	uint64_t transfers : 55;
	uint64_t endpoint_by : 4, endpoint_side : 1;	/* while there is no
							 * conn */
	uint64_t refused : 1;		/* no memory for a connection */
	uint64_t digested : 1;		/* digest[] is there */
	uint64_t understood_out, undeciphered_out, encrypted_out;
	uint64_t continues;		/* id of the flow in which its connection
					 * began, 0: it began in this one */
	EVP_MD_CTX *digest[];		/* of both sides, where they are wanted */
};

static inline size_t
flow_user_len(bool digests)
{
	return sizeof(struct flow_user) + (digests ? 2 : 0) *
	    sizeof(EVP_MD_CTX *);
}

struct naming;

/* u is zeroed; false if memory is out. */
bool flow_user_init(struct flow_user *u, bool digests);
void flow_user_clear(struct flow_user *u);
void flow_user_digest(struct flow_user *u, unsigned side, const uint8_t *data,
    size_t len);

/* A TCP connection of which no SYN was captured: it was there before. */
bool flow_record_joined(const struct flow *f);

/* The flow as it stands, text copied into the arena; totals: with the counts
 * that a flow event has. f has a user. */
void flow_record_fill(const struct flow *f, struct arena *arena, bool totals,
    struct event_flow *ret);

/* Names a flow that is over, and filled in, by ports and networks if nothing else
 * did. n may be NULL. */
void flow_record_name(const struct flow *f, struct naming *n,
    struct event_flow *ret);

/* Frees what the flow's user holds, telling nobody. */
void flow_record_drop(struct flow *f);

#endif
