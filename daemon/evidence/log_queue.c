// SPDX-License-Identifier: Apache-2.0
#include "evidence/log_queue.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_LEN	(1u << 19)

/*
 * Two batches take turns: one is filled by the caller, the other is the
 * thread's while `busy`. All that both look at is under the lock.
 */
struct log_queue {
	struct log *log;
	struct buf batches[2];		/* each line after its length */
	unsigned filling;
	bool has_thread;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool busy, stop;
	int err;
};

struct log_queue *
log_queue_new(struct log *l)
{
	struct log_queue *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->log = l;
	buf_init(&q->batches[0], 0);
	buf_init(&q->batches[1], 0);
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->changed, NULL);
	return q;
}

static int
append_batch(struct log *l, const struct buf *b)
{
	size_t at = 0;
	int err = 0;

	while (!err && at < b->len) {
		size_t len;

		memcpy(&len, b->data + at, sizeof(len));
		at += sizeof(len);
		err = log_append(l, (const char *)b->data + at, len);
		at += len;
	}
	return err;
}

static void *
work(void *arg)
{
	struct log_queue *q = arg;

	pthread_mutex_lock(&q->lock);
	while (!q->stop) {
		struct buf *b = &q->batches[!q->filling];
		int err;

		if (!q->busy) {
			pthread_cond_wait(&q->changed, &q->lock);
			continue;
		}
		pthread_mutex_unlock(&q->lock);
		err = append_batch(q->log, b);
		buf_reset(b);
		pthread_mutex_lock(&q->lock);
		if (!q->err)
			q->err = err;
		q->busy = false;
		pthread_cond_broadcast(&q->changed);
	}
	pthread_mutex_unlock(&q->lock);
	return NULL;
}

/* Signals are for the thread that waits for them. */
static int
begin_thread(struct log_queue *q)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&q->thread, NULL, work, q);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	q->has_thread = !err;
	return -err;
}

/* With the lock held: until the thread has nothing to do. */
static int
wait_idle(struct log_queue *q)
{
	while (q->busy)
		pthread_cond_wait(&q->changed, &q->lock);
	return q->err;
}

static int
hand_over(struct log_queue *q)
{
	int err = q->has_thread ? 0 : begin_thread(q);

	if (err)
		return err;
	pthread_mutex_lock(&q->lock);
	err = wait_idle(q);
	if (!err) {
		q->filling = !q->filling;
		q->busy = true;
		pthread_cond_broadcast(&q->changed);
	}
	pthread_mutex_unlock(&q->lock);
	return err;
}

int
log_queue_add(struct log_queue *q, const char *line, size_t len)
{
	struct buf *b = &q->batches[q->filling];

	if (!log_takes(line, len))
		return -EINVAL;
	buf_append(b, &len, sizeof(len));
	buf_append(b, line, len);
	if (b->failed)
		return -ENOMEM;
	return b->len < BATCH_LEN ? 0 : hand_over(q);
}

int
log_queue_drain(struct log_queue *q)
{
	struct buf *b = &q->batches[q->filling];
	int err;

	pthread_mutex_lock(&q->lock);
	err = wait_idle(q);
	pthread_mutex_unlock(&q->lock);
	if (!err)
		err = append_batch(q->log, b);
	if (!q->err)
		q->err = err;
	buf_reset(b);
	return err;
}

void
log_queue_free(struct log_queue *q)
{
	if (!q)
		return;
	if (q->has_thread) {
		pthread_mutex_lock(&q->lock);
		q->stop = true;
		pthread_cond_broadcast(&q->changed);
		pthread_mutex_unlock(&q->lock);
		pthread_join(q->thread, NULL);
	}
	buf_clear(&q->batches[0]);
	buf_clear(&q->batches[1]);
	pthread_mutex_destroy(&q->lock);
	pthread_cond_destroy(&q->changed);
	free(q);
}
