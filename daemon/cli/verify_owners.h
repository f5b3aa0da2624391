/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_VERIFY_OWNERS_H
#define CLI_VERIFY_OWNERS_H

#include "telltap/packet.h"
#include "telltap/telltap.h"

/*
 * Whose the flows of a case are, as its lines say: taken on trust, so that all
 * the rest can be derived again from its packets. Filled from the lines, then
 * told to the engine, then asked for every packet.
 */
struct verify_owners;
struct event;
struct event_flow;

/* NULL if memory is out. */
struct verify_owners *verify_owners_new(void);
void verify_owners_free(struct verify_owners *o);

/* What a line says of owners; 0 or a negative code. */
int verify_owners_add(struct verify_owners *o, const struct event *e);

/* Behind the last line: flows that have none, for the log was cut or their engine
 * died, are known by their transfers. 0 or -ENOMEM. */
int verify_owners_end(struct verify_owners *o);

/* Processes that flows were given to. */
size_t verify_owners_count(const struct verify_owners *o);

/* All lines are there: each flow that had the same ends as another's at one
 * time, so that packets don't say whose they are. */
int verify_owners_shared(const struct verify_owners *o,
    int (*on_flow)(void *arg, uint64_t id), void *arg);

/* The number by which the engine was told of the flow's owner; 0: none. */
uint32_t verify_owners_of(const struct verify_owners *o,
    const struct event_flow *flow);

/* Before the first packet. */
int verify_owners_tell(struct verify_owners *o, struct telltap_engine *engine);

/* Sets owner and direction of a packet of a flow that has an owner, which is
 * returned; else NULL. */
const struct telltap_process *verify_owners_apply(struct verify_owners *o,
    struct telltap_packet *packet);

#endif
