/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TELLTAP_MAPS_H
#define TELLTAP_MAPS_H

/*
 * The maps that several programs share; weak, so that the linker keeps one of
 * each. Every failure to write one is counted.
 */

#include "kernel_types.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "process.h"
#include "socket.h"

#define TAP_WEAK __attribute__((weak))

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20);
} ring SEC(".maps") TAP_WEAK;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, TAP_COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps") TAP_WEAK;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct tap_watched);
} watched SEC(".maps") TAP_WEAK;

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct tap_owner);
} owners SEC(".maps") TAP_WEAK;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 262144);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct tap_tuple);
	__type(value, struct tap_tuple_value);
} tuples SEC(".maps") TAP_WEAK;

/* One bit per local port: that a tuple was ever entered with, that a watched
 * socket ever listened at, that one was ever bound to for datagrams. */
struct tap_ports {
	__u64 bits[1024];
	__u64 listens[1024];
	__u64 serves[1024];
	__u64 asked_ns;		/* a resolver on this machine, last */
	__u64 used;		/* whether a watched socket ever was */
	__u64 serving;		/* whether serves has any */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tap_ports);
} ports SEC(".maps") TAP_WEAK;

static __always_inline void
count(__u32 which)
{
	__u64 *n = bpf_map_lookup_elem(&counters, &which);

	if (n)
		(*n)++;
}

/* It is below 1024, but kernel 6.1 has to be shown: the compiler must not know it. */
static __always_inline __u32
bit_word(__u16 port)
{
	__u32 word = port >> 6;

	asm volatile("" : "+r"(word));
	return word & 1023;
}

static __always_inline bool
bit_is_set(const __u64 *bits, __u16 port)
{
	return bits[bit_word(port)] & 1ull << (port & 63);
}

static __always_inline void
bit_set(__u64 *bits, __u16 port)
{
	__sync_fetch_and_or(&bits[bit_word(port)], 1ull << (port & 63));
}

static __always_inline bool
port_is_marked(const struct tap_ports *p, __u16 port)
{
	return bit_is_set(p->bits, port);
}

static __always_inline void
port_mark(struct tap_ports *p, __u16 port)
{
	bit_set(p->bits, port);
	p->used = 1;		/* a socket that was passed has no owner yet */
}

static __always_inline void
port_listens(__u16 port)
{
	__u32 zero = 0;
	struct tap_ports *p = bpf_map_lookup_elem(&ports, &zero);

	if (p && port)
		bit_set(p->listens, port);
}

static __always_inline void
port_serves(__u16 port)
{
	__u32 zero = 0;
	struct tap_ports *p = bpf_map_lookup_elem(&ports, &zero);

	if (!p || !port || bit_is_set(p->serves, port))
		return;
	bit_set(p->serves, port);
	p->serving = 1;
}

/* Before a socket is given its owner, for until then nothing is looked at. */
static __always_inline void
ports_use(void)
{
	__u32 zero = 0;
	struct tap_ports *p = bpf_map_lookup_elem(&ports, &zero);

	if (p && !p->used)
		p->used = 1;
}

static __always_inline struct tap_watched *
watched_of(const struct task_struct *task)
{
	__u32 tgid = task->tgid;

	return bpf_map_lookup_elem(&watched, &tgid);
}

/* Records wait for the reader's next turn unless they pile up. */
static __always_inline __u64
ring_wakeup(void)
{
	return bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) > (1 << 20) ?
		   BPF_RB_FORCE_WAKEUP :
		   BPF_RB_NO_WAKEUP;
}

#endif
