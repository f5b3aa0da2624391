/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_REPLAY_H
#define CLI_REPLAY_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "telltap/case.h"
#include "telltap/report.h"
#include "telltap/source.h"
#include "telltap/telltap.h"

/* One run of `telltap replay`: what was asked for, and what it holds open. */

/* Of connections whose keys may yet come from a pipe. */
#define REPLAY_LATE_BYTES	(256u << 20)
#define REPLAY_LIST_MAX 64
/* One of the lists below in a table of options (cli.h). */
#define REPLAY_LIST(at, n) .list = (at), .count = &(n), .max = REPLAY_LIST_MAX

struct replay_held;

struct replay {
	const char *command;	/* "replay", "run", "watch": for messages */
	/* asked for */
	struct telltap_options options;
	const char *known[REPLAY_LIST_MAX];
	const char *endpoints[REPLAY_LIST_MAX + 1];
	const char *fail_on[REPLAY_LIST_MAX];
	unsigned known_count, endpoint_count, fail_on_count;
	const char *passwords[REPLAY_LIST_MAX + 1];
	unsigned password_count;
	const char *keylogs[REPLAY_LIST_MAX];
	unsigned keylog_count;
	const char *tls_keys[REPLAY_LIST_MAX];
	unsigned tls_key_count;
	struct replay_attribution *attribution;	/* NULL: none was given */
	struct telltap_identity *identity;	/* NULL: none was given */
	const char *profiles[REPLAY_LIST_MAX];
	unsigned profile_count;
	const char *case_dir, *filter, *profile_dir;
	struct telltap_case_options case_options;
	bool json, separate, no_packets;
	bool reads_once;		/* standard input or another pipe, too */
	const char *const *paths;
	size_t path_count;
	/* held */
	struct telltap_known *known_files;
	struct telltap_profiles *profile_set;
	struct telltap_keys *keys;	/* NULL: none */
	bool keys_come;			/* with what is read only once: a pcapng
					 * file from a pipe */
	struct telltap_source *source;
	struct telltap_engine *engine;
	struct replay_owners *owners;	/* of the engine's packets */
	struct telltap_report *report;
	struct telltap_case *kept;
	struct replay_held *held;	/* NULL: lines wait for nothing */
	/* so far */
	char *state_path;		/* of a run that can be resumed */
	bool said;			/* the failure has been said */
	bool found;			/* what --fail-on asks for */
	bool bad_file;
	bool show_progress;
	uint64_t packets, bytes;
	struct timespec last_shown;
};

/* The options that run and watch have, too, without an end: their number. */
struct cli_option;
size_t replay_options(struct replay *r, struct cli_option *ret_options);

/* Loads the known files that were asked for into options. 0, or a code. */
int replay_load_known(struct replay *r);

/* Loads the profiles that were asked for into options, or those that came with
 * the program. Returns 0, or a code after saying what was wrong. */
int replay_load_profiles(struct replay *r);

/* replay_keys.c: the key logs that were asked for; then the keys that lie in
 * the captures, for packets before and after them. Return as above. */
int replay_load_keys(struct replay *r);
int replay_find_keys(struct replay *r);

/* Reads the captures and writes what was asked for. Returns an exit code. */
int replay_run(struct replay *r, const char *const *paths, size_t path_count);

/* The keys of sessions that were met since the last call go into the case beside its
 * packets; nothing where none are kept. */
int replay_keep_keys(struct replay *r);
/* The fingerprints of known files that events named, likewise. */
int replay_keep_prints(struct replay *r);

/* The end of one capture, or of all: the reports and the case. Returns 0, or
 * a code after saying what was wrong. */
int replay_begin_output(struct replay *r, const char *name);
int replay_end_output(struct replay *r);
void replay_drop_output(struct replay *r);
/* Says what was wrong with the case, once; returns err. */
int replay_case_failed(struct replay *r, int err);
/* Standard input, or what is no file and no folder: a pipe. */
bool replay_is_read_once(const char *path);
/* The packets of the case: as they come, or once more at the end. */
bool replay_keeps_all(const struct replay *r);
bool replay_reads_twice(const struct replay *r);
int replay_keep_packets(struct replay *r, struct telltap_source *source,
    const struct telltap_packet *packets, size_t count, bool all);
int replay_keep_chosen(struct replay *r);
/* A line of an event: to where it was asked for. */
int replay_write_line(struct replay *r, const char *line, size_t len);
/*
 * replay_held.c: the captures are hashed while they are read. The first line
 * names their hashes, so those behind it are kept until they are known, up to a
 * ceiling; then the run waits. All return 0, or a code after saying what was
 * wrong. _begin: of the captures that were opened; _first: true once, of the event
 * whose line is made later, while lines are kept; _end: what was kept is written,
 * once nothing is to be waited for, or now, if it must be.
 */
int replay_held_begin(struct replay *r);
bool replay_held_first(struct replay *r);
int replay_held_add(struct replay *r, const char *line, size_t len);
int replay_held_end(struct replay *r, bool now);
void replay_held_free(struct replay_held *held);
/* telltap_event_fn */
int replay_on_event(void *arg, const struct event *event);

#endif
