// SPDX-License-Identifier: Apache-2.0
#include "engine/reason.h"

#include <string.h>

void
reason_add(struct record *r, struct event_transfer *room,
    struct span *reasons, size_t max, struct span why)
{
	const struct event_transfer *t = r->event.transfer;
	size_t n = t->reason_count < max ? t->reason_count : max - 1;

	if (n)
		memcpy(reasons, t->reasons, n * sizeof(*reasons));
	reasons[n] = why;
	*room = *t;
	room->reasons = reasons;
	room->reason_count = n + 1;
	r->event.transfer = room;
}
