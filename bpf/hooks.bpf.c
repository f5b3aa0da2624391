// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Plaintext at the TLS library: probes at the entry and the return of its
 * functions that send and receive. Bytes are taken at the return, when it is
 * known how many there were. A system call that writes to or reads from a socket
 * while a thread is inside tells which socket the session uses; where there is
 * none, for the library works on memory, the thread's next write of a fitting
 * size is taken for it, and called ambiguous.
 *
 * A call that is given more than the ring should hold at once is read while it
 * runs: OpenSSL makes a record of every 16 KiB and writes each before it seals
 * the next. If the call fails half-way, its caller has to give the same bytes
 * once more; those that were read are passed over then.
 *
 * A call is known by its stack pointer: calls that the library makes of its own
 * functions lie deeper and are passed over; one that never returned lies no
 * deeper than the next, which takes its place.
 */
#include "hook_bytes.h"

/* NSPR: methods, secret, lower, higher, dtor, identity. */
static __always_inline bool
has_layers(__u64 descriptor)
{
	__u64 lower = 0;

	return !bpf_probe_read_user(&lower, sizeof(lower),
		   (void *)(descriptor + 16)) && lower;
}

#define BIO_TYPE_SSL	0x0207

/* The session of a BIO: of OpenSSL 3, and of 1.1, which has a member less before
 * its method. */
static __always_inline __u64
session_of_bio(__u64 bio)
{
	__u64 word[2], type = 0, own, session;

	if (bpf_probe_read_user(word, sizeof(word), (void *)bio))
		return 0;
	for (int i = 0; i < 2; i++) {
		if (bpf_probe_read_user(&type, 4, (void *)word[i]) ||
		    type != BIO_TYPE_SSL)
			continue;
		if (bpf_probe_read_user(&own, 8, (void *)(bio + 56 + i * 8)) ||
		    bpf_probe_read_user(&session, 8, (void *)own))
			return 0;
		return session;
	}
	return 0;
}

#define PR_MSG_PEEK	2

static __always_inline void
session_end(__u64 session, __u32 tgid)
{
	struct hook_key key = key_of(session, tgid);
	struct hook_stream *s = bpf_map_lookup_elem(&hook_streams, &key);
	__u64 cookie;

	if (!s)
		return;
	cookie = s->cookie;
	if (cookie && !is_of_another(cookie, &key))
		bpf_map_delete_elem(&hook_sockets, &cookie);
	end_tell(s);
	bpf_map_delete_elem(&hook_streams, &key);
}

static __always_inline void
take_up(struct hook_call *call, __u32 tgid)
{
	struct hook_key key = key_of(call->session, tgid);
	struct hook_stream *s = bpf_map_lookup_elem(&hook_streams, &key);

	if (!s || !s->ahead)
		return;
	call->given = s->ahead < call->len ? s->ahead : call->len;
	call->again = 1;
	s->ahead = 0;
}

SEC("uprobe")
int
BPF_KPROBE(hook_enter, __u64 session, __u64 bytes, __u64 len, __u64 fourth,
    __u64 fifth)
{
	__u64 thread = bpf_get_current_pid_tgid(), sp = PT_REGS_SP(ctx);
	__u32 tgid = thread >> 32, what = bpf_get_attach_cookie(ctx);
	struct tap_watched *w = bpf_map_lookup_elem(&watched, &tgid);
	struct hook_call *old, call = {};

	if (!w || !session || (what & TAP_HOOK_PEEKS && fourth & PR_MSG_PEEK))
		return 0;
	if (what & TAP_HOOK_BIO)
		session = session_of_bio(session);
	if (what & TAP_HOOK_END) {
		session_end(session, tgid);
		return 0;
	}
	old = bpf_map_lookup_elem(&hook_calls, &thread);
	if (old && !old->over && sp < old->sp)
		return 0;
	if (!session || (what & TAP_HOOK_LAYERED && !has_layers(session)))
		return 0;
	if (old)
		call.pending = old->pending;
	call.session = session;
	call.bytes = bytes;
	call.len = what & (TAP_HOOK_UNREAD | TAP_HOOK_VECTOR) ? (__u64)-1 : len;
	call.places = what & TAP_HOOK_VECTOR ? (__u32)len : 0;
	call.counted = what & TAP_HOOK_FIFTH ? fifth : fourth;
	call.at = len;
	call.sp = sp;
	call.ts_ns = bpf_ktime_get_ns();
	call.what = what;
	call.owner = w->owner;
	if (is_read_while_it_runs(&call))
		take_up(&call, tgid);
	if (bpf_map_update_elem(&hook_calls, &thread, &call, BPF_ANY))
		count(TAP_HOOK_FULL);
	if (what & TAP_HOOK_FILE && !given_tell(&call, NULL))
		count(TAP_RING_FULL);
	return 0;
}

/* How many bytes the call has moved. GnuTLS takes up what it could not send
 * when it is given none: what is told of those is their number. */
static __always_inline __u64
moved(const struct hook_call *call, long ret)
{
	__u64 len = 0;

	if (call->what & TAP_HOOK_WHOLE)
		return (int)ret < 0 ? 0 : call->len;
	if (!(call->what & (TAP_HOOK_OUT | TAP_HOOK_IN)) || (int)ret <= 0)
		return 0;
	if (!(call->what & (TAP_HOOK_COUNTED | TAP_HOOK_FIFTH)))
		len = (__u64)(int)ret;
	else if ((int)ret != 1 || bpf_probe_read_user(&len, sizeof(len),
				      (void *)call->counted))
		return 0;
	return call->bytes && len > call->len ? call->len : len;
}

/* Several calls may go out with one write. Where those of two sessions wait, none
 * is told from the other. */
static __always_inline void
leave_pending(struct hook_pending *p, const struct hook_call *call, __u64 len)
{
	bool fresh = p->len && call->ts_ns - p->ts_ns < PENDING_NS;

	if (!fresh || call->ts_ns - p->contested_ns >= PENDING_NS)
		p->contested_ns = 0;
	if (fresh && p->session != call->session)
		p->contested_ns = call->ts_ns;
	p->len = fresh && p->session == call->session && !p->contested_ns ?
	    p->len + len : len;
	p->session = call->session;
	p->ts_ns = call->ts_ns;
	p->what = call->what;
	p->owner = call->owner;
}

SEC("uretprobe")
int
BPF_KRETPROBE(hook_leave, long ret)
{
	__u64 thread = bpf_get_current_pid_tgid(), len;
	struct hook_call *found, call;
	struct hook_stream *s;
	struct hook_key key;
	__u32 tgid = thread >> 32;

	found = bpf_map_lookup_elem(&hook_calls, &thread);
#if defined(__TARGET_ARCH_x86)
	/* The return address is off the stack. */
	if (!found || found->over || found->sp + 8 != PT_REGS_SP(ctx))
#else
	if (!found || found->over || found->sp != PT_REGS_SP(ctx))
#endif
		return 0;
	call = *found;
	len = moved(&call, ret);
	if (len || call.given)
		take_bytes(&call, tgid, len, call.what & TAP_HOOK_IN ?
		    bpf_ktime_get_ns() : call.ts_ns);
	else if (call.what & TAP_HOOK_FILE)
		(void)given_tell(&call, &(struct chunks){});
	if (len && !call.tied && call.what & TAP_HOOK_OUT &&
	    !(call.what & TAP_HOOK_WHOLE)) {
		key = key_of(call.session, tgid);
		s = bpf_map_lookup_elem(&hook_streams, &key);
		if (s && !s->cookie)
			leave_pending(&found->pending, &call, len);
	}
	if (found->pending.len) {
		found->over = 1;
		return 0;
	}
	bpf_map_delete_elem(&hook_calls, &thread);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
