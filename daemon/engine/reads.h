/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_READS_H
#define ENGINE_READS_H

#include "verdict/event.h"

/*
 * Whole files that watched processes read, for what is said beside an inference
 * by size: whether the process that sent, or one near it in the tree, had read a
 * file of that size shortly before. It is no factor of p_false, as nobody has
 * measured how often such reads lead to no upload; for files that nobody planted
 * what had been read is what is looked at. Live alone: a capture tells of no reads.
 * On the engine's thread.
 */
#define READS_MAX		65536
#define READS_BEFORE_NS		UINT64_C(600000000000)	/* ten minutes */

struct reads;

struct reads *reads_new(void);
void reads_free(struct reads *r);

/* Kept if all of the file was read; above READS_MAX it is not. */
void reads_add(struct reads *r, const struct event_file_read *read,
    const struct event_process *process);

struct reads_sender {
	uint64_t pid, parent_pid;	/* 0: not known */
	uint64_t start_ns;		/* when it began to send */
};

/* The last read of a file of that size before it; false if there was none. The
 * name is borrowed. */
bool reads_before(const struct reads *r, uint64_t size,
    const struct reads_sender *sender, struct event_read_before *ret);

/* Every read; and those before it that were near, the latest last. */
void reads_each(const struct reads *r,
    void (*visit)(void *arg, uint64_t size, const char *name), void *arg);
void reads_each_before(const struct reads *r, const struct reads_sender *sender,
    void (*visit)(void *arg, uint64_t size, const char *name), void *arg);

#endif
