// SPDX-License-Identifier: Apache-2.0
#include "report/format.h"
#include "report/render.h"

#define NAMED_MAX 32u /* captures, in a command */

/*
 * What a fair reader would ask of each finding. An explanation is excluded
 * only by what the events hold; where they hold nothing, that is said.
 */

static void
put(struct buf *out, struct span s)
{
	buf_append(out, s.p, s.len);
}

const char *
render_group(enum model_group g)
{
	static const char *const names[GROUP_COUNT] = {
		"files", "look-ups", "telemetry", "other", "not readable"
	};

	return names[g];
}

void
render_process(const struct model_process *p, struct buf *out)
{
	put(out, p->executable.len ? p->executable
				   : SPAN_LITERAL("unnamed program"));
	buf_printf(out, " (pid %llu%s)", (unsigned long long)p->pid,
	    p->outside ? ", started by the product, and outside of it" : "");
}

void
render_behalf(const struct model_file *f, struct buf *out)
{
	const struct model_process *p = f->process;

	if (f->behalf.len) {
		buf_str(out, "Yes: it came in before, by a connection that ");
		put(out, f->behalf);
		buf_str(out, f->own ? " had opened to the product; but not "
				      "all of it, or it went to a "
				      "vendor's cloud or to whom that one had "
				      "not asked for. " :
				      " had opened to the product; it "
				      "counts in no headline. ");
	}
	if (!p) {
		buf_str(out, "Can't be excluded: the events name no process "
			     "for it.");
		return;
	}
	buf_str(out, "Sent by ");
	render_process(p, out);
	buf_str(out, ", attribution ");
	put(out, p->certainty.len ? p->certainty : SPAN_LITERAL("not known"));
	if (p->source.len) {
		buf_str(out, " by ");
		put(out, p->source);
	}
	buf_str(out, ". ");
	if (p->outside)
		buf_str(out, f->own ? "The product had started it, but it is "
				      "outside of its package, unit and "
				      "folders. " :
				      "The product had started it, but it is "
				      "outside of its package, unit and "
				      "folders: it counts in no headline. ");
	if (p->shared_with.len) {
		buf_str(out, "A socket of it was shared with ");
		put(out, p->shared_with);
		buf_str(out, ". ");
	}
	if (p->accepted)
		buf_str(out, "It also took connections that others opened. ");
	if (!f->behalf.len)
		buf_str(out, "What another program had handed to it is "
			     "not in the events.");
}

void
render_own(const struct model_file *f, struct buf *out)
{
	if (span_eq(f->origin, SPAN_LITERAL("product"))) {
		buf_str(out, "Yes: it is the product's own, and counts in no "
			     "headline.");
	} else if (span_eq(f->origin, SPAN_LITERAL("canary"))) {
		buf_str(out, "No: it is a canary that was planted.");
	} else if (f->origin.len) {
		buf_str(out, "The known file has the origin \"");
		put(out, f->origin);
		buf_str(out, "\".");
	} else if (f->known) {
		buf_str(out, "It is one of the files that were given to look "
			     "for; nothing more is known of its origin.");
	} else {
		buf_str(out, "Can't be excluded: it is none of the files that "
			     "were given to look for.");
	}
}

void
render_shared(const struct model_file *f, struct buf *out)
{
	if (f->ambiguous) {
		buf_str(out, "Yes: several known files hold these bytes, so "
			     "none is named alone");
		if (f->also.len) {
			buf_str(out, "; also in ");
			put(out, f->also);
		}
		buf_u8(out, '.');
	} else if (!f->known) {
		buf_str(out, "Can't be told: there is no known file to "
			     "compare with.");
	} else if (f->also.len) {
		buf_str(out, "Another known file holds the same content: ");
		put(out, f->also);
		buf_u8(out, '.');
	} else if (f->whole && f->grade == GRADE_PROVEN) {
		buf_str(out, "No: all of the file was seen, and no other known "
			     "file is the same.");
	} else {
		buf_str(out, "No other known file holds these bytes; a file "
			     "that was not given could.");
	}
}

void
render_earlier(const struct model_file *f, struct buf *out)
{
	if (f->earlier.len) {
		buf_str(out, "The same content had gone to ");
		put(out, f->earlier);
		buf_str(out, " before, in this case.");
	} else {
		buf_str(out, "No earlier one in this case; what was sent "
			     "before it began is not known.");
	}
}

/* A name in quotes that no shell takes apart. */
static void
put_quoted(struct buf *out, struct span name)
{
	buf_u8(out, '\'');
	for (size_t i = 0; i < name.len; i++) {
		if (name.p[i] == '\'')
			buf_str(out, "'\\''");
		else
			buf_u8(out, name.p[i]);
	}
	buf_u8(out, '\'');
}

/* A file that is named by its option would be read as one. */
static void
put_path(struct buf *out, struct span name)
{
	buf_str(out, name.len && *name.p == '-' && name.len > 1 ? " ./" : " ");
	put_quoted(out, name);
}

void
render_captures(const struct model *m, struct buf *out)
{
	for (size_t i = 0; i < m->input_count && i < NAMED_MAX; i++)
		put_path(out, m->inputs[i].name);
	if (m->input_count > NAMED_MAX || m->inputs_more)
		buf_str(out, " ...");
}

/* Of several transfers the first is shown: between them are other packets. */
static bool
shows_one(const struct model_file *f)
{
	return f->community_id.len > 0;
}

static void
put_filter(const struct model_file *f, struct buf *out)
{
	if (shows_one(f)) {
		buf_str(out, " && communityid == \"");
		put(out, f->community_id);
		buf_u8(out, '"');
	}
	buf_u8(out, '\'');
}

void
render_packets(const struct model *m, const struct model_file *f,
    struct buf *out)
{
	bool one = m->input_count == 1 && !m->inputs_more;

	buf_str(out, one ? "tshark -r" : "mergecap -w -");
	render_captures(m, out);
	if (!one)
		buf_str(out, " | tshark -r -");
	if (shows_one(f))
		buf_str(out, " --enable-protocol communityid");
	buf_printf(out, " -Y 'frame.number >= %llu && frame.number <= %llu",
	    (unsigned long long)f->packet_first,
	    (unsigned long long)(shows_one(f) ? f->one_packet_last
					      : f->packet_last));
	put_filter(f, out);
}

static void
put_seconds(struct buf *out, uint64_t ns)
{
	buf_printf(out, "%llu.%09llu", (unsigned long long)(ns / 1000000000),
	    (unsigned long long)(ns % 1000000000));
}

/* Packets that a case does not keep leave no gap in the numbers of its files: by
 * time. Not put together, for that would lose the keys between them. */
void
render_kept_packets(const struct model_file *f, struct buf *out)
{
	buf_str(out, "find . -name 'packets*.pcapng' -exec tshark -r {}");
	if (shows_one(f))
		buf_str(out, " --enable-protocol communityid");
	buf_str(out, " -Y 'frame.time_epoch >= ");
	put_seconds(out, f->first_ns);
	buf_str(out, " && frame.time_epoch <= ");
	put_seconds(out, shows_one(f) ? f->one_last_ns : f->last_ns);
	put_filter(f, out);
	buf_str(out, " ';'");
}

void
render_limits(const struct model *m, struct buf *out)
{
	const struct event_totals *t = &m->totals;

	if (!m->has_totals)
		buf_str(out, "The log has no summary: it was cut short, and "
			     "nothing says how much is missing.\n");
	if (t->encrypted_out)
		buf_str(out, "Encrypted bytes were not read. Whole files can be "
			     "in them.\n");
	if (t->undeciphered_out)
		buf_str(out, "Undeciphered bytes could be read but not "
			     "understood. Whole files can be in them.\n");
	if (t->missing_out || m->ignored_out)
		buf_str(out, "Bytes are missing from the capture, or fit in no "
			     "stream. Nothing is said about them.\n");
	if (m->by_visibility[VISIBLE_DECRYPTED])
		buf_str(out, "Keys opened some of it. A case with its packets "
			     "may hold these keys, which open whole sessions: "
			     "publish only what telltap redact makes of it. How "
			     "a product gave its keys bounds what may be "
			     "claimed: docs/keys-in-the-lab.md.\n");
	if (m->by_visibility[VISIBLE_HOOKED])
		buf_str(out, "Some of it was taken where programs hand their "
			     "data to their TLS library, on this machine, while "
			     "they ran. The packets of a case do not show it "
			     "once more: it is taken on trust, and so is that "
			     "all of it left.\n");
	if (!m->known_files)
		buf_str(out, "No known files were given, so no content could be "
			     "proven to be that of a file.\n");
	if (m->unattributed)
		buf_str(out, "Not every transfer has a process: the machine's "
			     "other programs may be in these numbers.\n");
	if (!t->kernel_sockets)
		buf_str(out, "The kernel's own count of bytes is not in the "
			     "events; the capture is all there is to go by.\n");
	buf_str(out, "What was sent before the capture began, after it ended, "
		     "or by a way that it does not cover is not seen.\n");
}
