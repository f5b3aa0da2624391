// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * System calls of threads that are inside of a TLS library: which socket the
 * session goes over, and how far a large write has come. And what watched
 * processes map to execute, for there may be such a library in it. It slows
 * every system call on the machine, so it is attached only where wanted.
 */
#include "hook_bytes.h"

#define PROT_EXEC	4

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

/* In the kernel's hands is what is sealed there. */
static __always_inline bool
is_sealed_below(const struct sock *sk)
{
	const struct inet_connection_sock *c = (void *)sk;

	return BPF_CORE_READ(sk, sk_protocol) == 6 &&
	       BPF_CORE_READ(c, icsk_ulp_ops);
}

/* Whether what is written begins as a record of TLS does. */
static __always_inline bool
is_record(const struct pt_regs *regs, long call)
{
	__u64 msg[4] = {}, at = call_argument(regs, 1);
	struct hook_iov v = {};
	__u8 head[3] = {};

	switch (call) {
	case __NR_sendmsg:
		if (bpf_probe_read_user(msg, sizeof(msg), (void *)at))
			return false;
		at = msg[2];
		/* fall through */
	case __NR_writev:
		if (bpf_probe_read_user(&v, sizeof(v), (void *)at))
			return false;
		at = v.base;
		/* fall through */
	case __NR_write:
	case __NR_sendto:
		break;
	default:
		return false;
	}
	return !bpf_probe_read_user(head, sizeof(head), (void *)at) &&
	       head[0] >= 20 && head[0] <= 24 && head[1] == 3 && head[2] <= 4;
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

static __always_inline bool
is_connection(const struct sock *sk)
{
	__u32 protocol;

	if (!sk || !sock_is_inet(sk) ||
	    !BPF_CORE_READ(sk, __sk_common.skc_dport))
		return false;
	protocol = BPF_CORE_READ(sk, sk_protocol);
	return protocol == 6 || protocol > 255;	/* MPTCP */
}

/* Inside of a call. A library's caller may be called back and speak to others
 * there, and a session may go over a pipe or a unix socket. */
static __always_inline void
see_inside(struct hook_call *call, const struct sock *sk,
    const struct pt_regs *regs, long number, __u32 tgid)
{
	bool written = is_written(number), connection = is_connection(sk);

	if (written && !is_record(regs, number) &&
	    !(connection && is_sealed_below(sk))) {
		/* other layers of NSPR than that of NSS seal nothing */
		call->tied |= !!(call->what & TAP_HOOK_LAYERED);
		return;
	}
	if (!written && call->what & TAP_HOOK_LAYERED)
		return;
	if (!connection) {
		call->tied |= written;
		return;
	}
	call->tied = 1;
	tie(call->session, call->what, call->owner, tgid, sk,
	    written ? TIE_WRITTEN : TIE_READ);
	if (written && is_read_while_it_runs(call))
		take_record(call, tgid, written_len(regs, number));
}

/* Whether the write behind a call may be what that left. */
static __always_inline bool
is_of_pending(const struct hook_pending *p, const struct sock *sk,
    const struct pt_regs *regs, long number, __u32 tgid)
{
	struct hook_key key = key_of(p->session, tgid);

	return !p->contested_ns && is_connection(sk) &&
	       !is_of_another(cookie_of(sk), &key) && is_record(regs, number) &&
	       may_be_sealed(p->len, written_len(regs, number));
}

SEC("tp_btf/sys_enter")
int
BPF_PROG(hook_syscall, struct pt_regs *regs, long number)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct hook_call *call = bpf_map_lookup_elem(&hook_calls, &thread);
	__u32 tgid = thread >> 32;
	struct hook_pending p;
	struct sock *sk;

	if (!call)
		return 0;
	if (call->tied) {
		if (is_written(number) && is_read_while_it_runs(call))
			take_record(call, tgid, written_len(regs, number));
		return 0;
	}
	if (!is_written(number) && (call->over || !is_read(number)))
		return 0;
	sk = sock_of_fd(bpf_get_current_task_btf(),
	    (__u32)call_argument(regs, 0));
	if (!call->over) {
		see_inside(call, sk, regs, number, tgid);
		return 0;
	}
	p = call->pending;
	if (bpf_ktime_get_ns() - p.ts_ns < PENDING_NS) {
		if (!is_of_pending(&p, sk, regs, number, tgid))
			return 0;
		tie(p.session, p.what, p.owner, tgid, sk, TIE_GUESSED);
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
