/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TELLTAP_HOOK_STREAM_H
#define TELLTAP_HOOK_STREAM_H

/*
 * TLS sessions that are followed, the calls that threads are in, and which
 * socket a session goes over. Needs maps.h and sock.h.
 */

#include "hook.h"
#include "maps.h"
#include "sock.h"

/* A write that comes later than that is not the call's. */
#define PENDING_NS	1000000000ull
#define PROGRESS_MIN	(1 << 20)	/* a call's bytes: read while it runs */

/* As large as a burst of writes that its reader is late for; there only when
 * plaintext is asked for. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 << 20);
} hook_ring SEC(".maps") TAP_WEAK;

struct hook_key {
	__u64 session;			/* the caller's pointer */
	__u32 tgid, pad;
};

struct hook_stream {
	__u64 id;
	__u64 cookie;			/* of its socket; 0: not known */
	__u64 at[2];			/* bytes so far: out, in */
	__u64 ahead;			/* read of a call that has to come again */
	__u32 told;			/* user space knows the socket */
	__u32 owner;
};

/* The least recently used goes when there are more. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct hook_key);
	__type(value, struct hook_stream);
} hook_streams SEC(".maps") TAP_WEAK;

/* Which session a socket, by its cookie, belongs to. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, __u64);
	__type(value, struct hook_key);
} hook_sockets SEC(".maps") TAP_WEAK;

/* Bytes that the library took and wrote to no socket: a write that comes next
 * may be theirs, unless those of another session wait, too. */
struct hook_pending {
	__u64 session, len;
	__u64 ts_ns;
	__u64 contested_ns;		/* 0: no other waits */
	__u32 what, owner;
};

struct hook_call {
	struct hook_pending pending;
	__u64 session, bytes, len, counted;
	__u64 at;			/* of FILE, in it; bytes: its descriptor */
	__u64 sp;
	__u64 ts_ns;
	__u64 given;			/* bytes read already, while it runs */
	__u64 full;			/* what a whole record's write has */
	__u32 again;			/* its first record was counted before */
	__u32 places;			/* of a vector */
	__u32 what;			/* enum tap_hook_flag */
	__u32 tied;
	__u32 over;			/* it has returned: pending is left */
	__u32 owner;
};

/* By thread; likewise. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct hook_call);
} hook_calls SEC(".maps") TAP_WEAK;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} hook_next SEC(".maps") TAP_WEAK;

static __always_inline struct hook_key
key_of(__u64 session, __u32 tgid)
{
	return (struct hook_key){ .session = session, .tgid = tgid };
}

static __always_inline void
stream_renew(struct hook_stream *s, __u32 owner)
{
	__u32 zero = 0;
	__u64 *next = bpf_map_lookup_elem(&hook_next, &zero);

	__builtin_memset(s, 0, sizeof(*s));
	s->id = next ? __sync_fetch_and_add(next, 1) + 1 : 0;
	s->owner = owner;
}

static __always_inline struct hook_stream *
stream_of(const struct hook_key *key, __u32 owner)
{
	struct hook_stream *s = bpf_map_lookup_elem(&hook_streams, key), new;

	if (s)
		return s;
	stream_renew(&new, owner);
	if (bpf_map_update_elem(&hook_streams, key, &new, BPF_ANY))
		count(TAP_HOOK_FULL);
	return bpf_map_lookup_elem(&hook_streams, key);
}

static __always_inline void
end_tell(const struct hook_stream *s)
{
	struct tap_tie_end *r;

	if (!s->told && !s->at[0] && !s->at[1])
		return;
	r = bpf_ringbuf_reserve(&hook_ring, sizeof(*r), 0);
	if (!r) {
		count(TAP_RING_FULL);
		return;
	}
	r->record.kind = TAP_TIE_END;
	r->record.len = sizeof(*r);
	r->record.ts_ns = bpf_ktime_get_ns();
	r->stream = s->id;
	r->out_len = s->at[0];
	r->in_len = s->at[1];
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
}

static __always_inline void
tie_tell(struct hook_stream *s, const struct sock *sk, __u32 what, __u32 flags)
{
	struct tap_tie *r = bpf_ringbuf_reserve(&hook_ring, sizeof(*r), 0);
	__u64 netns;

	if (!r) {
		count(TAP_RING_FULL);
		return;
	}
	netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, net_cookie);
	r->record.kind = TAP_TIE;
	r->record.len = sizeof(*r);
	r->record.ts_ns = bpf_ktime_get_ns();
	r->stream = s->id;
	r->cookie = s->cookie;
	sock_tuple(sk, netns, &r->tuple);
	r->owner = s->owner;
	r->library = what >> TAP_HOOK_LIBRARY_SHIFT;
	r->flags = flags;
	r->pad = 0;
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
	s->told = 1;
}

static __always_inline __u64
cookie_of(const struct sock *sk)
{
	__u64 cookie = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);

	return cookie ? cookie : (__u64)sk;
}

static __always_inline bool
is_of_another(__u64 cookie, const struct hook_key *key)
{
	const struct hook_key *k = bpf_map_lookup_elem(&hook_sockets, &cookie);

	return k && (k->session != key->session || k->tgid != key->tgid);
}

enum tie_how {
	TIE_WRITTEN,			/* inside of a call, a record */
	TIE_READ,			/* likewise, something */
	TIE_GUESSED,
};

/* The same pointer with another socket is another session, but what is known is
 * not changed by less than a record; nor is a socket guessed to be a session's
 * if it is another's. */
static __always_inline void
tie(__u64 session, __u32 what, __u32 owner, __u32 tgid, const struct sock *sk,
    enum tie_how how)
{
	struct hook_key key = key_of(session, tgid);
	struct hook_stream *s = stream_of(&key, owner);
	__u64 cookie = cookie_of(sk);

	if (!s)
		return;
	if (how != TIE_WRITTEN && s->cookie && s->cookie != cookie)
		return;
	if (how == TIE_GUESSED && is_of_another(cookie, &key))
		return;
	if (s->cookie && s->cookie != cookie) {
		end_tell(s);
		stream_renew(s, owner);
	}
	if (!s->cookie)
		(void)bpf_map_update_elem(&hook_sockets, &cookie, &key,
		    BPF_ANY);
	s->cookie = cookie;
	if (!s->told)
		tie_tell(s, sk, what,
		    how == TIE_GUESSED ? TAP_TIE_AMBIGUOUS : 0);
}

static __always_inline bool
is_read_while_it_runs(const struct hook_call *call)
{
	return call->what >> TAP_HOOK_LIBRARY_SHIFT == TAP_HOOK_OPENSSL &&
	       call->what & TAP_HOOK_OUT && !(call->what & TAP_HOOK_UNREAD) &&
	       call->len > PROGRESS_MIN;
}

#endif
