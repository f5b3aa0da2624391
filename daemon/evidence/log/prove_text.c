// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/event/event_json.h"
#include "evidence/log/prove.h"

#define HEADER	"c2sp.org/tlog-proof@v1"
#define EXTRA	"extra "
#define INDEX	"index "

void
prove_write(const struct prove_parts *p, struct buf *out)
{
	buf_str(out, HEADER "\n" EXTRA);
	note_write_base64(p->line, p->line_len, out);
	buf_printf(out, "\n" INDEX "%llu\n", (unsigned long long)p->index);
	for (size_t i = 0; i < p->count; i++) {
		note_write_base64(p->hashes[i], TLOG_HASH_LEN, out);
		buf_u8(out, '\n');
	}
	buf_u8(out, '\n');
	buf_append(out, p->checkpoint.p, p->checkpoint.len);
}

/* A line that begins with that label; the rest of it. */
static int
read_labelled(struct span *text, const char *label, struct span *ret_value)
{
	size_t len = strlen(label);
	struct span line;

	if (note_read_line(text, &line) || line.len < len ||
	    memcmp(line.p, label, len))
		return ERR_MALFORMED;
	*ret_value = (struct span){ line.p + len, line.len - len };
	return 0;
}

static int
read_hashes(struct span *text, struct prove_parts *p)
{
	struct span line;

	for (p->count = 0;; p->count++) {
		if (note_read_line(text, &line))
			return ERR_MALFORMED;
		if (!line.len)
			return 0;
		if (p->count == TLOG_PROOF_MAX ||
		    note_read_base64(line, p->hashes[p->count],
			TLOG_HASH_LEN) != TLOG_HASH_LEN)
			return ERR_MALFORMED;
	}
}

int
prove_read(struct span text, struct prove_parts *ret_parts)
{
	struct prove_parts p = { 0 };
	struct span value, extra;
	int n;

	if (read_labelled(&text, HEADER, &value) || value.len ||
	    read_labelled(&text, EXTRA, &extra) ||
	    read_labelled(&text, INDEX, &value) ||
	    note_read_number(value, &p.index) || read_hashes(&text, &p) ||
	    !text.len)
		return ERR_MALFORMED;
	p.checkpoint = text;
	p.line = malloc(EVENT_LINE_MAX);
	if (!p.line)
		return -ENOMEM;
	n = note_read_base64(extra, p.line, EVENT_LINE_MAX);
	if (n < 0) {
		free(p.line);
		return ERR_MALFORMED;
	}
	p.line_len = (size_t)n;
	*ret_parts = p;
	return 0;
}
