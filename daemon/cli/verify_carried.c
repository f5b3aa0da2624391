// SPDX-License-Identifier: Apache-2.0
#include <errno.h>

#include "cli/verify_rerun.h"
#include "engine/carried.h"

/*
 * Who had connected to the product is in no line and no packet: that a transfer
 * carries on what came in by that is taken on trust. All else that its line says
 * has to follow.
 */

#define REASONS_MAX 64

/* True for the reason that names the one it is for. */
static bool
is_carried(struct span reason, const struct event_process *client)
{
	char text[256];

	for (int of_request = 0; of_request < 2; of_request++) {
		carried_reason(client, of_request, text, sizeof(text));
		if (span_eq(reason, span_str(text)))
			return true;
	}
	return false;
}

int
rerun_find_carried(struct rerun *u, const struct event *e,
    uint64_t *ret_place)
{
	struct span reasons[REASONS_MAX];
	struct event_transfer t = *e->transfer;
	struct event own = *e;
	const char *line;
	size_t len;

	if (t.reason_count > REASONS_MAX)
		return 0;
	t.reason_count = 0;
	for (size_t i = 0; i < e->transfer->reason_count; i++)
		if (!is_carried(e->transfer->reasons[i], e->on_behalf_of))
			reasons[t.reason_count++] = e->transfer->reasons[i];
	t.reasons = reasons;
	own.transfer = &t;
	own.on_behalf_of = NULL;
	line = telltap_event_json(u->r->engine, &own, &len);
	return line ? lines_find(&u->derived, line, len, ret_place) : -ENOMEM;
}
