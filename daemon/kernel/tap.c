// SPDX-License-Identifier: Apache-2.0
#include "kernel/tap_state.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/process.h"
#include "bpf/tap.skel.h"
#include "kernel/cgroup.h"
#include "kernel/listener.h"
#include "kernel/package.h"
#include "kernel/proc.h"
#include "kernel/rules.h"
#include "kernel/tap_diag.h"
#include "kernel/tap_files.h"
#include "kernel/tap_hooks.h"

/* Numbers for owners that user space marks; the kernel counts from 1. */
#define OWNER_FIRST	0x80000000u
/* What is known of a process after its end: its packets may be read later. */
#define LINGER_NS	60000000000ull
#define SWEEP_NS	1000000000ull
#define SWEEP_PROCESSES	10	/* sweeps */
#define DIAG_POLL_MS	20

static _Thread_local char open_error[256];

const char *
tap_open_error(void)
{
	return open_error;
}

int
tap_explain(int err, const char *what)
{
	snprintf(open_error, sizeof(open_error), "%s: %s", what,
	    err == -EPERM || err == -EACCES ?
		"not permitted (needs root, or CAP_BPF, CAP_PERFMON, "
		"CAP_NET_ADMIN and CAP_NET_RAW, in no user namespace)" :
		err_text(err));
	return err;
}

void
tap_note(struct tap *t, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (!t->events.on_note)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	t->events.on_note(t->arg, text);
}

static struct tap *
tap_new(const struct tap_options *options, const struct tap_events *events,
    void *arg)
{
	struct tap *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->events = *events;
	t->arg = arg;
	t->next_owner = OWNER_FIRST;
	t->boottime_offset = proc_clock_offset(CLOCK_BOOTTIME);
	t->buffer_bytes = options->buffer_bytes;
	t->passed_sockets = options->passed_sockets;
	t->known_from_reads = options->known_from_reads && !options->no_bpf;
	t->file_reads = t->known_from_reads ||
			(options->file_reads && !options->no_bpf);
	t->no_descendants = options->no_descendants;
	t->tls_plaintext = options->tls_plaintext && !options->no_bpf;
	t->hand_over = options->hand_over;
	t->no_bpf = options->no_bpf;
	t->cgroup_fd = -1;
	t->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	t->processes = processes_new();
	t->owners = t->processes ? owners_new(t->processes) : NULL;
	t->tuples = tuples_new();
	if (!options->descendants_alike)
		t->kin = kin_new(PACKAGE_LISTS);
	if (t->file_reads)
		t->files = tap_files_new();
	if (t->events.on_hash)
		t->hashes = tap_hashes_new();
	if ((t->events.on_hash && !t->hashes) ||
	    t->file_reads != (t->files != NULL) || t->epoll_fd < 0 ||
	    !t->owners || !t->tuples ||
	    options->descendants_alike != (t->kin == NULL) ||
	    tap_hand_open(t)) {
		tap_close(t);
		return NULL;
	}
	return t;
}

static uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static int
open_programs(struct tap *t, const struct tap_options *options)
{
	int err;

	t->cgroup_fd = cgroup_open_root();
	err = t->cgroup_fd < 0 ?
		  tap_explain(t->cgroup_fd, "finding cgroup v2") :
		  tap_load(t, options->file_reads);
	if (!err)
		err = tap_rules_set(t, options);
	if (!err && t->tls_plaintext) {
		err = tap_hooks_open(t, options);
		if (err)
			tap_explain(err, "looking for TLS libraries");
	}
	if (!err) {
		err = tap_ring_open(t);
		if (err)
			tap_explain(err, "opening the ring");
	}
	/* Captures first: a packet must find them when its tuple is in. */
	if (!err) {
		err = tap_places_open(t);
		if (err)
			tap_explain(err, "opening captures");
	}
	if (!err)
		err = tap_attach(t);
	if (!err) {
		err = tap_seed(t);
		if (err)
			tap_explain(err, "looking for running processes");
	}
	return err ? err : tap_scan(t, false);
}

static int
open_without_programs(struct tap *t, const struct tap_options *options)
{
	int err = rules_new(options, -1, &t->rules);

	if (!err)
		err = tap_diag_open(t);
	if (err)
		return tap_explain(err, "asking for sockets");
	t->place_maps.no_filter = true;
	err = tap_places_open(t);
	return err ? tap_explain(err, "opening captures") : 0;
}

int
tap_open(const struct tap_options *options, const struct tap_events *events,
    void *arg, struct tap **ret_tap)
{
	struct tap *t = tap_new(options, events, arg);
	int err;

	if (!t)
		return tap_explain(-ENOMEM, "starting");
	err = options->no_bpf ? open_without_programs(t, options) :
				open_programs(t, options);
	if (err) {
		tap_close(t);
		return err;
	}
	if (t->reader)
		tap_reader_begins(t->reader, now_ns());
	*ret_tap = t;
	return 0;
}

int
tap_watch_pid(struct tap *t, pid_t pid)
{
	int err;

	if (t->diag)
		return tap_diag_watch(t, pid);
	err = tap_seed_pid(t, pid, TAP_BY_PID, false);
	return err ? err : tap_scan(t, false);
}

int
tap_report_rest(struct tap *t)
{
	int err;

	if (t->diag)
		return 0;
	err = tap_scan(t, true);
	tap_ring_drain(t);
	tap_files_flush(t, true);
	tap_clouds_report(t);
	return err ? err : t->failed;
}

static void
forget_in_kernel(void *arg, const struct tuple_entry *e)
{
	struct tap *t = arg;
	struct tap_tuple_value v;

	if (bpf_map_lookup_elem(t->place_maps.tuples, &e->tuple, &v) == 0 &&
	    v.cookie == e->holders[0].cookie)
		bpf_map_delete_elem(t->place_maps.tuples, &e->tuple);
}

static void
sweep(struct tap *t)
{
	uint64_t now = now_ns();

	/* The clock may have been set back, too. */
	if (now - t->swept_ns < SWEEP_NS)
		return;
	t->swept_ns = now;
	if (t->turns++ % SWEEP_PROCESSES == 0)
		processes_sweep(t->processes, now - LINGER_NS);
	if (t->diag)
		return;
	/* Without a spare one the next namespace is opened later, no more. */
	(void)!place_prepare(&t->place_maps);
	tuples_sweep(t->tuples, now - tuples_linger_ns(t->tuples),
	    forget_in_kernel, t);
	tap_places_reap(t);
	tap_files_flush(t, false);
}

int
tap_poll(struct tap *t, int timeout_ms)
{
	struct epoll_event e[16];
	int err;

	/* Records below a threshold wake nobody. */
	if (timeout_ms < 0 || timeout_ms > 100)
		timeout_ms = 100;
	/* Not before: the caller may have given up rights that they need not have. */
	if (t->listener)
		listener_start(t->listener);
	if (t->diag && timeout_ms > DIAG_POLL_MS)
		timeout_ms = DIAG_POLL_MS;
	if (epoll_wait(t->epoll_fd, e, 16, timeout_ms) < 0 && errno != EINTR)
		return -errno;
	if (t->ring)
		tap_ring_drain(t);
	err = tap_places_read(t);
	if (!err && t->diag)
		err = tap_diag_turn(t);
	if (!err && t->reader)
		err = tap_reader_read(t->reader);
	sweep(t);
	return err ? err : t->failed;
}

int
tap_fd(const struct tap *t)
{
	return t->epoll_fd;
}

size_t
tap_watched_count(const struct tap *t)
{
	return processes_running(t->processes);
}

void
tap_stats(struct tap *t, struct tap_stats *ret_stats)
{
	uint64_t counters[TAP_COUNTERS] = { 0 };
	int cpus = libbpf_num_possible_cpus();
	uint64_t *per_cpu = calloc(cpus > 0 ? cpus : 1, sizeof(*per_cpu));
	struct tap_stats *s = &t->stats;

	for (uint32_t i = 0; t->bpf && per_cpu && i < TAP_COUNTERS; i++) {
		if (bpf_map_lookup_elem(t->place_maps.counters, &i, per_cpu))
			continue;
		for (int cpu = 0; cpu < cpus; cpu++)
			counters[i] += per_cpu[cpu];
	}
	free(per_cpu);
	*ret_stats = *s;
	ret_stats->ring_full = counters[TAP_RING_FULL];
	ret_stats->watched_full += counters[TAP_WATCHED_FULL];
	ret_stats->storage_failed = counters[TAP_STORAGE_FAILED];
	ret_stats->tuples_full += counters[TAP_TUPLES_FULL];
	ret_stats->files_full = counters[TAP_FILES_FULL];
	ret_stats->unparsed = counters[TAP_UNPARSED];
	ret_stats->late = counters[TAP_LATE];
	ret_stats->plaintext_lost += counters[TAP_HOOK_LOST];
	ret_stats->hooks_full = counters[TAP_HOOK_FULL];
	ret_stats->passed = counters[TAP_PASSED];
	ret_stats->refused = counters[TAP_REFUSED];
	ret_stats->fragments = counters[TAP_FRAGMENTS];
	ret_stats->tuples_forgotten = counters[TAP_TUPLES_FORGOTTEN];
	ret_stats->packets_dropped = t->place_drops;
	for (size_t i = 0; i < t->place_count; i++)
		ret_stats->packets_dropped += place_drops(t->places[i]);
	if (t->reader) {
		struct tap_reader_stats r;

		tap_reader_stats(t->reader, &r);
		ret_stats->packets = r.packets;
		ret_stats->bytes = r.bytes;
		ret_stats->packets_unowned = r.unowned;
		ret_stats->captures_failed += r.broken;
		ret_stats->packets_dropped += r.refused;
		ret_stats->held = r.held;
	}
	ret_stats->processes = processes_count(t->processes);
	ret_stats->processes_unread += processes_unread(t->processes);
	ret_stats->owners = owners_count(t->owners);
	ret_stats->tuples = tuples_count(t->tuples);
	ret_stats->holders_forgotten = tuples_holders_forgotten(t->tuples);
}

void
tap_close(struct tap *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->place_count; i++)
		place_close(t->places[i]);
	listener_free(t->listener);
	ring_buffer__free(t->ring);
	tap_hooks_close(t);
	tap_bpf__destroy(t->bpf);
	place_maps_clear(&t->place_maps);
	rules_free(t->rules);
	owners_free(t->owners);
	kin_free(t->kin);
	processes_free(t->processes);
	tuples_free(t->tuples);
	tap_reader_free(t->reader);
	tap_files_free(t->files);
	free(t->hashes);
	tap_diag_close(t->diag);
	if (t->cgroup_fd >= 0)
		close(t->cgroup_fd);
	if (t->epoll_fd >= 0)
		close(t->epoll_fd);
	free(t);
}
