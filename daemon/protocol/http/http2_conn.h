/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_HTTP2_CONN_H
#define PROTOCOL_HTTP2_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "protocol/http/http2_head.h"
#include "protocol/layer.h"

/*
 * What the files of the HTTP/2 layer share: the connection, its two sides and
 * its streams.
 *
 * A side goes PREFACE (the client's only), then FRAME and PAYLOAD for each
 * frame. A gap inside a frame is skipped; one that crosses a frame's end leads
 * to LOST, until a piece of the stream begins with what can only be frames. A
 * gap in a header block, or a start in mid-stream, leaves the side's header
 * table unknown for good: its messages have no heads from then on, but their
 * bodies go on.
 */

#define HTTP2_FRAME_LEN		9
#define HTTP2_BLOCK_MAX_LEN	(256 * 1024)
/* Above it the stream that was longest without a frame ends as cut. */
#define HTTP2_STREAMS_MAX	512
#define HTTP2_BUCKETS		64
#define HTTP2_SETTINGS_MAX	4

enum http2_type {
	HTTP2_DATA,
	HTTP2_HEADERS,
	HTTP2_PRIORITY,
	HTTP2_RST_STREAM,
	HTTP2_SETTINGS,
	HTTP2_PUSH_PROMISE,
	HTTP2_PING,
	HTTP2_GOAWAY,
	HTTP2_WINDOW_UPDATE,
	HTTP2_CONTINUATION,
};

enum http2_flag {
	HTTP2_ACK = 0x1,
	HTTP2_END_STREAM = 0x1,
	HTTP2_END_HEADERS = 0x4,
	HTTP2_PADDED = 0x8,
	HTTP2_HAS_PRIORITY = 0x20,
};

enum http2_side_state {
	HTTP2_SIDE_PREFACE,
	HTTP2_SIDE_FRAME,
	HTTP2_SIDE_PAYLOAD,
	HTTP2_SIDE_LOST,
};

struct grpc;

struct http2_stream {
	struct http2_stream *next;		/* in the bucket */
	struct http2_stream *older, *newer;	/* by the last frame */
	struct message *message;		/* NULL: no memory, or ended */
	struct grpc *grpc;			/* NULL: not gRPC */
	uint32_t id;
	bool final_head[2];			/* [side] */
	bool body_open[2];
	bool body_ended[2];
	bool done[2];
};

struct http2_side {
	uint8_t state;			/* enum http2_side_state */
	uint8_t header_len;		/* of header, or of the preface */
	uint8_t header[HTTP2_FRAME_LEN];
	uint8_t type, flags;		/* of the frame under way */
	uint8_t fixed_len;		/* bytes gathered before its content */
	uint8_t fixed_want;
	uint8_t fixed[10];		/* pad length, promised id, priority */
	bool head_lost;			/* header table unknown */
	bool block_open;		/* CONTINUATION is to come */
	bool block_ends_stream;
	bool begun;			/* a frame was seen */
	uint32_t stream_id;
	uint32_t left;			/* bytes of payload to come */
	uint32_t pad;			/* of them, at the end */
	uint32_t block_stream;		/* stream of the block */
	uint32_t block_promised;	/* 0: none */
	struct buf block;		/* header block fragments, SETTINGS */
	struct hpack hpack;
	uint32_t table_len[HTTP2_SETTINGS_MAX];	/* sent, not yet acked */
	uint8_t settings_count;
	struct message *lost;		/* gets what no frame accounts for */
};

struct http2 {
	struct layer layer;
	const struct when *when;	/* of the call under way */
	uint8_t client;			/* side */
	struct http2_side side[2];
	struct http2_stream *bucket[HTTP2_BUCKETS];
	struct http2_stream *oldest, *newest;
	unsigned stream_count;
	struct http2_fields fields;	/* scratch */
};

/* http2_frame.c: a piece of a side's stream, from any state. */
void http2_feed(struct http2 *h, unsigned side, const uint8_t *data,
    size_t len);
void http2_gap(struct http2 *h, unsigned side, uint64_t len);

/* http2_lost.c: takes what no frame accounts for; returns how many bytes, 0 if
 * a frame begins there. */
size_t http2_lost_step(struct http2 *h, unsigned side, const uint8_t *data,
    size_t len, bool piece_start);
void http2_lost_gap(struct http2 *h, unsigned side, uint64_t len);
void http2_lost_end(struct http2 *h, unsigned side);

/* http2_block.c: a header block, or SETTINGS, is complete. */
void http2_block_done(struct http2 *h, unsigned side);
void http2_settings_done(struct http2 *h, unsigned side);
/* The side's header table is unknown from here on. */
void http2_block_lost(struct http2 *h, unsigned side);

/* http2_stream.c */
struct http2_stream *http2_stream_find(struct http2 *h, uint32_t id);
/* The stream, made if it is new. NULL if memory is out. */
struct http2_stream *http2_stream_get(struct http2 *h, uint32_t id);
/* Likewise, with a message that somebody else began. */
struct http2_stream *http2_stream_adopt(struct http2 *h, uint32_t id,
    struct message *m);
void http2_stream_wire(struct http2 *h, struct http2_stream *st, unsigned side,
    uint64_t len);
void http2_stream_head(struct http2 *h, struct http2_stream *st, unsigned side,
    const struct http_head *head);
/* Content of DATA: body and wire. */
void http2_stream_body(struct http2 *h, struct http2_stream *st, unsigned side,
    struct span bytes);
void http2_stream_gap(struct http2 *h, struct http2_stream *st, unsigned side,
    uint64_t len);
void http2_stream_limit(struct http2 *h, struct http2_stream *st,
    const char *why);
/* The entity of that side ends; the stream may go on with trailers. */
void http2_stream_body_end(struct http2 *h, struct http2_stream *st,
    unsigned side, bool complete);
/* That side sends no more; ends and frees the stream when both are done. */
void http2_stream_done(struct http2 *h, struct http2_stream *st,
    unsigned side);
void http2_stream_reset(struct http2 *h, struct http2_stream *st);
/* Ends every stream as cut. */
void http2_stream_clear(struct http2 *h);

#endif
