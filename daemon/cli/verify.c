// SPDX-License-Identifier: Apache-2.0
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "telltap/telltap.h"
#include "telltap/verify.h"

enum { OPT_VKEY = 0x100, OPT_SINCE, OPT_ALLOWED, OPT_TSA };

static const struct option options[] = {
	{ "vkey", required_argument, NULL, OPT_VKEY },
	{ "since", required_argument, NULL, OPT_SINCE },
	{ "allowed-signers", required_argument, NULL, OPT_ALLOWED },
	{ "tsa-ca", required_argument, NULL, OPT_TSA },
	{ NULL, 0, NULL, 0 },
};

static void
say(void *arg, enum telltap_check result, const char *text)
{
	static const char *const words[] = { "ok       ", "BAD      ",
					     "unknown  " };

	cli_write(words[result], strlen(words[result]));
	cli_write(text, strlen(text));
	cli_write("\n", 1);
}

int
cli_verify(int argc, char **argv)
{
	struct telltap_verify_options o = { .size = sizeof(o) };
	struct stat st;
	int c, result;
	bool proof;

	while ((c = cli_option(argc, argv, options)) != -1) {
		if (c == OPT_VKEY)
			o.vkey_path = optarg;
		else if (c == OPT_SINCE)
			o.since_path = optarg;
		else if (c == OPT_ALLOWED)
			o.allowed_signers_path = optarg;
		else if (c == OPT_TSA)
			o.tsa_ca_path = optarg;
		else
			return CLI_ERROR;
	}
	if (argc - optind != 1)
		return cli_fail("verify: give one case; see telltap help");
	proof = !stat(argv[optind], &st) && S_ISREG(st.st_mode);
	result = proof ? telltap_verify_proof(argv[optind], &o, say, NULL)
		       : telltap_verify(argv[optind], &o, say, NULL);
	if (result < 0)
		return cli_fail("verify: %s: %s", argv[optind],
		    telltap_strerror(result));
	if (proof)
		say(NULL, result ? TELLTAP_CHECK_BAD : TELLTAP_CHECK_OK,
		    result ? "the proof does not verify"
			   : "the proof verifies");
	else
		say(NULL, result ? TELLTAP_CHECK_BAD : TELLTAP_CHECK_OK,
		    result ? "the case does not verify"
			   : "the case verifies");
	return result ? CLI_FOUND : CLI_OK;
}
