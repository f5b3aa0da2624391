/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_REASON_H
#define ENGINE_REASON_H

#include "engine/shard.h"

/* Gives the record's transfer one more reason. The transfer and its list are
 * copied into the caller's room, of max spans, and pointed to from the event;
 * where there is no room left the last reason gives way. */
void reason_add(struct record *r, struct event_transfer *room,
    struct span *reasons, size_t max, struct span why);

#endif
