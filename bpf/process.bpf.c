// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Keeps the map of watched processes through fork, exec and exit. A mark is
 * there before the new program runs its first instruction.
 */
#include "watch.h"
#include "resolver.h"

/* Of the path tried against the rules; a key of the trie is too large for the
 * stack beside the rest. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tap_path_rule);
} path_scratch SEC(".maps");

SEC("tp_btf/sched_process_fork")
int
BPF_PROG(process_fork, struct task_struct *parent, struct task_struct *child)
{
	struct tap_watched *w;
	struct tap_rules *r;
	__u32 owner, reasons;

	if (child->tgid == parent->tgid)
		return 0;
	/* A service goes into the background once it is bound. */
	owner = parent->tgid;
	if (bpf_map_lookup_elem(&resolvers, &owner))
		resolver_add(child->tgid);
	w = watched_of(parent);
	r = rules_get();
	if (!w || !r)
		return 0;
	reasons = w->reasons;
	if (r->descendants)
		reasons |= TAP_BY_PARENT;
	else
		reasons &= ~TAP_BY_PID;
	if (!reasons)
		return 0;
	owner = watched_add(child->tgid, reasons);
	if (owner)
		process_report_short(child, TAP_FORK, owner, w->owner,
		    reasons);
	return 0;
}

static __always_inline bool
path_is_ruled(const struct linux_binprm *bprm)
{
	__u32 zero = 0;
	struct tap_path_rule *key = bpf_map_lookup_elem(&path_scratch, &zero);
	long len;

	if (!key)
		return false;
	__builtin_memset(key->path, 0, sizeof(key->path));
	len = bpf_probe_read_kernel_str(key->path, sizeof(key->path),
	    bprm->filename);
	if (len <= 0)
		return false;
	key->prefix_len = TAP_RULE_LEN * 8;
	return bpf_map_lookup_elem(&rule_paths, key) != NULL;
}

static __always_inline void
report_exec(struct task_struct *task, const struct linux_binprm *bprm,
    const struct tap_watched *now, __u32 before, const struct tap_inode *exe)
{
	struct tap_process *p = bpf_ringbuf_reserve(&ring, sizeof(*p), 0);
	unsigned long start, len;
	long got;

	if (!p) {
		count(TAP_RING_FULL);
		return;
	}
	process_describe(p, task);
	p->record.len = sizeof(*p);
	p->what = now->owner ? TAP_EXEC : TAP_CANDIDATE;
	p->owner = now->owner;
	p->parent_owner = before;
	p->reasons = now->reasons;
	p->exe_inode = exe->inode;
	p->exe_dev = exe->dev;
	__builtin_memset(p->path, 0, sizeof(p->path));
	got = bpf_probe_read_kernel_str(p->path, sizeof(p->path),
	    bprm->filename);
	p->path_len = got > 0 ? got - 1 : 0;
	__builtin_memset(p->args, 0, sizeof(p->args));
	start = BPF_CORE_READ(task, mm, arg_start);
	len = BPF_CORE_READ(task, mm, arg_end) - start;
	if (len > TAP_ARGS_LEN)
		len = TAP_ARGS_LEN;
	if (!bpf_probe_read_user(p->args, len, (void *)start))
		p->args_len = len;
	bpf_ringbuf_submit(p, BPF_RB_FORCE_WAKEUP);
}

SEC("tp_btf/sched_process_exec")
int
BPF_PROG(process_exec, struct task_struct *task, int old_pid,
    struct linux_binprm *bprm)
{
	struct tap_watched *w = watched_of(task), now = {};
	struct tap_rules *r = rules_get();
	struct tap_inode exe = {};
	__u32 tgid = task->tgid, before = w ? w->owner : 0;

	if (!r)
		return 0;
	exe.inode = BPF_CORE_READ(bprm, file, f_inode, i_ino);
	exe.dev = BPF_CORE_READ(bprm, file, f_inode, i_sb, s_dev);
	/* A process named by --pid stays watched whatever it runs. */
	if (w)
		now.reasons = w->reasons & (TAP_BY_PID | TAP_BY_PARENT);
	now.reasons |= reasons_of_task(r, task);
	if (r->by_exe && (bpf_map_lookup_elem(&rule_inodes, &exe) ||
			     path_is_ruled(bprm)))
		now.reasons |= TAP_BY_EXE;
	if (w && r->descendants && !now.reasons)
		now.reasons = TAP_BY_PARENT;
	if (now.reasons) {
		now.owner = watched_add(tgid, now.reasons);
	} else if (w) {
		bpf_map_delete_elem(&watched, &tgid);
	}
	if (now.owner || r->report_exec)
		report_exec(task, bprm, &now, before, &exe);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int
BPF_PROG(process_exit, struct task_struct *task)
{
	struct tap_watched *w = watched_of(task);
	__u32 tgid = task->tgid;

	/* Threads exit too; the last one has nobody left alive. */
	if (!w && bpf_map_lookup_elem(&resolvers, &tgid) &&
	    BPF_CORE_READ(task, signal, live.counter) == 0)
		bpf_map_delete_elem(&resolvers, &tgid);
	if (!w || BPF_CORE_READ(task, signal, live.counter) != 0)
		return 0;
	process_report_short(task, TAP_EXIT, w->owner, 0, w->reasons);
	bpf_map_delete_elem(&watched, &tgid);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
