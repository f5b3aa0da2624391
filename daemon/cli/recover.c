// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "telltap/case.h"
#include "telltap/report.h"
#include "telltap/telltap.h"

/* A case whose recorder died: what is torn is cut off, a line tells of it, and
 * the case is sealed as any other. */

static int
add_report(struct telltap_case *c, struct telltap_report *r,
    enum telltap_report_format format, const char *name)
{
	char *data;
	size_t len;
	int err = telltap_report_render(r, format, &data, &len);

	if (err)
		return cli_fail("%s", telltap_strerror(err));
	err = telltap_case_add(c, name, data, len);
	free(data);
	return err ? cli_fail("%s", telltap_case_error(c)) : 0;
}

/* Of the lines that are there, the one about the cut among them. */
static int
add_reports(struct telltap_case *c, const char *dir)
{
	struct telltap_report *r = telltap_report_new();
	uint8_t root[32];
	char *path;
	int code = 0;

	if (!r || asprintf(&path, "%s/data.part/events.jsonl", dir) < 0) {
		telltap_report_free(r);
		return cli_fail("out of memory");
	}
	if (telltap_case_tick(c))
		code = cli_fail("%s", telltap_case_error(c));
	else if (telltap_report_read(r, path))
		code = cli_fail("%s", telltap_report_error(r));
	if (!code) {
		uint64_t lines = telltap_case_root(c, root);

		telltap_report_log(r, lines, root);
		code = add_report(c, r, TELLTAP_REPORT_HTML, "report.html");
	}
	if (!code)
		code = add_report(c, r, TELLTAP_REPORT_JSON, "report.json");
	free(path);
	telltap_report_free(r);
	return code;
}

static int
recover(const char *dir, const struct telltap_case_options *o)
{
	struct telltap_case *c;
	int err = telltap_case_reopen(dir, o, &c), code = 0;

	if (err == -ENOENT)
		code = cli_fail("%s: no case that was cut short", dir);
	else if (err)
		code = cli_fail("%s", c ? telltap_case_error(c)
					: telltap_strerror(err));
	else if (!telltap_case_is_sealed(c))
		code = add_reports(c, dir);
	if (!code && telltap_case_finish(c))
		code = cli_fail("%s", telltap_case_error(c));
	telltap_case_free(c);
	return code;
}

int
cli_recover(int argc, char **argv)
{
	struct telltap_case_options o = { .size = sizeof(o),
		.clock = "this machine's, as its kernel stamps packets" };
	const struct cli_option options[] = {
		{ "key", .text = &o.key_path },
		{ .name = NULL },
	};

	if (cli_options(argc, argv, options))
		return CLI_ERROR;
	if (argc - optind != 1)
		return cli_fail("recover: give one case; see telltap help");
	o.key_path = cli_signing_key(o.key_path);
	return recover(argv[optind], &o);
}
