// SPDX-License-Identifier: Apache-2.0
#include "evidence/log/log_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/turns.h"

#define BATCH_LEN	(1u << 19)

struct log_queue {
	struct log *log;
	struct turns *turns;
	struct buf filling;		/* each line after its length */
};

static int
append_batch(void *arg, const struct buf *b)
{
	struct log *l = arg;
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

struct log_queue *
log_queue_new(struct log *l)
{
	struct log_queue *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->log = l;
	buf_init(&q->filling, 0);
	q->turns = turns_new(append_batch, NULL, l);
	if (q->turns)
		return q;
	free(q);
	return NULL;
}

int
log_queue_add(struct log_queue *q, const char *line, size_t len)
{
	if (!log_takes(line, len))
		return -EINVAL;
	buf_append(&q->filling, &len, sizeof(len));
	buf_append(&q->filling, line, len);
	if (q->filling.failed)
		return -ENOMEM;
	return q->filling.len < BATCH_LEN ? 0
					  : turns_give(q->turns, &q->filling);
}

int
log_queue_drain(struct log_queue *q)
{
	int err = turns_wait(q->turns);

	if (!err)
		err = append_batch(q->log, &q->filling);
	buf_reset(&q->filling);
	return err;
}

void
log_queue_free(struct log_queue *q)
{
	if (!q)
		return;
	turns_free(q->turns);
	buf_clear(&q->filling);
	free(q);
}
