/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TELLTAP_BPF_QUESTION_H
#define TELLTAP_BPF_QUESTION_H

/*
 * A watched process that asks a resolver on this machine for a name has it ask
 * another one. A question of a resolver for a name that was asked for just before
 * gets its tuple entered, and no other packet of his is seen. By UDP only. Needs
 * maps.h.
 */

#include "ask.h"
#include "client.h"
#include "resolver.h"
#include "tuple.h"
#include "watch.h"

#define DNS_HEADER	12
#define UDP_HEADER	8
#define DNS_RESPONSE	0x80
#define NAME_MAX_LEN	256
#define LABEL_MAX	63
/* A resolver that gets no answer asks again for some seconds. */
#define JOIN_NS		10000000000ull

struct asked {
	__u64 ts_ns;
	__u32 owner;
	__u32 pad;
};

/* By the hash of a name. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct asked);
} asked_names SEC(".maps");

struct name_scratch {
	__u8 bytes[NAME_MAX_LEN];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct name_scratch);
} name_scratch SEC(".maps");

/* The hash of the first question's name, in lower case; 0 if it is none. A
 * function of the object, not of the file: the verifier looks at it once, and not
 * again on every way that leads here. */
__u64 question_hash(struct __sk_buff *skb, __u32 at, __u32 len);

__noinline __u64
question_hash(struct __sk_buff *skb, __u32 at, __u32 len)
{
	__u32 zero = 0, left = 0;
	struct name_scratch *name = bpf_map_lookup_elem(&name_scratch, &zero);
	__u64 hash = 0xcbf29ce484222325ull;
	__u8 flags = 0;

	if (!name || len <= UDP_HEADER + DNS_HEADER)
		return 0;
	len -= UDP_HEADER + DNS_HEADER;
	if (len > NAME_MAX_LEN)
		len = NAME_MAX_LEN;
	/* It is 1 to that, but kernel 6.1 has to be shown, here and below: the
	 * compiler must not know it. */
	asm volatile("" : "+r"(len));
	len = ((len - 1) & (NAME_MAX_LEN - 1)) + 1;
	asm volatile("" : "+r"(len));
	if (bpf_skb_load_bytes_relative(skb, at + UDP_HEADER + 2, &flags, 1,
		BPF_HDR_START_NET) ||
	    flags & DNS_RESPONSE ||
	    bpf_skb_load_bytes_relative(skb, at + UDP_HEADER + DNS_HEADER,
		name->bytes, len, BPF_HDR_START_NET))
		return 0;
	for (__u32 i = 0; i < NAME_MAX_LEN && i < len; i++) {
		__u8 b = name->bytes[i];

		if (left) {
			left--;
			if (b >= 'A' && b <= 'Z')
				b += 'a' - 'A';
		} else {
			if (!b)
				return hash;
			if (b > LABEL_MAX)
				return 0;
			left = b;
		}
		hash = (hash ^ b) * 0x100000001b3ull;
	}
	return 0;
}

/* A watched process sends; if it is a question to this machine, it is kept. */
static __always_inline void
question_note(struct __sk_buff *skb, const struct packet_head *h,
    const struct tap_owner *o)
{
	struct asked a = { .ts_ns = bpf_ktime_get_ns() };
	__u32 zero = 0;
	struct tap_ports *p = bpf_map_lookup_elem(&ports, &zero);
	__u64 hash;

	if (skb->ifindex != LOOPBACK_IFINDEX || !p)
		return;
	hash = question_hash(skb, h->transport, h->payload_len);
	if (!hash)
		return;
	a.owner = o->sender ? o->sender : o->creator;
	bpf_map_update_elem(&asked_names, &hash, &a, BPF_ANY);
	p->asked_ns = a.ts_ns;
}

static __always_inline __u32
resolver_owner(__u32 tgid, __u32 *owner)
{
	if (!*owner) {
		*owner = owner_new();
		process_report_short(bpf_get_current_task_btf(), TAP_RESOLVES,
		    *owner, 0, 0);
	}
	return *owner;
}

/* An unwatched socket sends; true if it is a question that is joined. */
static __always_inline bool
question_join(struct __sk_buff *skb, const struct bpf_sock *sk,
    const struct tap_ports *p, __u64 netns)
{
	__u32 tgid = bpf_get_current_task_btf()->tgid, *owner;
	struct tap_owner o = { .netns = netns, .flags = TAP_JOINED };
	__u64 hash, now = bpf_ktime_get_ns();
	struct packet_head h;
	struct tap_tuple t;
	struct asked *a;

	if (now - p->asked_ns > JOIN_NS)
		return false;
	owner = bpf_map_lookup_elem(&resolvers, &tgid);
	if (!owner || packet_read(skb, &h) || h.proto != 17 ||
	    h.dport != DNS_PORT)
		return false;
	hash = question_hash(skb, h.transport, h.payload_len);
	a = hash ? bpf_map_lookup_elem(&asked_names, &hash) : NULL;
	if (!a || now - a->ts_ns > JOIN_NS)
		return false;
	o.creator = resolver_owner(tgid, owner);
	o.sender = a->owner;
	o.cookie = bpf_get_socket_cookie(skb);
	if (skb->ifindex == LOOPBACK_IFINDEX)
		capture_ask(netns, a->owner, TAP_ON_LOOPBACK, true);
	packet_tuple(&h, netns, false, &t);
	return !tuple_enter(&t, &o, sk->src_port);
}

#endif
