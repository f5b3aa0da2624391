/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_NAMES_H
#define ENGINE_NAMES_H

#include "base/span.h"
#include "flow/packet.h"

/*
 * Names of addresses, learnt from the capture's own DNS answers and from its
 * name resolution blocks, in capture order. A later name of the same source
 * replaces an earlier one; an answer replaces a block's name, never the other
 * way round. At most max addresses are held; the one learnt first goes first. A
 * machine's own addresses and 0.0.0.0 have no names: resolvers give them for hosts
 * that are not to be reached.
 */
struct names;

enum names_source {
	NAMES_CAPTURE,		/* name resolution block */
	NAMES_DNS,
};

struct names *names_new(size_t max);
void names_free(struct names *n);

void names_add(struct names *n, const struct packet_addr *addr,
    struct span name, enum names_source source);

/* For speed alone: has the cache fetch where the address is looked up. */
void names_fetch(const struct names *n, const struct packet_addr *addr);

/* The name, borrowed until the next names_add(); empty if none. */
struct span names_find(const struct names *n, const struct packet_addr *addr,
    enum names_source *ret_source);

#endif
