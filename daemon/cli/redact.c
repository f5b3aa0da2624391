// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "telltap/telltap.h"
#include "telltap/verify.h"

#define LIST_MAX 1024

struct redact_run {
	struct telltap_redact_options options;
	uint64_t lines[LIST_MAX], found[LIST_MAX];
	const char *texts[LIST_MAX];
	const char *out;
};

static int
take_line(void *arg, const char *value)
{
	struct redact_run *r = arg;
	char *end;

	if (r->options.line_count == LIST_MAX)
		return cli_fail("redact: too many times --hide");
	r->lines[r->options.line_count++] = strtoull(value, &end, 10);
	if (*value < '0' || *value > '9' || *end)
		return cli_fail("redact: --hide takes the sequence number of an "
				"event, not %s", value);
	return 0;
}

static int
take_text(void *arg, const char *value)
{
	struct redact_run *r = arg;

	if (!*value || r->options.text_count == LIST_MAX)
		return cli_fail("redact: no text, or too many times --hide-text");
	r->texts[r->options.text_count++] = value;
	return 0;
}

static int
take_options(struct redact_run *r, int argc, char **argv)
{
	const struct cli_option options[] = {
		{ "out", .text = &r->out },
		{ "hide", .take = take_line, .arg = r },
		{ "hide-text", .take = take_text, .arg = r },
		{ "keep-packets", .set = &r->options.keep_packets },
		{ "keep-keys", .set = &r->options.keep_keys },
		{ .name = NULL },
	};

	if (cli_options(argc, argv, options))
		return CLI_ERROR;
	r->options.keep_packets |= r->options.keep_keys;
	return 0;
}

static void
hear(void *arg, enum telltap_check result, const char *text)
{
	bool *said = arg;

	if (result == TELLTAP_CHECK_BAD)
		cli_fail("redact: %s", text);
	*said |= result == TELLTAP_CHECK_BAD;
}

int
cli_redact(int argc, char **argv)
{
	struct redact_run r = { .options.size = sizeof(r.options) };
	bool said = false;
	int err;

	r.options.lines = r.lines;
	r.options.texts = r.texts;
	r.options.ret_found = r.found;
	if (take_options(&r, argc, argv))
		return CLI_ERROR;
	if (argc - optind != 1 || !r.out)
		return cli_fail("redact: give one case and --out; see telltap "
				"help");
	err = telltap_redact(argv[optind], r.out, &r.options, hear, &said);
	if (err > 0)
		return cli_fail("redact: %s does not verify", argv[optind]);
	if (err == -ERANGE)
		return cli_fail("redact: %s has no event of a number that was given "
		    "with --hide, or it is the seal", argv[optind]);
	if (err == -EPERM && said)
		return CLI_ERROR;
	if (err < 0)
		return cli_fail("redact: %s to %s: %s", argv[optind], r.out,
		    telltap_strerror(err));
	for (size_t i = 0; i < r.options.text_count; i++)
		if (!r.found[i])
			cli_fail("redact: no line has the text %s", r.texts[i]);
	return CLI_OK;
}
