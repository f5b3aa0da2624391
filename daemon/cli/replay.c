// SPDX-License-Identifier: Apache-2.0
#include "cli/replay.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/replay_attribution.h"
#include "cli/replay_owners.h"

static int
take_threads(void *arg, const char *value)
{
	struct replay *r = arg;
	char *end;
	unsigned long n = strtoul(value, &end, 10);

	if (*value < '0' || *value > '9' || *end || n < 1 || n > 64)
		return cli_fail("replay: --threads takes 1 to 64, not %s",
		    value);
	r->options.threads = (unsigned)n;
	return 0;
}

static int
take_attribution(void *arg, const char *value)
{
	struct replay *r = arg;

	if (!r->attribution)
		r->attribution = replay_attribution_new();
	if (!r->attribution)
		return cli_fail("out of memory");
	return replay_attribution_read(r->attribution, value);
}

static int
take_identity(void *arg, const char *value)
{
	struct replay *r = arg;

	if (!r->identity)
		r->identity = telltap_identity_new();
	if (!r->identity)
		return cli_fail("out of memory");
	if (telltap_identity_read(r->identity, value))
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
take_options(struct replay *r, int argc, char **argv)
{
	const struct cli_option own[] = {
		{ "threads", .take = take_threads, .arg = r },
		{ "endpoint", REPLAY_LIST(r->endpoints, r->endpoint_count) },
		{ "filter", .text = &r->filter },
		{ "separate", .set = &r->separate },
		{ "profile", REPLAY_LIST(r->profiles, r->profile_count) },
		{ "attribution", .take = take_attribution, .arg = r },
		{ "identity", .take = take_identity, .arg = r },
		{ "salt", .text = &r->case_options.salt_path },
		{ .name = NULL },
	};
	struct cli_option options[CLI_OPTIONS_MAX];
	size_t shared = replay_options(r, options);

	memcpy(options + shared, own, sizeof(own));
	return cli_options(argc, argv, options);
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
	if (take_options(r, argc, argv))
		return CLI_ERROR;
	if (optind == argc)
		return cli_fail("replay: give a capture; see telltap help");
	if (r->options.keep_objects && !r->case_dir)
		return cli_fail("replay: --keep-objects goes with --case");
	r->case_options.key_path = cli_signing_key(r->case_options.key_path);
	r->options.keep_prints = r->case_dir && !r->no_packets;
	r->options.endpoints = r->endpoints;
	if (r->password_count)
		r->options.archive_passwords = r->passwords;
	if (replay_load_known(r) || replay_load_profiles(r) ||
	    replay_load_keys(r) || seal_identity(r))
		return CLI_ERROR;
	return replay_run(r, (const char *const *)argv + optind,
	    (size_t)(argc - optind));
}

int
cli_replay(int argc, char **argv)
{
	struct replay r = { .command = "replay", .options = { .size = sizeof(r.options),
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
	replay_held_free(r.held);
	telltap_known_free(r.known_files);
	telltap_profiles_free(r.profile_set);
	telltap_keys_free(r.keys);
	telltap_report_free(r.report);
	free(r.state_path);
	return code;
}
