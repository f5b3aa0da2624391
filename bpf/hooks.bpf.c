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
#include "hook.h"
#include "maps.h"
#include "sock.h"
#include "task.h"

#define PROT_EXEC	4
/* A write that comes later than that is not the call's. */
#define PENDING_NS	1000000000ull
#define CHUNKS_MAX	4096		/* of one call */
#define PROGRESS_MIN	(1 << 20)	/* read while it runs */

/* As large as a burst of writes that its reader is late for; there only when
 * plaintext is asked for. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 << 20);
} hook_ring SEC(".maps");

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
} hook_streams SEC(".maps");

struct hook_call {
	__u64 session, bytes, len, counted;
	__u64 sp;
	__u64 ts_ns;
	__u64 pending;			/* bytes sent, to no socket so far */
	__u64 given;			/* bytes read already, while it runs */
	__u64 full;			/* what a whole record's write has */
	__u32 again;			/* its first record was counted before */
	__u32 pad;
	__u32 what;			/* enum tap_hook_flag */
	__u32 tied;
	__u32 over;			/* it has returned: see pending */
	__u32 owner;
};

/* By thread; likewise. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct hook_call);
} hook_calls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} hook_next SEC(".maps");

static __always_inline void
count_bytes(__u64 len)
{
	__u32 which = TAP_HOOK_LOST;
	__u64 *n = bpf_map_lookup_elem(&counters, &which);

	if (n)
		*n += len;
}

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

/* The same pointer with another socket is another session. */
static __always_inline void
tie(const struct hook_call *call, __u32 tgid, const struct sock *sk,
    __u32 flags)
{
	struct hook_key key = key_of(call->session, tgid);
	__u64 cookie = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
	struct hook_stream *s = stream_of(&key, call->owner);

	if (!s)
		return;
	if (!cookie)
		cookie = (__u64)sk;
	if (s->cookie && s->cookie != cookie) {
		end_tell(s);
		stream_renew(s, call->owner);
	}
	s->cookie = cookie;
	if (!s->told)
		tie_tell(s, sk, call->what, flags);
}

/* NSPR: methods, secret, lower, higher, dtor, identity. */
static __always_inline bool
has_layers(__u64 descriptor)
{
	__u64 lower = 0;

	return !bpf_probe_read_user(&lower, sizeof(lower),
		   (void *)(descriptor + 16)) && lower;
}

static __always_inline void
session_end(__u64 session, __u32 tgid)
{
	struct hook_key key = key_of(session, tgid);
	struct hook_stream *s = bpf_map_lookup_elem(&hook_streams, &key);

	if (!s)
		return;
	end_tell(s);
	bpf_map_delete_elem(&hook_streams, &key);
}

static __always_inline bool
is_read_while_it_runs(const struct hook_call *call)
{
	return call->what >> TAP_HOOK_LIBRARY_SHIFT == TAP_HOOK_OPENSSL &&
	       call->what & TAP_HOOK_OUT && !(call->what & TAP_HOOK_UNREAD) &&
	       call->len > PROGRESS_MIN;
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
BPF_KPROBE(hook_enter, __u64 session, __u64 bytes, __u64 len, __u64 fourth)
{
	__u64 thread = bpf_get_current_pid_tgid(), sp = PT_REGS_SP(ctx);
	__u32 tgid = thread >> 32, what = bpf_get_attach_cookie(ctx);
	struct tap_watched *w = bpf_map_lookup_elem(&watched, &tgid);
	struct hook_call *old, call = {};

	if (!w || !session)
		return 0;
	if (what & TAP_HOOK_END) {
		session_end(session, tgid);
		return 0;
	}
	old = bpf_map_lookup_elem(&hook_calls, &thread);
	if (old && !old->over && sp < old->sp)
		return 0;
	if (what & TAP_HOOK_LAYERED && !has_layers(session))
		return 0;
	call.session = session;
	call.bytes = bytes;
	call.len = what & TAP_HOOK_UNREAD ? fourth : len;
	call.counted = fourth;
	call.sp = sp;
	call.ts_ns = bpf_ktime_get_ns();
	call.what = what;
	call.owner = w->owner;
	if (is_read_while_it_runs(&call))
		take_up(&call, tgid);
	if (bpf_map_update_elem(&hook_calls, &thread, &call, BPF_ANY))
		count(TAP_HOOK_FULL);
	return 0;
}

struct chunks {
	struct tap_plain head;
	__u64 from;			/* in the process */
	__u64 left;
};

/* A record has one of a few sizes, for the verifier has to know it. */
#define CHUNK_TELL(room)                                                   \
	do {                                                               \
		r = bpf_ringbuf_reserve(&hook_ring, sizeof(*r) + (room), 0); \
		if (!r)                                                    \
			return false;                                      \
		*r = *head;                                                \
		r->record.len = sizeof(*r) + (room);                       \
		if (len > (room) || bpf_probe_read_user(r + 1, len,        \
			    (void *)from)) {                               \
			bpf_ringbuf_discard(r, BPF_RB_NO_WAKEUP);          \
			return false;                                      \
		}                                                          \
		bpf_ringbuf_submit(r, wakeup);                             \
		return true;                                               \
	} while (0)

static __always_inline bool
chunk_tell(const struct tap_plain *head, __u64 from, __u32 len)
{
	__u64 wakeup = bpf_ringbuf_query(&hook_ring, BPF_RB_AVAIL_DATA) >
			       (256 << 10) ?
			   BPF_RB_FORCE_WAKEUP :
			   BPF_RB_NO_WAKEUP;
	struct tap_plain *r;

	if (len <= 256)
		CHUNK_TELL(256);
	if (len <= 2048)
		CHUNK_TELL(2048);
	CHUNK_TELL(TAP_PLAIN_MAX);
}

static long
next_chunk(__u32 index, void *arg)
{
	struct chunks *c = arg;
	__u32 len = c->left < TAP_PLAIN_MAX ? c->left : TAP_PLAIN_MAX;

	c->head.plain_len = len;
	if (!chunk_tell(&c->head, c->from, len))
		count_bytes(len);
	c->from += len;
	c->left -= len;
	c->head.offset += len;
	return c->left == 0;
}

/* Of the call's bytes, from what was read already up to there. */
static __always_inline void
take_bytes(const struct hook_call *call, __u32 tgid, __u64 until, __u64 ts_ns)
{
	struct hook_key key = key_of(call->session, tgid);
	struct hook_stream *s = stream_of(&key, call->owner);
	bool in = call->what & TAP_HOOK_IN;
	struct chunks c = {};

	if (!s)
		return;
	if (until <= call->given) {
		/* The rest of it comes again. */
		s->ahead = call->given - until;
		return;
	}
	c.head.record.kind = TAP_PLAIN;
	c.head.record.ts_ns = ts_ns;
	c.head.stream = s->id;
	c.head.offset = s->at[in];
	c.head.owner = call->owner;
	c.head.inbound = in;
	c.from = call->bytes + call->given;
	c.left = until - call->given;
	s->at[in] += c.left;
	if (!(call->what & TAP_HOOK_UNREAD))
		bpf_loop(CHUNKS_MAX, next_chunk, &c, 0);
	count_bytes(c.left);
}

/* How many bytes the call has moved. GnuTLS takes up what it could not send
 * when it is given none: what is told of those is their number. */
static __always_inline __u64
moved(const struct hook_call *call, long ret)
{
	__u64 len = 0;

	if (!(call->what & (TAP_HOOK_OUT | TAP_HOOK_IN)) || (int)ret <= 0)
		return 0;
	if (!(call->what & TAP_HOOK_COUNTED))
		len = (__u64)(int)ret;
	else if ((int)ret != 1 || bpf_probe_read_user(&len, sizeof(len),
				      (void *)call->counted))
		return 0;
	return call->bytes && len > call->len ? call->len : len;
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
	if (len && !call.tied && call.what & TAP_HOOK_OUT) {
		key = key_of(call.session, tgid);
		s = bpf_map_lookup_elem(&hook_streams, &key);
		if (s && !s->cookie) {
			/* Several calls may go out with one write. */
			found->pending = len;
			found->over = 1;
			return 0;
		}
	}
	bpf_map_delete_elem(&hook_calls, &thread);
	return 0;
}

static __always_inline bool
is_written(long call)
{
	return call == __NR_write || call == __NR_writev ||
	       call == __NR_sendto || call == __NR_sendmsg ||
	       call == __NR_sendmmsg || call == __NR_sendfile;
}

static __always_inline bool
is_read(long call)
{
	return call == __NR_read || call == __NR_readv ||
	       call == __NR_recvfrom || call == __NR_recvmsg;
}

#define IOV_MAX_SEEN	8

struct hook_iov {
	__u64 base, len;
};

static __always_inline __u64
iov_len(__u64 iov, __u64 count)
{
	__u64 sum = 0;
	struct hook_iov v;

	for (__u64 i = 0; i < IOV_MAX_SEEN; i++) {
		if (i >= count ||
		    bpf_probe_read_user(&v, sizeof(v),
			(void *)(iov + i * sizeof(v))))
			break;
		sum += v.len;
	}
	return sum;
}

/* 0 where it is not known. */
static __always_inline __u64
written_len(const struct pt_regs *regs, long call)
{
	__u64 msg[4] = {};	/* name, its length, iov, its count */

	switch (call) {
	case __NR_write:
	case __NR_sendto:
		return call_argument(regs, 2);
	case __NR_writev:
		return iov_len(call_argument(regs, 1), call_argument(regs, 2));
	case __NR_sendmsg:
		if (bpf_probe_read_user(msg, sizeof(msg),
			(void *)call_argument(regs, 1)))
			return 0;
		return iov_len(msg[2], msg[3]);
	}
	return 0;
}

/* What TLS makes of so many bytes: 22 more a record at least in TLS 1.3, and
 * 100 at most, in records of 16 KiB or, at the beginning, of one packet; a
 * handshake's last flight may go along. */
static __always_inline bool
may_be_sealed(__u64 plain, __u64 sealed)
{
	return sealed >= plain + 21 &&
	       sealed <= plain + 100 * (plain / 1024 + 1) + 4096;
}

/* A record is about to be written: the library has taken what is in it. */
static __always_inline void
take_record(struct hook_call *call, __u32 tgid, __u64 len)
{
	if (len <= TAP_PLAIN_MAX || (call->full && call->full != len))
		return;
	call->full = len;
	if (call->again) {
		call->again = 0;
		return;
	}
	if (call->given + TAP_PLAIN_MAX > call->len)
		return;
	take_bytes(call, tgid, call->given + TAP_PLAIN_MAX,
	    bpf_ktime_get_ns());
	call->given += TAP_PLAIN_MAX;
}

SEC("tp_btf/sys_enter")
int
BPF_PROG(hook_syscall, struct pt_regs *regs, long number)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct hook_call *call = bpf_map_lookup_elem(&hook_calls, &thread);
	struct task_struct *task;
	struct sock *sk;
	__u32 protocol;

	if (!call)
		return 0;
	if (call->tied) {
		if (is_written(number) && is_read_while_it_runs(call))
			take_record(call, thread >> 32,
			    written_len(regs, number));
		return 0;
	}
	if (!is_written(number) && (call->over || !is_read(number)))
		return 0;
	task = bpf_get_current_task_btf();
	sk = sock_of_fd(task, (__u32)call_argument(regs, 0));
	if (!sk || !sock_is_inet(sk) ||
	    !BPF_CORE_READ(sk, __sk_common.skc_dport))
		return 0;
	protocol = BPF_CORE_READ(sk, sk_protocol);
	if (protocol != 6 && protocol < 256)
		return 0;
	if (!call->over) {
		call->tied = 1;
		tie(call, thread >> 32, sk, 0);
		if (is_written(number) && is_read_while_it_runs(call))
			take_record(call, thread >> 32,
			    written_len(regs, number));
		return 0;
	}
	if (bpf_ktime_get_ns() - call->ts_ns < PENDING_NS) {
		if (!may_be_sealed(call->pending, written_len(regs, number)))
			return 0;
		tie(call, thread >> 32, sk, TAP_TIE_AMBIGUOUS);
	}
	bpf_map_delete_elem(&hook_calls, &thread);
	return 0;
}

SEC("tp_btf/sys_exit")
int
BPF_PROG(hook_mapped, struct pt_regs *regs, long ret)
{
	struct task_struct *task;
	struct tap_mapped *r;
	struct tap_watched *w;
	struct file *file;

	if (call_number(regs) != __NR_mmap ||
	    !(call_argument(regs, 2) & PROT_EXEC))
		return 0;
	task = bpf_get_current_task_btf();
	w = watched_of(task);
	if (!w || (ret < 0 && ret > -4096))
		return 0;
	file = file_of_fd(task, (__u32)call_argument(regs, 4));
	if (!file)
		return 0;
	r = bpf_ringbuf_reserve(&hook_ring, sizeof(*r), 0);
	if (!r) {
		count(TAP_RING_FULL);
		return 0;
	}
	r->record.kind = TAP_MAPPED;
	r->record.len = sizeof(*r);
	r->record.ts_ns = bpf_ktime_get_ns();
	r->inode = BPF_CORE_READ(file, f_inode, i_ino);
	r->pid = task->tgid;
	r->owner = w->owner;
	bpf_ringbuf_submit(r, BPF_RB_FORCE_WAKEUP);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
