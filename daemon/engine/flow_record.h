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
	EVP_MD_CTX **digest;		/* two, NULL unless wanted */
	uint64_t transfers : 56;
	uint64_t endpoint_by : 4, endpoint_side : 1;	/* while there is no
							 * conn */
	uint64_t refused : 1;		/* no memory for a connection */
	uint64_t understood_out, undeciphered_out, encrypted_out;
	uint64_t continues;		/* id of the flow in which its connection
					 * began, 0: it began in this one */
	const char *protocol, *application;	/* final; see _name() */
};

struct naming;

/* u is zeroed; false if memory is out. */
bool flow_user_init(struct flow_user *u, bool digests);
void flow_user_clear(struct flow_user *u);
void flow_user_digest(struct flow_user *u, unsigned side, const uint8_t *data,
    size_t len);

/* A TCP connection of which no SYN was captured: it was there before. */
bool flow_record_joined(const struct flow *f);

/* Names a flow that is over, by ports and networks if nothing else. n may be
 * NULL. */
void flow_record_name(struct flow *f, struct naming *n);

/* The flow as it stands, text copied into the arena; totals: with the counts
 * that a flow event has. f->user is set. */
void flow_record_fill(const struct flow *f, struct arena *arena, bool totals,
    struct event_flow *ret);

/* Frees what f->user holds, telling nobody. */
void flow_record_drop(struct flow *f);

#endif
