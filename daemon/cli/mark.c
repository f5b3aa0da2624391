// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "cli/cli.h"
#include "service/marks.h"
#include "telltap/telltap.h"

int
cli_mark(int argc, char **argv)
{
	const char *dir = NULL, *text;
	const struct cli_option options[] = {
		{ "case", .text = &dir },
		{ .name = NULL },
	};
	int err;

	if (cli_options(argc, argv, options))
		return CLI_ERROR;
	if (argc - optind != 1)
		return cli_fail("mark: give one text; see telltap help");
	text = argv[optind];
	if (!*text || strlen(text) > MARKS_TEXT_MAX)
		return cli_fail("mark: a text has 1 to %u bytes",
		    MARKS_TEXT_MAX);
	err = marks_send(dir, text);
	if (err == -ESRCH)
		return cli_fail(dir ? "mark: no run records into %s"
				    : "mark: nothing is running", dir);
	if (err == -EEXIST)
		return cli_fail("mark: several runs record; say which with "
				"--case");
	if (err == -ETIMEDOUT)
		return cli_fail(dir ? "mark: no run that answers records into "
				      "%s, and one does not answer"
				    : "mark: the run does not answer", dir);
	return err ? cli_fail("mark: %s", telltap_strerror(err)) : CLI_OK;
}
