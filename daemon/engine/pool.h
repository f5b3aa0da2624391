/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_POOL_H
#define ENGINE_POOL_H

#include "base/err.h"

/*
 * Threads that run the numbered pieces of one job, each piece once. The thread
 * that started the job may help. One job at a time.
 */
struct pool;

int pool_new(unsigned threads, struct pool **ret_pool) must_check;
void pool_free(struct pool *p);

/* Starts run(arg, 0) ... run(arg, count - 1) on the pool's threads. */
void pool_start(struct pool *p, void (*run)(void *arg, unsigned piece),
    void *arg, unsigned count);

/* Helps with the job and returns when every piece is done. */
void pool_join(struct pool *p);

#endif
