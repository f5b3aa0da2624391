// SPDX-License-Identifier: Apache-2.0
#include "protocol/http/http1_side.h"

#include <string.h>

#include "base/cursor.h"
#include "base/slab.h"
#include "protocol/conn.h"
#include "protocol/http/http1.h"

void
http1_side_flush(struct http1 *h, unsigned side)
{
	struct http1_side *s = &h->side[side];

	if (s->wire)
		http1_exchange_wire(&h->open, s->x, http1_role_of(h, side), s->wire,
		    h->when);
	s->wire = 0;
}

void
http1_side_done(struct http1 *h, unsigned side, bool complete)
{
	struct http1_side *s = &h->side[side];
	struct http1_exchange *x = s->x;

	http1_side_flush(h, side);
	s->x = NULL;
	s->state = HTTP1_SIDE_START;
	if (x)
		http1_exchange_done(&h->open, x, http1_role_of(h, side), complete,
		    h->when);
}

void
http1_side_drop_head(struct http1 *h, unsigned side)
{
	struct http1_side *s = &h->side[side];

	if (!s->head)
		return;
	http1_head_reset(s->head);
	slab_free(h->layer.conn->env->slab, s->head, sizeof(*s->head));
	s->head = NULL;
}

/* A connection that is idle, as most are, has no head. */
static enum http1_head_result
feed_head(struct http1 *h, unsigned side, const uint8_t *data, size_t len,
    size_t *ret_used)
{
	struct http1_side *s = &h->side[side];

	*ret_used = 0;
	if (!s->head)
		s->head = slab_zalloc(h->layer.conn->env->slab,
		    sizeof(*s->head));
	if (!s->head)
		return HTTP1_HEAD_FAILED;
	return http1_head_feed(s->head, http1_role_of(h, side) == HTTP1_REQUEST,
	    s->x && s->x->to_head_method, data, len, ret_used);
}

void
http1_side_lost(struct http1 *h, unsigned side, const char *why)
{
	struct http1_side *s = &h->side[side];

	http1_side_drop_head(h, side);
	s->held_len = 0;
	s->state = HTTP1_SIDE_LOST;
	if (s->x)
		http1_exchange_break(&h->open, s->x, why);
}

void
http1_side_begin(struct http1 *h, unsigned side)
{
	struct http1_side *s = &h->side[side];

	http1_side_flush(h, side);
	s->x = http1_role_of(h, side) == HTTP1_REQUEST ?
	    http1_exchange_request(&h->open, h->when) :
	    http1_exchange_response(&h->open, h->when);
}

static void
give_body(struct http1 *h, unsigned side, struct span bytes)
{
	struct http1_side *s = &h->side[side];

	if (s->x && bytes.len)
		http1_exchange_body(&h->open, s->x, http1_role_of(h, side), bytes,
		    h->when);
}

static size_t
step_lost(struct http1 *h, unsigned side, const uint8_t *data, size_t len)
{
	struct http1_side *s = &h->side[side];
	bool request = http1_role_of(h, side) == HTTP1_REQUEST, found;

	if (s->piece_start && http1_detect(data, len, &found) == 1 &&
	    found == request) {
		/* An exchange whose response was lost between two others keeps
		 * waiting if no other one does. */
		if (request || !s->x || s->x->body_open[HTTP1_RESPONSE] ||
		    http1_exchange_waiting(&h->open))
			http1_side_done(h, side, false);
		s->state = HTTP1_SIDE_START;
		return 0;
	}
	if (!s->x) {
		http1_side_begin(h, side);
		if (s->x)
			http1_exchange_break(&h->open, s->x,
			    "bytes that no HTTP message accounts for");
	}
	give_body(h, side, (struct span){ data, len });
	s->wire += len;
	return len;
}

/* A response that is all body: HTTP/0.9, or rubbish. */
static void
begin_bare_response(struct http1 *h, unsigned side)
{
	struct http1_side *s = &h->side[side];
	struct span held = { s->held, s->held_len };

	if (!s->x)
		http1_side_begin(h, side);
	s->wire += s->held_len;
	give_body(h, side, held);
	s->held_len = 0;
	if (s->x && s->x->version_0_9) {
		http1_body_init(&s->body, HTTP1_UNTIL_CLOSE, 0);
		s->x->body_open[HTTP1_RESPONSE] = true;
		s->state = HTTP1_SIDE_BODY;
	} else {
		http1_side_lost(h, side, "a response without a status line");
	}
}

/* Waits for "HTTP", in any case as browsers take it. */
static size_t
start_response(struct http1 *h, unsigned side, const uint8_t *data, size_t len)
{
	static const char http[] = "http";
	struct http1_side *s = &h->side[side];
	size_t used = 0, taken;

	if (s->held_len == 0 && len >= 4 && memcmp(data, "HTTP", 4) == 0) {
		if (!s->x)
			http1_side_begin(h, side);
		s->state = HTTP1_SIDE_HEAD;
		return 0;
	}
	while (used < len && s->held_len < 4) {
		if ((data[used] | 0x20) != http[s->held_len]) {
			begin_bare_response(h, side);
			return used;
		}
		s->held[s->held_len++] = data[used++];
	}
	if (s->held_len < 4)
		return used;
	if (!s->x)
		http1_side_begin(h, side);
	s->state = HTTP1_SIDE_HEAD;
	s->wire += s->held_len;
	s->held_len = 0;
	if (feed_head(h, side, s->held, 4, &taken) != HTTP1_HEAD_MORE)
		http1_side_lost(h, side, "no memory for a head");
	return used;
}

static size_t
step_start(struct http1 *h, unsigned side, const uint8_t *data, size_t len)
{
	struct http1_side *s = &h->side[side];

	if (s->held_len == 0 && (data[0] == '\r' || data[0] == '\n')) {
		s->wire++;
		return 1;
	}
	if (http1_role_of(h, side) == HTTP1_RESPONSE) {
		if (len > 4 && memcmp(data, "SSH-", 4) == 0)
			h->layer.conn->use = CONN_USE_SSH;
		return start_response(h, side, data, len);
	}
	/* no token begins like that (RFC 9110, 5.6.2) */
	if (data[0] <= ' ' || data[0] >= 0x7f) {
		http1_side_lost(h, side, NULL);
		return 0;
	}
	http1_side_begin(h, side);
	s->state = HTTP1_SIDE_HEAD;
	return 0;
}

static size_t
step_head(struct http1 *h, unsigned side, const uint8_t *data, size_t len)
{
	struct http1_side *s = &h->side[side];
	enum http1_head_result result;
	size_t used;

	result = feed_head(h, side, data, len, &used);
	s->wire += used;
	switch (result) {
	case HTTP1_HEAD_MORE:
		break;
	case HTTP1_HEAD_BARE:
		/* a request of HTTP/0.9 has its connection for itself */
		if (h->had_request) {
			give_body(h, side, http1_head_line(s->head));
			s->piece_start = false;
			http1_side_lost(h, side, "a line that is no request");
			break;
		}
		/* fallthrough */
	case HTTP1_HEAD_DONE:
		http1_side_head_done(h, side);
		break;
	case HTTP1_HEAD_FAILED:
		s->piece_start = false;
		http1_side_lost(h, side, "a head that can't be read or is too long");
		break;
	}
	return used;
}

/* The client had asked whether to send its body, was told not to, and goes on with
 * another request (RFC 9110, 10.1.1); most ask again, with a name. */
static bool
is_withheld(const struct http1_side *s, const uint8_t *data, size_t len)
{
	bool request = false;

	return s->piece_start && http1_detect(data, len, &request) == 1 &&
	       request;
}

static size_t
step_body(struct http1 *h, unsigned side, const uint8_t *data, size_t len)
{
	struct http1_side *s = &h->side[side];
	struct span entity;
	size_t used;

	if (s->x && s->x->expects && http1_role_of(h, side) == HTTP1_REQUEST) {
		if (s->x->refused && is_withheld(s, data, len)) {
			http1_side_done(h, side, false);
			return 0;
		}
		s->x->expects = false;
	}
	used = http1_body_step(&s->body, data, len, &entity);
	s->wire += used;
	give_body(h, side, entity);
	if (s->body.state == HTTP1_BODY_DONE) {
		http1_side_done(h, side, true);
	} else if (s->body.state == HTTP1_BODY_BROKEN) {
		s->piece_start = false;
		http1_side_lost(h, side, "a chunk without a length");
	}
	return used;
}

static size_t
step_wait(struct http1 *h, const uint8_t *data, size_t len)
{
	buf_append(&h->wait, data, len);
	if (!h->wait.failed)
		return len;
	/* so much before the answer: it has a tunnel */
	http1_side_tunnel(h);
	return 0;
}

static size_t
step(struct http1 *h, unsigned side, const uint8_t *data, size_t len)
{
	switch (h->side[side].state) {
	case HTTP1_SIDE_START:
		return step_start(h, side, data, len);
	case HTTP1_SIDE_HEAD:
		return step_head(h, side, data, len);
	case HTTP1_SIDE_BODY:
		return step_body(h, side, data, len);
	case HTTP1_SIDE_WAIT:
		return step_wait(h, data, len);
	case HTTP1_SIDE_LOST:
		return step_lost(h, side, data, len);
	default:
		http1_tunnel_data(h, side, data, len);
		return len;
	}
}

/* A step takes bytes or changes the state; no two states pass the same byte to
 * and fro. */
void
http1_side_feed(struct http1 *h, unsigned side, const uint8_t *data, size_t len)
{
	struct cursor c = cur_init(data, len);
	size_t used;

	while (cur_left(&c)) {
		used = step(h, side, cur_peek(&c), cur_left(&c));
		if (used)
			h->side[side].piece_start = false;
		cur_skip(&c, used);
	}
}
