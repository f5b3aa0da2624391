// SPDX-License-Identifier: Apache-2.0
#include <getopt.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "telltap/report.h"

enum { OPT_FORMAT = 0x100, OPT_TABLE };

static const struct option options[] = {
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "table", required_argument, NULL, OPT_TABLE },
	{ NULL, 0, NULL, 0 },
};

static int
write_report(struct telltap_report *r, const char *path, int format)
{
	char *data;
	size_t len;

	if (telltap_report_read(r, path))
		return cli_fail("%s", telltap_report_error(r));
	if (telltap_report_render(r, (enum telltap_report_format)format, &data,
		&len))
		return cli_fail("%s: no memory for the report", path);
	cli_write(data, len);
	free(data);
	return CLI_OK;
}

static int
run(struct telltap_report *r, int argc, char **argv)
{
	int c, format = TELLTAP_REPORT_TEXT;

	while ((c = cli_option(argc, argv, options)) != -1) {
		if (c == '?')
			return CLI_ERROR;
		if (c == OPT_FORMAT) {
			format = telltap_report_format(optarg);
			if (format < 0)
				return cli_fail("report: no such format: %s",
				    optarg);
		} else if (telltap_report_table(r, optarg)) {
			return cli_fail("report: no such table: %s", optarg);
		}
	}
	if (argc - optind != 1)
		return cli_fail("report: give one case; see telltap help");
	return write_report(r, argv[optind], format);
}

int
cli_report(int argc, char **argv)
{
	struct telltap_report *r = telltap_report_new();
	int code;

	if (!r)
		return cli_fail("out of memory");
	code = run(r, argc, argv);
	telltap_report_free(r);
	return code;
}
