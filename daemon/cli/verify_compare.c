// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verify_rerun.h"

/*
 * Events that the packets give, and the lines of a case beside them. Each line
 * has to be among them, once, and in their order: that of all where the engine had
 * the same packets as we have; else that of each flow, for other packets, or the
 * clock of a live engine, may have ended flows in another order.
 */

/* Of flows without a transfer a case keeps no packets. */
static bool
is_compared(const struct rerun *u, const struct event *e)
{
	switch (e->action) {
	case EVENT_TRANSFER:
	case EVENT_FILE:
		return true;
	case EVENT_FLOW:
	case EVENT_ANOMALY:
		return e->flow && lines_has_transfers(&u->derived, e->flow->id);
	default:
		return false;
	}
}

int
rerun_take_event(void *arg, const struct event *e)
{
	struct rerun *u = arg;
	const char *line;
	size_t len;

	if (e->action == EVENT_INPUT && !e->inputs->joined_count)
		rerun_compare_options(u, e->inputs);
	if (e->action == EVENT_SUMMARY)
		rerun_note_summary(u, e->totals);
	if (u->differs || !is_compared(u, e))
		return 0;
	if (e->action == EVENT_TRANSFER &&
	    e->transfer->visibility == VISIBLE_DECRYPTED &&
	    excuses_opened(u->excuses, e->flow->id))
		return -ENOMEM;
	line = telltap_event_json(u->r->engine, e, &len);
	return line ? lines_add(&u->derived, line, len,
			  excuses_of(u->excuses, e, 0))
		    : -ENOMEM;
}

static void
tell_line(struct rerun *u, const char *what)
{
	const char *part = u->part_count > 1 ? u->parts[u->part] : "";

	rerun_tell(u, TELLTAP_CHECK_BAD, "%s%sdata/events.jsonl: line %llu %s",
	    part, *part ? "/" : "", (unsigned long long)u->in_part, what);
}

bool
rerun_has_one_order(const struct rerun *u)
{
	return !u->live && u->packets == u->summary.packets;
}

static void
check_place(struct rerun *u, const struct event *e, uint64_t place)
{
	bool on = true;

	if (e->flow)
		on = lines_goes_on(&u->derived, e->flow->id, place);
	if (on && rerun_has_one_order(u)) {
		on = place > u->place;
		u->place = on ? place : u->place;
	}
	if (!on)
		tell_line(u, "follows from the packets, but not in this place");
}

static void
note_alone(struct rerun *u, const struct event *e)
{
	if (e->action == EVENT_FLOW && e->flow) {
		u->flows_alone++;
		u->alone_out += e->flow->payload_out;
	} else {
		u->others++;
	}
}

int
rerun_compare_line(struct rerun *u, const struct event *e, struct span line,
    uint64_t number)
{
	uint64_t place = 0;
	enum excuse why;
	int found;

	if (e->input) {
		u->trusted++;
		u->trusted_by[e->action]++;
		return 0;
	}
	if (e->action == EVENT_SUMMARY && e->totals) {
		u->summaries++;
		rerun_compare_summary(u, e->totals);
		return 0;
	}
	if (!is_compared(u, e)) {
		note_alone(u, e);
		return 0;
	}
	found = lines_find(&u->derived, (const char *)line.p, line.len, &place);
	if (!found && e->action == EVENT_TRANSFER && e->flow)
		found = rerun_find_trusted(u, e, line, &place);
	if (found < 0)
		return found;
	u->same += (uint64_t)found;
	why = found ? EXCUSE_NONE : excuses_of(u->excuses, e, number);
	if (why)
		rerun_excuse_line(u, why);
	else if (!found)
		tell_line(u, "does not follow from the packets");
	else
		check_place(u, e, place);
	return 0;
}
