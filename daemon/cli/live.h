/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_LIVE_H
#define CLI_LIVE_H

#include "cli/cli.h"
#include "cli/replay.h"
#include "service/service.h"
#include "service/targets.h"

/* What `telltap run` and `telltap watch` share: their options, and the service
 * (service.h) that does the work. */

struct live {
	struct replay out;		/* the options that replay has, too */
	struct service *service;
	struct tap_options options;
	struct targets to;
	const char *identities[REPLAY_LIST_MAX];	/* files */
	unsigned identity_count;
	bool no_identity;		/* do not look for this machine's */
	const volatile sig_atomic_t *told_to_stop;	/* or NULL */
};

/* The options of both, with an end behind them: their number. Then those that
 * say what to watch, of watch alone. */
size_t live_options(struct live *l, struct cli_option *ret_options);
void live_selectors(struct live *l, struct cli_option *ret_options);

void live_init(struct live *l, const char *command);

/* The profiles that were asked for, as what to watch. */
int live_take_profiles(struct live *l);

/* Starts the service. An exit code after saying why not. */
int live_open(struct live *l);
/* One turn. */
int live_poll(struct live *l, int timeout_ms);
/* Waits for what is still on its way and closes the outputs. */
int live_finish(struct live *l);
void live_clear(struct live *l);

#endif
