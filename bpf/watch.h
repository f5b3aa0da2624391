/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TELLTAP_WATCH_H
#define TELLTAP_WATCH_H

/*
 * Finding out whether a process is to be watched, and marking it. Needs
 * maps.h; the rules are filled by user space before any program is attached.
 */

#include "maps.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tap_rules);
} rules SEC(".maps") TAP_WEAK;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} next_owner SEC(".maps") TAP_WEAK;

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1024);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct tap_path_rule);
	__type(value, __u32);
} rule_paths SEC(".maps") TAP_WEAK;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct tap_inode);
	__type(value, __u32);
} rule_inodes SEC(".maps") TAP_WEAK;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u32);
} rule_cgroups SEC(".maps") TAP_WEAK;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u32);
} rule_uids SEC(".maps") TAP_WEAK;

#define CGROUP_DEPTH 16

static __always_inline struct tap_rules *
rules_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&rules, &zero);
}

/* 0 when there is no number left, which takes 4 billion processes. */
static __always_inline __u32
owner_new(void)
{
	__u32 zero = 0, *next = bpf_map_lookup_elem(&next_owner, &zero);

	return next ? __sync_fetch_and_add(next, 1) : 0;
}

static __always_inline bool
in_ruled_cgroup(const struct task_struct *task)
{
	struct cgroup *cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp);

	for (int i = 0; i < CGROUP_DEPTH && cgroup; i++) {
		__u64 id = BPF_CORE_READ(cgroup, kn, id);

		if (bpf_map_lookup_elem(&rule_cgroups, &id))
			return true;
		cgroup = (struct cgroup *)BPF_CORE_READ(cgroup, self.parent);
	}
	return false;
}

/* The reasons that hold for a task whatever program it runs. */
static __always_inline __u32
reasons_of_task(const struct tap_rules *r, const struct task_struct *task)
{
	__u32 reasons = 0;

	if ((__u32)task->tgid == r->self)
		return 0;
	if (r->by_uid) {
		__u32 uid = BPF_CORE_READ(task, cred, uid.val);

		if (bpf_map_lookup_elem(&rule_uids, &uid))
			reasons |= TAP_BY_UID;
	}
	if (r->by_cgroup && in_ruled_cgroup(task))
		reasons |= TAP_BY_CGROUP;
	return reasons;
}

static __always_inline void
process_describe(struct tap_process *p, const struct task_struct *task)
{
	struct net *net = BPF_CORE_READ(task, nsproxy, net_ns);

	p->record.kind = TAP_PROCESS;
	p->record.ts_ns = bpf_ktime_get_ns();
	p->pid = task->tgid;
	p->parent_pid = BPF_CORE_READ(task, real_parent, tgid);
	p->uid = BPF_CORE_READ(task, cred, uid.val);
	p->exit_code = 0;
	p->start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
	p->cgroup = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	p->netns = net ? BPF_CORE_READ(net, net_cookie) : 0;
	p->netns_inode = net ? BPF_CORE_READ(net, ns.inum) : 0;
	p->exe_inode = 0;
	p->exe_dev = 0;
	p->path_len = 0;
	p->args_len = 0;
	BPF_CORE_READ_STR_INTO(&p->comm, task, comm);
}

/* Reports what has no path: forks, exits, adoptions. */
static __always_inline void
process_report_short(const struct task_struct *task, __u32 what, __u32 owner,
    __u32 parent_owner, __u32 reasons)
{
	struct tap_process *p;

	p = bpf_ringbuf_reserve(&ring, TAP_PROCESS_SHORT, 0);
	if (!p) {
		count(TAP_RING_FULL);
		return;
	}
	process_describe(p, task);
	p->record.len = TAP_PROCESS_SHORT;
	p->what = what;
	p->owner = owner;
	p->parent_owner = parent_owner;
	p->reasons = reasons;
	if (what == TAP_EXIT)
		p->exit_code = task->exit_code;
	bpf_ringbuf_submit(p, BPF_RB_FORCE_WAKEUP);
}

static __always_inline __u32
watched_add(__u32 tgid, __u32 reasons)
{
	struct tap_watched w = { .owner = owner_new(), .reasons = reasons };

	if (bpf_map_update_elem(&watched, &tgid, &w, BPF_ANY)) {
		count(TAP_WATCHED_FULL);
		return 0;
	}
	return w.owner;
}

/*
 * watched_current - the owner that the current task acts for, 0 if it is not
 * watched. Rules on user and cgroup are asked here as well, for a process may
 * come under one without any fork or exec.
 */
static __always_inline __u32
watched_current(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct tap_watched *w = watched_of(task);
	struct tap_rules *r;
	__u32 reasons, owner;

	if (w)
		return w->owner;
	r = rules_get();
	if (!r || (!r->by_uid && !r->by_cgroup))
		return 0;
	reasons = reasons_of_task(r, task);
	if (!reasons)
		return 0;
	owner = watched_add(task->tgid, reasons);
	if (owner)
		process_report_short(task, TAP_ADOPT, owner, 0, reasons);
	return owner;
}

#endif
