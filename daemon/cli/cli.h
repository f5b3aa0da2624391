/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What the subcommands of telltap share. They use the public library, and
 * the live ones the kernel tap.
 * stdout is data and stderr is for people; every failure is one line there.
 */

enum {
	CLI_OK = 0,
	CLI_FOUND = 1,		/* what the caller asked to fail on */
	CLI_ERROR = 2,
	CLI_OWN_FAILURE = 125,	/* run: its own; as env and timeout have it */
};

/* argv[0] is the subcommand's name. All return an exit code. */
int cli_canary(int argc, char **argv);
int cli_experiment(int argc, char **argv);
int cli_replay(int argc, char **argv);
int cli_report(int argc, char **argv);
int cli_diff(int argc, char **argv);
int cli_profile(int argc, char **argv);
int cli_key(int argc, char **argv);
int cli_known(int argc, char **argv);
/* mark.c: several runs record, and none was chosen: says which there are. CLI_ERROR. */
int cli_fail_several(const char *command);
int cli_mark(int argc, char **argv);
int cli_prove(int argc, char **argv);
int cli_recover(int argc, char **argv);
int cli_redact(int argc, char **argv);
int cli_seal(int argc, char **argv);
/* What a run sees, again and again while it runs. */
int cli_top(int argc, char **argv);
int cli_verify(int argc, char **argv);
/* Exits as the command did, 125 for a failure of its own. */
int cli_run(int argc, char **argv);
int cli_watch(int argc, char **argv);
/* Exit 1 if live watching does not work here. */
int cli_doctor(int argc, char **argv);

/* What is wrong with a key that did not load. */
const char *cli_key_error(int err);

/* The key that signs a case: what --key gives, else systemd's credential, else
 * NULL. Lives as long as the program. */
const char *cli_signing_key(const char *given);

/* --alpha: 0, or it has said what is wrong. */
int cli_alpha(const char *text, double *ret_alpha);

/* "telltap: ..." and a newline. Returns CLI_ERROR. */
int cli_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * An option of a command, without its two dashes, and where it goes: what stands
 * alone sets or clears a bool; what has a value is kept as it is, is one more of a
 * list of at most max, or is taken by a function that returns 0, or CLI_ERROR after
 * it has said what is wrong. Values are argv's.
 */
struct cli_option {
	const char *name;		/* NULL: the end of the table */
	bool *set, *clear;
	const char **text;
	const char **list;
	unsigned *count, max;		/* of list */
	int (*take)(void *arg, const char *value);
	void *arg;
};

#define CLI_OPTIONS_MAX	48

/*
 * Takes the options before, between and behind other arguments, as getopt_long()
 * does, and leaves optind at the first of the others. 0, or CLI_ERROR after it has
 * said which is unknown, lacks its value or was given too often. _before: up to the
 * first other argument, which is a command that has options of its own.
 */
int cli_options(int argc, char **argv, const struct cli_option *options);
int cli_options_before(int argc, char **argv, const struct cli_option *options);

/* Before the first of many bytes: in larger pieces than the usual 4 KiB. */
void cli_write_wide(void);
/* Bytes to stdout; false, and the reason said once, if they don't go out. */
bool cli_write(const void *data, size_t len);
/* The end of stdout: CLI_ERROR if not everything went out, else code. */
int cli_close_stdout(int code);

#endif
