// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Connected sockets that came by a unix socket, or by fork from a process that
 * made them, are written to without any hook of theirs being run. Here the
 * write itself is seen: the tuple is entered before the data leave. So it is with
 * packets made by hand (frame.h). It slows every system call on the machine, so it
 * is attached only where wanted.
 */
#include "frame.h"
#include "maps.h"
#include "sock.h"
#include "task.h"
#include "tuple.h"

static __always_inline int
written_fd(const struct pt_regs *regs, long call)
{
	switch (call) {
	case __NR_write:
	case __NR_writev:
	case __NR_sendto:
	case __NR_sendmsg:
	case __NR_sendmmsg:
	case __NR_sendfile:
		return (int)call_argument(regs, 0);
	case __NR_splice:
		return (int)call_argument(regs, 2);
	}
	return -1;
}

/* The tuple is known; another process than its owner writes now. */
static __always_inline void
note_sharing(const struct tap_tuple *t, struct tap_tuple_value *v, __u32 owner)
{
	struct tap_owner told = { .cookie = v->cookie, .creator = v->owner,
		.sender = owner, .flags = v->flags | TAP_SHARED };

	if (v->owner == owner || v->flags & TAP_SHARED || t->proto != 6)
		return;
	v->flags |= TAP_SHARED;
	tuple_report(t, &told, tuple_flags(&told), bpf_ktime_get_ns());
}

SEC("tp_btf/sys_enter")
int
BPF_PROG(passed_write, struct pt_regs *regs, long call)
{
	struct task_struct *task;
	struct tap_owner told = {};
	struct tap_tuple_value *v;
	struct tap_watched *w;
	struct tap_tuple t;
	struct sock *sk;
	int fd = written_fd(regs, call);

	/* Most calls of most processes end here. */
	if (fd < 0)
		return 0;
	task = bpf_get_current_task_btf();
	w = watched_of(task);
	if (!w)
		return 0;
	sk = sock_of_fd(task, fd);
	if (!sk)
		return 0;
	if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_PACKET_FAMILY) {
		const void *frame = frame_written(regs, call);

		if (frame)
			frame_sent(sk, w->owner, frame);
		return 0;
	}
	if (!sock_is_inet(sk) || !BPF_CORE_READ(sk, __sk_common.skc_dport))
		return 0;
	told.netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, net_cookie);
	sock_tuple(sk, told.netns, &t);
	/* Every socket that has an owner has a cookie, too. */
	told.cookie = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
	v = bpf_map_lookup_elem(&tuples, &t);
	/* An MPTCP socket's packets are those of its subflows, which have
	 * cookies of their own. */
	if (v && v->cookie &&
	    (v->cookie == told.cookie ||
		BPF_CORE_READ(sk, sk_protocol) > 255)) {
		note_sharing(&t, v, w->owner);
		return 0;
	}
	told.sender = w->owner;
	told.flags = TAP_PASSED_FD;
	tuple_enter(&t, &told, t.local_port);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
