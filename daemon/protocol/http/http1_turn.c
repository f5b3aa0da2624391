// SPDX-License-Identifier: Apache-2.0
#include "protocol/conn.h"
#include "protocol/conn_hook.h"
#include "protocol/http/http1.h"
#include "protocol/http/http1_side.h"

/* Where a side turns to when a head is whole: to a body, to the next message, or
 * to a tunnel. */

/* The client's bytes after a CONNECT that was refused are requests. */
static void
stop_waiting(struct http1 *h)
{
	unsigned client = h->open.client;
	struct buf held = h->wait;

	buf_init(&h->wait, HTTP1_WAIT_MAX_LEN);
	h->side[client].state = HTTP1_SIDE_START;
	h->side[client].piece_start = true;
	if (held.len)
		http1_side_feed(h, client, held.data, held.len);
	http1_side_flush(h, client);
	buf_clear(&held);
}

static void
begin_body(struct http1 *h, unsigned side, enum http1_framing framing,
    uint64_t length)
{
	struct http1_side *s = &h->side[side];

	http1_body_init(&s->body, framing, length);
	if (s->body.state == HTTP1_BODY_DONE) {
		http1_side_done(h, side, true);
	} else if (s->body.state == HTTP1_BODY_BROKEN) {
		s->piece_start = false;
		http1_side_lost(h, side, "the length of the body can't be told");
	} else {
		s->state = HTTP1_SIDE_BODY;
	}
}

static void
request_head_done(struct http1 *h, unsigned side, struct http_head *head,
    enum http1_framing framing)
{
	struct http1_side *s = &h->side[side];
	bool connect = span_eq(head->method, SPAN_LITERAL("CONNECT"));

	if (head->scheme.len == 0)
		head->scheme = h->layer.conn->decrypted ||
		    conn_is_hooked(h->layer.conn) ?
		    SPAN_LITERAL("https") : SPAN_LITERAL("http");
	h->had_request = true;
	conn_http_is(h->layer.conn, head);
	if (s->x) {
		s->x->to_head_method =
		    span_eq(head->method, SPAN_LITERAL("HEAD"));
		s->x->connect = connect;
		s->x->version_0_9 = head->version == 9;
		s->x->expects = span_caseeq(http_head_get(head, "expect"),
		    SPAN_LITERAL("100-continue"));
		http1_exchange_head(&h->open, s->x, HTTP1_REQUEST, head,
		    h->when);
	}
	http1_side_drop_head(h, side);
	begin_body(h, side, connect ? HTTP1_NO_BODY : framing,
	    head->content_length);
	if (connect && s->state == HTTP1_SIDE_START)
		s->state = HTTP1_SIDE_WAIT;
}

static void
response_head_done(struct http1 *h, unsigned side,
    const struct http_head *head, enum http1_framing framing)
{
	struct http1_side *s = &h->side[side];
	struct http1_side *client = &h->side[side ^ 1];
	bool connect = s->x && s->x->connect;
	unsigned status = head->status;

	conn_http_is(h->layer.conn, head);
	if (s->x)
		http1_exchange_head(&h->open, s->x, HTTP1_RESPONSE, head,
		    h->when);
	if (status == 101)
		http1_upgrade(h, side, head);
	http1_side_drop_head(h, side);
	if (status / 100 == 1) {
		if (status != 101)
			s->state = HTTP1_SIDE_START;
		return;
	}
	if (connect && status / 100 == 2) {
		http1_side_done(h, side, true);
		http1_side_tunnel(h);
		return;
	}
	if (s->x)
		s->x->refused = s->x->expects && status >= 300;
	begin_body(h, side, framing, head->content_length);
	if (connect && client->state == HTTP1_SIDE_WAIT)
		stop_waiting(h);
}

void
http1_side_head_done(struct http1 *h, unsigned side)
{
	struct http1_side *s = &h->side[side];
	bool request = http1_role_of(h, side) == HTTP1_REQUEST;
	enum http1_framing framing;
	struct http_head head;

	if (http1_head_get(s->head, request, &head, &framing)) {
		http1_side_lost(h, side, "no memory for a head");
		return;
	}
	if (request)
		request_head_done(h, side, &head, framing);
	else
		response_head_done(h, side, &head, framing);
}
