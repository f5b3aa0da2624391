/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_RENDER_H
#define REPORT_RENDER_H

#include "report/model.h"

/*
 * The formats. Each appends a whole report to out; the same model gives the
 * same bytes. Failures are latched in out. The model is settled.
 */

enum render_table {
	RENDER_DESTINATIONS,
	RENDER_FILES,
	RENDER_HASHES,
	RENDER_URLS,
	RENDER_ANOMALIES,
	RENDER_CATEGORIES,
	RENDER_PROCESSES,
	RENDER_READS,
	RENDER_TIMELINE,
	RENDER_VENDORS,
	RENDER_PHASES,
	RENDER_TABLE_COUNT,
};

void render_text(const struct model *m, struct buf *out);
/* What is going on, for who watches: rates since the last time that it was
 * rendered, seconds ago; 0: none. */
void render_top(struct model *m, double seconds, struct buf *out);
void render_html(const struct model *m, struct buf *out);
void render_json(const struct model *m, struct buf *out);
void render_csv(const struct model *m, enum render_table table,
    struct buf *out);

/* What several formats say in the same words, as plain text. */

/* "capture.pcapng" or "3 captures". */
void render_inputs(const struct model *m, struct buf *out);
/* Which programs sent it and whose clouds got it, as far as it is known. */
void render_who(const struct model *m, struct buf *out);
/* "nothing missing", or what is, with commas. */
void render_missing(const struct model *m, struct buf *out);
/* The first of these, and how many more there are. */
void render_missing_first(const struct model *m, struct buf *out);
/* By which ways they were seen: "58 transfers in clear text, 3 opened with
 * keys". */
void render_seen(const struct model *m, struct buf *out);
/* One sentence on whole files, never an all-clear without its limits. */
/* Next to nothing could be read, so that "none was seen" would say too much. */
bool render_is_blind(const struct model *m);
void render_verdict(const struct model *m, struct buf *out);
/* "WHOLE FILE" "FRAGMENT" "PRODUCT'S OWN FILE". */
const char *render_file_label(const struct model_file *f);
/* What is known of a file's name: its name, or what it was. */
void render_file_name(const struct model_file *f, struct buf *out);
/* "proven: clear text, all 150,016 bytes match". */
void render_file_why(const struct model_file *f, struct buf *out);
/* What else could explain that a file went out, a sentence each. */
void render_behalf(const struct model_file *f, struct buf *out);
void render_own(const struct model_file *f, struct buf *out);
void render_shared(const struct model_file *f, struct buf *out);
void render_earlier(const struct model_file *f, struct buf *out);
/* The command that shows the packets of a file, or of the first transfer that had
 * some of it: in the folder of the captures; in that of the case. */
void render_packets(const struct model *m, const struct model_file *f,
    struct buf *out);
void render_kept_packets(const struct model_file *f, struct buf *out);
/* The names of the captures as arguments, each with a space in front. */
void render_captures(const struct model *m, struct buf *out);
/* "/usr/bin/av (pid 12)". */
void render_process(const struct model_process *p, struct buf *out);
/* What the report can't tell, a sentence in each line. */
void render_limits(const struct model *m, struct buf *out);
/* "files" "look-ups" "telemetry" "other" "not readable". */
const char *render_group(enum model_group g);

#endif
