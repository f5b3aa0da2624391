// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "telltap/telltap.h"

/* The command line: a table of subcommands. */

static int cli_help(int argc, char **argv);
static int cli_version(int argc, char **argv);

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *usage;
} commands[] = {
	{ "replay", cli_replay,
	    "replay [--known PATH]... [--json] [--case DIR] [--threads N]\n"
	    "                 [--endpoint CIDR]... [--filter EXPR] [--digests]\n"
	    "                 [--separate] [--no-dpi] [--fail-on KIND]... "
	    "CAPTURE..." },
	{ "report", cli_report,
	    "report [--format text|html|json|csv] [--table NAME] CASE" },
	{ "run", cli_run,
	    "run [--known PATH]... [--json] [--case DIR] [--digests]\n"
	    "              [--no-dpi] [--no-descendants] "
	    "[--no-passed-sockets]\n"
	    "              [--] COMMAND [ARG...]" },
	{ "watch", cli_watch,
	    "watch [--exe PATH|--unit NAME|--cgroup PATH|--pid N|--uid N]...\n"
	    "                [--known PATH]... [--json] [--case DIR] "
	    "[--fail-on KIND]...\n"
	    "                [--digests] [--no-dpi] [--no-descendants] "
	    "[--no-passed-sockets]" },
	{ "help", cli_help, "help" },
	{ "--help", cli_help, NULL },
	{ "-h", cli_help, NULL },
	{ "--version", cli_version, "--version" },
	{ "version", cli_version, NULL },
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(*commands))

static int
cli_help(int argc, char **argv)
{
	static const char what[] =
	    "\nWhat does the antivirus on this machine send to its cloud: "
	    "whole files, or\nonly their hashes? See telltap(1).\n";

	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (!commands[i].usage)
			continue;
		cli_write(i ? "       telltap " : "usage: telltap ", 15);
		cli_write(commands[i].usage, strlen(commands[i].usage));
		cli_write("\n", 1);
	}
	cli_write(what, sizeof(what) - 1);
	return CLI_OK;
}

static int
cli_version(int argc, char **argv)
{
	char line[64];
	int n = snprintf(line, sizeof(line), "telltap %s\n",
	    telltap_version());

	cli_write(line, (size_t)n);
	return CLI_OK;
}

int
main(int argc, char **argv)
{
	/* A reader that went away, or a file that may not grow, is an error
	 * with a name, not a signal. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	if (argc < 2)
		return cli_fail("no command; see telltap help");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (!strcmp(argv[1], commands[i].name))
			return cli_close_stdout(
			    commands[i].run(argc - 1, argv + 1));
	return cli_fail("no such command: %s; see telltap help", argv[1]);
}
