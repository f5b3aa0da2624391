/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVIDENCE_LOG_QUEUE_H
#define EVIDENCE_LOG_QUEUE_H

#include "evidence/log/log.h"

/*
 * Lines on their way to a log: a thread hashes them and writes them down while
 * whoever makes them goes on. For a case that is made in one go; one that grows
 * needs to know when a line is in. The thread begins with the first batch that
 * is full, and what it fails at is told by the next call.
 */

struct log_queue;

/* The log is the queue's until log_queue_drain(). NULL if memory is out. */
struct log_queue *log_queue_new(struct log *l);

/* -EINVAL for what log_append() would refuse at once. */
int log_queue_add(struct log_queue *q, const char *line, size_t len) must_check;

/* Waits until all lines are in the log. */
int log_queue_drain(struct log_queue *q) must_check;

/* What is still on its way is lost. Accepts NULL. */
void log_queue_free(struct log_queue *q);

#endif
