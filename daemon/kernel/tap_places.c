// SPDX-License-Identifier: Apache-2.0
#include "kernel/tap_state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/tap.skel.h"
#include "kernel/listener.h"

#define PLACES_AHEAD 9
/* How long the kernel waits for a capture to listen; most of the time it takes
 * some microseconds, but a machine may be busy. */
#define LISTEN_MS 200

static int
on_capture(void *arg, struct place_capture *c, bool opened)
{
	struct tap *t = arg;
	struct epoll_event e = { .events = EPOLLIN };
	int fd = c->capture->fd;

	t->stats.captures += opened ? 1 : -1;
	if (t->listener && !opened)
		listener_remove(t->listener, c->capture);
	else if (t->listener && !(place_listens(c->place) & place_part(c)))
		listener_add(t->listener, c->capture, place_part(c));
	/* Another process waits for its own packets. */
	if (!opened && t->reader)
		epoll_ctl(t->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
	else if (t->reader && epoll_ctl(t->epoll_fd, EPOLL_CTL_ADD, fd, &e))
		return -errno;
	return tap_hand_capture(t, c, opened);
}

static void
on_failure(void *arg, const char *interface, int err)
{
	struct tap *t = arg;

	/* An interface may be gone again before it can be opened. */
	if (err == -ENODEV)
		return;
	t->stats.captures_failed++;
	tap_note(t, "no capture on %s: %s", interface, err_text(err));
}

/* Who waits there for a capture to listen keeps us from having it do so. */
static bool
has_one_processor(void)
{
	cpu_set_t ours;

	return sched_getaffinity(0, sizeof(ours), &ours) == 0 &&
	       CPU_COUNT(&ours) == 1;
}

/* Tells the kernel that it need not ask for a capture there. */
static void
tell_kernel(struct tap *t, const struct place *p)
{
	if (t->listener)
		listener_tell(t->listener, place_netns(p), place_listens(p),
		    has_one_processor() ? 0 : LISTEN_MS);
}

static int
place_add(struct tap *t, int netns_fd, uint32_t listens)
{
	struct place_events events = { on_capture, on_failure, t };
	struct epoll_event e = { .events = EPOLLIN };
	struct place *p;
	int err;

	if (t->place_count == PLACES_MAX) {
		if (netns_fd >= 0)
			close(netns_fd);
		return ERR_LIMIT;
	}
	err = place_open(netns_fd, &t->place_maps, listens, t->buffer_bytes,
	    &events, &p);
	if (err)
		return err;
	epoll_ctl(t->epoll_fd, EPOLL_CTL_ADD, place_link_fd(p), &e);
	t->places[t->place_count++] = p;
	tell_kernel(t, p);
	return 0;
}

static void
place_wake(struct tap *t, struct place *p, uint32_t wanted)
{
	if ((place_listens(p) & wanted) == wanted)
		return;
	/* The interface may have come up a moment ago. */
	tap_fail(t, place_read_links(p));
	place_listen(p, wanted);
	tell_kernel(t, p);
}

static struct place *
place_of_inode(const struct tap *t, uint64_t netns_inode)
{
	for (size_t i = 0; i < t->place_count; i++)
		if (place_netns_inode(t->places[i]) == netns_inode)
			return t->places[i];
	return NULL;
}

/* Namespaces with a name were made for programs to be run in: their captures are
 * opened ahead, which takes longer than to have them listen. */
static void
open_named(struct tap *t)
{
	DIR *dir = opendir("/run/netns");
	struct dirent *entry;
	struct stat st;
	int fd;

	while (dir && t->place_count < PLACES_AHEAD && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (fstat(fd, &st) || place_of_inode(t, st.st_ino))
			close(fd);
		else if (place_add(t, fd, has_one_processor() ?
			     TAP_ON_WIRES | TAP_ON_LOOPBACK : 0) == 0)
			place_keep(t->places[t->place_count - 1]);
	}
	if (dir)
		closedir(dir);
}

static int
open_listener(struct tap *t)
{
	struct listener_fds fds = {
		.ring = bpf_map__fd(t->bpf->maps.ring),
		.listening = bpf_map__fd(t->bpf->maps.listening),
		.early = bpf_program__fd(t->bpf->progs.early_ingress),
		.cgroup = t->cgroup_fd,
	};
	int err = listener_new(&fds, &t->listener);

	if (!err)
		listener_tell(t->listener, TAP_NETNS_ANY, 0,
		    has_one_processor() ? 0 : LISTEN_MS);
	return err;
}

int
tap_places_open(struct tap *t)
{
	int err = t->bpf ? open_listener(t) : 0;

	if (err)
		return err;
	err = place_add(t, -1, t->diag || has_one_processor() ?
	    TAP_ON_WIRES | TAP_ON_LOOPBACK : TAP_ON_WIRES);

	if (err || t->diag)
		return err;
	open_named(t);
	return place_prepare(&t->place_maps);
}

static struct place *
place_of_netns(const struct tap *t, uint64_t netns)
{
	for (size_t i = 0; i < t->place_count; i++)
		if (place_netns(t->places[i]) == netns)
			return t->places[i];
	return NULL;
}

void
tap_place_of(struct tap *t, struct process *p, uint64_t netns, uint32_t wanted)
{
	struct place *place = netns ? place_of_netns(t, netns) : NULL;
	char path[64];
	struct stat st;
	int fd, err;

	if (place) {
		place_wake(t, place, wanted);
		return;
	}
	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)p->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		if (fd >= 0)
			close(fd);
		return;			/* it has ended */
	}
	/* It may have moved since it was last told of. */
	p->netns_inode = (uint32_t)st.st_ino;
	place = place_of_inode(t, st.st_ino);
	if (place) {
		close(fd);
		place_wake(t, place, wanted);
		return;
	}
	err = place_add(t, fd, wanted);
	if (err && t->netns_failed != st.st_ino) {
		t->netns_failed = (uint32_t)st.st_ino;
		t->stats.captures_failed++;
		tap_note(t, "no capture in the network namespace of pid %d: %s",
		    (int)p->pid, err_text(err));
	}
}

void
tap_places_wake(struct tap *t)
{
	int fd = bpf_map__fd(t->bpf->maps.listening);

	for (size_t i = 0; i < t->place_count; i++) {
		uint64_t netns = place_netns(t->places[i]);
		struct tap_listening l;

		if (bpf_map_lookup_elem(fd, &netns, &l) == 0 && l.loopback_ns)
			place_wake(t, t->places[i], TAP_ON_LOOPBACK);
	}
}

int
tap_places_read(struct tap *t)
{
	for (size_t i = 0; i < t->place_count; i++) {
		int err = place_read_links(t->places[i]);

		if (err)
			return err;
	}
	return 0;
}

/* An open place keeps its namespace alive, so one that no watched process
 * lives in any more is closed, once what was sent last has been read; the first
 * is our own and stays. */
void
tap_places_reap(struct tap *t)
{
	for (size_t i = 1; i < t->place_count; ) {
		uint32_t inode = place_netns_inode(t->places[i]);
		const struct process *p;
		bool used = false;
		size_t at = 0;

		while (!used && (p = processes_next(t->processes, &at)))
			used = !p->end_ns && p->netns_inode == inode;
		if (!place_is_idle(t->places[i], !used)) {
			i++;
			continue;
		}
		if (t->listener)
			listener_forget(t->listener,
			    place_netns(t->places[i]));
		t->place_drops += place_drops(t->places[i]);
		place_close(t->places[i]);
		t->places[i] = t->places[--t->place_count];
	}
	if (t->listener)
		listener_sweep(t->listener);
}
