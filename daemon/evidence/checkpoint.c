// SPDX-License-Identifier: Apache-2.0
#include "evidence/checkpoint.h"

#include <errno.h>
#include <unistd.h>

#include "evidence/turns.h"

void
checkpoint_init(struct checkpoint *p, struct bag *bag, struct log *log,
    struct packets *packets, const struct note_signer *signer)
{
	*p = (struct checkpoint){
		.bag = bag,
		.log = log,
		.packets = packets,
		.signer = signer,
		.packets_fd = -1,
	};
}

void
checkpoint_clear(struct checkpoint *p)
{
	turns_free(p->turns);
	p->turns = NULL;
	if (p->packets_fd >= 0)
		close(p->packets_fd);
	p->packets_fd = -1;
	p->under_way = false;
}

/* The thread. The bag's reserve is not its to give: it says that the disk is full,
 * and the caller sees to the end. */
static int
sync_and_put(void *arg, const struct buf *note)
{
	const struct checkpoint *p = arg;
	struct bag place = { .data_fd = p->bag->data_fd, .reserve_fd = -1 };

	if (p->packets_fd >= 0 && fdatasync(p->packets_fd))
		return -errno;
	if (fdatasync(p->log->fd))
		return -errno;
	return bag_replace(&place, LOG_CHECKPOINT_PATH, note->data, note->len);
}

static int
settle(struct checkpoint *p, int err)
{
	if (p->packets_fd >= 0)
		close(p->packets_fd);
	p->packets_fd = -1;
	p->under_way = false;
	if (!err)
		log_signed(p->log, p->lines);
	return err;
}

int
checkpoint_begin(struct checkpoint *p)
{
	struct buf note;
	int err;

	if (!p->turns)
		p->turns = turns_new(sync_and_put, NULL, p);
	if (!p->turns || !p->log->has_vkey)
		return checkpoint_make(p);
	err = packets_flush_for(p->packets, &p->packets_fd);
	if (err)
		return err;
	buf_init(&note, 0);
	err = log_sign(p->log, p->signer, &note);
	p->lines = p->log->tree.size;
	if (!err)
		err = turns_give(p->turns, &note);
	p->under_way = !err;
	if (err == -EAGAIN)	/* no more threads may be */
		err = sync_and_put(p, &note);
	buf_clear(&note);
	return p->under_way ? 0 : settle(p, err);
}

bool
checkpoint_is_done(struct checkpoint *p)
{
	return !p->under_way || turns_are_done(p->turns);
}

int
checkpoint_wait(struct checkpoint *p)
{
	return p->under_way ? settle(p, turns_wait(p->turns)) : 0;
}

int
checkpoint_make(struct checkpoint *p)
{
	int err = checkpoint_wait(p);

	if (!err)
		err = packets_sync(p->packets);
	return err ? err : log_checkpoint(p->log, p->signer);
}
