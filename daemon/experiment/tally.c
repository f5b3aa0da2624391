// SPDX-License-Identifier: Apache-2.0
#include "experiment/tally.h"

#include <inttypes.h>
#include <stdio.h>

#include "report/format.h"
#include "report/proportion.h"

#define LABEL_WIDTH	34

/* Which canaries a row counts, and in which phase. */
struct row {
	int type;			/* -1: all */
	uint64_t size_min, size_max;
	unsigned phase;			/* OUTCOME_PHASES: in all of them */
};

static const struct row everything = { -1, 0, UINT64_MAX, OUTCOME_PHASES };

struct tally {
	uint64_t of[OUTCOME_COUNT], count;
	struct proportion_group sessions[PLAN_SESSIONS_MAX];
};

static bool
counts(const struct row *r, const struct outcome_canary *c)
{
	return (r->type < 0 || r->type == c->type) && c->size >= r->size_min &&
	    c->size <= r->size_max;
}

static void
add_up(const struct outcomes *o, const struct row *r, struct tally *ret)
{
	*ret = (struct tally){ 0 };
	for (size_t i = 0; i < o->count; i++) {
		const struct outcome_canary *c = &o->canaries[i];
		unsigned what = r->phase == OUTCOME_PHASES ? c->all
							   : c->by_phase[r->phase];

		if (!counts(r, c))
			continue;
		ret->of[what]++;
		ret->count++;
		ret->sessions[c->session].count++;
		ret->sessions[c->session].hits += what >= OUTCOME_INFERRED;
	}
}

static void
write_row(const struct outcomes *o, const struct row *r, struct span label,
    struct buf *out)
{
	size_t start = out->len;
	struct tally t;
	double low, high;

	add_up(o, r, &t);
	if (!t.count)
		return;
	format_safe(out, label);
	for (size_t n = format_width(out, start); n < LABEL_WIDTH; n++)
		buf_u8(out, ' ');
	buf_printf(out, "%6" PRIu64 " %6" PRIu64 " %7" PRIu64 " %9" PRIu64,
	    t.count, t.of[OUTCOME_PROVEN] + t.of[OUTCOME_INFERRED],
	    t.of[OUTCOME_PROVEN], t.of[OUTCOME_INFERRED]);
	if (proportion_by_group(t.sessions, o->plan->sessions, &low, &high))
		buf_printf(out, "  %5.3f to %5.3f", low, high);
	else
		buf_str(out, "  one session   ");
	buf_printf(out, " %7" PRIu64 " %9" PRIu64 " %7" PRIu64 "\n",
	    t.of[OUTCOME_PART], t.of[OUTCOME_HASH], t.of[OUTCOME_NOTHING]);
}

static void
write_types(const struct outcomes *o, struct buf *out)
{
	for (int i = 0; i < FORM_TYPE_COUNT; i++) {
		struct row r = everything;
		char label[32];

		r.type = i;
		snprintf(label, sizeof(label), "type %s", form_types[i].name);
		write_row(o, &r, span_str(label), out);
	}
}

static void
write_sizes(const struct outcomes *o, struct buf *out)
{
	static const struct {
		const char *label;
		uint64_t min, max;
	} sizes[] = {
		{ "size below 512 KiB", 0, (512 << 10) - 1 },
		{ "size from 512 KiB", 512 << 10, (1 << 20) - 1 },
		{ "size from 1 MiB", 1 << 20, (2 << 20) - 1 },
		{ "size from 2 MiB", 2 << 20, (4 << 20) - 1 },
		{ "size from 4 MiB", 4 << 20, UINT64_MAX },
	};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct row r = everything;

		r.size_min = sizes[i].min;
		r.size_max = sizes[i].max;
		write_row(o, &r, span_str(sizes[i].label), out);
	}
}

static bool
seen_outside(const struct outcomes *o)
{
	for (size_t i = 0; i < o->count; i++)
		if (o->canaries[i].by_phase[OUTCOME_OUTSIDE])
			return true;
	return false;
}

static void
write_phases(const struct outcomes *o, struct buf *out)
{
	struct row r = everything;

	for (unsigned i = 0; i < o->plan->phases_count; i++) {
		char label[PLAN_NAME_MAX + 8];

		r.phase = i;
		snprintf(label, sizeof(label), "phase %s",
		    o->plan->phases[i].name);
		write_row(o, &r, span_str(label), out);
	}
	r.phase = OUTCOME_OUTSIDE;
	if (seen_outside(o))
		write_row(o, &r, SPAN_LITERAL("outside all phases"), out);
}

/* "Nothing" is what was seen, so how much was seen stands beside it. */
static void
write_coverage(const struct outcomes *o, struct buf *out)
{
	const struct event_totals *t = &o->totals;

	if (!o->has_totals) {
		buf_str(out, "How much of the traffic was seen is not known.\n");
		return;
	}
	buf_str(out, "Of what went out ");
	format_bytes(out, t->understood_out);
	buf_str(out, " was read, ");
	format_bytes(out, t->undeciphered_out);
	buf_str(out, " was opened and not understood, ");
	format_bytes(out, t->encrypted_out);
	buf_str(out, " could not be read, ");
	format_bytes(out, t->missing_out);
	buf_str(out, " was never captured.\n");
}

void
tally_write(const struct outcomes *o, struct buf *out)
{
	buf_printf(out, "%-*s%6s %6s %7s %9s  %-14s %7s %9s %7s\n", LABEL_WIDTH,
	    "", "of", "whole", "proven", "inferred", "whole, 95 %", "in part",
	    "hash only", "nothing");
	write_row(o, &everything, SPAN_LITERAL("all canaries"), out);
	write_types(o, out);
	write_sizes(o, out);
	write_phases(o, out);
	buf_str(out, "\nA canary counts once in a row, by the most that was seen "
	    "of it; in the rows of\nphases, by the most that was seen in that "
	    "phase. Bounds are by session, as the\ncanaries of one are not "
	    "independent. \"Nothing\" is nothing seen.\n");
	write_coverage(o, out);
}
