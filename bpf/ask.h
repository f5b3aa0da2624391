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

/* After this the packet leaves anyway. It is short where captures have yet to be
 * opened, for that may take until the wait is over; what is open listens at once
 * if only a processor is free. */
#define ASK_OPEN_MS	10
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

/* True the first time, and again where nothing came of it for long; until when
 * it is to be waited for. */
static __always_inline bool
ask_begins(__u64 netns, __u32 wanted, __u64 now, __u64 *ret_until_ns)
{
	struct tap_listening *l = bpf_map_lookup_elem(&listening, &netns);
	__u64 *asked_ns, wait_ns;

	if (!l) {
		struct tap_listening none = {};

		bpf_map_update_elem(&listening, &netns, &none, BPF_NOEXIST);
		l = bpf_map_lookup_elem(&listening, &netns);
		if (!l)
			return true;
	}
	asked_ns = wanted & TAP_ON_LOOPBACK ? &l->loopback_ns : &l->wires_ns;
	wait_ns = (l->wait_ms ? l->wait_ms : ASK_OPEN_MS) * ASK_MS_NS;
	*ret_until_ns = *asked_ns + wait_ns;
	if (now - *asked_ns < ASK_AGAIN_NS)
		return false;
	*asked_ns = now;
	*ret_until_ns = now + wait_ns;
	return true;
}

struct ask_wait {
	__u64 netns, until_ns;
	__u32 wanted;
};

static long
ask_is_answered(__u32 turn, struct ask_wait *w)
{
	struct tap_listening *l = bpf_map_lookup_elem(&listening, &w->netns);

	return !l || (l->what & w->wanted) == w->wanted ||
	       bpf_ktime_get_ns() >= w->until_ns;
}

static __always_inline bool
capture_listens(__u64 netns, __u32 wanted)
{
	struct tap_listening *l = bpf_map_lookup_elem(&listening, &netns);

	return l && (l->what & wanted) == wanted;
}

/* waits: this is the context of who sends. */
static __always_inline void
capture_ask(__u64 netns, __u32 owner, __u32 wanted, bool waits)
{
	struct ask_wait w = { .netns = netns, .wanted = wanted };

	if (capture_listens(netns, wanted))
		return;
	if (ask_begins(netns, wanted, bpf_ktime_get_ns(), &w.until_ns) &&
	    !ask_send(netns, owner, wanted))
		return;
	if (waits && w.until_ns)
		bpf_loop(ASK_TURNS, ask_is_answered, &w, 0);
}

#endif
