// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "telltap/report.h"

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

/* SQLite wants a file that it can seek in; stdout may be a pipe. */
static int
copy_out(const char *path)
{
	static char block[1 << 16];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;

	while (fd >= 0 && (n = read(fd, block, sizeof(block))) > 0)
		if (!cli_write(block, (size_t)n))
			break;
	if (fd >= 0)
		close(fd);
	return n ? CLI_ERROR : CLI_OK;
}

static int
write_database(struct telltap_report *r, const char *path)
{
	const char *dir = getenv("TMPDIR");
	char name[4096];
	int fd, code;

	if (isatty(STDOUT_FILENO))
		return cli_fail("report: a database is no text: send it into "
				"a file");
	snprintf(name, sizeof(name), "%s/telltap-XXXXXX",
	    dir && *dir ? dir : "/tmp");
	fd = mkstemp(name);
	if (fd < 0)
		return cli_fail("%s: %s", name, strerror(errno));
	close(fd);
	code = telltap_report_database(r, path, name) ?
		   cli_fail("%s", telltap_report_error(r)) :
		   copy_out(name);
	unlink(name);
	return code;
}

struct policy_options {
	const char *path;
	bool strict;
};

static int
write_policy(struct telltap_report *r, const char *path, const char *format,
    const struct policy_options *o)
{
	static const char *const formats[] = { "text", "json", "junit" };
	int f = 0, result;
	char *data;
	size_t len;

	while (f < 3 && strcmp(format, formats[f]))
		f++;
	if (f == 3)
		return cli_fail("report: a policy has no such format: %s",
		    format);
	if (telltap_report_read(r, path))
		return cli_fail("%s", telltap_report_error(r));
	result = telltap_report_policy(r, o->path,
	    (enum telltap_policy_format)f, &data, &len);
	if (result < 0)
		return cli_fail("%s", telltap_report_error(r));
	cli_write(data, len);
	free(data);
	if (result == TELLTAP_POLICY_CANT_TELL)
		return o->strict ? CLI_FOUND : CLI_OK;
	return result == TELLTAP_POLICY_FAIL ? CLI_FOUND : CLI_OK;
}

static int
take_table(void *arg, const char *value)
{
	struct telltap_report *r = arg;

	if (telltap_report_table(r, value))
		return cli_fail("report: no such table: %s", value);
	return 0;
}

static int
run(struct telltap_report *r, int argc, char **argv)
{
	struct policy_options policy = { NULL, false };
	const char *format = "text";
	const struct cli_option options[] = {
		{ "format", .text = &format },
		{ "table", .take = take_table, .arg = r },
		{ "policy", .text = &policy.path },
		{ "strict", .set = &policy.strict },
		{ .name = NULL },
	};

	if (cli_options(argc, argv, options))
		return CLI_ERROR;
	if (argc - optind != 1)
		return cli_fail("report: give one case; see telltap help");
	if (policy.path)
		return write_policy(r, argv[optind], format, &policy);
	if (!strcmp(format, "sqlite"))
		return write_database(r, argv[optind]);
	if (telltap_report_format(format) < 0)
		return cli_fail("report: no such format: %s", format);
	return write_report(r, argv[optind], telltap_report_format(format));
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
