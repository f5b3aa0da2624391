// SPDX-License-Identifier: Apache-2.0
#include "source/ahead.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define SLOTS	4u
/* Idle chunks that the pool keeps: what two batches of large packets fill. */
#define KEEP	24u

/*
 * A slot is empty, then read, then full; parts go through the slots in turn.
 * All but a chunk that is being read is under the lock.
 */
struct slot {
	struct chunk *chunk;
	size_t len;
	int err;
	enum {
		SLOT_EMPTY,
		SLOT_READING,
		SLOT_FULL,
	} state;
};

struct ahead {
	struct input *in;
	struct chunk_pool *pool;	/* of the taker's thread */
	int fd;				/* to read at offsets, or -1 */
	off_t offset;			/* of part 0 */
	pthread_mutex_t lock;
	pthread_cond_t filled, emptied;
	struct slot slots[SLOTS];
	uint64_t next_read, next_taken;	/* numbers of parts */
	bool over;			/* the end was met: no more is read */
	bool ended;			/* and taken; the rest is end_err */
	int end_err;
	bool quit;
	unsigned thread_count;
	pthread_t threads[AHEAD_THREADS_MAX];
};

/* A whole part, less only at the end or before an error. */
static int
read_at(const struct ahead *a, uint64_t part, uint8_t *dst, size_t *ret_len)
{
	off_t at = a->offset + (off_t)(part * AHEAD_PART_LEN);
	ssize_t n;

	while (*ret_len < AHEAD_PART_LEN) {
		n = pread(a->fd, dst + *ret_len, AHEAD_PART_LEN - *ret_len,
		    at + (off_t)*ret_len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		*ret_len += (size_t)n;
	}
	return 0;
}

/* What is unpacked comes in small pieces. */
static int
read_on(const struct ahead *a, uint8_t *dst, size_t *ret_len)
{
	size_t n;
	int r;

	while (*ret_len < AHEAD_PART_LEN) {
		r = input_read(a->in, dst + *ret_len,
		    AHEAD_PART_LEN - *ret_len, &n);
		if (r < 0 || !n)
			return r;
		*ret_len += n;
	}
	return 0;
}

/* With the lock held, but for the reading itself. */
static void
read_part(struct ahead *a, uint64_t part)
{
	struct slot *s = &a->slots[part % SLOTS];
	uint8_t *dst = s->chunk->data + AHEAD_FRONT_LEN;
	size_t len = 0;
	int err;

	s->state = SLOT_READING;
	pthread_mutex_unlock(&a->lock);
	err = a->fd >= 0 ? read_at(a, part, dst, &len) : read_on(a, dst, &len);
	pthread_mutex_lock(&a->lock);
	s->len = len;
	s->err = err;
	s->state = SLOT_FULL;
	if (err || len < AHEAD_PART_LEN)
		a->over = true;
	pthread_cond_broadcast(&a->filled);
}

static void *
ahead_thread(void *arg)
{
	struct ahead *a = arg;

	pthread_mutex_lock(&a->lock);
	while (!a->quit && !a->over) {
		const struct slot *s = &a->slots[a->next_read % SLOTS];

		if (s->state == SLOT_EMPTY && s->chunk)
			read_part(a, a->next_read++);
		else
			pthread_cond_wait(&a->emptied, &a->lock);
	}
	pthread_cond_broadcast(&a->emptied);
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

static struct chunk *
take_chunk(struct ahead *a)
{
	return chunk_take(a->pool, AHEAD_FRONT_LEN + AHEAD_PART_LEN);
}

static void
start_threads(struct ahead *a, unsigned threads)
{
	sigset_t all, old;

	/* signals are the program's business, not the threads' */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (a->thread_count < threads &&
	    pthread_create(&a->threads[a->thread_count], NULL, ahead_thread,
		a) == 0)
		a->thread_count++;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

struct ahead *
ahead_new(struct input *in, struct chunk_pool *pool, unsigned threads)
{
	struct ahead *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->in = in;
	a->pool = pool;
	pool->chunk_len = AHEAD_FRONT_LEN + AHEAD_PART_LEN;
	pool->keep = KEEP;
	a->fd = input_plain_fd(in);
	a->offset = a->fd >= 0 ? lseek(a->fd, 0, SEEK_CUR) : 0;
	if (a->offset < 0)
		a->fd = -1;
	if (a->fd < 0 || threads < 1)
		threads = 1;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->filled, NULL);
	pthread_cond_init(&a->emptied, NULL);
	for (unsigned i = 0; i < SLOTS; i++)
		a->slots[i].chunk = take_chunk(a);
	if (a->slots[0].chunk)
		start_threads(a, threads < AHEAD_THREADS_MAX ? threads :
		    AHEAD_THREADS_MAX);
	if (a->thread_count)
		return a;
	ahead_free(a);
	return NULL;
}

void
ahead_free(struct ahead *a)
{
	if (!a)
		return;
	pthread_mutex_lock(&a->lock);
	a->quit = true;
	pthread_cond_broadcast(&a->emptied);
	pthread_mutex_unlock(&a->lock);
	for (unsigned i = 0; i < a->thread_count; i++)
		pthread_join(a->threads[i], NULL);
	for (unsigned i = 0; i < SLOTS; i++)
		chunk_retire(a->pool, a->slots[i].chunk);
	pthread_mutex_destroy(&a->lock);
	pthread_cond_destroy(&a->filled);
	pthread_cond_destroy(&a->emptied);
	free(a);
}

int
ahead_next(struct ahead *a, struct chunk **ret_chunk, size_t *ret_len)
{
	struct slot *s = &a->slots[a->next_taken % SLOTS];
	int err = a->end_err;

	*ret_chunk = NULL;
	*ret_len = 0;
	if (a->ended)
		return err;
	pthread_mutex_lock(&a->lock);
	if (!s->chunk && s->state == SLOT_EMPTY) {	/* was no memory */
		s->chunk = take_chunk(a);
		pthread_cond_broadcast(&a->emptied);
		err = s->chunk ? 0 : -ENOMEM;
	}
	while (!err && s->state != SLOT_FULL)
		pthread_cond_wait(&a->filled, &a->lock);
	if (!err) {
		a->ended = s->err || s->len < AHEAD_PART_LEN;
		a->end_err = s->err;
		a->next_taken++;
		*ret_len = s->len;
		*ret_chunk = s->chunk;
		s->chunk = a->ended ? NULL : take_chunk(a);
		s->state = SLOT_EMPTY;
		pthread_cond_broadcast(&a->emptied);
	}
	pthread_mutex_unlock(&a->lock);
	if (*ret_len)
		return 0;
	chunk_retire(a->pool, *ret_chunk);
	*ret_chunk = NULL;
	return err ? err : a->end_err;
}
