/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_CARRIED_H
#define ENGINE_CARRIED_H

#include "engine/shard.h"

/*
 * Whose content a product carries: who connected to a port of its own or sent
 * datagrams there, what came in by that, and whether it is what goes out now. Used
 * in the merge alone, so in the order of the packets.
 *
 * Content counts as carried when all of an entity of 32 bytes or more is the
 * same, or when at least four marks and half of all came in by one client within
 * ten minutes; a request without content when one of the same method, host and
 * target came in, or a DNS question when the same one did, each once. At most
 * CARRIED_CONNECTIONS and CARRIED_CLIENTS are remembered, and CARRIED_MARKS marks;
 * those for which there is no room are counted.
 */
#define CARRIED_CONNECTIONS	65536u
#define CARRIED_CLIENTS		65536u
#define CARRIED_MARKS		(1u << 19)

struct carried;
struct engine_owner;
struct telltap_client;

/* What the event of a carried transfer points into, for its callback. */
struct carried_room {
	struct event_transfer transfer;
	struct span reasons[32];
	char reason[256];
};

struct carried *carried_new(void);
void carried_free(struct carried *c);

/* Somebody connects to a watched socket. */
must_check int carried_client(struct carried *c,
    const struct telltap_client *client);

/* What came in on the connection of that record, which has its marks. */
void carried_came_in(struct carried *c, const struct record *r);

/* Sets the event's on_behalf_of, and a reason, if it carries on what came in. */
void carried_lay(struct carried *c, struct record *r,
    struct carried_room *room);

/* That reason, with p as the client: of a request without content, or of what was
 * sent. */
void carried_reason(const struct event_process *p, bool of_request,
    char *ret_text, size_t max);

/* Clients and connections that found no room. */
uint64_t carried_refused(const struct carried *c);

#endif
