// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * System calls of threads that are inside of a TLS library: which socket the
 * session goes over, and how far a large write has come. And what watched
 * processes map to execute, for there may be such a library in it. It slows
 * every system call on the machine, so it is attached only where wanted.
 */
#include "hook_bytes.h"
#include "task.h"

#define PROT_EXEC	4
/* A write that comes later than that is not the call's. */
#define PENDING_NS	1000000000ull

static __always_inline bool
is_written(long call)
{
	return call == __NR_write || call == __NR_writev ||
	       call == __NR_sendto || call == __NR_sendmsg ||
	       call == __NR_sendmmsg || call == __NR_sendfile;
}

static __always_inline bool
is_read(long call)
{
	return call == __NR_read || call == __NR_readv ||
	       call == __NR_recvfrom || call == __NR_recvmsg;
}

#define IOV_MAX_SEEN	8

struct hook_iov {
	__u64 base, len;
};

static __always_inline __u64
iov_len(__u64 iov, __u64 count)
{
	__u64 sum = 0;
	struct hook_iov v;

	for (__u64 i = 0; i < IOV_MAX_SEEN; i++) {
		if (i >= count ||
		    bpf_probe_read_user(&v, sizeof(v),
			(void *)(iov + i * sizeof(v))))
			break;
		sum += v.len;
	}
	return sum;
}

/* 0 where it is not known. */
static __always_inline __u64
written_len(const struct pt_regs *regs, long call)
{
	__u64 msg[4] = {};	/* name, its length, iov, its count */

	switch (call) {
	case __NR_write:
	case __NR_sendto:
		return call_argument(regs, 2);
	case __NR_writev:
		return iov_len(call_argument(regs, 1), call_argument(regs, 2));
	case __NR_sendmsg:
		if (bpf_probe_read_user(msg, sizeof(msg),
			(void *)call_argument(regs, 1)))
			return 0;
		return iov_len(msg[2], msg[3]);
	}
	return 0;
}

/* What TLS makes of so many bytes: 22 more a record at least in TLS 1.3, and
 * 100 at most, in records of 16 KiB or, at the beginning, of one packet; a
 * handshake's last flight may go along. Many records may leave one by one. */
static __always_inline bool
may_be_sealed(__u64 plain, __u64 sealed)
{
	__u64 least = plain + 21;

	if (least > TAP_PLAIN_MAX)
		least = TAP_PLAIN_MAX;
	return sealed >= least &&
	       sealed <= plain + 100 * (plain / 1024 + 1) + 4096;
}

/* A record is about to be written: the library has taken what is in it. */
static __always_inline void
take_record(struct hook_call *call, __u32 tgid, __u64 len)
{
	if (len <= TAP_PLAIN_MAX || (call->full && call->full != len))
		return;
	call->full = len;
	if (call->again) {
		call->again = 0;
		return;
	}
	if (call->given + TAP_PLAIN_MAX > call->len)
		return;
	take_bytes(call, tgid, call->given + TAP_PLAIN_MAX,
	    bpf_ktime_get_ns());
	call->given += TAP_PLAIN_MAX;
}

SEC("tp_btf/sys_enter")
int
BPF_PROG(hook_syscall, struct pt_regs *regs, long number)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct hook_call *call = bpf_map_lookup_elem(&hook_calls, &thread);
	struct task_struct *task;
	struct hook_pending p;
	struct sock *sk;
	__u32 protocol;

	if (!call)
		return 0;
	if (call->tied) {
		if (is_written(number) && is_read_while_it_runs(call))
			take_record(call, thread >> 32,
			    written_len(regs, number));
		return 0;
	}
	if (!is_written(number) && (call->over || !is_read(number)))
		return 0;
	task = bpf_get_current_task_btf();
	sk = sock_of_fd(task, (__u32)call_argument(regs, 0));
	if (!sk || !sock_is_inet(sk) ||
	    !BPF_CORE_READ(sk, __sk_common.skc_dport))
		return 0;
	protocol = BPF_CORE_READ(sk, sk_protocol);
	if (protocol != 6 && protocol < 256)
		return 0;
	if (!call->over) {
		call->tied = 1;
		tie(call->session, call->what, call->owner, thread >> 32, sk, 0);
		if (is_written(number) && is_read_while_it_runs(call))
			take_record(call, thread >> 32,
			    written_len(regs, number));
		return 0;
	}
	p = call->pending;
	if (bpf_ktime_get_ns() - p.ts_ns < PENDING_NS) {
		if (!may_be_sealed(p.len, written_len(regs, number)))
			return 0;
		tie(p.session, p.what, p.owner, thread >> 32, sk,
		    TAP_TIE_AMBIGUOUS);
	}
	bpf_map_delete_elem(&hook_calls, &thread);
	return 0;
}

SEC("tp_btf/sys_exit")
int
BPF_PROG(hook_mapped, struct pt_regs *regs, long ret)
{
	struct task_struct *task;
	struct tap_mapped *r;
	struct tap_watched *w;
	struct file *file;

	if (call_number(regs) != __NR_mmap ||
	    !(call_argument(regs, 2) & PROT_EXEC))
		return 0;
	task = bpf_get_current_task_btf();
	w = watched_of(task);
	if (!w || (ret < 0 && ret > -4096))
		return 0;
	file = file_of_fd(task, (__u32)call_argument(regs, 4));
	if (!file)
		return 0;
	r = bpf_ringbuf_reserve(&hook_ring, sizeof(*r), 0);
	if (!r) {
		count(TAP_RING_FULL);
		return 0;
	}
	r->record.kind = TAP_MAPPED;
	r->record.len = sizeof(*r);
	r->record.ts_ns = bpf_ktime_get_ns();
	r->inode = BPF_CORE_READ(file, f_inode, i_ino);
	r->pid = task->tgid;
	r->owner = w->owner;
	bpf_ringbuf_submit(r, BPF_RB_FORCE_WAKEUP);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
