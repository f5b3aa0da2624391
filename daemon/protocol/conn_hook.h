/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_CONN_HOOK_H
#define PROTOCOL_CONN_HOOK_H

#include "protocol/conn_told.h"

/*
 * A connection whose application data the endpoint's TLS library tells: it goes
 * where decrypted data would go, in place of its sealed records, and what goes out
 * not before as many bytes were seen of these. What these held more than was told
 * is reported as sealed when the connection is over, so that nothing is hidden
 * behind a hook that missed something.
 */

struct tls_layer;

struct conn_hook {
	bool ambiguous;		/* that it is this one, by time and size */
	bool feeding;		/* what is being looked at was told */
	bool finished;
	bool early;		/* what was handed on last is early data */
	bool told_early;	/* likewise, what was told */
	bool of_file;		/* the library was given a file for bytes of it */
	uint64_t plain[2];	/* bytes told that were handed on */
	uint64_t lost[2];	/* not told, by the library's count */
	uint64_t sealed[2];	/* stream bytes of records of data, and of what
				 * was none after a gap */
	uint64_t records[2];
	uint64_t frame[2];	/* of sealed, what is no plaintext at least */
	uint64_t missing[2];	/* bytes of the stream that were not captured */
	struct conn_told_list told;	/* to go out */
	uint64_t ahead;		/* told before anything of it was seen */
	uint64_t unsent;	/* told, and never seen to go out */
	uint64_t unclear;	/* told, and it can't be known whether it did */
	uint64_t unoffered;	/* of unsent, early data of which no hello spoke */
};

/* From now on; said once more of another session on the connection. False if
 * memory is out. */
must_check bool conn_hook(struct conn *c, bool ambiguous);

/* early: to be sent in the handshake, if at all. False if nobody took them: the
 * connection is over, or it is none that TLS goes over. */
bool conn_hook_data(struct conn *c, unsigned side, const uint8_t *data,
    size_t len, bool early, const struct when *when);
bool conn_hook_gap(struct conn *c, unsigned side, uint64_t len,
    const struct when *when);

/* What is looked at came from the library. */
static inline bool
conn_is_hooked(const struct conn *c)
{
	return c->hook && c->hook->feeding;
}

/* For the TLS layer: stream bytes that the library tells the content of. */
static inline void
conn_hook_sealed(struct conn *c, unsigned side, uint64_t len)
{
	c->hook->sealed[side] += len;
}

/* For the TLS layer: a record of them begins, with at least so many bytes that are
 * no plaintext. */
static inline void
conn_hook_record(struct conn *c, unsigned side, unsigned least)
{
	c->hook->records[side]++;
	c->hook->frame[side] += least;
}

/* Bytes of the connection were seen, or are missing for good: what was told and may
 * have been in them goes on. */
void conn_hook_seen(struct conn *c);

/* Nothing more will be seen of it. */
void conn_hook_finish(struct conn *c);
void conn_hook_free(struct conn *c);

/* For the TLS layer, at its end: how a side's sealed bytes are accounted for,
 * with at most so many bytes a record that are no plaintext. Returns how many
 * of them nothing was told of; these are left to the caller. */
uint64_t conn_hook_settle(struct conn *c, unsigned side, uint64_t most);

#endif
