// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "cli/cli.h"
#include "cli/replay.h"

static int
take_alpha(void *arg, const char *value)
{
	struct replay *r = arg;

	return cli_alpha(value, &r->options.alpha);
}

static int
take_fail_on(void *arg, const char *value)
{
	struct replay *r = arg;

	if (telltap_report_found(r->report, value) < 0)
		return cli_fail("%s: no such kind: %s", r->command, value);
	if (r->fail_on_count == REPLAY_LIST_MAX)
		return cli_fail("%s: more than %d times --fail-on", r->command,
		    REPLAY_LIST_MAX);
	r->fail_on[r->fail_on_count++] = value;
	return 0;
}

size_t
replay_options(struct replay *r, struct cli_option *ret_options)
{
	const struct cli_option options[] = {
		{ "known", REPLAY_LIST(r->known, r->known_count) },
		{ "keylog", REPLAY_LIST(r->keylogs, r->keylog_count) },
		{ "tls-key", REPLAY_LIST(r->tls_keys, r->tls_key_count) },
		{ "profile-dir", .text = &r->profile_dir },
		{ "archive-password",
		    REPLAY_LIST(r->passwords, r->password_count) },
		{ "digests", .set = &r->options.digests },
		{ "no-dpi", .set = &r->options.no_dpi },
		{ "show-values", .set = &r->options.show_values },
		{ "alpha", .take = take_alpha, .arg = r },
		{ "fail-on", .take = take_fail_on, .arg = r },
		{ "json", .set = &r->json },
		{ "case", .text = &r->case_dir },
		{ "key", .text = &r->case_options.key_path },
		{ "no-packets", .set = &r->no_packets },
		{ "keep-objects", .set = &r->options.keep_objects },
	};

	memcpy(ret_options, options, sizeof(options));
	return sizeof(options) / sizeof(*options);
}
