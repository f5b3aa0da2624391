/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TELLTAP_TUPLE_H
#define TELLTAP_TUPLE_H

/*
 * Entering a tuple into the map that captures ask, and telling user space of
 * it, in that order and both before the packet leaves. Needs maps.h.
 */

#include "maps.h"

/* What user space gets to know of a socket's flags. All that a listening one
 * sends is its answer to who connects: what comes in next is for the socket that
 * will be accepted, and may be there before that one has sent anything. */
static __always_inline __u32
tuple_flags(const struct tap_owner *o)
{
	__u32 flags = o->flags & ~(TAP_PLACED | TAP_LISTENS);

	return o->flags & TAP_LISTENS ? flags | TAP_ACCEPTED : flags;
}

static __always_inline void
tuple_report(const struct tap_tuple *t, const struct tap_owner *o, __u32 flags,
    __u64 now)
{
	struct tap_tuple_record *r;

	r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0);
	if (!r) {
		count(TAP_RING_FULL);
		return;
	}
	r->record.kind = TAP_TUPLE;
	r->record.len = sizeof(*r);
	r->record.ts_ns = now;
	r->tuple = *t;
	r->cookie = o->cookie;
	r->creator = o->creator;
	r->sender = o->sender;
	r->flags = flags;
	r->pad = 0;
	bpf_ringbuf_submit(r, ring_wakeup());
}

/* Another socket, that nobody watches, has it from now on. */
static __always_inline void
tuple_forgotten(const struct tap_tuple *t, __u64 cookie)
{
	struct tap_owner nobody = { .cookie = cookie };

	count(TAP_TUPLES_FORGOTTEN);
	tuple_report(t, &nobody, 0, bpf_ktime_get_ns());
}

static __always_inline int
tuple_enter(const struct tap_tuple *t, const struct tap_owner *o, __u16 port)
{
	struct tap_tuple_value *old = bpf_map_lookup_elem(&tuples, t), new = {};
	__u32 zero = 0, owner = o->sender ? o->sender : o->creator;
	struct tap_ports *p;

	new.flags = tuple_flags(o);
	/* One of many that the socket has, which its peer began (client.h). */
	if (old && old->cookie == o->cookie)
		new.flags |= old->flags & TAP_ACCEPTED;
	if (old && old->cookie == o->cookie && old->owner == owner &&
	    old->flags == new.flags)
		return 0;
	new.cookie = o->cookie;
	new.since_ns = bpf_ktime_get_ns();
	new.owner = owner;
	p = bpf_map_lookup_elem(&ports, &zero);
	if (!p)
		return -1;
	port_mark(p, port);
	/* A raw socket may write any port into its packets. */
	if (t->local_port != port)
		port_mark(p, t->local_port);
	if (bpf_map_update_elem(&tuples, t, &new, BPF_ANY)) {
		count(TAP_TUPLES_FULL);
		return -1;
	}
	tuple_report(t, o, new.flags, new.since_ns);
	return 0;
}

#endif
