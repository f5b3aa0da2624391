/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_HTTP1_EXCHANGE_H
#define PROTOCOL_HTTP1_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/message.h"

/*
 * The requests of one connection that are not over, oldest first, each with
 * its message. Responses come in the order of the requests, so a response
 * belongs to the oldest one that has none yet. Used by the HTTP/1 layer.
 *
 * Ceiling: HTTP1_EXCHANGES_MAX. Above it the oldest exchange without a response
 * ends as cut, and as many responses later get a message of their own.
 */

#define HTTP1_EXCHANGES_MAX 128

enum http1_role {
	HTTP1_REQUEST,
	HTTP1_RESPONSE,
};

struct http1_exchange {
	struct http1_exchange *next;
	struct message *message;	/* NULL: the sink had no memory */
	bool started[2];		/* [enum http1_role] */
	bool body_open[2];		/* body_end() is due */
	bool done[2];
	bool broken;
	bool to_head_method;
	bool connect;
	bool version_0_9;
	bool expects;			/* a 100, and no byte of the body yet */
	bool refused;			/* ... and had another answer */
};

struct http1_exchanges {
	struct conn *conn;
	struct http1_exchange *first;
	unsigned count;
	unsigned evicted;		/* responses without an exchange */
	uint8_t client;			/* side */
};

/* A request begins; NULL if memory is out. */
struct http1_exchange *http1_exchange_request(struct http1_exchanges *e,
    const struct when *when);

/* A response begins: the exchange it answers, or one without a request. NULL if
 * memory is out. */
struct http1_exchange *http1_exchange_response(struct http1_exchanges *e,
    const struct when *when);

/* The oldest exchange that has no response yet, NULL if there is none. */
struct http1_exchange *http1_exchange_waiting(const struct http1_exchanges *e);

/* That side's part is over; ends the message and frees x when both are. */
void http1_exchange_done(struct http1_exchanges *e, struct http1_exchange *x,
    enum http1_role role, bool complete, const struct when *when);

/* Takes x out without ending its message, and frees it. Returns the message. */
struct message *http1_exchange_detach(struct http1_exchanges *e,
    struct http1_exchange *x);

/* Ends all of them as cut. */
void http1_exchange_clear(struct http1_exchanges *e, const struct when *when);

/* To the sink, if the exchange has a message. */
void http1_exchange_wire(struct http1_exchanges *e, struct http1_exchange *x,
    enum http1_role role, uint64_t len, const struct when *when);
void http1_exchange_head(struct http1_exchanges *e, struct http1_exchange *x,
    enum http1_role role, const struct http_head *head,
    const struct when *when);
void http1_exchange_body(struct http1_exchanges *e, struct http1_exchange *x,
    enum http1_role role, struct span bytes, const struct when *when);
void http1_exchange_gap(struct http1_exchanges *e, struct http1_exchange *x,
    enum http1_role role, uint64_t len, const struct when *when);
/* The exchange is broken; why is for the reader. */
void http1_exchange_break(struct http1_exchanges *e, struct http1_exchange *x,
    const char *why);

#endif
