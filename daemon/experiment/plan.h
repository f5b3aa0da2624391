/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXPERIMENT_PLAN_H
#define EXPERIMENT_PLAN_H

#include <stdbool.h>

#include "base/yamlfile.h"
#include "canary/code.h"
#include "canary/set.h"

/*
 * What `telltap experiment run` is told in its PLAN.yaml: who is watched, what
 * canaries are planted where, and the phases that a session goes through. The
 * file is the lab's own: its commands are run as they stand. Described in
 * telltap(1).
 */
#define PLAN_SESSIONS_MAX	100
#define PLAN_PHASES_MAX		32
#define PLAN_NAME_MAX		64
#define PLAN_WATCH_MAX		64
#define PLAN_PATH_MAX		4200	/* what is in a folder that it names */

enum plan_network { PLAN_NETWORK_KEEP, PLAN_NETWORK_CUT, PLAN_NETWORK_RESTORE };

/* Strings are NULL where the file has none. */
struct plan_phase {
	char *name;
	int *plant, *restart, *shuffle;		/* yes or no */
	int *network;				/* enum plan_network */
	char *run;				/* once */
	char *each;				/* once a canary, as $1 */
	unsigned wait_s, timeout_s;
};

struct plan_canaries {
	char *folder;
	unsigned count;
	char **types;
	unsigned types_count;
};

struct plan_network_commands {
	char *cut, *restore;
};

struct plan {
	char *experiment, *out, *seed, *restart, *key;
	unsigned sessions;
	char **watch;				/* options of telltap watch */
	unsigned watch_count;
	struct plan_canaries *canaries;
	struct plan_network_commands *network;
	struct plan_phase *phases;
	unsigned phases_count;
};

/* ERR_MALFORMED or an errno value, and one line in ret_error. */
int plan_load(const char *path, struct plan **ret_plan,
    char ret_error[static YAMLFILE_ERROR_MAX]) must_check;
void plan_free(struct plan *p);

/* A member that is yes or no; not given, it is no. */
bool plan_is(const int *answer);

/* Types of canaries, as indexes; all of them where the plan names none. */
size_t plan_types(const struct plan *p, int ret_types[static CODE_COUNT_MAX]);

#endif
