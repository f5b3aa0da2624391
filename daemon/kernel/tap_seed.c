// SPDX-License-Identifier: Apache-2.0
#include "kernel/tap_state.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/process.h"
#include "bpf/tap.skel.h"
#include "kernel/proc.h"
#include "kernel/rules.h"
#include "kernel/tap_hooks.h"

/* A scan finds children that were forked before their parent was marked; each
 * round reaches one generation further at least. */
#define ROUNDS_MAX	16

int
tap_seed_pid(struct tap *t, pid_t pid, uint32_t reasons, bool tell)
{
	struct tap_watched w = { .owner = t->next_owner, .reasons = reasons };
	uint32_t key = (uint32_t)pid;
	struct process *p;
	int err;

	if (bpf_map_update_elem(bpf_map__fd(t->bpf->maps.watched), &key, &w,
		BPF_NOEXIST))
		return errno == EEXIST ? 0 : -errno;
	t->next_owner++;
	err = processes_add(t->processes, pid, w.owner, &p);
	if (err)
		return err;
	tap_judge_kin(t, p, reasons);
	tap_place_of(t, p, p->netns, TAP_ON_WIRES);
	tap_hooks_begin(t, pid, 0);
	if (tell && t->events.on_process)
		tap_fail(t, t->events.on_process(t->arg, p, false));
	return 0;
}

static bool
is_marked(struct tap *t, pid_t pid)
{
	uint32_t key = (uint32_t)pid;
	struct tap_watched w;

	return bpf_map_lookup_elem(bpf_map__fd(t->bpf->maps.watched), &key,
		   &w) == 0;
}

static int
consider(struct tap *t, pid_t pid, bool descendants, size_t *ret_found)
{
	struct proc_stat st;
	uint32_t reasons;
	int err;

	if (pid == getpid() || is_marked(t, pid))
		return 0;
	reasons = rules_match(t->rules, pid);
	if (!reasons && descendants && proc_read_stat(pid, &st) == 0 &&
	    st.parent_pid > 0 && is_marked(t, st.parent_pid))
		reasons = TAP_BY_PARENT;
	if (!reasons)
		return 0;
	err = tap_seed_pid(t, pid, reasons, true);
	if (!err)
		++*ret_found;
	return err == -ESRCH ? 0 : err;
}

int
tap_seed(struct tap *t)
{
	struct tap_rules rules;
	struct dirent *entry;
	uint32_t zero = 0;
	size_t found = 1;
	int err = 0;
	DIR *dir;

	if (bpf_map_lookup_elem(bpf_map__fd(t->bpf->maps.rules), &zero, &rules))
		return -errno;
	for (int i = 0; !err && found && i < ROUNDS_MAX; i++) {
		found = 0;
		dir = opendir("/proc");
		if (!dir)
			return -errno;
		while (!err && (entry = readdir(dir)))
			if (isdigit((unsigned char)entry->d_name[0]))
				err = consider(t, atoi(entry->d_name),
				    rules.descendants, &found);
		closedir(dir);
	}
	return err;
}

void
tap_seed_candidate(struct tap *t, pid_t pid)
{
	size_t found = 0;
	int err = consider(t, pid, false, &found);

	if (err)
		t->stats.watched_full++;
}
