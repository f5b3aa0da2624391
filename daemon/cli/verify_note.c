// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "cli/verify_rerun.h"

/* The first reading of a case's lines: whose its flows are, which of them have
 * transfers, and what can't follow from what the case holds. */

static bool
is_cut(const struct event *e)
{
	return e->anomaly && (!strcmp(e->anomaly->what, "log-cut") ||
	    !strcmp(e->anomaly->what, "disk-full"));
}

/* The first line of a part is its run's; behind the end of a run another's. */
static bool
is_another_run(const struct rerun *u, const struct event *e, uint64_t number)
{
	return e->action == EVENT_INPUT && !e->inputs->joined_count &&
	       number > 1 && (u->in_part > 1 || u->ended);
}

/* They are of a later run, in a case in parts. */
static void
forget_kept(struct rerun *u)
{
	verify_known_free(u->known);
	u->known = NULL;
	telltap_identity_free(u->r->identity);
	u->r->identity = NULL;
	u->r->options.identity = NULL;
}

static void
begin_run(struct rerun *u, uint64_t number)
{
	u->rolled_line = 0;
	excuses_from(u->excuses, number, EXCUSE_RUN);
	u->more_runs = true;
	if (u->kept_part >= u->part)
		forget_kept(u);
}

/* Behind such a line an engine goes on that has forgotten what it followed, or
 * knows what the case does not tell. Captures are read in one go. */
static void
note_place(struct rerun *u, const struct event *e, uint64_t number)
{
	if (u->live && e->action == EVENT_COVERAGE && e->gap) {
		excuses_from(u->excuses, number, EXCUSE_LOST);
		u->prints_lost = true;
	}
	if (u->live && is_cut(e))
		excuses_from(u->excuses, number, EXCUSE_CUT);
	if (e->action == EVENT_INPUT && e->inputs->joined_count &&
	    !u->joined_line)
		u->joined_line = number;
	if (e->action == EVENT_INPUT && e->inputs->known_files &&
	    !u->known_line && !u->prints_lost)
		u->known_line = number;
	/* A log that rolls with the summary's line goes on with a part that only
	 * says again how the run was begun. */
	if (is_another_run(u, e, number) && u->in_part == 1)
		u->rolled_line = number;
	else if (is_another_run(u, e, number))
		begin_run(u, number);
	else if (u->rolled_line)
		begin_run(u, u->rolled_line);
	u->ended |= is_cut(e) || e->action == EVENT_SUMMARY;
}

static int
note_flow(struct rerun *u, const struct event *e)
{
	uint64_t id = e->flow->id;
	int err = 0;

	/* Who had connected to the product is in no line. */
	if (e->action == EVENT_TRANSFER && e->on_behalf_of &&
	    !e->transfer->dns)
		err = excuses_flow(u->excuses, id, EXCUSE_CARRIED);
	if (!err && (e->action == EVENT_TRANSFER || (e->process &&
	    e->action == EVENT_FLOW)))
		err = excuses_sender(u->excuses, id, e->process);
	if (!err && e->action == EVENT_TRANSFER &&
	    e->transfer->visibility == VISIBLE_ENCRYPTED)
		err = excuses_sealed(u->excuses, id);
	/* What was read is in the log, and taken on trust. */
	if (!err && e->action == EVENT_TRANSFER && e->transfer->inference &&
	    (u->infers_files || e->transfer->inference->read))
		err = excuses_flow(u->excuses, id, EXCUSE_READS);
	if (!err && e->action == EVENT_TRANSFER)
		err = lines_add_flow(&u->derived, id);
	return err;
}

void
rerun_note_first(struct rerun *u, const struct event *e, struct span line)
{
	static const char previous[] = "\"previous\":{\"part\":";
	const struct event_input_list *in = e->inputs;

	for (size_t i = 0; in && i < in->option_count; i++) {
		u->infers_files |= span_eq(in->options[i],
		    SPAN_LITERAL("infer-files"));
		u->live |= in->options[i].len > 5 &&
			   !memcmp(in->options[i].p, "live=", 5);
	}
	if (u->live)
		excuses_late_keys(u->excuses);
	u->is_later_part = memmem(line.p, line.len, previous, strlen(previous));
	if (u->is_later_part)
		excuses_from(u->excuses, 1, EXCUSE_BEFORE);
}

int
rerun_note_line(struct rerun *u, const struct event *e, uint64_t number)
{
	int err = e->flow ? note_flow(u, e) : 0;

	/* Now their keys are there from the first packet on. */
	if (e->totals && (e->totals->keys_not_awaited ||
	    e->totals->moves_not_awaited))
		excuses_late_keys(u->excuses);
	if (e->action == EVENT_SUMMARY && e->totals)
		u->packets = e->totals->packets;
	note_place(u, e, number);
	return err ? err : verify_owners_add(u->owners, e);
}

static int
share(void *arg, uint64_t flow)
{
	struct rerun *u = arg;

	return excuses_flow(u->excuses, flow, EXCUSE_PORTS);
}

int
rerun_note_end(struct rerun *u)
{
	int err;

	if (u->live && !u->ended)
		excuses_from(u->excuses, UINT64_MAX, EXCUSE_LATER);
	if (u->joined_line && !u->known)
		excuses_from(u->excuses, u->joined_line, EXCUSE_KNOWN);
	/* An engine that is lost leaves none; those that are kept are of the next. */
	if (u->prints_lost && u->known_line)
		excuses_from(u->excuses, u->known_line, EXCUSE_KNOWN);
	err = verify_owners_end(u->owners);
	return err ? err : verify_owners_shared(u->owners, share, u);
}
