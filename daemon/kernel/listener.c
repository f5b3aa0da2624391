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
#include <unistd.h>

#include <bpf/bpf.h>

#include "bpf/capture.h"
#include "kernel/capture.h"

#define SLEEPERS_MAX	1024
#define THREADS		2

enum waited_for { ASKED, ENDED };

struct sleeper {
	struct capture *capture;
	uint64_t netns;
	int ifindex;
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
	int listening_fd, end_fd;
	bool started;
};

static int
open_epoll(struct listener *l, int ring_fd, int *ret_fd)
{
	/* The tap takes the records out: here each one is told of, once. */
	struct epoll_event asked = { .events = EPOLLIN | EPOLLET,
		.data.u32 = ASKED };
	struct epoll_event ended = { .events = EPOLLIN, .data.u32 = ENDED };

	*ret_fd = epoll_create1(EPOLL_CLOEXEC);
	if (*ret_fd < 0 || epoll_ctl(*ret_fd, EPOLL_CTL_ADD, ring_fd, &asked) ||
	    epoll_ctl(*ret_fd, EPOLL_CTL_ADD, l->end_fd, &ended))
		return -errno;
	return 0;
}

int
listener_new(int ring_fd, int listening_fd, struct listener **ret_listener)
{
	struct listener *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return -ENOMEM;
	pthread_mutex_init(&l->lock, NULL);
	l->listening_fd = listening_fd;
	for (int i = 0; i < THREADS; i++)
		l->epoll_fds[i] = -1;
	l->end_fd = eventfd(0, EFD_CLOEXEC);
	err = l->end_fd < 0 ? -errno : 0;
	for (int i = 0; i < THREADS && !err; i++)
		err = open_epoll(l, ring_fd, &l->epoll_fds[i]);
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

	if (bpf_map_lookup_elem(l->listening_fd, &s->netns, &now) == 0 &&
	    asked_for(&now) & s->part)
		s->listens = capture_listen(s->capture, s->ifindex) == 0;
}

/* Once all of them listen: the namespace may have several wires. */
static void
tell_kernel(const struct listener *l, struct sleeper *s)
{
	struct tap_listening now;

	s->told = true;
	if (bpf_map_lookup_elem(l->listening_fd, &s->netns, &now))
		return;
	now.what |= s->part;
	bpf_map_update_elem(l->listening_fd, &s->netns, &now, BPF_EXIST);
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
	pthread_mutex_destroy(&l->lock);
	free(l);
}

void
listener_add(struct listener *l, struct capture *c, int ifindex,
    uint64_t netns, uint32_t part)
{
	pthread_mutex_lock(&l->lock);
	if (l->count < SLEEPERS_MAX)
		l->sleepers[l->count++] = (struct sleeper){ .capture = c,
			.netns = netns, .ifindex = ifindex, .part = part };
	pthread_mutex_unlock(&l->lock);
}

void
listener_tell(struct listener *l, uint64_t netns, uint32_t what,
    uint32_t wait_ms)
{
	struct tap_listening now = { .what = 0 };

	pthread_mutex_lock(&l->lock);
	(void)bpf_map_lookup_elem(l->listening_fd, &netns, &now);
	now.what |= what;
	now.wait_ms = wait_ms;
	bpf_map_update_elem(l->listening_fd, &netns, &now, BPF_ANY);
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
	bpf_map_delete_elem(l->listening_fd, &netns);
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
