// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "service/process.h"
#include "telltap/telltap.h"

/* The command line: a table of subcommands. */

static int cli_help(int argc, char **argv);
static int cli_version(int argc, char **argv);

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *usage;
	int own_failure;	/* exit code, if not CLI_ERROR */
} commands[] = {
	{ "replay", cli_replay,
	    "replay [--known PATH]... [--json] [--case DIR] [--threads N]\n"
	    "                 [--endpoint CIDR]... [--filter EXPR] [--digests]\n"
	    "                 [--separate] [--no-dpi] [--fail-on KIND]...\n"
	    "                 [--profile ID]... [--profile-dir PATH] "
	    "[--keylog FILE]...\n"
	    "                 [--tls-key FILE]... [--attribution FILE]...\n"
	    "                 [--identity FILE]... [--show-values]\n"
	    "                 [--archive-password TEXT]...\n"
	    "                 [--key FILE] [--salt FILE] [--no-packets] "
	    "[--alpha RATE]\n"
	    "                 [--keep-objects] CAPTURE...", 0 },
	{ "run", cli_run,
	    "run [--known PATH]... [--json] [--case DIR] [--digests] [--no-dpi]\n"
	    "                 [--fail-on KIND]... [--file-reads] "
	    "[--infer-files]\n"
	    "                 [--no-descendants]\n"
	    "                 [--known-from-reads|--no-known-from-reads]\n"
	    "                 [--no-passed-sockets] [--no-bpf] [--key FILE]\n"
	    "                 [--no-packets] [--roll SIZE] [--alpha RATE]\n"
	    "                 [--keylog FILE]... [--tls-key FILE]... "
	    "[--identity FILE]...\n"
	    "                 [--no-identity] [--show-values] [--keep-objects]\n"
	    "                 [--archive-password TEXT]...\n"
	    "                 [--tls-plaintext] -- COMMAND [ARG...]",
	    CLI_OWN_FAILURE },
	{ "watch", cli_watch,
	    "watch --exe PATH|--unit NAME|--cgroup PATH|--pid N|--uid USER|\n"
	    "                 --profile ID... [options of run]", 0 },
	{ "mark", cli_mark, "mark [--case DIR] TEXT", 0 },
	{ "top", cli_top,
	    "top [--case DIR] [--interval SECONDS] [--count N]", 0 },
	{ "doctor", cli_doctor, "doctor [--pid N]", 0 },
	{ "report", cli_report,
	    "report [--format text|html|json|csv|sqlite] [--table NAME] CASE\n"
	    "  telltap report --policy FILE [--format text|json|junit] "
	    "[--strict] CASE", 0 },
	{ "diff", cli_diff, "diff [--format text|html|json] [--phase NAME]... CASE [CASE]", 0 },
	{ "profile", cli_profile,
	    "profile list|show ID|match HOST [--port N] [--json] "
	    "[--profile-dir PATH]", 0 },
	{ "verify", cli_verify,
	    "verify [--vkey FILE] [--since FILE] [--allowed-signers FILE]\n"
	    "                 [--tsa-ca FILE] [--replay [--known PATH]...] "
	    "[--strict]\n"
	    "                 CASE|PROOF", 0 },
	{ "seal", cli_seal,
	    "seal [--ssh-key FILE] [--timestamp FILE|--tsa URL] "
	    "[--tsa-ca FILE]\n"
	    "                 [--tls-ca FILE] [--config FILE] CASE", 0 },
	{ "recover", cli_recover, "recover [--key FILE] CASE", 0 },
	{ "redact", cli_redact,
	    "redact --out DIR [--hide SEQUENCE]... [--hide-text TEXT]...\n"
	    "                 [--keep-packets] [--keep-keys] CASE", 0 },
	{ "prove", cli_prove, "prove CASE SEQUENCE", 0 },
	{ "known", cli_known,
	    "known build --output FILE LIST...\n"
	    "       telltap known show [--check] FILE\n"
	    "       telltap known find FILE HASH...", 0 },
	{ "key", cli_key, "key new|show FILE", 0 },
	{ "canary", cli_canary,
	    "canary plant [--count N] [--types TYPE,...] [--seed TEXT]\n"
	    "                 [--key FILE] [--case DIR] DIR\n"
	    "       telltap canary rewrite [--seed TEXT] [--key FILE] "
	    "[--case DIR] DIR\n"
	    "       telltap canary list|touch|remove DIR", 0 },
	{ "experiment", cli_experiment, "experiment run PLAN.yaml", 0 },
	{ "help", cli_help, "help [COMMAND]", 0 },
	{ "--help", cli_help, NULL, 0 },
	{ "-h", cli_help, NULL, 0 },
	{ "--version", cli_version, "--version", 0 },
	{ "version", cli_version, NULL, 0 },
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(*commands))

static size_t
find_command(const char *name)
{
	size_t i = 0;

	while (i < COMMAND_COUNT && strcmp(name, commands[i].name))
		i++;
	return i;
}

static void
put_usage(size_t command, bool first)
{
	const char *usage = commands[command].usage;

	if (!usage)
		return;
	cli_write(first ? "usage: telltap " : "       telltap ", 15);
	cli_write(usage, strlen(usage));
	cli_write("\n", 1);
}

static int
help_on(const char *name)
{
	size_t i = find_command(name);

	if (i == COMMAND_COUNT || !commands[i].usage)
		return cli_fail("no such command: %s; see telltap help", name);
	put_usage(i, true);
	return CLI_OK;
}

static int
cli_help(int argc, char **argv)
{
	static const char what[] =
	    "\nWhat does the antivirus on this machine send to its cloud: "
	    "whole files, or\nonly their hashes? See telltap(1).\n";

	if (argc > 1 && *argv[1] != '-')
		return help_on(argv[1]);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		put_usage(i, !i);
	cli_write(what, sizeof(what) - 1);
	return CLI_OK;
}

/* "telltap key --help", "telltap key new --help". What stands behind "--" is
 * another program's. */
static bool
asks_for_help(int argc, char **argv)
{
	return (argc > 2 && !strcmp(argv[2], "--help")) ||
	       (argc > 3 && *argv[2] != '-' && !strcmp(argv[3], "--help"));
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

/* A run that went well may still fail to say so. */
static int
finish(int code, int own_failure)
{
	int closed = cli_close_stdout(code);

	return closed == code || !own_failure ? closed : own_failure;
}

/* A stream that the caller closed stays one that fails: its number must not
 * become that of a file which is then written to. */
static bool
occupy_streams(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd ? O_RDONLY : O_WRONLY) != fd)
			return false;
	return true;
}

int
main(int argc, char **argv)
{
	size_t i;

	/* A reader that went away, or a file that may not grow, is an error
	 * with a name, not a signal. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	if (child_is_wanted(argc, argv))
		return child_run(argc, argv);
	if (!occupy_streams())
		return CLI_ERROR;
	if (argc < 2)
		return cli_fail("no command; see telltap help");
	i = find_command(argv[1]);
	if (i == COMMAND_COUNT)
		return cli_fail("no such command: %s; see telltap help",
		    argv[1]);
	if (commands[i].usage && asks_for_help(argc, argv))
		return finish(help_on(argv[1]), 0);
	return finish(commands[i].run(argc - 1, argv + 1),
	    commands[i].own_failure);
}
