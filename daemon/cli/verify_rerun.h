/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_VERIFY_RERUN_H
#define CLI_VERIFY_RERUN_H

#include "base/buf.h"
#include "cli/replay.h"
#include "cli/verify_excuse.h"
#include "cli/verify_known.h"
#include "cli/verify_lines.h"
#include "cli/verify_owners.h"
#include "evidence/event/event_read.h"
#include "telltap/verify.h"
#include "verdict/event.h"

/*
 * A case that is derived again: verify_replay.c reads its lines,
 * verify_compare.c compares them, verify_sum.c tells what came of it,
 * verify_note.c keeps what a first reading tells, verify_options.c how the case
 * was made; verify_derive.c runs an engine over its packets. A case in parts is
 * one run over all of them.
 */
#define EXCUSED_NAMED	64u
#define RERUN_SAID_MAX	20u	/* differences that are told one by one */

struct rerun_excused {
	uint64_t lines;
	unsigned runs;		/* of lines one behind the other */
	size_t part;		/* and the last of them */
	uint64_t first, last;
	struct buf which;	/* the first ones, as text */
};

struct rerun {
	struct replay *r;
	const char *dir;
	telltap_check_fn say;
	void *arg;
	struct event_reader *reader;
	struct lines_seen derived;	/* what the packets give */
	struct event_input_list asked;	/* of the case; borrowed from reader */
	struct verify_known *known;	/* its fingerprints; NULL: none, or
					 * known files were given */
	struct telltap_known *known_now;	/* of the engine */
	struct verify_owners *owners;
	struct excuses *excuses;
	struct rerun_excused excused[EXCUSE_COUNT];
	/* of the parts, below `dir`; a case in one has one, "" */
	char **parts;
	size_t part_count;
	/* where the reading is; in_part counts the lines of this part */
	size_t part;
	uint64_t line, in_part;
	size_t kept_part;		/* that has what was kept for us */
	uint64_t joined_line;		/* where files became known; 0: none */
	uint64_t known_line;		/* from which files were known to an engine... */
	bool prints_lost;		/* that was lost with their fingerprints */
	bool live, infers_files;
	bool ended;			/* a run has, in the lines so far */
	bool more_runs;			/* another has begun behind it */
	uint64_t rolled_line;		/* a part begins so behind the end, with
					 * nothing of a run so far; or 0 */
	bool is_later_part;		/* parts before the first are not here */
	bool differs;			/* can't be compared at all: told */
	uint64_t bad, same, trusted, names;
	uint64_t trusted_by[EVENT_ACTION_COUNT];
	uint64_t flows_alone, alone_out, others;	/* whose packets are not
							 * kept; their payload */
	uint64_t senders;		/* transfers of another process than
					 * their flow's in the end */
	uint64_t comments_other, comments_exec, comment_first, blocks_more;
	uint64_t packets;		/* that the log's summary counts */
	uint64_t place;			/* of the line that was found last */
	uint64_t open;			/* events that were not compared */
	uint64_t reports_open;		/* reports, likewise */
	struct event_totals summary;	/* of the packets */
	bool has_summary;
	uint64_t summaries;		/* in the log */
};

void rerun_tell(struct rerun *u, enum telltap_check result, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

/* verify_parts.c: fills parts; has any of them packets? The path of a file below
 * the data/ of one, to be freed; NULL if memory is out. */
int rerun_find_parts(struct rerun *u);
bool rerun_has_packets(const struct rerun *u);
char *rerun_path(const struct rerun *u, size_t part, const char *name);
/* That of the first part that has it, and u->kept_part; -ENOENT. */
int rerun_find_file(struct rerun *u, const char *name, char **ret_path);
void rerun_clear_parts(struct rerun *u);

/* The first reading: the first line of all; every line, number among all lines; and behind the last. */
void rerun_note_first(struct rerun *u, const struct event *e,
    struct span line);
int rerun_note_line(struct rerun *u, const struct event *e, uint64_t number);
int rerun_note_end(struct rerun *u);

/* Sets the options of `r` as the case's first event has them; tells what of them
 * our own first event lacks, and sets `differs`. */
int rerun_take_options(struct rerun *u, const struct event_input_list *in);
void rerun_compare_options(struct rerun *u,
    const struct event_input_list *ours);

/* Of the reason's lines the first runs are named; rerun_end_excused() behind the last. */
void rerun_excuse_line(struct rerun *u, enum excuse why);
void rerun_end_excused(struct rerun *u, struct rerun_excused *x);

/* verify_compare.c: an event that the packets give, to be kept; telltap_event_fn. A
 * line of the case beside them. */
int rerun_take_event(void *arg, const struct event *e);
int rerun_compare_line(struct rerun *u, const struct event *e, struct span line,
    uint64_t number);

/* verify_comment.c: of a packet, by the owner that the lines give it or NULL; of
 * the blocks beside so many packets; what came of it. */
void rerun_check_comment(struct rerun *u, struct span text, uint64_t number,
    const struct telltap_process *owner);
void rerun_count_blocks(struct rerun *u, const struct telltap_block *b,
    size_t count, size_t packets);
void rerun_tell_comments(struct rerun *u);

/* True if the order of all lines has to follow: see verify_compare.c. */
bool rerun_has_one_order(const struct rerun *u);

/* verify_sum.c: after the last line. */
void rerun_sum_up(struct rerun *u);

/* verify_summary.c: the totals that the packets give; those of a case's line beside
 * them, which is told. */
void rerun_note_summary(struct rerun *u, const struct event_totals *derived);
void rerun_compare_summary(struct rerun *u, const struct event_totals *logged);

/* verify_carried.c: a transfer of the log without what is on trust, on whose behalf it
 * went out and whose its connection was then, among the derived ones; as
 * lines_find(). */
int rerun_find_trusted(struct rerun *u, const struct event *e,
    struct span line, uint64_t *ret_place);

/* verify_report.c: the reports in the case, beside those that its lines give. */
int rerun_compare_reports(struct rerun *u);

/* The events of the case's packets, each to on_event; 0 or a negative code. */
int rerun_derive(struct rerun *u, telltap_event_fn on_event);

#endif
