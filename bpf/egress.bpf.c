// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * At the point where sockets' packets leave, before any capture sees them:
 * enters the tuple of a watched socket, and forgets one whose port an unwatched
 * socket sends from now; counts what unwatched ones send to the same clouds. What
 * is sent after close() still belongs to the watched process, so nothing is
 * forgotten earlier.
 */
#include "maps.h"
#include "ask.h"
#include "client.h"
#include "early.h"
#include "packet.h"
#include "question.h"
#include "tuple.h"
#include "unwatched.h"

#define RAW_PORT_MAX 511	/* protocols have numbers up to 262 */

/* Kernels before 6.2 have no bpf_get_netns_cookie() here. */
const volatile __u32 egress_has_netns_cookie = 0;

static __always_inline __u64
netns_of_current(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return BPF_CORE_READ(task, nsproxy, net_ns, net_cookie);
}

static __always_inline __u64
netns_of(struct __sk_buff *skb)
{
	return egress_has_netns_cookie ? bpf_get_netns_cookie(skb) :
					 netns_of_current();
}

/* TCP's segments leave in any context, so who sends is not known from them;
 * all else leaves in the sender's own. */
static __always_inline void
sender_note(struct tap_owner *o)
{
	struct tap_watched *w = watched_of(bpf_get_current_task_btf());

	if (!w) {
		o->flags |= TAP_FOREIGN;
		return;
	}
	if ((o->creator && o->creator != w->owner) ||
	    (o->sender && o->sender != w->owner))
		o->flags |= TAP_SHARED;
	o->sender = w->owner;
}

/* An accepted socket has a copy of what the listening one's storage held when
 * the connection came about. */
static __always_inline void
tcp_note(struct __sk_buff *skb, struct tap_owner *o, bool listens)
{
	if (listens) {
		o->flags |= TAP_LISTENS;
	} else if (o->flags & TAP_LISTENS) {
		o->flags &= ~TAP_LISTENS;
		o->flags |= TAP_ACCEPTED;
		o->cookie = bpf_get_socket_cookie(skb);
	}
}

/* A write through a socket that came from elsewhere entered the tuple before a
 * socket's storage could be made; here it can. */
static __always_inline void
tuple_adopt(struct __sk_buff *skb, struct bpf_sock *sk,
    const struct tap_tuple *t, const struct tap_tuple_value *v, __u64 cookie)
{
	struct tap_owner *o;

	o = bpf_sk_storage_get(&owners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!o) {
		count(TAP_STORAGE_FAILED);
		return;
	}
	o->cookie = cookie;
	o->netns = t->netns;
	o->sender = v->owner;
	o->flags = v->flags;
	interface_ask(t->netns, v->owner, skb->ifindex, true);
	if (!tuple_enter(t, o, t->local_port) && t->proto == 6)
		o->flags |= TAP_PLACED;
}

/* A write may wait that long for the peer before its data leave. */
#define ADOPT_WITHIN_NS 60000000000ull

/* A socket that nobody watches, on a port that a watched one has used. */
static __noinline int
tuple_unowned(struct __sk_buff *skb, struct bpf_sock *sk)
{
	__u64 netns, cookie = bpf_get_socket_cookie(skb);
	struct tap_tuple_value *v;
	struct packet_head h;
	struct tap_tuple t;

	/* The kernel's own answer to an echo, on lo: the tuple is the asker's. */
	if (packet_read(skb, &h) || h.is_reply)
		return 0;
	netns = netns_of(skb);
	packet_tuple(&h, netns, false, &t);
	v = bpf_map_lookup_elem(&tuples, &t);
	if (!v)
		return 0;
	if (v->flags & TAP_PASSED_FD &&
	    (v->cookie ? v->cookie == cookie :
			 bpf_ktime_get_ns() - v->since_ns < ADOPT_WITHIN_NS)) {
		tuple_adopt(skb, sk, &t, v, cookie);
		return 0;
	}
	if (!bpf_map_delete_elem(&tuples, &t))
		tuple_forgotten(&t, cookie);
	return 0;
}

/* A SYN leaves in the context of who connects, but one that is sent again does in
 * that of whom the timer interrupts. */
static __always_inline bool
connects(struct bpf_sock *sk)
{
	struct bpf_tcp_sock *tcp;

	if (sk->state != BPF_TCP_SYN_SENT || sk->protocol != 6)
		return false;
	tcp = bpf_tcp_sock(sk);
	return tcp && !tcp->total_retrans;
}

/* MPTCP's subflows are made by the kernel and pass no other hook of ours. */
static __always_inline struct tap_owner *
subflow_adopt(struct __sk_buff *skb, struct bpf_sock *sk)
{
	struct tap_watched *w = watched_of(bpf_get_current_task_btf());
	struct tap_owner *o;

	if (!w)
		return NULL;
	o = bpf_sk_storage_get(&owners, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	if (!o) {
		count(TAP_STORAGE_FAILED);
		return NULL;
	}
	o->creator = o->sender = w->owner;
	o->creator_pid = bpf_get_current_task_btf()->tgid;
	o->netns = netns_of(skb);
	o->cookie = bpf_get_socket_cookie(skb);
	return o;
}

/* What follows has stack frames of its own: all in one is above the limit. True if the
 * packet is of a resolver's question that is joined. */
static __noinline int
unwatched_asks(struct __sk_buff *skb, struct bpf_sock *sk,
    const struct tap_ports *p, bool opens)
{
	if (opens) {
		client_note(skb, sk, p, netns_of(skb));
		if (p->asked_ns && sk->dst_port == bpf_htons(DNS_PORT))
			question_connects(skb, p);
	}
	if (p->asked_ns && (sk->dst_port == bpf_htons(DNS_PORT) ||
			       (!sk->dst_port && sk->protocol == 17)) &&
	    question_join(skb, sk, p, netns_of(skb))) {
		early_note(skb, netns_of(skb));
		return true;
	}
	return false;
}

/* Nobody watches the socket: this is on the way of every other packet of the
 * machine. */
static __always_inline void
unwatched_sends(struct __sk_buff *skb, struct bpf_sock *sk,
    const struct tap_ports *p, bool opens)
{
	unwatched_count(skb, sk, opens);
	if ((opens || p->asked_ns) && unwatched_asks(skb, sk, p, opens))
		return;
	if (p->serving && sk->protocol == 17 &&
	    skb->ifindex == LOOPBACK_IFINDEX)
		client_writes(skb, p);
	if (port_is_marked(p, sk->src_port))
		tuple_unowned(skb, sk);
}

static __noinline int
watched_sends(struct __sk_buff *skb, struct bpf_sock *sk, struct tap_owner *o)
{
	/* An answer to a SYN leaves by the listening socket. */
	bool listens = sk->state == BPF_TCP_LISTEN;
	__u16 port = sk->src_port;
	struct packet_head h;
	struct tap_tuple t;

	if (o->flags & TAP_PLACED && !listens) {
		if (sk->dst_port == bpf_htons(DNS_PORT) &&
		    !packet_read(skb, &h))
			question_note(skb, &h, o);
		return 0;
	}
	if (packet_read(skb, &h)) {
		count(TAP_UNPARSED);
		return 0;
	}
	if (h.proto == 6)
		tcp_note(skb, o, listens);
	else
		sender_note(o);
	if (h.proto == 17 && h.dport == DNS_PORT)
		question_note(skb, &h, o);
	packet_tuple(&h, o->netns, false, &t);
	if (listens)
		client_answered(&t);
	if (!tuple_enter(&t, o, port) && h.proto == 6 && !listens)
		o->flags |= TAP_PLACED;
	if (h.proto != 6) {
		__u32 head = h.proto == 17 ? 8 : 0;

		__sync_fetch_and_add(&o->tx_packets, 1);
		__sync_fetch_and_add(&o->tx_bytes,
		    h.payload_len > head ? h.payload_len - head : 0);
	}
	return 0;
}

/*
 * Most packets are TCP's behind the handshake, or datagrams of a socket that is not
 * connected, at ports that no watched socket ever had, and one look says so, without
 * a call of any helper, which would cost more than the look. A watched connection's
 * port is marked by its first segment at the latest, before either end knows it as
 * established; that of a datagram when it is written (owner.bpf.c). A raw socket's is
 * the number of its protocol, whatever it writes, and SCTP's over UDP is not the
 * packet's. What it sends to a port at which a watched socket takes datagrams is looked
 * at as well. False where that can't be said.
 */
static __always_inline bool
is_foreign(struct __sk_buff *skb, const struct bpf_sock *sk,
    const struct tap_ports *p)
{
	const __u32 later = 1 << BPF_TCP_ESTABLISHED | 1 << BPF_TCP_FIN_WAIT1 |
			    1 << BPF_TCP_FIN_WAIT2 | 1 << BPF_TCP_CLOSE_WAIT |
			    1 << BPF_TCP_LAST_ACK | 1 << BPF_TCP_CLOSING;
	const __u8 *head = (const __u8 *)(long)skb->data;
	const __u8 *end = (const __u8 *)(long)skb->data_end;
	const __be16 *ports = (const __be16 *)(head + 20);
	__u32 state = sk->state;
	__u16 port = sk->src_port;
	__u8 proto;

	if (port <= RAW_PORT_MAX || port_is_marked(p, port) || head + 24 > end)
		return false;
	proto = head[9];
	if (head[0] != 0x45) {
		if (head[0] >> 4 != 6 || head + 44 > end)
			return false;
		proto = head[6];
		ports = (const __be16 *)(head + 40);
	}
	if (!(proto == 6 && later & 1u << (state & 31)) &&
	    !(proto == 17 && state == BPF_TCP_CLOSE))
		return false;
	return ports[0] == bpf_htons(port) &&
	       (!p->asked_ns || ports[1] != bpf_htons(DNS_PORT)) &&
	       (proto != 17 || !bit_is_set(p->serves, bpf_ntohs(ports[1])));
}

SEC("cgroup_skb/egress")
int
socket_egress(struct __sk_buff *skb)
{
	__u32 zero = 0;
	struct tap_ports *p = bpf_map_lookup_elem(&ports, &zero);
	struct bpf_sock *sk = skb->sk;
	struct tap_owner *o = NULL;
	bool opens = false, tapped;

	if (!p || !p->used || !sk)
		return 1;
	if (is_foreign(skb, sk, p)) {
		unwatched_count(skb, sk, false);
		return 1;
	}
	sk = bpf_sk_fullsock(sk);
	if (!sk)
		return 1;
	o = bpf_sk_storage_get(&owners, sk, 0, 0);
	if (!o) {
		opens = connects(sk);
		if (opens)
			o = subflow_adopt(skb, sk);
	}
	if (!o) {
		unwatched_sends(skb, sk, p, opens);
		return 1;
	}
	tapped = interface_is_tapped(o->netns, skb->ifindex);
	if (!tapped)
		interface_ask(o->netns, o->sender ? o->sender : o->creator,
		    skb->ifindex, watched_of(bpf_get_current_task_btf()));
	watched_sends(skb, sk, o);
	if (!tapped)
		early_note(skb, o->netns);
	return 1;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
