// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "service/marks.h"
#include "telltap/report.h"
#include "telltap/telltap.h"

/* What a run sees, while it runs: the case that it writes, read on and on. */

#define INTERVAL_S	2.0
#define INTERVAL_MAX_S	86400.0
#define CLEAR		"\033[H\033[J"

struct top {
	const char *case_dir;
	double interval_s;
	unsigned long count;		/* pictures; 0: until the end */
	char found[PATH_MAX];
};

static volatile sig_atomic_t stopped;

static void
stop(int sig)
{
	(void)sig;
	stopped = 1;
}

static int
take_interval(void *arg, const char *value)
{
	struct top *t = arg;
	char *end;

	t->interval_s = strtod(value, &end);
	if (end == value || *end || !(t->interval_s >= 0.1) ||
	    t->interval_s > INTERVAL_MAX_S)
		return cli_fail("top: --interval takes seconds, 0.1 to %.0f, "
				"not %s", INTERVAL_MAX_S, value);
	return 0;
}

static int
take_count(void *arg, const char *value)
{
	struct top *t = arg;
	char *end;

	errno = 0;
	t->count = strtoul(value, &end, 10);
	if (end == value || *end || *value == '-' || !t->count || errno)
		return cli_fail("top: --count takes a number from 1 on, not %s",
		    value);
	return 0;
}

static int
find_case(struct top *t)
{
	int err = marks_find_case(t->found, sizeof(t->found));

	t->case_dir = t->found;
	if (err == -ESRCH)
		return cli_fail("top: nothing is running; see --case");
	if (err == -EEXIST)
		return cli_fail_several("top");
	if (err == -ENOENT)
		return cli_fail("top: the run keeps no case (run and watch "
				"take --case)");
	return err ? cli_fail("top: %s", telltap_strerror(err)) : CLI_OK;
}

static double
now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* A signal ends it early. */
static void
wait_for(double seconds)
{
	struct timespec ts = { (time_t)seconds,
		(long)((seconds - floor(seconds)) * 1e9) };

	(void)!nanosleep(&ts, NULL);
}

static int
put_picture(struct telltap_report *r, double seconds, bool screen)
{
	char *data;
	size_t len;
	bool ok;

	if (telltap_report_top(r, seconds, &data, &len))
		return cli_fail("top: out of memory");
	ok = (!screen || cli_write(CLEAR, sizeof(CLEAR) - 1)) &&
	     cli_write(data, len) && (screen || cli_write("\n", 1));
	free(data);
	return ok && !fflush(stdout) ? CLI_OK : CLI_ERROR;
}

static int
follow(struct telltap_report *r, const struct top *t)
{
	bool screen = isatty(STDOUT_FILENO);
	double last = 0, now;
	int ended = 0, code = CLI_OK;

	for (unsigned long i = 0; !code && !ended && !stopped; i++) {
		if (t->count && i == t->count)
			break;
		if (i)
			wait_for(t->interval_s);
		ended = telltap_report_follow(r, t->case_dir);
		if (ended < 0)
			return cli_fail("%s", telltap_report_error(r));
		now = now_s();
		/* What came before the first picture came at no known rate. */
		code = put_picture(r, i ? now - last : 0, screen);
		last = now;
	}
	return code;
}

int
cli_top(int argc, char **argv)
{
	struct top t = { .interval_s = INTERVAL_S };
	struct sigaction sa = { .sa_handler = stop };
	const struct cli_option options[] = {
		{ "case", .text = &t.case_dir },
		{ "interval", .take = take_interval, .arg = &t },
		{ "count", .take = take_count, .arg = &t },
		{ .name = NULL },
	};
	struct telltap_report *r;
	int code;

	if (cli_options(argc, argv, options))
		return CLI_ERROR;
	if (argc != optind)
		return cli_fail("top: takes no arguments; see telltap help");
	if (!t.case_dir && find_case(&t))
		return CLI_ERROR;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	r = telltap_report_new();
	if (!r)
		return cli_fail("out of memory");
	code = follow(r, &t);
	telltap_report_free(r);
	return code;
}
