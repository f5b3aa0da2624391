/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_CLAIMS_H
#define ENGINE_CLAIMS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/span.h"
#include "flow/packet.h"

/*
 * Who had a connection or asked for a name, as a log beside the capture says.
 * Filled and sealed before the first packet; then only read, by all shards.
 *
 * A claim holds for a flow of its addresses and ports that began about when the
 * log says: ports are used again. A flow whose beginning was not captured may
 * have been logged long before.
 */
struct claim {
	struct packet_addr local, remote;
	uint16_t local_port, remote_port;
	uint8_t proto;
	bool any_local, any_remote;	/* that address is not known */
	bool day_time;		/* times are since midnight, zone unknown */
	bool opens;		/* nothing of it was before first_ns */
	uint64_t first_ns, last_ns;	/* seen by the log */
	uint64_t end_ns;	/* its process's; UINT64_MAX: not known */
	uint32_t owner;
};

struct claim_flow {
	const struct packet_addr *addr[2];
	uint16_t port[2];
	uint8_t proto;
	uint8_t syn_side;	/* 1 + who opened it; 0: before the capture */
	uint64_t start_ns;
};

struct claim_found {
	uint32_t owner, other;	/* other: as good a claim, of another; or 0 */
	unsigned side;		/* which end the owner has */
	bool unsure;		/* not by all of address, port and time */
};

struct claims {
	struct claim *list;
	size_t count, cap;
	struct claim_query *queries;
	size_t query_count, query_cap;
	bool sealed;
};

#define CLAIMS_MAX	(4u << 20)

/* ERR_LIMIT above CLAIMS_MAX of each kind. */
int claims_add(struct claims *c, const struct claim *claim) must_check;
int claims_add_query(struct claims *c, struct span name, uint64_t ts_ns,
    uint32_t owner) must_check;
void claims_seal(struct claims *c);
void claims_clear(struct claims *c);

bool claims_find(const struct claims *c, const struct claim_flow *flow,
    struct claim_found *ret);
/* Who asked for the name about then; 0 if nobody, or several did. */
uint32_t claims_find_query(const struct claims *c, struct span name,
    uint64_t ts_ns);

#endif
