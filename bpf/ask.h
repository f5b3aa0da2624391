/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TELLTAP_BPF_ASK_H
#define TELLTAP_BPF_ASK_H

/*
 * Captures listen only where a watched socket is: each costs every packet of
 * its interface. Here user space is asked for one, and waited for, so that it
 * listens before the packet leaves that made it needed. Needs maps.h.
 */

#include "capture.h"
#include "maps.h"

/* The packet leaves anyway after some time, which user space sets. What is open
 * listens at once if only a processor is free. Opening one may take until the wait
 * is over, so what is waited for there is that packets are copied meanwhile
 * (early.h). */
#define ASK_MS_NS	1000000ull
/* After that it is asked again; far longer than any wait. */
#define ASK_AGAIN_NS	2000000000ull
#define ASK_TURNS	(1 << 23)	/* the most there are: it is the time that ends it */

/* By the cookie of a network namespace. User space writes what listens. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct tap_listening);
} listening SEC(".maps") TAP_WEAK;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct tap_interface);
	__type(value, __u8);
} interfaces SEC(".maps") TAP_WEAK;

static __always_inline __u64
ask_wait_ns(const struct tap_listening *l)
{
	__u64 any = TAP_NETNS_ANY;

	if (!l->wait_ms)
		l = bpf_map_lookup_elem(&listening, &any);
	return l ? l->wait_ms * ASK_MS_NS : 0;
}

static __always_inline bool
ask_send(__u64 netns, __u32 owner, __u32 wanted)
{
	struct tap_netns *r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0);

	if (!r) {
		count(TAP_RING_FULL);
		return false;
	}
	r->record.kind = TAP_NETNS;
	r->record.len = sizeof(*r);
	r->record.ts_ns = bpf_ktime_get_ns();
	r->netns = netns;
	r->owner = owner;
	r->wanted = wanted;
	bpf_ringbuf_submit(r, BPF_RB_FORCE_WAKEUP);
	return true;
}

/* What is asked for, and what ends the wait for it. */
struct ask {
	__u64 netns, until_ns;
	__u32 wanted;			/* enum tap_capture_place */
	__u32 ifindex;			/* if it is one interface, else 0 */
};

static __always_inline bool
interface_is_tapped(__u64 netns, __u32 ifindex)
{
	struct tap_interface key = { .netns = netns, .ifindex = ifindex };

	return bpf_map_lookup_elem(&interfaces, &key) != NULL;
}

static __always_inline bool
ask_is_met(const struct ask *a)
{
	struct tap_listening *l;

	if (a->ifindex)
		return interface_is_tapped(a->netns, a->ifindex);
	l = bpf_map_lookup_elem(&listening, &a->netns);
	return l && (l->what & a->wanted) == a->wanted;
}

/* True the first time, and again where nothing came of it for long; until when
 * it is to be waited for. */
static __always_inline bool
ask_begins(struct ask *a)
{
	struct tap_listening *l = bpf_map_lookup_elem(&listening, &a->netns);
	__u64 *asked_ns, wait_ns, now = bpf_ktime_get_ns();

	if (!l) {
		struct tap_listening none = {};

		bpf_map_update_elem(&listening, &a->netns, &none, BPF_NOEXIST);
		l = bpf_map_lookup_elem(&listening, &a->netns);
		if (!l)
			return true;
	}
	if (a->wanted & TAP_ON_LOOPBACK)
		asked_ns = &l->loopback_ns;
	else
		asked_ns = a->ifindex ? &l->interface_ns : &l->wires_ns;
	wait_ns = ask_wait_ns(l);
	a->until_ns = *asked_ns + wait_ns;
	if (now - *asked_ns < ASK_AGAIN_NS)
		return false;
	*asked_ns = now;
	a->until_ns = now + wait_ns;
	return true;
}

static __always_inline bool
is_copied(__u64 netns)
{
	struct tap_listening *l = bpf_map_lookup_elem(&listening, &netns);

	return l && l->what & TAP_COPIED;
}

static long
ask_is_over(__u32 turn, struct ask *a)
{
	return is_copied(a->netns) || ask_is_met(a) ||
	       bpf_ktime_get_ns() >= a->until_ns;
}

/* waits: this is the context of who sends. */
static __always_inline void
ask_for(struct ask *a, __u32 owner, bool waits)
{
	bool first;

	if (ask_is_met(a))
		return;
	first = ask_begins(a);
	if ((!first || ask_send(a->netns, owner, a->wanted)) && waits &&
	    a->until_ns)
		bpf_loop(ASK_TURNS, ask_is_over, a, 0);
	if (first && !is_copied(a->netns) && !ask_is_met(a))
		count(TAP_LATE);
}

static __always_inline void
capture_ask(__u64 netns, __u32 owner, __u32 wanted, bool waits)
{
	struct ask a = { .netns = netns, .wanted = wanted };

	ask_for(&a, owner, waits);
}

/* A packet is about to leave by the interface. */
static __always_inline void
interface_ask(__u64 netns, __u32 owner, __u32 ifindex, bool waits)
{
	struct ask a = { .netns = netns, .ifindex = ifindex,
		.wanted = ifindex == LOOPBACK_IFINDEX ? TAP_ON_LOOPBACK :
							TAP_ON_WIRES };

	ask_for(&a, owner, waits);
}

#endif
