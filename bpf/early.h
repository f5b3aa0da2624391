/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TELLTAP_BPF_EARLY_H
#define TELLTAP_BPF_EARLY_H

/*
 * Opening a capture takes some milliseconds. What watched sockets send and get by an
 * interface until one listens there is copied into the ring, so that nothing is
 * missing of what a process does first in a network namespace that was made a moment
 * ago, or by an interface that has just come up. Above a limit only the packets'
 * beginnings are: what they carried is known to be missing then. Needs maps.h.
 */

#include "ask.h"
#include "packet.h"

#define EARLY_BYTES	(8 << 20)	/* of one namespace */
#define EARLY_RING	(4 << 20)	/* records have more need of the rest */
#define EARLY_CUT	256
#define EARLY_MAX	65536

/* A record has one of a few sizes, for the verifier has to know it. */
#define EARLY_TELL(room)                                                   \
	do {                                                               \
		r = bpf_ringbuf_reserve(&ring, sizeof(*r) + (room), 0);    \
		if (!r) {                                                  \
			count(TAP_RING_FULL);                              \
			return 0;                                          \
		}                                                          \
		*r = head;                                                 \
		r->record.len = sizeof(*r) + (room);                       \
		if (len > (room) || bpf_skb_load_bytes(skb, 0, r + 1, len)) { \
			bpf_ringbuf_discard(r, BPF_RB_NO_WAKEUP);          \
			count(TAP_RING_FULL);                              \
			return 0;                                          \
		}                                                          \
		bpf_ringbuf_submit(r, ring_wakeup());                      \
		return 0;                                                  \
	} while (0)

static __noinline int
early_copy(struct __sk_buff *skb, __u64 netns, __u64 len)
{
	struct tap_early head = { .record.kind = TAP_EARLY,
		.record.ts_ns = bpf_ktime_get_ns(), .netns = netns,
		.wire_len = TAP_LINK_LEN + skb->len };
	struct tap_early *r;

	/* It is 1 to that, but kernel 6.1 has to be shown: the compiler must not
	 * know it. */
	asm volatile("" : "+r"(len));
	len = ((len - 1) & (EARLY_MAX - 1)) + 1;
	asm volatile("" : "+r"(len));
	head.cap_len = TAP_LINK_LEN + len;
	head.link[TAP_LINK_LEN - 2] = bpf_ntohs(skb->protocol) >> 8;
	head.link[TAP_LINK_LEN - 1] = bpf_ntohs(skb->protocol) & 0xff;
	if (len <= EARLY_CUT)
		EARLY_TELL(EARLY_CUT);
	if (len <= 2048)
		EARLY_TELL(2048);
	if (len <= 16384)
		EARLY_TELL(16384);
	EARLY_TELL(EARLY_MAX);
}

/* A packet of a watched socket. Of one that comes in the tuple may not be entered, nor
 * ever be: who reads it leaves it out then. */
static __always_inline void
early_note(struct __sk_buff *skb, __u64 netns)
{
	struct tap_listening *l;
	__u64 before, len = skb->len;

	if (!len || interface_is_tapped(netns, skb->ifindex))
		return;
	l = bpf_map_lookup_elem(&listening, &netns);
	if (!l) {
		count(TAP_LATE);
		return;
	}
	before = __sync_fetch_and_add(&l->copied, len);
	if (len > EARLY_CUT && (before >= EARLY_BYTES ||
		bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) > EARLY_RING))
		len = EARLY_CUT;
	if (len > EARLY_MAX)
		len = EARLY_MAX;
	early_copy(skb, netns, len);
}

#endif
