// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "kernel/doctor.h"
#include "kernel/doctor_pid.h"
#include "service/jail_doctor.h"

static int
say_machine(void)
{
	static const char *const words[] = { "ok", "part", "MISSING" };
	struct doctor_row rows[DOCTOR_ROWS_MAX];
	enum doctor_state worst = DOCTOR_OK;
	size_t count = jail_doctor_ask(rows, doctor_ask(rows));

	for (size_t i = 0; i < count; i++) {
		const struct doctor_row *r = &rows[i];
		char line[512];
		int n = snprintf(line, sizeof(line), "%-8s %s%s%s%s%s%s\n",
		    words[r->state], r->what, r->found[0] ? " (" : "",
		    r->found, r->found[0] ? ")" : "",
		    r->state == DOCTOR_OK ? "" : ": ",
		    r->state == DOCTOR_OK ? "" : r->lost);

		if (!cli_write(line, (size_t)n))
			return CLI_ERROR;
		if (r->state > worst)
			worst = r->state;
	}
	return worst == DOCTOR_MISSING ? CLI_FOUND : CLI_OK;
}

struct said {
	unsigned readable, sealed;
	bool failed;
};

static void
say_file(void *arg, const struct doctor_file *f)
{
	struct said *said = arg;
	char line[4600];
	int n = snprintf(line, sizeof(line), "%-8s %.4200s: %s\n",
	    f->readable ? "ok" : "no", f->path, f->why);

	/* The process names its files as it likes. */
	for (char *p = line; *p; p++)
		if ((unsigned char)*p < 0x20 && *p != '\n')
			*p = '?';
	said->readable += f->readable;
	said->sealed += f->sealed;
	said->failed |= !cli_write(line, (size_t)n);
}

/* A library that is mapped need not be the one that a program's TLS goes through. */
static void
say_sum(struct said *said, unsigned long pid)
{
	char line[200];
	int n = snprintf(line, sizeof(line), said->readable ?
	    "no       process %lu: of what goes through its other TLS, above, "
	    "plaintext can't be had\n" :
	    "no       process %lu: plaintext can't be had of anything that it "
	    "has mapped by now\n", pid);

	said->failed |= !cli_write(line, (size_t)n);
}

static int
say_process(const char *text)
{
	struct said said = { 0 };
	char *end;
	unsigned long pid = strtoul(text, &end, 10);
	int err;

	if (*text < '1' || *text > '9' || *end || pid > INT32_MAX)
		return cli_fail("doctor: --pid takes a number, not %s", text);
	err = doctor_pid((pid_t)pid, say_file, &said);
	if (err)
		return cli_fail("doctor: process %lu: %s", pid,
		    err == -ETIMEDOUT ? "its memory does not answer, for it "
			"waits for a file's server" : err_text(err));
	if (!said.failed && (!said.readable || said.sealed))
		say_sum(&said, pid);
	if (said.failed)
		return CLI_ERROR;
	return said.readable && !said.sealed ? CLI_OK : CLI_FOUND;
}

/* What live watching needs, and whether this machine has it; or what of one
 * process can be read. */
int
cli_doctor(int argc, char **argv)
{
	const char *pid = NULL;
	const struct cli_option options[] = {
		{ "pid", .text = &pid },
		{ .name = NULL },
	};

	if (cli_options(argc, argv, options))
		return CLI_ERROR;
	if (optind < argc)
		return cli_fail("doctor: takes no argument");
	return pid ? say_process(pid) : say_machine();
}
