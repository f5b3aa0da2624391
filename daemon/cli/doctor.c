// SPDX-License-Identifier: Apache-2.0
#include <getopt.h>
#include <stdio.h>

#include "cli/cli.h"
#include "kernel/doctor.h"
#include "service/jail_doctor.h"

/* What live watching needs, and whether this machine has it. */
int
cli_doctor(int argc, char **argv)
{
	static const char *const words[] = { "ok", "part", "MISSING" };
	static const struct option none[] = { { NULL, 0, NULL, 0 } };
	struct doctor_row rows[DOCTOR_ROWS_MAX];
	enum doctor_state worst = DOCTOR_OK;
	size_t count;

	if (cli_option(argc, argv, none) != -1)
		return CLI_ERROR;
	if (optind < argc)
		return cli_fail("doctor: takes no argument");
	count = jail_doctor_ask(rows, doctor_ask(rows));
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
