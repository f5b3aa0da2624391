// SPDX-License-Identifier: Apache-2.0
#include "engine/pool.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t work, done;
	void (*run)(void *arg, unsigned piece);
	void *arg;
	unsigned count, next, finished;
	bool quit;
	unsigned thread_count;
	pthread_t threads[];
};

/* Takes pieces until none is left; called with the lock held. */
static void
take_pieces(struct pool *p)
{
	while (p->next < p->count) {
		unsigned piece = p->next++;

		pthread_mutex_unlock(&p->lock);
		p->run(p->arg, piece);
		pthread_mutex_lock(&p->lock);
		if (++p->finished == p->count)
			pthread_cond_broadcast(&p->done);
	}
}

static void *
pool_thread(void *arg)
{
	struct pool *p = arg;

	pthread_mutex_lock(&p->lock);
	while (!p->quit) {
		take_pieces(p);
		if (!p->quit)
			pthread_cond_wait(&p->work, &p->lock);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

int
pool_new(unsigned threads, struct pool **ret_pool)
{
	struct pool *p = calloc(1, sizeof(*p) + threads * sizeof(pthread_t));
	sigset_t all, old;
	int r = 0;

	if (!p)
		return -ENOMEM;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	pthread_cond_init(&p->done, NULL);
	/* signals are the program's business, not the threads' */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (!r && p->thread_count < threads) {
		r = pthread_create(&p->threads[p->thread_count], NULL,
		    pool_thread, p);
		if (!r)
			p->thread_count++;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (r) {
		pool_free(p);
		return -r;
	}
	*ret_pool = p;
	return 0;
}

void
pool_free(struct pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->quit = true;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->thread_count; i++)
		pthread_join(p->threads[i], NULL);
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->work);
	pthread_cond_destroy(&p->done);
	free(p);
}

void
pool_start(struct pool *p, void (*run)(void *arg, unsigned piece), void *arg,
    unsigned count)
{
	pthread_mutex_lock(&p->lock);
	p->run = run;
	p->arg = arg;
	p->count = count;
	p->next = p->finished = 0;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
}

void
pool_join(struct pool *p)
{
	pthread_mutex_lock(&p->lock);
	take_pieces(p);
	while (p->finished < p->count)
		pthread_cond_wait(&p->done, &p->lock);
	pthread_mutex_unlock(&p->lock);
}
