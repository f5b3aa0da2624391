// SPDX-License-Identifier: Apache-2.0
#include "cli/replay.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/replay_attribution.h"
#include "cli/replay_owners.h"

enum {
	OPT_KNOWN = 0x100,
	OPT_JSON,
	OPT_CASE,
	OPT_THREADS,
	OPT_DIGESTS,
	OPT_ALPHA,
	OPT_ENDPOINT,
	OPT_FILTER,
	OPT_SEPARATE,
	OPT_FAIL_ON,
	OPT_NO_DPI,
	OPT_PROFILE,
	OPT_PROFILE_DIR,
	OPT_KEY,
	OPT_SALT,
	OPT_NO_PACKETS,
	OPT_KEYLOG,
	OPT_TLS_KEY,
	OPT_ATTRIBUTION,
	OPT_IDENTITY,
	OPT_ARCHIVE_PASSWORD,
	OPT_SHOW_VALUES,
	OPT_KEEP_OBJECTS,
};

static const struct option options[] = {
	{ "known", required_argument, NULL, OPT_KNOWN },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "case", required_argument, NULL, OPT_CASE },
	{ "threads", required_argument, NULL, OPT_THREADS },
	{ "digests", no_argument, NULL, OPT_DIGESTS },
	{ "alpha", required_argument, NULL, OPT_ALPHA },
	{ "endpoint", required_argument, NULL, OPT_ENDPOINT },
	{ "filter", required_argument, NULL, OPT_FILTER },
	{ "separate", no_argument, NULL, OPT_SEPARATE },
	{ "fail-on", required_argument, NULL, OPT_FAIL_ON },
	{ "no-dpi", no_argument, NULL, OPT_NO_DPI },
	{ "profile", required_argument, NULL, OPT_PROFILE },
	{ "profile-dir", required_argument, NULL, OPT_PROFILE_DIR },
	{ "keylog", required_argument, NULL, OPT_KEYLOG },
	{ "tls-key", required_argument, NULL, OPT_TLS_KEY },
	{ "attribution", required_argument, NULL, OPT_ATTRIBUTION },
	{ "identity", required_argument, NULL, OPT_IDENTITY },
	{ "archive-password", required_argument, NULL, OPT_ARCHIVE_PASSWORD },
	{ "show-values", no_argument, NULL, OPT_SHOW_VALUES },
	{ "key", required_argument, NULL, OPT_KEY },
	{ "salt", required_argument, NULL, OPT_SALT },
	{ "no-packets", no_argument, NULL, OPT_NO_PACKETS },
	{ "keep-objects", no_argument, NULL, OPT_KEEP_OBJECTS },
	{ NULL, 0, NULL, 0 },
};

static int
append(const char **list, unsigned *count, const char *option)
{
	if (*count == REPLAY_LIST_MAX)
		return cli_fail("replay: more than %d times %s",
		    REPLAY_LIST_MAX, option);
	list[(*count)++] = optarg;
	return 0;
}

static int
take_threads(struct replay *r)
{
	char *end;
	unsigned long n = strtoul(optarg, &end, 10);

	if (*optarg < '0' || *optarg > '9' || *end || n < 1 || n > 64)
		return cli_fail("replay: --threads takes 1 to 64, not %s",
		    optarg);
	r->options.threads = (unsigned)n;
	return 0;
}

static int
take_fail_on(struct replay *r)
{
	if (telltap_report_found(r->report, optarg) < 0)
		return cli_fail("replay: no such kind: %s", optarg);
	return append(r->fail_on, &r->fail_on_count, "--fail-on");
}

static int
take_attribution(struct replay *r)
{
	if (!r->attribution)
		r->attribution = replay_attribution_new();
	if (!r->attribution)
		return cli_fail("out of memory");
	return replay_attribution_read(r->attribution, optarg);
}

static int
take_identity(struct replay *r)
{
	if (!r->identity)
		r->identity = telltap_identity_new();
	if (!r->identity)
		return cli_fail("out of memory");
	if (telltap_identity_read(r->identity, optarg))
		return cli_fail("%s", telltap_identity_error(r->identity));
	return 0;
}

static int
seal_identity(struct replay *r)
{
	if (!r->identity)
		return 0;
	if (telltap_identity_seal(r->identity))
		return cli_fail("identity: %s",
		    telltap_identity_error(r->identity));
	r->options.identity = r->identity;
	return 0;
}

static int
take_option(struct replay *r, int c)
{
	switch (c) {
	case OPT_ATTRIBUTION:
		return take_attribution(r);
	case OPT_IDENTITY:
		return take_identity(r);
	case OPT_ARCHIVE_PASSWORD:
		r->options.archive_passwords = r->passwords;
		return append(r->passwords, &r->password_count,
		    "--archive-password");
	case OPT_SHOW_VALUES:
		r->options.show_values = true;
		return 0;
	case OPT_KNOWN:
		return append(r->known, &r->known_count, "--known");
	case OPT_ENDPOINT:
		return append(r->endpoints, &r->endpoint_count, "--endpoint");
	case OPT_FAIL_ON:
		return take_fail_on(r);
	case OPT_PROFILE:
		return append(r->profiles, &r->profile_count, "--profile");
	case OPT_PROFILE_DIR:
		r->profile_dir = optarg;
		return 0;
	case OPT_KEYLOG:
		return append(r->keylogs, &r->keylog_count, "--keylog");
	case OPT_TLS_KEY:
		return append(r->tls_keys, &r->tls_key_count, "--tls-key");
	case OPT_THREADS:
		return take_threads(r);
	case OPT_JSON:
		r->json = true;
		return 0;
	case OPT_CASE:
		r->case_dir = optarg;
		return 0;
	case OPT_FILTER:
		r->filter = optarg;
		return 0;
	case OPT_DIGESTS:
		r->options.digests = true;
		return 0;
	case OPT_ALPHA:
		return cli_alpha(optarg, &r->options.alpha);
	case OPT_SEPARATE:
		r->separate = true;
		return 0;
	case OPT_KEY:
		r->case_options.key_path = optarg;
		return 0;
	case OPT_SALT:
		r->case_options.salt_path = optarg;
		return 0;
	case OPT_NO_PACKETS:
		r->no_packets = true;
		return 0;
	case OPT_KEEP_OBJECTS:
		r->options.keep_objects = true;
		return 0;
	case OPT_NO_DPI:
		r->options.no_dpi = true;
		return 0;
	default:
		return CLI_ERROR;
	}
}

int
replay_load_known(struct replay *r)
{
	int err = 0;

	if (!r->known_count)
		return 0;
	r->known_files = telltap_known_new();
	if (!r->known_files)
		return cli_fail("out of memory");
	for (unsigned i = 0; i < r->known_count && !err; i++)
		err = telltap_known_add(r->known_files, r->known[i]);
	if (!err)
		err = telltap_known_seal(r->known_files);
	if (err)
		return cli_fail("%s", telltap_known_error(r->known_files));
	r->options.known = r->known_files;
	return 0;
}

static int
run(struct replay *r, int argc, char **argv)
{
	int c;

	while ((c = cli_option(argc, argv, options)) != -1)
		if (take_option(r, c))
			return CLI_ERROR;
	if (optind == argc)
		return cli_fail("replay: give a capture; see telltap help");
	if (r->options.keep_objects && !r->case_dir)
		return cli_fail("replay: --keep-objects goes with --case");
	r->case_options.key_path = cli_signing_key(r->case_options.key_path);
	r->options.keep_prints = r->case_dir && !r->no_packets;
	r->options.endpoints = r->endpoints;
	if (replay_load_known(r) || replay_load_profiles(r) ||
	    replay_load_keys(r) || seal_identity(r))
		return CLI_ERROR;
	return replay_run(r, (const char *const *)argv + optind,
	    (size_t)(argc - optind));
}

int
cli_replay(int argc, char **argv)
{
	struct replay r = { .options = { .size = sizeof(r.options),
				.threads = 1 } };
	int code;

	r.report = telltap_report_new();
	if (!r.report)
		return cli_fail("out of memory");
	code = run(&r, argc, argv);
	replay_drop_output(&r);
	telltap_engine_free(r.engine);
	replay_owners_free(r.owners);
	replay_attribution_free(r.attribution);
	telltap_identity_free(r.identity);
	telltap_source_close(r.source);
	telltap_known_free(r.known_files);
	telltap_profiles_free(r.profile_set);
	telltap_keys_free(r.keys);
	telltap_report_free(r.report);
	free(r.state_path);
	return code;
}
