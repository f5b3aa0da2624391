// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Walks the open files of all processes: gives sockets that watched ones held
 * before they were watched their owner, sees which are shared, and reads the
 * counts of those that are still open.
 */
#include "ask.h"
#include "maps.h"
#include "resolver.h"
#include "sock.h"
#include "tcp.h"
#include "tuple.h"

/* Set by user space before a walk, in a map for it is walked more than once. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} scan_reports SEC(".maps");

/* Its packets go over lo, or may once there are some. What is connected to an
 * address of this machine that is not its own is found when it sends. */
static __always_inline bool
may_loop(const struct tap_tuple *t)
{
	bool v4 = t->remote[10] == 0xff && t->remote[11] == 0xff;
	const __u64 *local = (const __u64 *)t->local;
	const __u64 *remote = (const __u64 *)t->remote;

	if (!t->remote_port)
		return t->local_port;
	return (v4 && t->remote[12] == 127) ||
	       (local[0] == remote[0] && local[1] == remote[1]);
}

static __always_inline void
adopt(struct sock *sk, const struct tap_watched *w, __u32 pid)
{
	__u32 state = sk->__sk_common.skc_state;
	struct tcp_sock *tp;
	struct tap_owner *o;
	struct tap_tuple t;

	ports_use();
	o = bpf_sk_storage_get(&owners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!o) {
		count(TAP_STORAGE_FAILED);
		return;
	}
	o->creator = w->owner;
	o->creator_pid = pid;
	o->flags = TAP_OLD;
	o->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, net_cookie);
	o->cookie = bpf_get_socket_cookie(sk);
	sock_tuple(sk, o->netns, &t);
	if (may_loop(&t))
		capture_ask(o->netns, w->owner, TAP_ON_LOOPBACK, false);
	tp = bpf_skc_to_tcp_sock(sk);
	if (state == BPF_TCP_LISTEN)
		port_listens(sk->__sk_common.skc_num);
	if (t.proto == 17 && !t.remote_port)
		port_serves(t.local_port);
	if (!tp || state == BPF_TCP_LISTEN || state == BPF_TCP_CLOSE)
		return;
	o->base_acked = tp->bytes_acked;
	o->base_received = tp->bytes_received;
	if (!tuple_enter(&t, o, t.local_port))
		o->flags |= TAP_PLACED;
}

static __always_inline void
report(struct sock *sk, const struct tap_owner *o)
{
	__u32 state = sk->__sk_common.skc_state;
	struct tap_socket_end *r;

	if (sk->sk_protocol != 6 || state == BPF_TCP_LISTEN ||
	    state == BPF_TCP_CLOSE)
		return;
	r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0);
	if (!r) {
		count(TAP_RING_FULL);
		return;
	}
	tcp_report(r, sk, o, state);
	r->live = 1;
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
}

SEC("iter/task_file")
int
scan_sockets(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	__u32 zero = 0, *reports, pid;
	struct tap_watched *w;
	struct tap_owner *o;
	struct socket *sock;
	struct tap_tuple t;
	struct sock *sk;

	if (!task || !file)
		return 0;
	sock = bpf_sock_from_file(file);
	sk = sock ? sock->sk : NULL;
	if (!sk || !sock_is_inet(sk))
		return 0;
	pid = task->tgid;
	w = watched_of(task);
	if (sk->__sk_common.skc_num == DNS_PORT) {
		sock_tuple(sk, 0, &t);
		resolver_listens((const __u32 *)t.local, pid);
	}
	o = bpf_sk_storage_get(&owners, sk, 0, 0);
	reports = bpf_map_lookup_elem(&scan_reports, &zero);
	if (reports && *reports) {
		if (o && o->creator_pid == pid)
			report(sk, o);
	} else if (!o) {
		if (w)
			adopt(sk, w, pid);
	} else if (!w) {
		o->flags |= TAP_FOREIGN;
	} else if (!o->creator_pid) {
		o->creator_pid = pid;
	} else if (o->creator_pid != pid) {
		o->flags |= TAP_SHARED;
	}
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
