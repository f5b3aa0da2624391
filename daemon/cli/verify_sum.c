// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "cli/verify_rerun.h"

/* What came of a comparison: what follows, what is excused and why, and all that
 * was not compared. */

void
rerun_end_excused(struct rerun *u, struct rerun_excused *x)
{
	if (!x->last || ++x->runs > EXCUSED_NAMED)
		return;
	buf_str(&x->which, x->runs > 1 ? ", " : "line ");
	if (u->part_count > 1)
		buf_printf(&x->which, "%s/", u->parts[x->part]);
	buf_printf(&x->which, "%llu", (unsigned long long)x->first);
	if (x->last > x->first)
		buf_printf(&x->which, "-%llu", (unsigned long long)x->last);
}

void
rerun_excuse_line(struct rerun *u, enum excuse why)
{
	struct rerun_excused *x = &u->excused[why];

	if (!x->lines || x->part != u->part || x->last + 1 != u->in_part) {
		rerun_end_excused(u, x);
		x->part = u->part;
		x->first = u->in_part;
	}
	x->last = u->in_part;
	x->lines++;
}

static void
tell_excused(struct rerun *u)
{
	for (int why = EXCUSE_NONE + 1; why < EXCUSE_COUNT; why++) {
		struct rerun_excused *x = &u->excused[why];
		uint64_t more = lines_left(&u->derived, (uint8_t)why);

		u->open += x->lines + more;
		rerun_end_excused(u, x);
		if (x->lines)
			rerun_tell(u, TELLTAP_CHECK_UNKNOWN, "not derived again: "
			    "%llu events (%.*s%s): %s",
			    (unsigned long long)x->lines, (int)x->which.len,
			    (const char *)x->which.data,
			    x->runs > EXCUSED_NAMED ? ", ..." : "",
			    excuse_text(why));
		if (more)
			rerun_tell(u, TELLTAP_CHECK_UNKNOWN, "%llu transfers, "
			    "flows or files follow from the packets and are not in the "
			    "log: %s", (unsigned long long)more,
			    excuse_text(why));
	}
}

static void
tell_not_compared(struct rerun *u)
{
	if (u->flows_alone)
		rerun_tell(u, TELLTAP_CHECK_UNKNOWN, "%llu flows without a transfer "
		    "are not derived again, for their packets are not kept: they "
		    "sent %llu bytes, the lines say",
		    (unsigned long long)u->flows_alone,
		    (unsigned long long)u->alone_out);
	if (u->others)
		rerun_tell(u, TELLTAP_CHECK_UNKNOWN, "%llu anomalies of such flows "
		    "are not derived again, either",
		    (unsigned long long)u->others);
	if (!rerun_has_one_order(u))
		rerun_tell(u, TELLTAP_CHECK_UNKNOWN, "the order of lines is compared "
		    "within each flow alone: %s", u->live ? "the case is of a live "
		    "run" : "not all packets are kept");
}

/* By their kinds, for a reader to judge. */
static void
tell_logged(struct rerun *u)
{
	static const char *const names[EVENT_ACTION_COUNT] = {
		[EVENT_INPUT] = "input", [EVENT_TRANSFER] = "transfer",
		[EVENT_ANOMALY] = "anomaly", [EVENT_COVERAGE] = "coverage",
		[EVENT_PROCESS] = "process", [EVENT_FILE_READ] = "file-read",
		[EVENT_MARK] = "mark",
	};
	struct buf text;

	buf_init(&text, 0);
	for (int a = 0; a < EVENT_ACTION_COUNT; a++)
		if (u->trusted_by[a] && names[a])
			buf_printf(&text, "%s%llu %s", text.len ? ", " : "",
			    (unsigned long long)u->trusted_by[a], names[a]);
	if (u->trusted)
		rerun_tell(u, TELLTAP_CHECK_UNKNOWN, "%llu events taken on trust, "
		    "as they were logged: %.*s", (unsigned long long)u->trusted,
		    (int)text.len, (const char *)text.data);
	buf_clear(&text);
}

static void
tell_trusted(struct rerun *u)
{
	struct verify_known_count c;
	char parted[96] = "";

	tell_logged(u);
	if (verify_owners_count(u->owners))
		rerun_tell(u, TELLTAP_CHECK_UNKNOWN, "the owners of flows are "
		    "taken on trust, as the lines name them: %zu processes",
		    verify_owners_count(u->owners));
	if (u->senders)
		rerun_tell(u, TELLTAP_CHECK_UNKNOWN, "whose connection it was when "
		    "%llu transfers went out is taken on trust, too: their flows "
		    "had another owner in the end, or one more",
		    (unsigned long long)u->senders);
	if (u->names)
		rerun_tell(u, TELLTAP_CHECK_UNKNOWN, "%llu names of addresses are "
		    "taken on trust, as the capture files listed them",
		    (unsigned long long)u->names);
	if (!u->known)
		return;
	c = verify_known_counts(u->known);
	if (c.parted)
		snprintf(parted, sizeof(parted), "; of %llu the places of what was "
		    "sent are taken on trust", (unsigned long long)c.parted);
	rerun_tell(u, TELLTAP_CHECK_UNKNOWN, "fingerprints of %llu known files: "
	    "%llu have all bytes and their SHA-256%s",
	    (unsigned long long)c.files, (unsigned long long)c.whole, parted);
	/* Files join live ones. */
	if (!u->live && u->asked.known_files > c.files)
		rerun_tell(u, TELLTAP_CHECK_UNKNOWN, "that %llu more were known, of "
		    "which nothing was found, is taken on trust",
		    (unsigned long long)(u->asked.known_files - c.files));
}

void
rerun_sum_up(struct rerun *u)
{
	uint64_t more = lines_left(&u->derived, EXCUSE_NONE);
	enum excuse end = excuses_end(u->excuses);

	u->open += more;
	if (more)
		rerun_tell(u, end ? TELLTAP_CHECK_UNKNOWN : TELLTAP_CHECK_BAD,
		    "%llu transfers, flows or files follow from the packets and "
		    "are not in the log%s%s", (unsigned long long)more,
		    end ? ": " : "", excuse_text(end));
	if (!u->summaries && u->has_summary && !u->live && !end)
		rerun_tell(u, TELLTAP_CHECK_BAD, "the log has no summary, which "
		    "follows from the packets");
	rerun_tell_comments(u);
	if (!u->bad)
		rerun_tell(u, TELLTAP_CHECK_OK, "derived again: %llu transfers, "
		    "flows and files follow from the packets",
		    (unsigned long long)u->same);
	tell_excused(u);
	tell_not_compared(u);
	tell_trusted(u);
}
