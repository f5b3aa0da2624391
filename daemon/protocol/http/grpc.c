// SPDX-License-Identifier: Apache-2.0
#include "protocol/http/grpc.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "protocol/conn.h"

#define PREFIX_LEN	5
#define HEAD_MAX_LEN	4096
#define KEPT_HEADERS	3

struct grpc_side {
	struct message *message;	/* NULL between messages */
	uint64_t left;			/* bytes of it */
	uint8_t prefix[PREFIX_LEN];
	uint8_t prefix_len;
	bool had_first;
	bool first_ended;		/* body_end() of the call was told */
	bool lost;			/* a gap took a prefix */
};

struct grpc {
	struct conn *conn;
	struct message *call;
	unsigned client;
	struct grpc_side side[2];
	struct http_head head;		/* a copy, in text */
	struct http_header headers[KEPT_HEADERS];
	struct buf text;
};

static const struct message_ops *
ops(const struct grpc *g)
{
	return g->conn->env->ops;
}

static bool
is_grpc(struct span type)
{
	static const char grpc[] = "application/grpc";

	if (type.len < sizeof(grpc) - 1)
		return false;
	if (type.len > sizeof(grpc) - 1 &&
	    !memchr("+;-", type.p[sizeof(grpc) - 1], 3))
		return false;
	type.len = sizeof(grpc) - 1;
	return span_caseeq(type, span_str(grpc));
}

static struct span
keep(struct buf *text, struct span s)
{
	struct span kept = { text->data + text->len, s.len };

	buf_append(text, s.p, s.len);
	return kept;
}

/* What later messages repeat of the request. */
static bool
keep_head(struct grpc *g, const struct http_head *head)
{
	static const char *const names[KEPT_HEADERS] = {
		"content-type", "grpc-encoding", "user-agent",
	};
	struct buf *text = &g->text;

	buf_init(text, 0);
	if (!buf_reserve(text, HEAD_MAX_LEN) ||
	    head->method.len + head->scheme.len + head->host.len +
	    head->target.len > HEAD_MAX_LEN / 2)
		return false;
	g->head = (struct http_head){
		.request = true,
		.version = head->version,
		.content_length = HTTP_NO_LENGTH,
		.method = keep(text, head->method),
		.scheme = keep(text, head->scheme),
		.host = keep(text, head->host),
		.target = keep(text, head->target),
		.headers = g->headers,
	};
	for (size_t i = 0; i < KEPT_HEADERS; i++) {
		struct span value = http_head_get(head, names[i]);

		if (value.len == 0 || value.len > HEAD_MAX_LEN - text->len)
			continue;
		g->headers[g->head.header_count].name = span_str(names[i]);
		g->headers[g->head.header_count++].value = keep(text, value);
	}
	return true;
}

struct grpc *
grpc_new(struct conn *conn, struct message *call, unsigned client,
    const struct http_head *head)
{
	struct grpc *g;

	if (!call || !is_grpc(http_head_get(head, "content-type")))
		return NULL;
	g = calloc(1, sizeof(*g));
	if (!g)
		return NULL;
	g->conn = conn;
	g->call = call;
	g->client = client;
	if (!keep_head(g, head)) {
		buf_clear(&g->text);
		free(g);
		return NULL;
	}
	return g;
}

struct message *
grpc_message(const struct grpc *g, unsigned side)
{
	return g->side[side].message ? g->side[side].message : g->call;
}

static void
message_begin(struct grpc *g, unsigned side, const struct when *when)
{
	struct grpc_side *s = &g->side[side];

	s->prefix_len = 0;
	s->left = 0;
	if (!s->had_first) {
		s->had_first = true;
		s->message = g->call;
		return;
	}
	s->message = ops(g)->begin(g->conn, MESSAGE_HTTP, when);
	if (s->message)
		ops(g)->http_head(s->message, g->client, &g->head, when);
}

static void
message_end(struct grpc *g, unsigned side, bool complete,
    enum message_end how, const struct when *when)
{
	struct grpc_side *s = &g->side[side];
	struct message *m = s->message;

	s->message = NULL;
	s->prefix_len = 0;
	if (m == g->call)
		s->first_ended = true;
	if (m)
		ops(g)->body_end(m, side, complete, when);
	if (m && m != g->call)
		ops(g)->end(m, how, when);
}

/* The prefix's bytes are part of the message; some may have come before. */
static void
take_prefix(struct grpc_side *s, struct cursor *c)
{
	struct cursor prefix;

	while (s->prefix_len < PREFIX_LEN && cur_left(c))
		s->prefix[s->prefix_len++] = cur_u8(c);
	if (s->prefix_len < PREFIX_LEN)
		return;
	prefix = cur_init(s->prefix, PREFIX_LEN);
	cur_skip(&prefix, 1);		/* whether it is compressed */
	s->left = cur_be32(&prefix);
}

static void
give(struct grpc *g, unsigned side, const uint8_t *data, size_t len,
    const struct when *when)
{
	struct message *m = g->side[side].message;

	if (m) {
		ops(g)->wire(m, side, len, when);
		ops(g)->body(m, side, data, len, when);
	} else {
		conn_add_overhead(g->conn, side, CONN_UNDERSTOOD, len);
	}
}

void
grpc_data(struct grpc *g, unsigned side, struct span bytes,
    const struct when *when)
{
	struct grpc_side *s = &g->side[side];
	struct cursor c = cur_init(bytes.p, bytes.len);

	while (cur_left(&c)) {
		const uint8_t *from = cur_peek(&c);
		size_t before = cur_left(&c), len;

		if (!s->message && s->prefix_len == 0)
			message_begin(g, side, when);
		if (s->lost) {
			give(g, side, from, before, when);
			return;
		}
		if (s->prefix_len < PREFIX_LEN)
			take_prefix(s, &c);
		if (s->prefix_len == PREFIX_LEN) {
			len = cur_left(&c) < s->left ? cur_left(&c) :
			    (size_t)s->left;
			cur_skip(&c, len);
			s->left -= len;
		}
		give(g, side, from, before - cur_left(&c), when);
		if (s->prefix_len == PREFIX_LEN && s->left == 0)
			message_end(g, side, true, MESSAGE_COMPLETE, when);
	}
}

/* Inside a message the length still tells its end; else the rest of that side
 * is one message. */
void
grpc_gap(struct grpc *g, unsigned side, uint64_t len, const struct when *when)
{
	struct grpc_side *s = &g->side[side];

	if (!s->message)
		message_begin(g, side, when);
	if (s->message)
		ops(g)->gap(s->message, side, len, when);
	if (s->prefix_len == PREFIX_LEN && len < s->left) {
		s->left -= len;
		return;
	}
	if (s->prefix_len == PREFIX_LEN && len == s->left) {
		message_end(g, side, true, MESSAGE_COMPLETE, when);
		return;
	}
	s->lost = true;
	if (s->message && ops(g)->limit)
		ops(g)->limit(s->message,
		    "where gRPC messages begin is not known behind a gap");
}

void
grpc_body_end(struct grpc *g, unsigned side, bool complete,
    const struct when *when)
{
	struct grpc_side *s = &g->side[side];

	if (s->message)
		message_end(g, side, complete && s->left == 0 &&
		    s->prefix_len == 0, complete ? MESSAGE_BROKEN : MESSAGE_CUT,
		    when);
	if (!s->first_ended)
		ops(g)->body_end(g->call, side, complete, when);
	s->first_ended = true;
}

void
grpc_free(struct grpc *g, enum message_end how, const struct when *when)
{
	if (!g)
		return;
	for (unsigned side = 0; side < 2; side++)
		if (g->side[side].message && g->side[side].message != g->call)
			message_end(g, side, false, how, when);
	buf_clear(&g->text);
	free(g);
}
