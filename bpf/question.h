/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TELLTAP_BPF_QUESTION_H
#define TELLTAP_BPF_QUESTION_H

/*
 * A watched process that asks a resolver on this machine for a name has it ask
 * another one. A question of a resolver for a name that was asked for just before
 * gets its tuple entered, and no other packet of his is seen: by TCP, until he
 * sends other data there. Needs maps.h.
 */

#include "ask.h"
#include "client.h"
#include "resolver.h"
#include "tuple.h"
#include "watch.h"

#define DNS_HEADER	12
#define UDP_HEADER	8
#define QUESTION_LEN	2	/* before each one, by TCP */
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

/* A resolver's TCP sockets, by cookie: his owner. Their segments leave in any
 * context, but for the SYN. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u32);
} resolver_sockets SEC(".maps");

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
	/* Here the data begin at the network header; relative loads do not reach
	 * what TCP sends, which lies in fragments. */
	if (bpf_skb_load_bytes(skb, at + UDP_HEADER + 2, &flags, 1) ||
	    flags & DNS_RESPONSE ||
	    bpf_skb_load_bytes(skb, at + UDP_HEADER + DNS_HEADER, name->bytes,
		len))
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

/* Where the question of a packet is, as question_hash() wants it; false: it holds
 * none. By TCP a segment of its own holds it, behind its length. */
static __always_inline bool
question_find(struct __sk_buff *skb, const struct packet_head *h, __u32 *ret_at,
    __u32 *ret_len)
{
	__u32 skip;
	__u8 words;

	*ret_at = h->transport;
	*ret_len = h->payload_len;
	if (h->proto == 17)
		return true;
	if (h->proto != 6 ||
	    bpf_skb_load_bytes_relative(skb, h->transport + 12, &words, 1,
		BPF_HDR_START_NET))
		return false;
	skip = (words >> 4) * 4 + QUESTION_LEN - UDP_HEADER;
	if (h->payload_len <= skip)
		return false;
	*ret_at += skip;
	*ret_len -= skip;
	return true;
}

/* Whether the packet goes to this machine: by lo it can go nowhere else. */
static __always_inline bool
question_stays(const struct __sk_buff *skb, const struct packet_head *h)
{
	return skb->ifindex == LOOPBACK_IFINDEX ||
	       bpf_map_lookup_elem(&resolver_addresses, h->dst);
}

/* A watched process sends; if it is a question to this machine, it is kept. */
static __always_inline void
question_note(struct __sk_buff *skb, const struct packet_head *h,
    const struct tap_owner *o)
{
	struct asked a = { .ts_ns = bpf_ktime_get_ns() };
	__u32 zero = 0, at, len;
	struct tap_ports *p = bpf_map_lookup_elem(&ports, &zero);
	__u64 hash;

	if (!question_stays(skb, h) || !p || !question_find(skb, h, &at, &len))
		return;
	hash = question_hash(skb, at, len);
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

/* An unwatched socket sends a SYN to port 53, while a question is open. */
static __always_inline void
question_connects(struct __sk_buff *skb, const struct tap_ports *p)
{
	__u32 tgid = bpf_get_current_task_btf()->tgid, *owner, number;
	__u64 cookie = bpf_get_socket_cookie(skb);

	if (bpf_ktime_get_ns() - p->asked_ns > JOIN_NS)
		return;
	owner = bpf_map_lookup_elem(&resolvers, &tgid);
	if (!owner)
		return;
	number = resolver_owner(tgid, owner);
	bpf_map_update_elem(&resolver_sockets, &cookie, &number, BPF_ANY);
}

/* The owner that stands for the resolver whose socket this is; 0: nobody's. */
static __always_inline __u32
question_owner(const struct bpf_sock *sk, __u64 cookie)
{
	__u32 tgid = bpf_get_current_task_btf()->tgid, *owner;

	if (sk->protocol == 6) {
		owner = bpf_map_lookup_elem(&resolver_sockets, &cookie);
		return owner ? *owner : 0;
	}
	owner = bpf_map_lookup_elem(&resolvers, &tgid);
	return owner ? resolver_owner(tgid, owner) : 0;
}

/* What holds nothing acknowledges, mostly a piece of the answer, whose others are
 * to be seen as well. */
static __always_inline bool
question_goes_on(struct __sk_buff *skb, const struct packet_head *h,
    const struct tap_tuple *t, __u64 cookie)
{
	struct tap_tuple_value *v;

	if (h->proto != 6 || packet_payload(skb, h))
		return false;
	v = bpf_map_lookup_elem(&tuples, t);
	return v && v->cookie == cookie;
}

/* An unwatched socket sends; true if it is a question that is joined, or belongs to
 * one. */
static __always_inline bool
question_join(struct __sk_buff *skb, const struct bpf_sock *sk,
    const struct tap_ports *p, __u64 netns)
{
	struct tap_owner o = { .netns = netns, .flags = TAP_JOINED };
	__u64 hash, now = bpf_ktime_get_ns();
	struct packet_head h;
	struct tap_tuple t;
	struct asked *a;
	__u32 at, len;

	if (now - p->asked_ns > JOIN_NS)
		return false;
	o.cookie = bpf_get_socket_cookie(skb);
	o.creator = question_owner(sk, o.cookie);
	if (!o.creator || packet_read(skb, &h) || h.dport != DNS_PORT)
		return false;
	packet_tuple(&h, netns, false, &t);
	if (question_goes_on(skb, &h, &t, o.cookie))
		return true;
	if (!question_find(skb, &h, &at, &len))
		return false;
	hash = question_hash(skb, at, len);
	a = hash ? bpf_map_lookup_elem(&asked_names, &hash) : NULL;
	if (!a || now - a->ts_ns > JOIN_NS)
		return false;
	o.sender = a->owner;
	interface_ask(netns, o.creator, skb->ifindex, true);
	return !tuple_enter(&t, &o, sk->src_port);
}

#endif
