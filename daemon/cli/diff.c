// SPDX-License-Identifier: Apache-2.0
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "telltap/report.h"

enum { OPT_FORMAT = 0x100 };

static const struct option options[] = {
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ NULL, 0, NULL, 0 },
};

static int
write_diff(struct telltap_report *a, struct telltap_report *b, char **names,
    int json)
{
	char *data;
	size_t len;

	if (!a || !b)
		return cli_fail("out of memory");
	if (telltap_report_read(a, names[0]))
		return cli_fail("%s", telltap_report_error(a));
	if (telltap_report_read(b, names[1]))
		return cli_fail("%s", telltap_report_error(b));
	if (telltap_report_diff(a, b, names[0], names[1], json, &data, &len))
		return cli_fail("diff: out of memory");
	cli_write(data, len);
	free(data);
	return CLI_OK;
}

int
cli_diff(int argc, char **argv)
{
	struct telltap_report *a, *b;
	const char *format = "text";
	int c, code;

	while ((c = cli_option(argc, argv, options)) != -1) {
		if (c == '?')
			return CLI_ERROR;
		format = optarg;
	}
	if (strcmp(format, "text") && strcmp(format, "json"))
		return cli_fail("diff: no such format: %s", format);
	if (argc - optind != 2)
		return cli_fail("diff: give two cases; see telltap help");
	a = telltap_report_new();
	b = telltap_report_new();
	code = write_diff(a, b, argv + optind, !strcmp(format, "json"));
	telltap_report_free(a);
	telltap_report_free(b);
	return code;
}
