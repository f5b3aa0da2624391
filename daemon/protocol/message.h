/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_MESSAGE_H
#define PROTOCOL_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

/*
 * What protocols hand downstream. A protocol cuts its stream into messages
 * (an HTTP exchange, a DNS question with its answer, a run of bytes, a burst
 * of sealed records) and tells a sink about each through message_ops. The
 * sink judges them; a protocol never does.
 *
 * Sides, not directions: side 0 sent the flow's first packet. Which side is
 * the endpoint is the flow's business (conn_endpoint_side()).
 *
 * Every byte of both streams belongs to exactly one message's wire() or to
 * conn_overhead(), so that the bytes of a flow add up.
 */

struct conn;
struct message;		/* the sink's own; opaque to protocols */
struct dns_message;

/* When, by the capture's clock, and in which packet. */
struct when {
	uint64_t ts_ns;
	uint64_t packet;
};

enum message_kind {
	MESSAGE_HTTP,		/* a request and its final response */
	MESSAGE_DNS,		/* a question and its answer */
	MESSAGE_RUN,		/* readable bytes out and the answer to them */
	MESSAGE_SEALED,		/* encrypted bytes out and the answer */
};

enum message_end {
	MESSAGE_COMPLETE,	/* by the protocol's own rules */
	MESSAGE_CUT,		/* connection or capture ended before */
	MESSAGE_BROKEN,		/* the protocol was violated */
};

struct http_header {
	struct span name, value;
};

#define HTTP_NO_LENGTH	UINT64_MAX

/* A request's or a response's head; all spans live for the call only. */
struct http_head {
	bool request;
	uint8_t version;	/* 9, 10, 11, 20, 30; 0: unreadable */
	uint16_t status;	/* of a response */
	struct span method, scheme, host, target;	/* of a request */
	uint64_t content_length;	/* HTTP_NO_LENGTH if not declared */
	const struct http_header *headers;
	size_t header_count;
};

/* The first header of that name (ASCII case ignored), or an empty span. */
struct span http_head_find(const struct http_head *head, struct span name);

static inline struct span
http_head_get(const struct http_head *head, const char *name)
{
	return http_head_find(head, span_str(name));
}

struct message_ops {
	/* A message begins; NULL if the sink has no memory for it, then none
	 * of the other calls is made for it. */
	struct message *(*begin)(struct conn *conn, enum message_kind kind,
	    const struct when *when);

	/* len bytes of that side's stream belong to this message: head,
	 * framing, body, all. Called any number of times. */
	void (*wire)(struct message *m, unsigned side, uint64_t len,
	    const struct when *when);

	/* Heads come before the bodies they announce. A 1xx response comes as
	 * a head of its own, before the final one. */
	void (*http_head)(struct message *m, unsigned side,
	    const struct http_head *head, const struct when *when);

	/* Entity bytes, in order, after transfer coding (chunked) and before
	 * content coding (gzip), as they come; data lives for the call. */
	void (*body)(struct message *m, unsigned side, const uint8_t *data,
	    size_t len, const struct when *when);

	/* len bytes of the entity (or of the run) were never captured. */
	void (*gap)(struct message *m, unsigned side, uint64_t len,
	    const struct when *when);

	/* The entity of that side ends; complete as its framing declared. */
	void (*body_end)(struct message *m, unsigned side, bool complete,
	    const struct when *when);

	/* Something of this message can't be read, or a ceiling was reached:
	 * why, in words for the reader, static storage. May be NULL. */
	void (*limit)(struct message *m, const char *why);

	/* MESSAGE_SEALED: one record or packet whose plaintext has between
	 * min_len and max_len bytes. */
	void (*sealed)(struct message *m, unsigned side, uint64_t min_len,
	    uint64_t max_len, const struct when *when);

	/* MESSAGE_DNS: the question, then the answer. */
	void (*dns)(struct message *m, unsigned side,
	    const struct dns_message *dns, const struct when *when);

	/* The last call. m is dead after it. */
	void (*end)(struct message *m, enum message_end end,
	    const struct when *when);
};

#endif
