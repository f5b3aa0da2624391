// SPDX-License-Identifier: Apache-2.0
#include "kernel/tap_state.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/process.h"
#include "bpf/tap.skel.h"
#include "kernel/patience.h"
#include "kernel/rules.h"

static int
set_path(void *arg, const char *path, bool prefix)
{
	struct tap *t = arg;
	struct tap_path_rule key = { 0 };
	size_t len = strlen(path);
	uint32_t yes = 1;

	if (len >= sizeof(key.path))
		return -ENAMETOOLONG;
	memcpy(key.path, path, len);
	key.prefix_len = (uint32_t)(len + !prefix) * 8;
	return bpf_map_update_elem(bpf_map__fd(t->bpf->maps.rule_paths), &key,
		   &yes, BPF_ANY) ? -errno : 0;
}

static int
set_inode(void *arg, uint64_t inode, uint32_t dev)
{
	struct tap *t = arg;
	struct tap_inode key = { .inode = inode, .dev = dev };
	uint32_t yes = 1;

	return bpf_map_update_elem(bpf_map__fd(t->bpf->maps.rule_inodes), &key,
		   &yes, BPF_ANY) ? -errno : 0;
}

static int
set_cgroup(void *arg, uint64_t id)
{
	struct tap *t = arg;
	uint32_t yes = 1;

	return bpf_map_update_elem(bpf_map__fd(t->bpf->maps.rule_cgroups), &id,
		   &yes, BPF_ANY) ? -errno : 0;
}

static int
set_uid(void *arg, uid_t uid)
{
	struct tap *t = arg;
	uint32_t key = uid, yes = 1;

	return bpf_map_update_elem(bpf_map__fd(t->bpf->maps.rule_uids), &key,
		   &yes, BPF_ANY) ? -errno : 0;
}

int
tap_rules_set(struct tap *t, const struct tap_options *options)
{
	struct rules_sink sink = { set_path, set_inode, set_cgroup, set_uid,
		t };
	uint32_t zero = 0, first = 1;
	struct tap_rules rules;
	uint64_t unanswered;
	int err;

	err = rules_new(options, t->cgroup_fd, &t->rules);
	if (err)
		return tap_explain(err, "reading what to watch");
	rules = (struct tap_rules){
		.descendants = !options->no_descendants,
		.by_exe = rules_have_exe(t->rules),
		.by_cgroup = rules_have_cgroup(t->rules),
		.by_uid = rules_have_uid(t->rules),
		.report_exec = rules_need_reports(t->rules),
		.self = getpid(),
	};
	if (bpf_map_update_elem(bpf_map__fd(t->bpf->maps.rules), &zero, &rules,
		BPF_ANY) ||
	    bpf_map_update_elem(bpf_map__fd(t->bpf->maps.next_owner), &zero,
		&first, BPF_ANY))
		return tap_explain(-errno, "setting what to watch");
	unanswered = patience_unanswered();
	err = rules_fill(t->rules, &sink);
	if (patience_unanswered() != unanswered)
		tap_note(t, "what is to be watched lies, in part, where a server "
			"does not answer: it is known by its path alone");
	return err ? tap_explain(err, "setting what to watch") : 0;
}
