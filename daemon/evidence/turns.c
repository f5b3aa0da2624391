// SPDX-License-Identifier: Apache-2.0
#include "evidence/turns.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

/* All below `lock` is looked at with it held; the batch is the thread's while
 * `busy`. */
struct turns {
	turns_fn work;
	void *arg;
	bool has_thread;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct buf batch;
	bool busy, stop;
	int err;
};

struct turns *
turns_new(turns_fn work, void *arg)
{
	struct turns *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->work = work;
	t->arg = arg;
	buf_init(&t->batch, 0);
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->changed, NULL);
	return t;
}

static void *
run(void *arg)
{
	struct turns *t = arg;

	pthread_mutex_lock(&t->lock);
	while (!t->stop) {
		int err = t->err;

		if (!t->busy) {
			pthread_cond_wait(&t->changed, &t->lock);
			continue;
		}
		pthread_mutex_unlock(&t->lock);
		if (!err)
			err = t->work(t->arg, &t->batch);
		buf_reset(&t->batch);
		pthread_mutex_lock(&t->lock);
		t->err = err;
		t->busy = false;
		pthread_cond_broadcast(&t->changed);
	}
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

/* Signals are for the thread that waits for them. */
static int
begin_thread(struct turns *t)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&t->thread, NULL, run, t);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	t->has_thread = !err;
	return -err;
}

static int
wait_idle(struct turns *t)
{
	while (t->busy)
		pthread_cond_wait(&t->changed, &t->lock);
	return t->err;
}

int
turns_give(struct turns *t, struct buf *batch)
{
	int err = t->has_thread ? 0 : begin_thread(t);

	if (err)
		return err;
	pthread_mutex_lock(&t->lock);
	err = wait_idle(t);
	if (!err) {
		struct buf empty = t->batch;

		t->batch = *batch;
		*batch = empty;
		t->busy = true;
		pthread_cond_broadcast(&t->changed);
	}
	pthread_mutex_unlock(&t->lock);
	return err;
}

int
turns_wait(struct turns *t)
{
	int err;

	pthread_mutex_lock(&t->lock);
	err = wait_idle(t);
	pthread_mutex_unlock(&t->lock);
	return err;
}

void
turns_free(struct turns *t)
{
	if (!t)
		return;
	if (t->has_thread) {
		pthread_mutex_lock(&t->lock);
		t->stop = true;
		pthread_cond_broadcast(&t->changed);
		pthread_mutex_unlock(&t->lock);
		pthread_join(t->thread, NULL);
	}
	buf_clear(&t->batch);
	pthread_mutex_destroy(&t->lock);
	pthread_cond_destroy(&t->changed);
	free(t);
}
