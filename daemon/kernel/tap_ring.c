// SPDX-License-Identifier: Apache-2.0
#include "kernel/tap_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include <bpf/libbpf.h>

#include "bpf/process.h"
#include "bpf/tap.skel.h"
#include "kernel/proc.h"
#include "kernel/tap_files.h"
#include "kernel/tap_hooks.h"

static uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

void
tap_judge_kin(struct tap *t, struct process *p, uint32_t reasons)
{
	bool asked_for = !(reasons & TAP_BY_PARENT) ||
			 reasons & (TAP_BY_EXE | TAP_BY_CGROUP | TAP_BY_UID);

	p->outside = t->kin && kin_take(t->kin, p, asked_for);
}

static void
take_process(struct tap *t, const struct tap_process *r)
{
	struct process *p;
	int err;

	if (r->what == TAP_CANDIDATE) {
		tap_seed_candidate(t, r->pid);
		return;
	}
	err = processes_record(t->processes, r, &p);
	if (err) {
		t->stats.processes_unread++;
		return;
	}
	if (r->what == TAP_RESOLVES) {
		processes_stand_by(t->processes, p);
		tap_place_of(t, p, p->netns, TAP_ON_WIRES);
		return;
	}
	if (r->what == TAP_EXIT) {
		tap_hooks_end(t, (pid_t)r->pid);
	} else {
		tap_judge_kin(t, p, r->reasons);
		tap_place_of(t, p, p->netns, TAP_ON_WIRES);
		tap_hooks_begin(t, (pid_t)r->pid,
		    r->what == TAP_FORK ? (pid_t)r->parent_pid : 0);
	}
	if (t->events.on_process)
		tap_fail(t, t->events.on_process(t->arg, p,
				r->what == TAP_EXIT));
}

uint32_t
tap_owner_id(struct tap *t, uint32_t creator, uint32_t sender, uint32_t flags)
{
	const struct tap_owner_info *info;
	struct process *p;
	uint32_t id;

	id = owners_number(t->owners, creator, sender, flags, &info);
	if (!info)
		return id;
	p = processes_find(t->processes, creator);
	if (p)
		p->owns = true;
	p = processes_find(t->processes, sender);
	if (p)
		p->owns = true;
	p = processes_find(t->processes,
	    info->process ? info->process->owner : 0);
	if (p)
		tap_hash_want(t, p, id);
	if (t->events.on_owner)
		tap_fail(t, t->events.on_owner(t->arg, info));
	return id;
}

uint32_t
tap_hold_tuple(struct tap *t, const struct tap_tuple *tuple, uint64_t cookie,
    uint64_t since_ns, uint32_t creator, uint32_t sender, uint32_t flags)
{
	struct tuple_holder holder = { .since_ns = since_ns, .cookie = cookie,
		.creator = creator, .sender = sender, .flags = flags };

	if (creator || sender)
		holder.owner = tap_owner_id(t, creator, sender, flags);
	if (tuples_hold(t->tuples, tuple, &holder))
		t->stats.tuples_full++;
	else
		tap_hand_hold(t, tuple, &holder);
	return holder.owner;
}

static void
take_tuple(struct tap *t, const struct tap_tuple_record *r)
{
	struct process *p = processes_find(t->processes,
	    r->sender && !(r->flags & TAP_JOINED) ? r->sender : r->creator);

	tap_hold_tuple(t, &r->tuple, r->cookie,
	    r->record.ts_ns + t->monotonic_offset, r->creator, r->sender,
	    r->flags);
	/* A joined question's socket is nobody's to follow, nor is one that is not
	 * watched, and a packet made by hand has none: the tuple lingers. */
	if (r->flags & (TAP_JOINED | TAP_BY_HAND) ||
	    !(r->creator | r->sender)) {
		uint64_t now = r->record.ts_ns + t->monotonic_offset;

		tuples_end_cookie(t->tuples, r->cookie, now);
		tap_hand_end(t, r->cookie, now);
	}
	/* The process may have moved to where nothing is open yet. */
	if (p)
		tap_place_of(t, p, r->tuple.netns, TAP_ON_WIRES);
}

static void
take_end(struct tap *t, const struct tap_socket_end *r)
{
	struct tap_socket_count c = {
		.local_port = r->tuple.local_port,
		.remote_port = r->tuple.remote_port,
		.proto = r->tuple.proto,
		.live = r->live,
		.tx_bytes = r->tx_bytes,
		.tx_pending = r->tx_pending,
		.rx_bytes = r->rx_bytes,
		.tx_packets = r->tx_packets,
		.cookie = r->cookie,
		.netns = r->tuple.netns,
		.ts_ns = r->record.ts_ns + t->monotonic_offset,
	};

	memcpy(c.local, r->tuple.local, 16);
	memcpy(c.remote, r->tuple.remote, 16);
	c.owner = r->live ? tuples_owner(t->tuples, &r->tuple) :
			    tuples_end_cookie(t->tuples, r->cookie, c.ts_ns);
	if (!r->live)
		tap_hand_end(t, r->cookie, c.ts_ns);
	if (t->events.on_socket)
		tap_fail(t, t->events.on_socket(t->arg, &c));
}

static int
on_record(void *arg, void *data, size_t len)
{
	struct tap *t = arg;
	struct tap_record head;

	if (len < sizeof(head))
		return 0;
	memcpy(&head, data, sizeof(head));
	if (head.kind == TAP_PROCESS && len >= TAP_PROCESS_SHORT) {
		struct tap_process r = { 0 };

		memcpy(&r, data, len < sizeof(r) ? len : sizeof(r));
		r.path[sizeof(r.path) - 1] = '\0';
		take_process(t, &r);
	} else if (head.kind == TAP_TUPLE &&
		   len >= sizeof(struct tap_tuple_record)) {
		struct tap_tuple_record r;

		memcpy(&r, data, sizeof(r));
		take_tuple(t, &r);
	} else if (head.kind == TAP_SOCKET_END &&
		   len >= sizeof(struct tap_socket_end)) {
		struct tap_socket_end r;

		memcpy(&r, data, sizeof(r));
		take_end(t, &r);
	} else if (head.kind == TAP_CLIENT &&
		   len >= sizeof(struct tap_client)) {
		struct tap_client r;

		memcpy(&r, data, sizeof(r));
		tap_client_take(t, &r);
	} else if (head.kind == TAP_FILE && len >= sizeof(struct tap_file)) {
		struct tap_file r;

		memcpy(&r, data, sizeof(r));
		tap_files_name(t, &r);
	} else if (head.kind == TAP_NETNS && len >= sizeof(struct tap_netns)) {
		struct tap_netns r;
		struct process *p;

		memcpy(&r, data, sizeof(r));
		p = processes_find(t->processes, r.owner);
		if (p)
			tap_place_of(t, p, r.netns,
			    TAP_ON_WIRES | r.wanted);
	} else if (head.kind == TAP_EARLY && len >= sizeof(struct tap_early)) {
		struct tap_early r;

		memcpy(&r, data, sizeof(r));
		if (r.cap_len <= len - offsetof(struct tap_early, link))
			tap_hand_early(t, &r, (const uint8_t *)data +
				offsetof(struct tap_early, link));
	}
	return 0;
}

int
tap_ring_open(struct tap *t)
{
	struct epoll_event e = { .events = EPOLLIN };

	t->ring = ring_buffer__new(bpf_map__fd(t->bpf->maps.ring), on_record,
	    t, NULL);
	if (!t->ring)
		return -errno;
	if (t->hooks && ring_buffer__add(t->ring,
			    bpf_map__fd(t->bpf->maps.hook_ring),
			    tap_hooks_record, t))
		return -errno;
	if (epoll_ctl(t->epoll_fd, EPOLL_CTL_ADD,
		ring_buffer__epoll_fd(t->ring), &e))
		return -errno;
	return 0;
}

uint64_t
tap_ring_drain(struct tap *t)
{
	uint64_t start = now_ns();

	t->monotonic_offset = proc_clock_offset(CLOCK_MONOTONIC);
	ring_buffer__consume(t->ring);
	tap_hooks_turn(t);
	return start;
}
