// SPDX-License-Identifier: Apache-2.0
#include "cli/live.h"

#include <string.h>

#include "cli/cli.h"

/* At the end, what is still in the kernel's buffers is waited for. */
#define TURNS_MAX	40

void
live_init(struct live *l, const char *command)
{
	memset(l, 0, sizeof(*l));
	l->out.command = command;
	l->out.options.size = sizeof(l->out.options);
	l->options.passed_sockets = true;
	l->options.known_from_reads = true;
}

static void
say(const char *line)
{
	cli_fail("%s", line);
}

int
live_open(struct live *l)
{
	const struct replay *r = &l->out;
	struct service_options o = {
		.command = l->out.command,
		.tap = l->options,
		.known = r->known,
		.known_count = r->known_count,
		.profiles = r->profiles,
		.profile_count = r->profile_count,
		.fail_on = r->fail_on,
		.fail_on_count = r->fail_on_count,
		.keylogs = r->keylogs,
		.keylog_count = r->keylog_count,
		.tls_keys = r->tls_keys,
		.tls_key_count = r->tls_key_count,
		.identities = l->identities,
		.identity_count = l->identity_count,
		.no_identity = l->no_identity,
		.passwords = r->passwords,
		.password_count = r->password_count,
		.show_values = r->options.show_values,
		.alpha = r->options.alpha,
		.infer_files = r->options.infer_files,
		.profile_dir = r->profile_dir,
		.case_dir = r->case_dir,
		.key_path = cli_signing_key(r->case_options.key_path),
		.digests = r->options.digests,
		.no_dpi = r->options.no_dpi,
		.no_packets = r->no_packets,
		.keep_objects = r->options.keep_objects,
		.parts = r->case_options.parts,
		.part_max = r->case_options.part_max,
		.json = r->json,
		.summary = !r->json,
		.say = say,
		.told_to_stop = l->told_to_stop,
	};

	if (l->options.tls_plaintext && l->options.no_bpf)
		return cli_fail("%s: --tls-plaintext needs the kernel programs "
			"that --no-bpf does without", l->out.command);
	o.tap.file_reads |= o.infer_files;
	targets_give(&l->to, &o.tap);
	return service_open(&o, &l->service) ? CLI_ERROR : 0;
}

int
live_poll(struct live *l, int timeout_ms)
{
	return service_poll(l->service, timeout_ms) ? CLI_ERROR : 0;
}

int
live_finish(struct live *l)
{
	if (service_finish(l->service, TURNS_MAX))
		return CLI_ERROR;
	l->out.found = service_found(l->service);
	return 0;
}

void
live_clear(struct live *l)
{
	service_close(l->service);
	telltap_profiles_free(l->out.profile_set);
	targets_clear(&l->to);
	telltap_report_free(l->out.report);
}
