/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_LIVE_H
#define CLI_LIVE_H

#include <getopt.h>

#include "cli/marks.h"
#include "cli/replay.h"
#include "kernel/tap.h"

/*
 * What `telltap run` and `telltap watch` share: the kernel tap feeds the
 * engine, whose events go where those of a replay go.
 */

struct live {
	struct replay out;		/* engine, report, case, --json */
	const char *command;		/* "run", "watch": for messages */
	struct tap *tap;
	struct marks *marks;		/* NULL: none can be taken */
	struct tap_options options;
	const char *exes[REPLAY_LIST_MAX + 1];
	const char *cgroups[REPLAY_LIST_MAX + 1];
	const char *units[REPLAY_LIST_MAX + 1];
	pid_t pids[REPLAY_LIST_MAX];
	uid_t uids[REPLAY_LIST_MAX];
	unsigned exe_count, cgroup_count, unit_count;
	char *folders[REPLAY_LIST_MAX];	/* of profiles, as patterns */
	unsigned folder_count;
	/* of a case that is taken up: its packets' numbers go on */
	uint64_t packets_before;
	struct telltap_packet *renumbered;
	size_t renumbered_cap;
};

/* Options of both; run takes those only. */
extern const struct option live_options[];
extern const struct option live_run_options[];

void live_init(struct live *l, const char *command);
/* Takes the option that cli_option() returned. 0, or an exit code after the
 * reason was said. */
int live_take_option(struct live *l, int c);

/* The profiles that were asked for, as what to watch. */
int live_take_profiles(struct live *l);

/* Opens the engine, the outputs, the tap. An exit code after saying why not. */
int live_open(struct live *l);
/* One turn. */
int live_poll(struct live *l, int timeout_ms);
/* Waits for what is still on its way, ends the engine, writes the outputs. */
int live_finish(struct live *l);
void live_clear(struct live *l);

#endif
