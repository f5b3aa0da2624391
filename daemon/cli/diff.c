// SPDX-License-Identifier: Apache-2.0
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "telltap/report.h"

static int
make_labels(char **names, const char **phases, char **ret_labels)
{
	for (int i = 0; i < 2; i++)
		if (asprintf(&ret_labels[i], "%s%s%s", names[i],
			phases[i] ? ", phase " : "",
			phases[i] ? phases[i] : "") < 0) {
			ret_labels[i] = NULL;
			return cli_fail("out of memory");
		}
	return 0;
}

static int
write_diff(struct telltap_report *a, struct telltap_report *b, char **names,
    char **labels, int format)
{
	char *data;
	size_t len;

	if (!a || !b)
		return cli_fail("out of memory");
	if (telltap_report_read(a, names[0]))
		return cli_fail("%s", telltap_report_error(a));
	if (telltap_report_read(b, names[1]))
		return cli_fail("%s", telltap_report_error(b));
	if (telltap_report_diff(a, b, labels[0], labels[1],
		(enum telltap_report_format)format, &data, &len))
		return cli_fail("diff: out of memory");
	cli_write(data, len);
	free(data);
	return CLI_OK;
}

int
cli_diff(int argc, char **argv)
{
	struct telltap_report *a, *b;
	const char *format = "text", *phases[2] = { NULL, NULL };
	unsigned phase_count = 0;
	char *names[2], *labels[2] = { NULL, NULL };
	const struct cli_option options[] = {
		{ "format", .text = &format },
		{ "phase", .list = phases, .count = &phase_count, .max = 2 },
		{ .name = NULL },
	};
	int code = CLI_ERROR;

	if (cli_options(argc, argv, options))
		return CLI_ERROR;
	if (telltap_report_format(format) < 0 || !strcmp(format, "csv"))
		return cli_fail("diff: no such format: %s", format);
	/* Two phases of one case, or one phase of each. */
	if (argc - optind != 2 && !(argc - optind == 1 && phase_count == 2))
		return cli_fail("diff: give two cases, or one and two phases; "
				"see telltap help");
	names[0] = argv[optind];
	names[1] = argv[argc - 1];
	if (phase_count == 1)
		phases[1] = phases[0];
	a = telltap_report_new();
	b = telltap_report_new();
	if (a && b && phase_count) {
		telltap_report_phase(a, phases[0]);
		telltap_report_phase(b, phases[1]);
	}
	if (!make_labels(names, phases, labels))
		code = write_diff(a, b, names, labels,
		    telltap_report_format(format));
	free(labels[0]);
	free(labels[1]);
	telltap_report_free(a);
	telltap_report_free(b);
	return code;
}
