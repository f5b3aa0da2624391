/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TELLTAP_HOOK_BYTES_H
#define TELLTAP_HOOK_BYTES_H

/*
 * Bytes of a call, in order and with their place, into the ring. What finds no
 * room there, or can't be read, is counted and leaves a gap.
 */

#include "hook_stream.h"
#include "task.h"

#define CHUNKS_MAX	4096		/* of one call */

static __always_inline void
count_bytes(__u64 len)
{
	__u32 which = TAP_HOOK_LOST;
	__u64 *n = bpf_map_lookup_elem(&counters, &which);

	if (n)
		*n += len;
}

struct chunks {
	struct tap_plain head;
	__u64 from, here;		/* in the process; so many at a place */
	__u64 left;
	__u64 vector;			/* of the places behind; 0: none */
	__u32 places;
};

/* Who reads the file has to be quick: it may be closed or changed then. part: NULL
 * when the call begins. */
static __always_inline bool
given_tell(const struct hook_call *call, const struct chunks *part)
{
	struct file *file = file_of_fd(bpf_get_current_task_btf(), call->bytes);
	struct tap_given *r;

	r = bpf_ringbuf_reserve(&hook_ring, sizeof(*r), 0);
	if (!r)
		return false;
	r->record.kind = TAP_GIVEN;
	r->record.len = sizeof(*r);
	r->record.ts_ns = call->ts_ns;
	r->thread = bpf_get_current_pid_tgid();
	r->inode = file ? BPF_CORE_READ(file, f_inode, i_ino) : 0;
	r->stream = part ? part->head.stream : 0;
	r->offset = part ? part->head.offset : 0;
	r->at = call->at;
	r->given_len = part ? part->left : 0;
	r->owner = call->owner;
	r->fd = call->bytes;
	r->over = part != NULL;
	r->shared = !file || BPF_CORE_READ(file, f_inode, i_mapping,
	    i_mmap_writable.counter) > 0;
	bpf_ringbuf_submit(r, BPF_RB_FORCE_WAKEUP);
	return true;
}

struct hook_place {			/* PRIOVec */
	__u64 base;
	__u32 len, pad;
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
chunk_tell(const struct tap_plain *head, __u64 from, __u64 len)
{
	__u64 wakeup = bpf_ringbuf_query(&hook_ring, BPF_RB_AVAIL_DATA) >
			       (256 << 10) ?
			   BPF_RB_FORCE_WAKEUP :
			   BPF_RB_NO_WAKEUP;
	struct tap_plain *r;

	/* Kernel 6.1 has to be shown how long it is at most, by the comparisons
	 * below: the compiler must not know it. */
	asm volatile("" : "+r"(len));
	if (len <= 256)
		CHUNK_TELL(256);
	if (len <= 2048)
		CHUNK_TELL(2048);
	CHUNK_TELL(TAP_PLAIN_MAX);
}

static __always_inline bool
next_place(struct chunks *c)
{
	struct hook_place p;

	if (!c->places || bpf_probe_read_user(&p, sizeof(p), (void *)c->vector))
		return false;
	c->places--;
	c->vector += sizeof(p);
	c->from = p.base;
	c->here = p.len;
	return true;
}

static long
next_chunk(__u32 index, void *arg)
{
	struct chunks *c = arg;
	__u64 len;

	if (!c->here)
		return !next_place(c);
	len = c->left < TAP_PLAIN_MAX ? c->left : TAP_PLAIN_MAX;
	if (len > c->here)
		len = c->here;
	c->head.plain_len = len;
	if (!chunk_tell(&c->head, c->from, len))
		count_bytes(len);
	c->from += len;
	c->here -= len;
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
	c.head.early = !!(call->what & TAP_HOOK_EARLY);
	c.left = until - call->given;
	if (call->what & TAP_HOOK_VECTOR) {
		c.vector = call->bytes;
		c.places = call->places;
	} else {
		c.from = call->bytes + call->given;
		c.here = c.left;
	}
	s->at[in] += c.left;
	if (call->what & TAP_HOOK_FILE)
		c.left = given_tell(call, &c) ? 0 : c.left;
	else if (!(call->what & TAP_HOOK_UNREAD))
		bpf_loop(CHUNKS_MAX, next_chunk, &c, 0);
	count_bytes(c.left);
}

#endif
