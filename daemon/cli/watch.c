// SPDX-License-Identifier: Apache-2.0
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/live.h"

#define POLL_MS 100

static volatile sig_atomic_t told_to_stop;

static void
on_signal(int signal)
{
	told_to_stop = 1;
}

static int
watch(struct live *l, int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct cli_option options[CLI_OPTIONS_MAX];
	int code;

	live_selectors(l, options + live_options(l, options));
	if (cli_options(argc, argv, options))
		return CLI_ERROR;
	if (optind < argc)
		return cli_fail("watch: %s: telltap run -- COMMAND runs one",
		    argv[optind]);
	if (live_take_profiles(l))
		return CLI_ERROR;
	if (!targets_any(&l->to))
		return cli_fail("watch: say what to watch: --exe, --unit, "
				"--cgroup, --pid, --uid or --profile");
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	l->told_to_stop = &told_to_stop;
	code = live_open(l);
	if (code)
		return code;
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "telltap: watching %zu processes, until "
			"interrupted\n", service_watched_count(l->service));
	while (!code && !told_to_stop)
		code = live_poll(l, POLL_MS);
	if (!code)
		code = live_finish(l);
	return code || !l->out.found ? code : CLI_FOUND;
}

int
cli_watch(int argc, char **argv)
{
	struct live l;
	int code;

	live_init(&l, "watch");
	l.out.report = telltap_report_new();
	if (!l.out.report)
		return cli_fail("out of memory");
	code = watch(&l, argc, argv);
	live_clear(&l);
	return code;
}
