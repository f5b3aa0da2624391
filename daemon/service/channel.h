/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_CHANNEL_H
#define SERVICE_CHANNEL_H

#include "base/buf.h"
#include "service/message.h"

/*
 * One end of a stream socket between two of our processes: messages out, whole,
 * and in, each checked before it is handed to anybody.
 */

#define CHANNEL_FDS_MAX 64

struct channel {
	int fd;				/* -1: closed */
	enum role self, peer;
	enum state state;		/* of this end, as a hearer */
	struct buf in, out;
	size_t at;			/* of the next message in `in` */
	int fds[CHANNEL_FDS_MAX];	/* came, not taken yet; oldest first */
	size_t fd_count;
};

/* One that came. Body lives until the next call with the channel. */
struct message {
	uint32_t kind;
	const void *body;		/* the fixed part; aligned to 8 */
	const uint8_t *tail;		/* bytes behind it */
	size_t tail_len;
	int fd;				/* owned by who took it; or -1 */
};

/* The descriptor is the channel's from now on. */
void channel_init(struct channel *c, int fd, enum role self, enum role peer);
void channel_clear(struct channel *c);

/* A pair of sockets for two ends. */
must_check int channel_pair(int ret_fds[2]);

/* Queues a message; the tail's length has to be what body says. -EPIPE: the
 * peer is gone. -ETIMEDOUT: it reads nothing. */
must_check int channel_send(struct channel *c, uint32_t kind,
    const void *body, const void *tail, size_t tail_len);
/* The same with a descriptor, which stays the caller's; sent at once. */
must_check int channel_send_fd(struct channel *c, uint32_t kind,
    const void *body, int fd);
/* All that is queued goes out. */
must_check int channel_flush(struct channel *c);

/* Reads what there is, or waits for something. -EAGAIN: nothing. ERR_END: the
 * peer is gone. */
must_check int channel_read(struct channel *c, bool wait);

/* 1: a message; 0: none is whole yet; ERR_MALFORMED: not one at all. */
must_check int channel_next(struct channel *c, struct message *ret_message);

#endif
