/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_HTTP1_HEAD_H
#define PROTOCOL_HTTP1_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "protocol/message.h"

/*
 * One request's or response's head, read by libhtp as its bytes come, or, if
 * it is of the plainest form and all at hand, without it. libhtp
 * is stopped at the end of each head: its state is some 10 KB a connection and
 * an error or a gap would end its parsing for good, so it lives for one head
 * only and an idle connection holds none of it. Used by the HTTP/1 layer.
 */

struct htp_connp_t;
struct htp_tx_t;

enum http1_framing {
	HTTP1_NO_BODY,
	HTTP1_LENGTH,		/* head.content_length bytes */
	HTTP1_CHUNKED,
	HTTP1_UNTIL_CLOSE,
	HTTP1_UNKNOWN,		/* the headers contradict each other */
};

enum http1_head_result {
	HTTP1_HEAD_MORE,	/* all bytes were taken, more are needed */
	HTTP1_HEAD_DONE,
	HTTP1_HEAD_BARE,	/* a request line of HTTP/0.9: no headers */
	HTTP1_HEAD_FAILED,	/* not a head, or above a ceiling */
};

#define HTTP1_HEAD_MAX_LEN	(512 * 1024)
#define HTTP1_HEAD_MAX_HEADERS	512

struct http1_head {
	struct htp_connp_t *connp;	/* NULL between heads */
	struct htp_tx_t *tx;		/* set when libhtp was done */
	struct htp_tx_t *line_tx;	/* whose status line was read */
	struct http_header *headers;	/* of the head got last */
	struct buf partial;		/* line without its end yet */
	uint32_t fed_len;
	bool bare;
	bool to_head_method;		/* response to a HEAD request */
	bool plain;			/* read without libhtp; see */
	enum http1_framing framing;	/* http1_plain.h */
	struct http_head plain_head;
};

/*
 * http1_head_feed - gives libhtp the next bytes of a request's (or a
 * response's) head; to_head_method: the response answers HEAD.
 *
 * *ret_used is how many belong to the head, len for HTTP1_HEAD_MORE; a line
 * that made it fail does not.
 */
enum http1_head_result http1_head_feed(struct http1_head *h, bool request,
    bool to_head_method, const uint8_t *data, size_t len, size_t *ret_used);

/*
 * http1_head_get - what was read, after HTTP1_HEAD_DONE or _BARE. The spans
 * live until http1_head_reset() and as long as the bytes fed last.
 *
 * Returns 0 or -ENOMEM.
 */
int http1_head_get(struct http1_head *h, bool request,
    struct http_head *ret_head, enum http1_framing *ret_framing) must_check;

/* The request line without its end, after HTTP1_HEAD_BARE. */
struct span http1_head_line(const struct http1_head *h);

/* Frees what the head holds; it is ready for the next one. */
void http1_head_reset(struct http1_head *h);

#endif
