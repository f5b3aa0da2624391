// SPDX-License-Identifier: Apache-2.0
#include <errno.h>

#include "cli/verify_rerun.h"
#include "engine/carried.h"
#include "engine/engine.h"

/*
 * Who had connected to the product is in no line and no packet: that a transfer
 * carries on what came in by that is taken on trust, of a live run. So is whose its
 * connection was when it was told, of any run: a process executes another program, or
 * gives its socket to a child, and the flow's line names whose it was in the end. All
 * else that its line says has to follow.
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

static int
find(struct rerun *u, const struct event *e, uint64_t *ret_place)
{
	size_t len;
	const char *line = telltap_event_json(u->r->engine, e, &len);

	return line ? lines_find(&u->derived, line, len, ret_place) : -ENOMEM;
}

static int
find_own(struct rerun *u, struct event own, uint64_t *ret_place)
{
	struct span reasons[REASONS_MAX];
	struct event_transfer t = *own.transfer;

	if (t.reason_count > REASONS_MAX)
		return 0;
	t.reason_count = 0;
	for (size_t i = 0; i < own.transfer->reason_count; i++)
		if (!is_carried(own.transfer->reasons[i], own.on_behalf_of))
			reasons[t.reason_count++] = own.transfer->reasons[i];
	t.reasons = reasons;
	own.transfer = &t;
	own.on_behalf_of = NULL;
	return find(u, &own, ret_place);
}

/* Is all that stands in the line read from it? What is not would not be compared. */
static int
is_read_whole(struct rerun *u, const struct event *e, struct span line)
{
	size_t len;
	const char *ours = telltap_event_json(u->r->engine, e, &len);

	return ours ? lines_same(ours, len, (const char *)line.p, line.len) :
		      -ENOMEM;
}

int
rerun_find_trusted(struct rerun *u, const struct event *e, struct span line,
    uint64_t *ret_place)
{
	struct event own = *e;
	int found = is_read_whole(u, e, line);

	if (found <= 0)
		return found;
	own.process = engine_owners_find(&u->r->engine->owners,
	    verify_owners_of(u->owners, e->flow));
	if (!own.process)
		own.process = e->process;
	found = find(u, &own, ret_place);
	u->senders += found > 0;
	if (!found && u->live && e->on_behalf_of)
		found = find_own(u, own, ret_place);
	return found;
}
