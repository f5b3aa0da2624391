// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/live.h"

enum {
	OPT_KNOWN = 0x100,
	OPT_JSON,
	OPT_CASE,
	OPT_DIGESTS,
	OPT_ALPHA,
	OPT_FAIL_ON,
	OPT_KEYLOG,
	OPT_TLS_KEY,
	OPT_TLS_PLAINTEXT,
	OPT_NO_DPI,
	OPT_NO_DESCENDANTS,
	OPT_FILE_READS,
	OPT_KNOWN_FROM_READS,
	OPT_NO_KNOWN_FROM_READS,
	OPT_NO_PASSED,
	OPT_PROFILE_DIR,
	OPT_PROFILE,
	OPT_NO_BPF,
	OPT_KEY,
	OPT_NO_PACKETS,
	OPT_KEEP_OBJECTS,
	OPT_ROLL,
	OPT_IDENTITY,
	OPT_ARCHIVE_PASSWORD,
	OPT_NO_IDENTITY,
	OPT_SHOW_VALUES,
	OPT_INFER_FILES,
	OPT_EXE,
	OPT_UNIT,
	OPT_CGROUP,
	OPT_PID,
	OPT_UID,
};

#define BOTH                                                           \
	{ "known", required_argument, NULL, OPT_KNOWN },                \
	{ "json", no_argument, NULL, OPT_JSON },                        \
	{ "case", required_argument, NULL, OPT_CASE },                  \
	{ "digests", no_argument, NULL, OPT_DIGESTS },                  \
	{ "alpha", required_argument, NULL, OPT_ALPHA },                \
	{ "fail-on", required_argument, NULL, OPT_FAIL_ON },            \
	{ "no-dpi", no_argument, NULL, OPT_NO_DPI },                    \
	{ "profile-dir", required_argument, NULL, OPT_PROFILE_DIR },    \
	{ "keylog", required_argument, NULL, OPT_KEYLOG },              \
	{ "tls-key", required_argument, NULL, OPT_TLS_KEY },            \
	{ "tls-plaintext", no_argument, NULL, OPT_TLS_PLAINTEXT },      \
	{ "key", required_argument, NULL, OPT_KEY },                    \
	{ "no-packets", no_argument, NULL, OPT_NO_PACKETS },            \
	{ "keep-objects", no_argument, NULL, OPT_KEEP_OBJECTS },        \
	{ "identity", required_argument, NULL, OPT_IDENTITY },          \
	{ "archive-password", required_argument, NULL,                  \
	    OPT_ARCHIVE_PASSWORD },                                     \
	{ "no-identity", no_argument, NULL, OPT_NO_IDENTITY },          \
	{ "show-values", no_argument, NULL, OPT_SHOW_VALUES },          \
	{ "roll", required_argument, NULL, OPT_ROLL },                  \
	{ "no-descendants", no_argument, NULL, OPT_NO_DESCENDANTS },    \
	{ "file-reads", no_argument, NULL, OPT_FILE_READS },            \
	{ "infer-files", no_argument, NULL, OPT_INFER_FILES },          \
	{ "known-from-reads", no_argument, NULL, OPT_KNOWN_FROM_READS }, \
	{ "no-known-from-reads", no_argument, NULL,                     \
	    OPT_NO_KNOWN_FROM_READS },                                  \
	{ "no-passed-sockets", no_argument, NULL, OPT_NO_PASSED },      \
	{ "no-bpf", no_argument, NULL, OPT_NO_BPF }

const struct option live_run_options[] = {
	BOTH,
	{ NULL, 0, NULL, 0 },
};

const struct option live_options[] = {
	BOTH,
	{ "profile", required_argument, NULL, OPT_PROFILE },
	{ "exe", required_argument, NULL, OPT_EXE },
	{ "unit", required_argument, NULL, OPT_UNIT },
	{ "cgroup", required_argument, NULL, OPT_CGROUP },
	{ "pid", required_argument, NULL, OPT_PID },
	{ "uid", required_argument, NULL, OPT_UID },
	{ NULL, 0, NULL, 0 },
};

static int
append(struct live *l, const char **list, unsigned *count, const char *option)
{
	if (*count == REPLAY_LIST_MAX)
		return cli_fail("%s: more than %d times %s", l->command,
		    REPLAY_LIST_MAX, option);
	list[(*count)++] = optarg;
	return 0;
}

/* What err of targets_add_pid() and targets_add_user() was. */
static int
refuse(struct live *l, const char *option, int err)
{
	if (err == ERR_LIMIT)
		return cli_fail("%s: more than %d times %s", l->command,
		    TARGETS_MAX, option);
	if (err)
		return cli_fail("%s: %s takes a number, not %s", l->command,
		    option, optarg);
	return 0;
}

static int
take_pid(struct live *l)
{
	int err = refuse(l, "--pid", targets_add_pid(&l->to, optarg));

	if (!err && kill(l->to.pids[l->to.pid_count - 1], 0) < 0 &&
	    errno == ESRCH)
		err = cli_fail("%s: --pid %s: no such process", l->command,
		    optarg);
	return err;
}

static int
take_selector(struct live *l, int c)
{
	switch (c) {
	case OPT_PROFILE:
		return append(l, l->out.profiles, &l->out.profile_count,
		    "--profile");
	case OPT_EXE:
		return append(l, l->to.exes, &l->to.exe_count, "--exe");
	case OPT_UNIT:
		return append(l, l->to.units, &l->to.unit_count, "--unit");
	case OPT_CGROUP:
		return append(l, l->to.cgroups, &l->to.cgroup_count, "--cgroup");
	case OPT_PID:
		return take_pid(l);
	case OPT_UID:
		return refuse(l, "--uid",
		    targets_add_user(&l->to, optarg));
	default:
		return CLI_ERROR;
	}
}

static int
take_fail_on(struct live *l)
{
	if (telltap_report_found(l->out.report, optarg) < 0)
		return cli_fail("%s: no such kind: %s", l->command, optarg);
	return append(l, l->out.fail_on, &l->out.fail_on_count, "--fail-on");
}

/* A number, or with K, M, G behind it. */
static int
take_roll(struct live *l)
{
	static const char units[] = "KMG";
	char *end;
	unsigned long long n = strtoull(optarg, &end, 10);
	const char *unit = *end ? strchr(units, *end) : NULL;
	int shift = unit ? 10 * (int)(unit - units + 1) : 0;

	if (*optarg < '0' || *optarg > '9' || !n || n > UINT64_MAX >> 40 ||
	    (*end && (!unit || end[1])))
		return cli_fail("%s: --roll takes a size such as 500M, not %s",
		    l->command, optarg);
	l->out.case_options.parts = true;
	l->out.case_options.part_max = n << shift;
	return 0;
}

int
live_take_option(struct live *l, int c)
{
	switch (c) {
	case OPT_KNOWN:
		return append(l, l->out.known, &l->out.known_count, "--known");
	case OPT_KEYLOG:
		return append(l, l->out.keylogs, &l->out.keylog_count,
		    "--keylog");
	case OPT_TLS_KEY:
		return append(l, l->out.tls_keys, &l->out.tls_key_count,
		    "--tls-key");
	case OPT_TLS_PLAINTEXT:
		l->options.tls_plaintext = true;
		return 0;
	case OPT_FAIL_ON:
		return take_fail_on(l);
	case OPT_JSON:
		l->out.json = true;
		return 0;
	case OPT_CASE:
		l->out.case_dir = optarg;
		return 0;
	case OPT_PROFILE_DIR:
		l->out.profile_dir = optarg;
		return 0;
	case OPT_DIGESTS:
		l->out.options.digests = true;
		return 0;
	case OPT_ALPHA:
		return cli_alpha(optarg, &l->out.options.alpha);
	case OPT_KEY:
		l->out.case_options.key_path = optarg;
		return 0;
	case OPT_IDENTITY:
		return append(l, l->identities, &l->identity_count,
		    "--identity");
	case OPT_ARCHIVE_PASSWORD:
		return append(l, l->out.passwords, &l->out.password_count,
		    "--archive-password");
	case OPT_NO_IDENTITY:
		l->no_identity = true;
		return 0;
	case OPT_SHOW_VALUES:
		l->out.options.show_values = true;
		return 0;
	case OPT_INFER_FILES:
		l->out.options.infer_files = true;
		l->options.file_reads = true;
		return 0;
	case OPT_ROLL:
		return take_roll(l);
	case OPT_NO_PACKETS:
		l->out.no_packets = true;
		return 0;
	case OPT_KEEP_OBJECTS:
		l->out.options.keep_objects = true;
		return 0;
	case OPT_NO_DPI:
		l->out.options.no_dpi = true;
		return 0;
	case OPT_NO_DESCENDANTS:
		l->options.no_descendants = true;
		return 0;
	case OPT_FILE_READS:
		l->options.file_reads = true;
		return 0;
	case OPT_KNOWN_FROM_READS:
		l->options.known_from_reads = true;
		return 0;
	case OPT_NO_KNOWN_FROM_READS:
		l->options.known_from_reads = false;
		return 0;
	case OPT_NO_BPF:
		l->options.no_bpf = true;
		return 0;
	case OPT_NO_PASSED:
		l->options.passed_sockets = false;
		return 0;
	default:
		return take_selector(l, c);
	}
}
