// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "cli/cli.h"
#include "report/format.h"
#include "service/marks.h"
#include "telltap/telltap.h"

static void
say_run(void *arg, unsigned long pid, const char *case_dir)
{
	struct buf b;

	buf_init(&b, 0);
	format_safe(&b, span_str(!case_dir ? "does not answer" : !*case_dir ?
	    "keeps no case" : case_dir));
	fprintf(stderr, "  %lu\t%.*s\n", pid, (int)b.len, (const char *)b.data);
	buf_clear(&b);
}

int
cli_fail_several(const char *command)
{
	int code = cli_fail("%s: several runs record; say which with --case:",
	    command);

	(void)!marks_list(say_run, NULL);
	return code;
}

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
		return cli_fail_several("mark");
	if (err == -ETIMEDOUT)
		return cli_fail(dir ? "mark: no run that answers records into "
				      "%s, and one does not answer"
				    : "mark: the run does not answer", dir);
	return err ? cli_fail("mark: %s", telltap_strerror(err)) : CLI_OK;
}
