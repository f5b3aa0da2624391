// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/verify_each.h"
#include "cli/verify_replay.h"
#include "telltap/telltap.h"
#include "telltap/verify.h"

/* What was found besides what is bad. */
struct outcome {
	uint64_t unknown;	/* things that were not checked */
	uint64_t open;		/* events that were not derived again */
	char last[256];		/* of the former, what was told last */
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

static void
count(void *arg, enum telltap_check result, const char *text)
{
	struct outcome *found = arg;

	if (result == TELLTAP_CHECK_UNKNOWN) {
		found->unknown++;
		snprintf(found->last, sizeof(found->last), "%s", text);
	}
	say(NULL, result, text);
}

/* The last line: never more than was checked. */
static void
conclude(const char *what, bool bad, const struct outcome *found)
{
	char text[256], more[64] = "";

	if (found->unknown)
		snprintf(more, sizeof(more), "; %llu thing%s above could not be "
		    "checked", (unsigned long long)found->unknown,
		    found->unknown == 1 ? "" : "s");
	if (bad)
		snprintf(text, sizeof(text), "the %s does not verify", what);
	else if (found->open == VERIFY_NOTHING)
		snprintf(text, sizeof(text), "the %s verifies, but nothing in it "
		    "could be derived again%s", what, more);
	else if (found->open)
		snprintf(text, sizeof(text), "the %s verifies, but for %llu events or "
		    "packets that could not be derived again%s", what,
		    (unsigned long long)found->open, more);
	else
		snprintf(text, sizeof(text), "the %s verifies%s", what, more);
	say(NULL, bad ? TELLTAP_CHECK_BAD : TELLTAP_CHECK_OK, text);
}

/* The case holds together; does it follow from its packets? */
static int
derive_again(struct replay *r, const char *dir, struct outcome *found)
{
	uint64_t reports_open;
	int result;

	r->options.size = sizeof(r->options);
	r->options.threads = 1;
	if (replay_load_known(r) || replay_load_profiles(r))
		return -EINVAL;
	result = verify_replay(r, dir, say, NULL, &found->open, &reports_open);
	found->unknown += reports_open;
	telltap_engine_free(r->engine);
	telltap_source_close(r->source);
	return result;
}

/* What ends a check before its end is told as the last thing that can't be known:
 * of a file that the caller named, the name. */
static int
fail(const char *path, int code, const struct outcome *found)
{
	if (code == -ENOMEM || code == -EIO || !*found->last)
		return cli_fail("verify: %s: %s", path, telltap_strerror(code));
	return cli_fail("verify: %s", found->last);
}

static int
check(const struct telltap_verify_options *o, struct replay *r,
    const char *path, bool again, bool strict)
{
	struct outcome found = { .unknown = 0 };
	struct stat st;
	bool proof = !stat(path, &st) && S_ISREG(st.st_mode);
	int result = proof ? telltap_verify_proof(path, o, count, &found)
			   : telltap_verify(path, o, count, &found);

	if (result < 0)
		return fail(path, result, &found);
	if (!result && !proof && again)
		result = derive_again(r, path, &found);
	if (result < 0)
		return cli_fail("verify: %s: can't be derived again: %s", path,
		    telltap_strerror(result));
	conclude(proof ? "proof" : "case", result, &found);
	return result || (strict && (found.unknown || found.open)) ? CLI_FOUND
								   : CLI_OK;
}

static void
forget(struct replay *r)
{
	telltap_known_free(r->known_files);
	telltap_identity_free(r->identity);
	telltap_profiles_free(r->profile_set);
}

static void
say_name(const char *name)
{
	char text[512];

	snprintf(text, sizeof(text), "case %s:", name);
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e)
			*p = '?';
	say(NULL, TELLTAP_CHECK_OK, text);
}

/* One, or each of those that replay --separate made: the worst of them. */
static int
check_each(const struct telltap_verify_options *o, struct replay *r,
    const char *path, bool again, bool strict)
{
	size_t count;
	char **paths;
	int worst = 0;

	if (verify_each_list(path, &paths, &count))
		return cli_fail("verify: out of memory");
	if (!count)
		return check(o, r, path, again, strict);
	for (size_t i = 0; i < count; i++) {
		struct replay own = *r;
		const char *slash = strrchr(paths[i], '/');
		int code;

		say_name(slash + 1);
		code = check(o, &own, paths[i], again, strict);
		worst = code > worst ? code : worst;
		forget(&own);
	}
	verify_each_free(paths, count);
	return worst;
}

int
cli_verify(int argc, char **argv)
{
	struct telltap_verify_options o = { .size = sizeof(o) };
	struct replay r = { 0 };
	bool again = false, strict = false;
	const struct cli_option options[] = {
		{ "vkey", .text = &o.vkey_path },
		{ "since", .text = &o.since_path },
		{ "allowed-signers", .text = &o.allowed_signers_path },
		{ "tsa-ca", .text = &o.tsa_ca_path },
		{ "replay", .set = &again },
		{ "known", .list = r.known, .count = &r.known_count,
		    .max = REPLAY_LIST_MAX },
		{ "strict", .set = &strict },
		{ .name = NULL },
	};
	int code;

	if (cli_options(argc, argv, options))
		return CLI_ERROR;
	if (argc - optind != 1)
		return cli_fail("verify: give one case; see telltap help");
	code = check_each(&o, &r, argv[optind], again, strict);
	forget(&r);
	return code;
}
