// SPDX-License-Identifier: Apache-2.0
#include "evidence/turns.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#define WORKS_MAX	2
#define BUFFERS		8u

struct worker {
	struct turns *turns;
	turns_fn work;
	uint64_t done;			/* buffers; with the lock held */
	pthread_t thread;
};

/* All below `lock` is looked at with it held; a buffer is the threads' from when
 * it is given until all of them are done with it. */
struct turns {
	struct worker workers[WORKS_MAX];
	unsigned worker_count, thread_count;
	void *arg;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct buf buffers[BUFFERS];	/* number n is in n % BUFFERS */
	uint64_t given;
	bool stop;
	int err;
};

struct turns *
turns_new(turns_fn work, turns_fn beside, void *arg)
{
	struct turns *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->workers[0] = (struct worker){ .turns = t, .work = work };
	t->workers[1] = (struct worker){ .turns = t, .work = beside };
	t->worker_count = beside ? 2 : 1;
	t->arg = arg;
	for (unsigned i = 0; i < BUFFERS; i++)
		buf_init(&t->buffers[i], 0);
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->changed, NULL);
	return t;
}

static void *
run(void *arg)
{
	struct worker *w = arg;
	struct turns *t = w->turns;

	pthread_mutex_lock(&t->lock);
	while (!t->stop || w->done != t->given) {
		int err = t->err;

		if (w->done == t->given) {
			pthread_cond_wait(&t->changed, &t->lock);
			continue;
		}
		pthread_mutex_unlock(&t->lock);
		if (!err)
			err = w->work(t->arg, &t->buffers[w->done % BUFFERS]);
		pthread_mutex_lock(&t->lock);
		w->done++;
		t->err = t->err ? t->err : err;
		pthread_cond_broadcast(&t->changed);
	}
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

/* Signals are for the thread that waits for them. */
static int
begin_threads(struct turns *t)
{
	sigset_t all, before;
	int err = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (!err && t->thread_count < t->worker_count) {
		struct worker *w = &t->workers[t->thread_count];

		err = pthread_create(&w->thread, NULL, run, w);
		t->thread_count += !err;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -err;
}

/* Until no thread has more than so many buffers before it. */
static int
wait_for(struct turns *t, uint64_t left)
{
	for (unsigned i = 0; i < t->worker_count; i++)
		while (t->given - t->workers[i].done > left)
			pthread_cond_wait(&t->changed, &t->lock);
	return t->err;
}

int
turns_give(struct turns *t, struct buf *batch)
{
	int err = begin_threads(t);

	if (err)
		return err;
	pthread_mutex_lock(&t->lock);
	err = wait_for(t, BUFFERS - 1);
	if (!err) {
		struct buf *slot = &t->buffers[t->given % BUFFERS];
		struct buf empty = *slot;

		*slot = *batch;
		*batch = empty;
		buf_reset(batch);
		t->given++;
		pthread_cond_broadcast(&t->changed);
	}
	pthread_mutex_unlock(&t->lock);
	return err;
}

bool
turns_are_done(struct turns *t)
{
	bool done = true;

	pthread_mutex_lock(&t->lock);
	for (unsigned i = 0; i < t->worker_count; i++)
		done &= t->workers[i].done == t->given;
	pthread_mutex_unlock(&t->lock);
	return done;
}

int
turns_wait(struct turns *t)
{
	int err;

	pthread_mutex_lock(&t->lock);
	err = wait_for(t, 0);
	pthread_mutex_unlock(&t->lock);
	return err;
}

void
turns_free(struct turns *t)
{
	if (!t)
		return;
	pthread_mutex_lock(&t->lock);
	t->stop = true;
	pthread_cond_broadcast(&t->changed);
	pthread_mutex_unlock(&t->lock);
	for (unsigned i = 0; i < t->thread_count; i++)
		pthread_join(t->workers[i].thread, NULL);
	for (unsigned i = 0; i < BUFFERS; i++)
		buf_clear(&t->buffers[i]);
	pthread_mutex_destroy(&t->lock);
	pthread_cond_destroy(&t->changed);
	free(t);
}
