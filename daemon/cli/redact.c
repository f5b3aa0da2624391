// SPDX-License-Identifier: Apache-2.0
#include <getopt.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "telltap/telltap.h"
#include "telltap/verify.h"

#define LIST_MAX 1024

enum { OPT_OUT = 0x100, OPT_HIDE, OPT_HIDE_TEXT, OPT_KEEP_PACKETS,
	OPT_KEEP_KEYS };

static const struct option options[] = {
	{ "out", required_argument, NULL, OPT_OUT },
	{ "hide", required_argument, NULL, OPT_HIDE },
	{ "hide-text", required_argument, NULL, OPT_HIDE_TEXT },
	{ "keep-packets", no_argument, NULL, OPT_KEEP_PACKETS },
	{ "keep-keys", no_argument, NULL, OPT_KEEP_KEYS },
	{ NULL, 0, NULL, 0 },
};

struct redact_run {
	struct telltap_redact_options options;
	uint64_t lines[LIST_MAX];
	const char *texts[LIST_MAX];
	const char *out;
};

static int
take_option(struct redact_run *r, int c)
{
	char *end;

	switch (c) {
	case OPT_OUT:
		r->out = optarg;
		return 0;
	case OPT_HIDE:
		if (r->options.line_count == LIST_MAX)
			return cli_fail("redact: too many times --hide");
		r->lines[r->options.line_count++] = strtoull(optarg, &end, 10);
		if (*optarg < '0' || *optarg > '9' || *end)
			return cli_fail("redact: --hide takes the sequence "
					"number of an event, not %s", optarg);
		return 0;
	case OPT_HIDE_TEXT:
		if (!*optarg || r->options.text_count == LIST_MAX)
			return cli_fail("redact: no text, or too many times "
					"--hide-text");
		r->texts[r->options.text_count++] = optarg;
		return 0;
	case OPT_KEEP_PACKETS:
		r->options.keep_packets = true;
		return 0;
	case OPT_KEEP_KEYS:
		r->options.keep_packets = r->options.keep_keys = true;
		return 0;
	default:
		return CLI_ERROR;
	}
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
	int c, err;

	r.options.lines = r.lines;
	r.options.texts = r.texts;
	while ((c = cli_option(argc, argv, options)) != -1)
		if (take_option(&r, c))
			return CLI_ERROR;
	if (argc - optind != 1 || !r.out)
		return cli_fail("redact: give one case and --out; see telltap "
				"help");
	err = telltap_redact(argv[optind], r.out, &r.options, hear, &said);
	if (err > 0)
		return cli_fail("redact: %s does not verify", argv[optind]);
	if (err < 0)
		return cli_fail("redact: %s to %s: %s", argv[optind], r.out,
		    telltap_strerror(err));
	return CLI_OK;
}
