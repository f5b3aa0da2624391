// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/live.h"

/* What err of targets_add_pid() and targets_add_user() was. */
static int
refuse(struct live *l, const char *option, const char *value, int err)
{
	if (err == ERR_LIMIT)
		return cli_fail("%s: more than %d times %s", l->out.command,
		    TARGETS_MAX, option);
	if (err)
		return cli_fail("%s: %s takes a number, not %s", l->out.command,
		    option, value);
	return 0;
}

static int
take_pid(void *arg, const char *value)
{
	struct live *l = arg;
	int err = refuse(l, "--pid", value, targets_add_pid(&l->to, value));

	if (!err && kill(l->to.pids[l->to.pid_count - 1], 0) < 0 &&
	    errno == ESRCH)
		err = cli_fail("%s: --pid %s: no such process", l->out.command,
		    value);
	return err;
}

static int
take_uid(void *arg, const char *value)
{
	struct live *l = arg;

	return refuse(l, "--uid", value, targets_add_user(&l->to, value));
}

/* A number, or with K, M, G behind it. */
static int
take_roll(void *arg, const char *value)
{
	struct live *l = arg;
	static const char units[] = "KMG";
	char *end;
	unsigned long long n = strtoull(value, &end, 10);
	const char *unit = *end ? strchr(units, *end) : NULL;
	int shift = unit ? 10 * (int)(unit - units + 1) : 0;

	if (*value < '0' || *value > '9' || !n || n > UINT64_MAX >> 40 ||
	    (*end && (!unit || end[1])))
		return cli_fail("%s: --roll takes a size such as 500M, not %s",
		    l->out.command, value);
	l->out.case_options.parts = true;
	l->out.case_options.part_max = n << shift;
	return 0;
}

size_t
live_options(struct live *l, struct cli_option *ret_options)
{
	struct tap_options *tap = &l->options;
	const struct cli_option own[] = {
		{ "identity", REPLAY_LIST(l->identities, l->identity_count) },
		{ "no-identity", .set = &l->no_identity },
		{ "roll", .take = take_roll, .arg = l },
		{ "infer-files", .set = &l->out.options.infer_files },
		{ "file-reads", .set = &tap->file_reads },
		{ "known-from-reads", .set = &tap->known_from_reads },
		{ "no-known-from-reads", .clear = &tap->known_from_reads },
		{ "no-descendants", .set = &tap->no_descendants },
		{ "no-passed-sockets", .clear = &tap->passed_sockets },
		{ "tls-plaintext", .set = &tap->tls_plaintext },
		{ "no-bpf", .set = &tap->no_bpf },
		{ .name = NULL },
	};
	size_t shared = replay_options(&l->out, ret_options);

	memcpy(ret_options + shared, own, sizeof(own));
	return shared + sizeof(own) / sizeof(*own) - 1;
}

void
live_selectors(struct live *l, struct cli_option *ret_options)
{
	struct targets *to = &l->to;
	const struct cli_option own[] = {
		{ "profile",
		    REPLAY_LIST(l->out.profiles, l->out.profile_count) },
		{ "exe", REPLAY_LIST(to->exes, to->exe_count) },
		{ "unit", REPLAY_LIST(to->units, to->unit_count) },
		{ "cgroup", REPLAY_LIST(to->cgroups, to->cgroup_count) },
		{ "pid", .take = take_pid, .arg = l },
		{ "uid", .take = take_uid, .arg = l },
		{ .name = NULL },
	};

	memcpy(ret_options, own, sizeof(own));
}
