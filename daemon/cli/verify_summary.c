// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <string.h>

#include "cli/verify_rerun.h"
#include "evidence/event/event_totals.h"
#include "verdict/event.h"

/* The totals of a case, which its report begins with, beside those of its packets. */

void
rerun_note_summary(struct rerun *u, const struct event_totals *derived)
{
	u->summary = *derived;
	u->has_summary = true;
}

static uint64_t
value(const struct event_totals *t, const struct event_total_field *f)
{
	return *(const uint64_t *)((const char *)t + f->offset);
}

static bool
kinds_differ(struct rerun *u, const struct event_totals *logged)
{
	const struct event_totals *d = &u->summary;

	for (unsigned k = 0; k < KIND_COUNT; k++)
		for (unsigned g = 0; g < GRADE_COUNT; g++) {
			uint64_t ours = d->by_kind_grade[k][g];
			uint64_t theirs = logged->by_kind_grade[k][g];

			if (ours == theirs)
				continue;
			rerun_tell(u, TELLTAP_CHECK_BAD, "the summary counts %"
			    PRIu64 " %s of grade %s; %" PRIu64 " follow from "
			    "the packets", theirs, kind_name(k), grade_name(g),
			    ours);
			return true;
		}
	return false;
}

/* What of telltap.coverage packets tell: the rest is what a recorder or a capture
 * file said of itself, or goes with how much was there at one time. */
static bool
is_in_packets(const struct event_total_field *f)
{
	static const char *const names[] = { "packets", "bytes", "missing_out",
		"missing_in", "gaps_out", "gaps_in", "conflicts", "not_ip",
		"unsupported", "malformed", "truncated", "cut_by_snaplen",
		"fragments" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(f->name, names[i]))
			return true;
	return false;
}

static bool
tell_difference(struct rerun *u, const char *name, uint64_t theirs, uint64_t ours)
{
	rerun_tell(u, TELLTAP_CHECK_BAD, "the summary says %s %" PRIu64 "; %" PRIu64
	    " follows from the packets", name, theirs, ours);
	return true;
}

/* Packets that are not kept can only have added to it. */
static bool
coverage_differs(struct rerun *u, const struct event_totals *logged, bool all)
{
	const struct event_total_field *f = event_coverage_fields;

	for (; f->name; f++) {
		uint64_t ours = value(&u->summary, f), theirs = value(logged, f);

		if (!is_in_packets(f) || ours == theirs ||
		    (!all && theirs > ours))
			continue;
		return tell_difference(u, f->name, theirs, ours);
	}
	return false;
}

/* Flows without a transfer, of which a case keeps no packets, add to all but the
 * number of transfers. */
static bool
fields_differ(struct rerun *u, const struct event_totals *logged, bool all)
{
	const struct event_total_field *f = event_summary_fields;

	for (; f->name; f++) {
		uint64_t ours = value(&u->summary, f), theirs = value(logged, f);

		if (ours == theirs || (!all && theirs > ours && f->offset !=
				offsetof(struct event_totals, transfers)))
			continue;
		return tell_difference(u, f->name, theirs, ours);
	}
	return false;
}

void
rerun_compare_summary(struct rerun *u, const struct event_totals *logged)
{
	enum excuse why = excuses_any(u->excuses);
	bool all = logged->packets == u->summary.packets;

	if (why || !u->has_summary) {
		u->open++;
		rerun_tell(u, TELLTAP_CHECK_UNKNOWN, "the summary's totals are not "
		    "compared: %s", why ? excuse_text(why) : "there is none to "
		    "compare them with");
		return;
	}
	if (coverage_differs(u, logged, all) ||
	    fields_differ(u, logged, all) || kinds_differ(u, logged))
		return;
	if (all)
		rerun_tell(u, TELLTAP_CHECK_OK, "the summary's totals follow from "
		    "the packets");
	else
		rerun_tell(u, TELLTAP_CHECK_OK, "the summary's totals follow from "
		    "the packets, but for what %" PRIu64 " packets of flows "
		    "without a transfer add, which are not kept",
		    logged->packets - u->summary.packets);
}
