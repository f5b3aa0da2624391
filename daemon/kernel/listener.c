// SPDX-License-Identifier: Apache-2.0
#include "kernel/listener.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "bpf/capture.h"
#include "kernel/capture.h"

#define SLEEPERS_MAX	1024
#define THREADS		2
#define LISTENING_MAX	1024		/* as large as the map is */
/* So long after it was asked for last, what was not opened will not be. */
#define COPY_NS		60000000000ull
/* An interface without a capture that is still used is met again before. */
#define COPY_INTERFACE_NS 5000000000ull

enum waited_for { ASKED, ENDED };

struct sleeper {
	struct capture *capture;
	uint64_t netns;
	uint32_t part;
	bool listens, told;
};

struct listener {
	pthread_mutex_t lock;		/* of sleepers and count, and of what the
					 * kernel is told */
	struct sleeper sleepers[SLEEPERS_MAX];
	size_t count;
	pthread_t threads[THREADS];
	size_t thread_count;
	int epoll_fds[THREADS];
	struct listener_fds fds;
	bool copies;			/* of the sweep: some namespace needs it */
	int end_fd, early_link;		/* the latter -1: not attached */
	bool started;
};

static int
open_epoll(struct listener *l, int *ret_fd)
{
	/* The tap takes the records out: here each one is told of, once. */
	struct epoll_event asked = { .events = EPOLLIN | EPOLLET,
		.data.u32 = ASKED };
	struct epoll_event ended = { .events = EPOLLIN, .data.u32 = ENDED };

	*ret_fd = epoll_create1(EPOLL_CLOEXEC);
	if (*ret_fd < 0 || epoll_ctl(*ret_fd, EPOLL_CTL_ADD, l->fds.ring, &asked) ||
	    epoll_ctl(*ret_fd, EPOLL_CTL_ADD, l->end_fd, &ended))
		return -errno;
	return 0;
}

int
listener_new(const struct listener_fds *fds, struct listener **ret_listener)
{
	struct listener *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return -ENOMEM;
	pthread_mutex_init(&l->lock, NULL);
	l->fds = *fds;
	l->early_link = -1;
	for (int i = 0; i < THREADS; i++)
		l->epoll_fds[i] = -1;
	l->end_fd = eventfd(0, EFD_CLOEXEC);
	err = l->end_fd < 0 ? -errno : 0;
	for (int i = 0; i < THREADS && !err; i++)
		err = open_epoll(l, &l->epoll_fds[i]);
	if (err) {
		listener_free(l);
		return err;
	}
	*ret_listener = l;
	return 0;
}

static uint32_t
asked_for(const struct tap_listening *l)
{
	return (l->wires_ns ? TAP_ON_WIRES : 0) |
	       (l->loopback_ns ? TAP_ON_LOOPBACK : 0);
}

static void
wake(const struct listener *l, struct sleeper *s)
{
	struct tap_listening now;

	if (bpf_map_lookup_elem(l->fds.listening, &s->netns, &now) == 0 &&
	    asked_for(&now) & s->part)
		s->listens = capture_listen(s->capture) == 0;
}

/* Once all of them listen: the namespace may have several wires. */
static void
tell_kernel(const struct listener *l, struct sleeper *s)
{
	struct tap_listening now;

	s->told = true;
	if (bpf_map_lookup_elem(l->fds.listening, &s->netns, &now))
		return;
	now.what |= s->part;
	bpf_map_update_elem(l->fds.listening, &s->netns, &now, BPF_EXIST);
}

/* Calls each for all namespaces but the one that stands for any; it may change the
 * one that it is called for, or delete it. */
static void
each_listening(struct listener *l, void (*each)(struct listener *l,
    uint64_t netns, struct tap_listening *now))
{
	int fd = l->fds.listening;
	struct tap_listening now;
	uint64_t netns, next;
	bool more = bpf_map_get_next_key(fd, NULL, &next) == 0;

	for (int i = 0; i < LISTENING_MAX && more; i++) {
		netns = next;
		more = bpf_map_get_next_key(fd, &netns, &next) == 0;
		if (netns != TAP_NETNS_ANY &&
		    bpf_map_lookup_elem(fd, &netns, &now) == 0)
			each(l, netns, &now);
	}
}

static uint64_t
since_ns(uint64_t then)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec - then;
}

static bool
needs_copies(const struct tap_listening *now)
{
	if (asked_for(now) & ~now->what)
		return since_ns(now->wires_ns > now->loopback_ns ?
			now->wires_ns : now->loopback_ns) < COPY_NS;
	return since_ns(now->interface_ns) < COPY_INTERFACE_NS;
}

static void
copy_there(struct listener *l, uint64_t netns, struct tap_listening *now)
{
	if (now->what & TAP_COPIED || !needs_copies(now))
		return;
	if (l->early_link < 0)
		l->early_link = bpf_link_create(l->fds.early, l->fds.cgroup,
		    BPF_CGROUP_INET_INGRESS, NULL);
	if (l->early_link < 0)
		return;
	now->what |= TAP_COPIED;
	bpf_map_update_elem(l->fds.listening, &netns, now, BPF_EXIST);
}

static void
serve(struct listener *l)
{
	pthread_mutex_lock(&l->lock);
	for (size_t i = 0; i < l->count; i++)
		if (!l->sleepers[i].listens)
			wake(l, &l->sleepers[i]);
	for (size_t i = 0; i < l->count; i++)
		if (l->sleepers[i].listens && !l->sleepers[i].told)
			tell_kernel(l, &l->sleepers[i]);
	each_listening(l, copy_there);
	pthread_mutex_unlock(&l->lock);
}

struct thread_start {
	struct listener *listener;
	int epoll_fd;
};

static void *
run(void *arg)
{
	struct thread_start start = *(struct thread_start *)arg;
	struct epoll_event e;
	int n;

	free(arg);
	do {
		n = epoll_wait(start.epoll_fd, &e, 1, -1);
		if (n > 0 && e.data.u32 == ASKED)
			serve(start.listener);
	} while (n > 0 ? e.data.u32 != ENDED : n == 0 || errno == EINTR);
	return NULL;
}

/* One thread has the first, third... of the processors that are for us, the other
 * those between; where there is none for it, it stays where it is. */
static void
place_thread(pthread_t thread, int which)
{
	cpu_set_t ours, set;
	int seen = 0;

	if (sched_getaffinity(0, sizeof(ours), &ours))
		return;
	CPU_ZERO(&set);
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &ours) && seen++ % THREADS == which)
			CPU_SET(i, &set);
	if (CPU_COUNT(&set))
		(void)pthread_setaffinity_np(thread, sizeof(set), &set);
}

static void
start_thread(struct listener *l, int which)
{
	struct thread_start *start = malloc(sizeof(*start));

	if (!start)
		return;
	*start = (struct thread_start){ l, l->epoll_fds[which] };
	if (pthread_create(&l->threads[l->thread_count], NULL, run, start)) {
		free(start);
		return;
	}
	place_thread(l->threads[l->thread_count++], which);
}

void
listener_start(struct listener *l)
{
	sigset_t all, before;

	if (l->started)
		return;
	l->started = true;
	/* Signals are the main thread's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (int i = 0; i < THREADS; i++)
		start_thread(l, i);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void
listener_free(struct listener *l)
{
	uint64_t one = 1;

	if (!l)
		return;
	if (l->thread_count)
		(void)!write(l->end_fd, &one, sizeof(one));
	for (size_t i = 0; i < l->thread_count; i++)
		pthread_join(l->threads[i], NULL);
	for (int i = 0; i < THREADS; i++)
		if (l->epoll_fds[i] >= 0)
			close(l->epoll_fds[i]);
	if (l->end_fd >= 0)
		close(l->end_fd);
	if (l->early_link >= 0)
		close(l->early_link);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

void
listener_add(struct listener *l, struct capture *c, uint32_t part)
{
	pthread_mutex_lock(&l->lock);
	if (l->count < SLEEPERS_MAX)
		l->sleepers[l->count++] = (struct sleeper){ .capture = c,
			.netns = c->at.netns, .part = part };
	pthread_mutex_unlock(&l->lock);
}

void
listener_tell(struct listener *l, uint64_t netns, uint32_t what,
    uint32_t wait_ms)
{
	struct tap_listening now = { .what = 0 };

	pthread_mutex_lock(&l->lock);
	(void)bpf_map_lookup_elem(l->fds.listening, &netns, &now);
	now.what |= what;
	now.wait_ms = wait_ms;
	bpf_map_update_elem(l->fds.listening, &netns, &now, BPF_ANY);
	pthread_mutex_unlock(&l->lock);
}

static void
note_copied(struct listener *l, uint64_t netns, struct tap_listening *now)
{
	if (now->what & TAP_COPIED && needs_copies(now))
		l->copies = true;
}

/* What was never opened, and has not been asked for again, is gone. */
static void
end_copying(struct listener *l, uint64_t netns, struct tap_listening *now)
{
	if (!(now->what & ~TAP_COPIED) && !now->wait_ms) {
		bpf_map_delete_elem(l->fds.listening, &netns);
	} else if (now->what & TAP_COPIED) {
		now->what &= ~TAP_COPIED;
		bpf_map_update_elem(l->fds.listening, &netns, now, BPF_EXIST);
	}
}

void
listener_sweep(struct listener *l)
{
	pthread_mutex_lock(&l->lock);
	l->copies = false;
	if (l->early_link >= 0)
		each_listening(l, note_copied);
	if (l->early_link >= 0 && !l->copies) {
		each_listening(l, end_copying);
		close(l->early_link);
		l->early_link = -1;
	}
	pthread_mutex_unlock(&l->lock);
}

void
listener_forget(struct listener *l, uint64_t netns)
{
	size_t kept = 0;

	pthread_mutex_lock(&l->lock);
	for (size_t i = 0; i < l->count; i++)
		if (l->sleepers[i].netns != netns)
			l->sleepers[kept++] = l->sleepers[i];
	l->count = kept;
	bpf_map_delete_elem(l->fds.listening, &netns);
	pthread_mutex_unlock(&l->lock);
}

void
listener_remove(struct listener *l, const struct capture *c)
{
	pthread_mutex_lock(&l->lock);
	for (size_t i = 0; i < l->count; i++)
		if (l->sleepers[i].capture == c) {
			l->sleepers[i] = l->sleepers[--l->count];
			break;
		}
	pthread_mutex_unlock(&l->lock);
}
