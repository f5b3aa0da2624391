/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELLTAP_REPORT_H
#define TELLTAP_REPORT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What events add up to, for people: destinations, whole files, fragments,
 * look-ups, anomalies, and how much of the traffic was seen at all. Fed with an
 * engine's events or with a written case; memory is bounded, and what found no
 * room in a table is counted and said.
 *
 * The same events give the same bytes in every format.
 */

struct event;
struct telltap_report;

enum telltap_report_format {
	TELLTAP_REPORT_TEXT,	/* a summary for a terminal */
	TELLTAP_REPORT_HTML,	/* one file, nothing else needed to read it */
	TELLTAP_REPORT_JSON,
	TELLTAP_REPORT_CSV,	/* one table, see telltap_report_table() */
};

struct telltap_report *telltap_report_new(void);
void telltap_report_free(struct telltap_report *report);

/* Counts one event; all of it is copied that is kept. */
int telltap_report_add(struct telltap_report *report,
    const struct event *event);

/*
 * telltap_report_read - counts every event of a case's folder, or of a file of
 * events. Lines of a kind that this version does not know are counted and
 * skipped; a line that is no event fails with its number in
 * telltap_report_error().
 */
int telltap_report_read(struct telltap_report *report, const char *path);

/* Before anything is read: count what is of this phase alone, by the mark that
 * it begins with; "start" is what is before any mark. Borrowed. */
void telltap_report_phase(struct telltap_report *report, const char *name);

/* As telltap_report_read(), of lines that were opened by the caller; name is for messages.
 * Called again, of the next part of the same case. */
int telltap_report_read_file(struct telltap_report *report, FILE *file,
    const char *name);

/*
 * telltap_report_follow - counts the events that a case has got since the last
 * call, while it is being written; the first call opens it. Returns 1 once the
 * case is over and read, 0 before, or a negative code and a line in
 * telltap_report_error(); -ENOENT if there is no such case yet.
 */
int telltap_report_follow(struct telltap_report *report, const char *path);

/* What is going on, for a terminal: with rates since the last call, seconds ago,
 * or, if that is 0, without. The caller frees *ret_data with free(3). 0 or -ENOMEM. */
int telltap_report_top(struct telltap_report *report, double seconds,
    char **ret_data, size_t *ret_len);

/* The lines of the case before its seal, and the root of the tree over them; none:
 * the case is in parts, each of which has a root of its own.
 * telltap_report_read() finds out by itself. */
void telltap_report_log(struct telltap_report *report, uint64_t lines,
    const uint8_t root[32]);

/* The SHA-256 of the capture of that index, from 0, that its event did not have. */
void telltap_report_input_hash(struct telltap_report *report, size_t index,
    const uint8_t sha256[32]);

/* "text" "html" "json" "csv"; -1 for any other. */
int telltap_report_format(const char *name);

/* The table that CSV gives: "destinations" (at first) "files" "hashes" "urls"
 * "anomalies" "categories" "processes" "reads" "timeline". -EINVAL for any other. */
int telltap_report_table(struct telltap_report *report, const char *name);

/* The report; the caller frees *ret_data with free(3). */
int telltap_report_render(struct telltap_report *report,
    enum telltap_report_format format, char **ret_data, size_t *ret_len);

/*
 * telltap_report_database - writes the events of a case, one by one and none
 * left out, into a new SQLite database; docs/sqlite.md describes its tables. It
 * counts nothing in the report. The file at db_path must be empty or not there;
 * after a failure, said in telltap_report_error(), it is of no use.
 */
int telltap_report_database(struct telltap_report *report, const char *path,
    const char *db_path);

enum telltap_policy_format {
	TELLTAP_POLICY_TEXT,
	TELLTAP_POLICY_JSON,
	TELLTAP_POLICY_JUNIT,
};

/* The worst of the verdicts. */
enum telltap_policy_result {
	TELLTAP_POLICY_PASS,
	TELLTAP_POLICY_FAIL,
	TELLTAP_POLICY_CANT_TELL,	/* none failed, not all passed */
};

/*
 * telltap_report_policy - holds the case against the rules of a YAML file; see
 * telltap(1). What could not be seen or read never passes a rule that it might
 * break. Returns a telltap_policy_result, or a negative code and a line in
 * telltap_report_error(). The caller frees *ret_data with free(3).
 */
int telltap_report_policy(struct telltap_report *report, const char *path,
    enum telltap_policy_format format, char **ret_data, size_t *ret_len);

/* Two cases beside each other, as text, HTML or JSON; names are those to show.
 * The caller frees *ret_data with free(3). 0, -ENOMEM, or -EINVAL for another
 * format. */
int telltap_report_diff(struct telltap_report *a, struct telltap_report *b,
    const char *name_a, const char *name_b,
    enum telltap_report_format format, char **ret_data, size_t *ret_len);

/*
 * telltap_report_found - how many transfers of that kind there were, 0 to
 * INT64_MAX; a file that went out whole in several pieces counts as a
 * "file-upload". -EINVAL if there is no such kind.
 */
int64_t telltap_report_found(const struct telltap_report *report,
    const char *kind);

/* The last failure in one line; never NULL. */
const char *telltap_report_error(const struct telltap_report *report);

#ifdef __cplusplus
}
#endif

#endif
