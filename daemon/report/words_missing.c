// SPDX-License-Identifier: Apache-2.0
#include "report/format.h"
#include "report/render.h"

/* How much of what happened is not in a report, as far as that is known. */

#define MISSING_FIRST 5	/* are told before people are told to look further down */

#define OF(member) offsetof(struct model, member)

/* Each a number of the model, in the order in which they are told. */
static const struct part {
	size_t offset;
	const char *one, *many;
} parts[] = {
	{ OF(totals.missing_out), "byte out missing", "bytes out missing" },
	{ OF(totals.missing_in), "byte in missing", "bytes in missing" },
	{ OF(joined_flows), "connection that was there before its "
		"capture began",
	    "connections that were there before their capture began" },
	{ OF(ignored_out), "captured byte out that fits in no stream",
	    "captured bytes out that fit in no stream" },
	{ OF(ignored_in), "captured byte in that fits in no stream",
	    "captured bytes in that fit in no stream" },
	{ OF(totals.kernel_unseen_out),
	    "byte out that the kernel counted and no capture saw",
	    "bytes out that the kernel counted and no capture saw" },
	{ OF(totals.kernel_unseen_in),
	    "byte in that the kernel counted and no capture saw",
	    "bytes in that the kernel counted and no capture saw" },
	{ OF(totals.unwatched_out), "byte sent to the same addresses by "
		"processes that were not watched",
	    "bytes sent to the same addresses by processes that "
		"were not watched" },
	{ OF(totals.unattributed), "packet of an unknown owner left out",
	    "packets of unknown owners left out" },
	{ OF(totals.processes_unread), "process that could not be read",
	    "processes that could not be read" },
	{ OF(totals.files_unanswered), "file that was not looked at, for its "
		"server did not answer",
	    "files that were not looked at, for their server did not "
		"answer" },
	{ OF(totals.files_gone), "file that was read and gone before it could "
		"be looked at",
	    "files that were read and gone before they could be looked "
		"at" },
	{ OF(totals.readers_lost), "process that looks at files was lost, "
		"with what it had",
	    "processes that look at files were lost, with what they had" },
	{ OF(totals.dropped_kernel), "packet dropped by the kernel",
	    "packets dropped by the kernel" },
	{ OF(totals.dropped_ring), "packet dropped in the ring",
	    "packets dropped in the ring" },
	{ OF(totals.events_lost), "event lost", "events lost" },
	{ OF(totals.restarts), "restart of the engine, which lost what it "
		"followed", "restarts of the engine, which lost what "
		"it followed" },
	{ OF(totals.file_errors), "capture not read to its end",
	    "captures not read to their end" },
	{ OF(totals.cut_by_snaplen), "packet cut by snaplen",
	    "packets cut by snaplen" },
	{ OF(totals.truncated), "packet truncated", "packets truncated" },
	{ OF(totals.malformed), "packet malformed", "packets malformed" },
	{ OF(totals.unsupported), "packet of an unsupported link or tunnel",
	    "packets of an unsupported link or tunnel" },
	{ OF(totals.fragments_expired), "IP fragment without its others",
	    "IP fragments without their others" },
	{ OF(totals.flows_evicted), "flow ended early for lack of room",
	    "flows ended early for lack of room" },
	{ OF(totals.streams_limited), "stream above its ceiling",
	    "streams above their ceiling" },
	{ OF(totals.sizes_unjudged), "unread transfer whose size was not "
		"judged, for lack of room",
	    "unread transfers whose sizes were not judged, for lack "
		"of room" },
	{ OF(totals.keys_not_awaited), "connection whose keys were not waited "
		"for, for lack of room",
	    "connections whose keys were not waited for, for lack of "
		"room" },
	{ OF(totals.moves_not_awaited), "UDP flow that may go on with a QUIC "
		"connection and was not waited for, for lack of room",
	    "UDP flows that may go on with QUIC connections and were "
		"not waited for, for lack of room" },
	{ OF(sequence_holes), "event missing in the log",
	    "events missing in the log" },
	{ OF(parts_missing), "part of the case not here",
	    "parts of the case not here" },
	{ OF(interrupted), "time that the recording was cut short",
	    "times that the recording was cut short" },
};

static uint64_t
value(const struct model *m, const struct part *p)
{
	return *(const uint64_t *)((const char *)m + p->offset);
}

/* So many of them; how many there are. */
static size_t
put_parts(struct buf *out, const struct model *m, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		uint64_t count = value(m, &parts[i]);

		if (!count || n++ >= max)
			continue;
		if (n > 1)
			buf_str(out, ", ");
		format_count(out, count);
		buf_u8(out, ' ');
		buf_str(out, count == 1 ? parts[i].one : parts[i].many);
	}
	return n;
}

static void
put_missing(const struct model *m, struct buf *out, size_t max)
{
	size_t count;

	if (!m->has_totals) {
		buf_str(out, "no summary: how much is missing is not known");
		return;
	}
	count = put_parts(out, m, max);
	if (!count)
		buf_str(out, !model_nothing_missing(m)
				 ? "gaps, of unknown length"
			     : m->totals.packets ? "nothing missing"
						 : "no packet was seen");
	if (count > max)
		buf_printf(out, ", and %zu more, listed below",
		    count - max);
}

void
render_missing(const struct model *m, struct buf *out)
{
	put_missing(m, out, SIZE_MAX);
}

void
render_missing_first(const struct model *m, struct buf *out)
{
	put_missing(m, out, MISSING_FIRST);
}
