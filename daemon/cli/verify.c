// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/verify_replay.h"
#include "telltap/telltap.h"
#include "telltap/verify.h"

enum { OPT_VKEY = 0x100, OPT_SINCE, OPT_ALLOWED, OPT_TSA,
	OPT_REPLAY, OPT_KNOWN };

static const struct option options[] = {
	{ "vkey", required_argument, NULL, OPT_VKEY },
	{ "since", required_argument, NULL, OPT_SINCE },
	{ "allowed-signers", required_argument, NULL, OPT_ALLOWED },
	{ "tsa-ca", required_argument, NULL, OPT_TSA },
	{ "replay", no_argument, NULL, OPT_REPLAY },
	{ "known", required_argument, NULL, OPT_KNOWN },
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

/* The case holds together; does it follow from its packets? */
static int
derive_again(struct replay *r, const char *dir)
{
	int result;

	r->options.size = sizeof(r->options);
	r->options.threads = 1;
	if (replay_load_known(r) || replay_load_profiles(r))
		return -EINVAL;
	result = verify_replay(r, dir, say, NULL);
	telltap_engine_free(r->engine);
	telltap_source_close(r->source);
	return result;
}

static int
check(const struct telltap_verify_options *o, struct replay *r,
    const char *path, bool again)
{
	struct stat st;
	bool proof = !stat(path, &st) && S_ISREG(st.st_mode);
	int result = proof ? telltap_verify_proof(path, o, say, NULL)
			   : telltap_verify(path, o, say, NULL);

	if (!result && !proof && again)
		result = derive_again(r, path);
	if (result < 0)
		return cli_fail("verify: %s: %s", path,
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

int
cli_verify(int argc, char **argv)
{
	struct telltap_verify_options o = { .size = sizeof(o) };
	struct replay r = { 0 };
	bool again = false;
	int c;

	while ((c = cli_option(argc, argv, options)) != -1) {
		if (c == OPT_VKEY)
			o.vkey_path = optarg;
		else if (c == OPT_SINCE)
			o.since_path = optarg;
		else if (c == OPT_ALLOWED)
			o.allowed_signers_path = optarg;
		else if (c == OPT_TSA)
			o.tsa_ca_path = optarg;
		else if (c == OPT_REPLAY)
			again = true;
		else if (c == OPT_KNOWN && r.known_count < REPLAY_LIST_MAX)
			r.known[r.known_count++] = optarg;
		else
			return CLI_ERROR;
	}
	if (argc - optind != 1)
		return cli_fail("verify: give one case; see telltap help");
	c = check(&o, &r, argv[optind], again);
	telltap_known_free(r.known_files);
	telltap_identity_free(r.identity);
	telltap_profiles_free(r.profile_set);
	return c;
}
