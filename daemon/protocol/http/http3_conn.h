/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_HTTP3_CONN_H
#define PROTOCOL_HTTP3_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "protocol/conn.h"
#include "protocol/http/http3.h"
#include "protocol/http/qpack.h"

/*
 * What the files of HTTP/3 share: the connection and its streams.
 *
 * One side of a stream goes FRAME and PAYLOAD for each frame. A gap in a payload
 * is skipped, one elsewhere leads to LOST: all that follows is body.
 */
enum h3_side_state {
	H3_SIDE_FRAME,
	H3_SIDE_PAYLOAD,
	H3_SIDE_LOST,
};

enum h3_uni {
	H3_UNI_CONTROL = 0,
	H3_UNI_ENCODER = 2,
	H3_UNI_UNKNOWN = 0xff,	/* its type has not come yet */
	H3_UNI_OTHER = 0xfe,
};

#define H3_STREAMS_MAX	1024	/* oldest ends as cut above it */
#define H3_BUCKETS	64
#define H3_BLOCK_MAX_LEN	(64 * 1024)
#define H3_HELD_MAX_LEN	(256 * 1024)

struct h3_side {
	uint8_t state;			/* enum h3_side_state */
	uint8_t prefix_len;		/* of the frame's type and length */
	uint8_t prefix[16];
	uint64_t type, left;		/* of the frame under way */
	struct buf block;		/* HEADERS or SETTINGS payload */
	struct buf held;		/* behind a head that waits */
	bool waiting;			/* block waits for the encoder */
	bool held_end, held_complete;	/* the end waits as well */
	bool final_head, body_open, done;
};

struct h3_stream {
	struct h3_stream *next;		/* in the bucket */
	struct h3_stream *newer;
	struct message *message;
	uint64_t id;
	uint8_t uni;			/* enum h3_uni */
	struct h3_side side[2];
};

struct http3 {
	struct conn *conn;
	const struct when *when;
	unsigned client;
	struct qpack qpack[2];		/* [side that sends the blocks] */
	struct http2_fields fields;	/* scratch */
	struct h3_stream *bucket[H3_BUCKETS];
	struct h3_stream *oldest, *newest;
	unsigned count;
};

static inline const struct message_ops *
h3_ops(const struct http3 *h)
{
	return h->conn->env->ops;
}

static inline bool
h3_is_uni(uint64_t id)
{
	return id & 2;
}

/* The stream, NULL if there is none; or made if it is new, NULL if memory is
 * out. */
struct h3_stream *h3_stream_find(struct http3 *h, uint64_t id);
struct h3_stream *h3_stream_get(struct http3 *h, uint64_t id);
/* Ends its message. */
void h3_stream_free(struct http3 *h, struct h3_stream *st,
    enum message_end how);

void h3_stream_body(struct http3 *h, struct h3_stream *st, unsigned side,
    const uint8_t *data, size_t len);
void h3_stream_body_end(struct http3 *h, struct h3_stream *st, unsigned side,
    bool complete);
void h3_stream_limit(struct http3 *h, struct h3_stream *st, const char *why);

#endif
