// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "cli/cli.h"
#include "cli/replay.h"

#define HELD_MAX (16u << 20)
#define HURRY_LEN (1u << 20)	/* of lines: the hashes are wanted soon */

struct replay_held {
	struct buf lines;	/* behind the first one, each with its newline */
	bool begun;		/* the first event has come */
};

static int
say(struct replay *r, int err, const char *what)
{
	if (!r->said)
		cli_fail("%s", what);
	r->said = true;
	return err;
}

int
replay_held_begin(struct replay *r)
{
	int err = replay_reads_twice(r) ? telltap_source_hash_later(r->source)
					: telltap_source_hash_begin(r->source);

	if (err)
		return say(r, err, telltap_source_error(r->source));
	if (r->separate)
		return 0;
	r->held = calloc(1, sizeof(*r->held));
	if (!r->held)
		return say(r, -ENOMEM, telltap_strerror(-ENOMEM));
	buf_init(&r->held->lines, 0);
	return 0;
}

bool
replay_held_first(struct replay *r)
{
	bool first = r->held && !r->held->begun;

	if (first)
		r->held->begun = true;
	return first;
}

int
replay_held_add(struct replay *r, const char *line, size_t len)
{
	struct buf *b = &r->held->lines;

	buf_append(b, line, len);
	buf_u8(b, '\n');
	return b->failed ? say(r, -ENOMEM, telltap_strerror(-ENOMEM)) : 0;
}

/* Only of what is no file there is none, unless something went wrong. A case would
 * keep other packets then than its events are of. */
static int
tell_hashless(struct replay *r, const struct telltap_source_file *f)
{
	if (!f->size || !f->format || f->skipped)
		return 0;
	r->bad_file = true;
	if (f->status != -ESTALE)
		cli_fail("%s: changed since it was read, or can't be read again: "
			 "its SHA-256 is not told", f->name);
	return r->kept && replay_reads_twice(r) ? say(r, -ESTALE, "no case is "
	    "made of what changed while it was read") : 0;
}

/* The first line, whole now. */
static int
write_first(struct replay *r)
{
	const struct telltap_source_file *f;
	const char *line;
	size_t count, len;
	int err = 0;

	f = telltap_source_files(r->source, &count);
	for (size_t i = 0; i < count && !err; i++) {
		if (!f[i].has_sha256) {
			err = tell_hashless(r, &f[i]);
			continue;
		}
		telltap_engine_input_hash(r->engine, i, f[i].sha256);
		telltap_report_input_hash(r->report, i, f[i].sha256);
	}
	if (err)
		return err;
	line = telltap_engine_input_json(r->engine, &len);
	return line ? replay_write_line(r, line, len) :
	    say(r, -ENOMEM, telltap_strerror(-ENOMEM));
}

int
replay_held_end(struct replay *r, bool now)
{
	struct replay_held *h = r->held;
	int err;

	if (!h || !h->begun)
		return 0;
	if (h->lines.len >= HURRY_LEN &&
	    telltap_source_hash_begin(r->source))
		return say(r, -ENOMEM, telltap_source_error(r->source));
	err = telltap_source_hashed(r->source, now || h->lines.len >= HELD_MAX);
	if (!err)
		return 0;
	r->held = NULL;
	err = err < 0 ? say(r, err, telltap_source_error(r->source))
		      : write_first(r);
	for (size_t at = 0, n; !err && at < h->lines.len; at += n + 1) {
		const char *line = (const char *)h->lines.data + at;

		n = (size_t)((char *)memchr(line, '\n', h->lines.len - at) -
			     line);
		err = replay_write_line(r, line, n);
	}
	replay_held_free(h);
	return err;
}

void
replay_held_free(struct replay_held *h)
{
	if (!h)
		return;
	buf_clear(&h->lines);
	free(h);
}
