// SPDX-License-Identifier: Apache-2.0
#include "verdict/message.h"

#include <string.h>

#include "protocol/conn_hook.h"

struct text_ref
message_keep(struct message *m, struct span s)
{
	struct text_ref r = { (uint32_t)m->read.text.len, 0 };

	if (s.len > MESSAGE_MAX_TEXT - m->read.text.len)
		s.len = MESSAGE_MAX_TEXT - m->read.text.len;
	buf_append(&m->read.text, s.p, s.len);
	if (!m->read.text.failed)
		r.len = (uint32_t)s.len;
	return r;
}

static struct message *
message_begin(struct conn *conn, enum message_kind kind,
    const struct when *when)
{
	struct transfer_sink *s = conn->env->sink;
	struct message *m = message_take(s, kind == MESSAGE_SEALED);

	if (!m) {
		s->refused++;
		return NULL;
	}
	m->conn = conn;
	conn->told = true;
	m->kind = kind;
	m->out = conn->endpoint_side;
	m->client_side = m->out;
	m->decrypted = conn->decrypted;
	m->hooked = conn_is_hooked(conn);
	m->first = m->last = *when;
	return m;
}

static void
message_wire(struct message *m, unsigned side, uint64_t len,
    const struct when *when)
{
	m->wire[side] += len;
	message_meet(m, when);
}

bool
message_carries(const struct message *m)
{
	return message_sink(m)->carries && *message_sink(m)->carries;
}

/* With the port, where the head says one. */
static uint64_t
host_of(const struct http_head *head)
{
	struct span host = http_head_get(head, "host");

	return carry_host(head->method, host.len ? host : head->host,
	    head->target);
}

static void
keep_request(struct message *m, struct message_http *h,
    const struct http_head *head)
{
	h->request = true;
	h->version = head->version;
	h->method = message_keep(m, head->method);
	h->scheme = message_keep(m, head->scheme);
	h->host = message_keep(m, head->host);
	if (message_carries(m))
		h->asks = host_of(head);
	h->target = message_keep(m, head->target);
	h->user_agent = message_keep(m, http_head_get(head, "user-agent"));
	h->request_type = message_keep(m, http_head_get(head, "content-type"));
}

static void
scan_begin(struct message *m, const struct http_head *head)
{
	struct scan_hint hint = { .outbound = true,
		.identity = message_sink(m)->identity,
		.passwords = message_sink(m)->passwords,
		.keep = message_sink(m)->keep,
		.uses = message_sink(m)->uses };

	if (head) {
		hint.content_type = http_head_get(head, "content-type");
		hint.content_encoding =
		    http_head_get(head, "content-encoding");
		if (!hint.content_encoding.len)
			hint.content_encoding =
			    http_head_get(head, "grpc-encoding");
		hint.content_disposition =
		    http_head_get(head, "content-disposition");
		hint.content_range = http_head_get(head, "content-range");
		hint.upload_offset = http_head_get(head, "upload-offset");
		hint.method = head->method;
		hint.target = head->target;
	} else {
		hint.raw_stream = true;
	}
	m->read.scan = scan_new(message_sink(m)->known, &hint);
	for (size_t i = 0; m->read.scan && head && head->request &&
	     i < head->header_count; i++)
		scan_header(m->read.scan, head->headers[i].name,
		    head->headers[i].value);
}

/* Who reports to Defender's cloud may be asked for a sample in the answer. */
static bool
may_be_asked(const struct http_head *head)
{
	struct span type = http_head_get(head, "content-type");
	static const struct span bond = SPAN_LITERAL("application/bond");

	return type.len >= bond.len &&
	       span_caseeq((struct span){ type.p, bond.len }, bond);
}

static void
request_came_in(struct message *m, const struct http_head *head,
    const struct when *when)
{
	struct carry_marks in = {
		.head = carry_head(head->method, head->host, head->target),
		.host = host_of(head),
	};

	message_sink(m)->came_in(message_sink(m)->arg, m->conn, &in,
	    when->ts_ns);
}

static void
body_came_in(struct message *m, const struct when *when)
{
	const struct carry *c = m->more ? &m->more->carry : NULL;
	struct carry_marks *in = c && c->len ?
	    carry_keep(c, message_sink(m)->arena) : NULL;

	if (in)
		message_sink(m)->came_in(message_sink(m)->arg, m->conn, in,
		    when->ts_ns);
}

static void
mark_body(struct message *m, unsigned side, const uint8_t *data, size_t len)
{
	if ((side == m->out) != m->conn->accepted && message_more_of(m))
		carry_data(&m->more->carry, data, len);
}

/* Of what went out, for the transfer to be compared with what came in. */
static struct carry_marks *
marks_of(struct message *m)
{
	const struct message_more *r = m->more;
	struct carry_marks *to = carry_keep(r ? &r->carry : NULL,
	    message_sink(m)->arena);

	if (to && r && r->http.request && m->client_side == m->out) {
		const struct message_http *h = &r->http;
		const struct text_ref *t[] = { &h->method, &h->host,
			&h->target };
		struct span s[3];

		for (int i = 0; i < 3; i++)
			s[i] = (struct span){ m->read.text.data + t[i]->at,
				t[i]->len };
		to->head = carry_head(s[0], s[1], s[2]);
		to->host = h->asks;
	}
	if (to && m->read.dns && m->read.dns->asks)
		to->head = to->host = message_question(m);
	return to;
}

static void
message_http_head(struct message *m, unsigned side,
    const struct http_head *head, const struct when *when)
{
	struct message_http *h;

	message_meet(m, when);
	if (m->kind == MESSAGE_SEALED)
		return;
	h = message_more_of(m) ? &m->more->http : NULL;
	if (message_carries(m) && m->conn->accepted && head->request &&
	    side != m->out)
		request_came_in(m, head, when);
	if (head->request) {
		m->client_side = (uint8_t)side;
		if (h) {
			keep_request(m, h, head);
			m->more->asks = may_be_asked(head);
		}
		conn_host_is(m->conn, head->host, true);
	} else if (h && (head->status >= 200 || head->status == 101 ||
	    !h->response)) {
		h->response = true;
		h->status = head->status;
		if (!h->version)
			h->version = head->version;
		h->response_type =
		    message_keep(m, http_head_get(head, "content-type"));
	}
	if (side == m->out && !m->read.scan &&
	    (head->request || head->status >= 200))
		scan_begin(m, head);
}

struct scan *
message_scan_run(struct message *m)
{
	if (m->read.scan)
		return m->read.scan;
	scan_begin(m, NULL);
	if (m->read.scan && m->kind == MESSAGE_RUN && m->read.text.len)
		scan_data(m->read.scan, m->read.text.data, m->read.text.len);
	return m->read.scan;
}

static void
message_body(struct message *m, unsigned side, const uint8_t *data, size_t len,
    const struct when *when)
{
	message_meet(m, when);
	if (m->kind == MESSAGE_SEALED)
		return;
	m->read.body[side] += len;
	m->pieces_out += side == m->out && m->pieces_out < UINT32_MAX;
	if (message_carries(m))
		mark_body(m, side, data, len);
	if (side != m->out) {
		message_reply_data(m, data, len);
		return;
	}
	if (!m->read.scan && m->kind == MESSAGE_RUN &&
	    len <= MESSAGE_MAX_SMALL - m->read.text.len) {
		buf_fit(&m->read.text, len);
		buf_append(&m->read.text, data, len);
		if (!m->read.text.failed)
			return;
	}
	if (message_scan_run(m))
		scan_data(m->read.scan, data, len);
}

static void
message_gap(struct message *m, unsigned side, uint64_t len,
    const struct when *when)
{
	m->missing[side] += len;
	message_meet(m, when);
	if (m->kind == MESSAGE_SEALED)
		return;
	if (side != m->out)
		message_reply_drop(m);
	else if (message_scan_run(m))
		scan_gap(m->read.scan, len);
}

static void
message_body_end(struct message *m, unsigned side, bool complete,
    const struct when *when)
{
	message_meet(m, when);
	if (side != m->out) {
		if (message_carries(m) && m->conn->accepted && complete)
			body_came_in(m, when);
		if (m->more)
			m->more->reply_whole = complete;
		return;
	}
	m->out_ended = true;
	m->out_complete = complete;
}

static void
message_limit(struct message *m, const char *why)
{
	struct message_more *r = message_more_of(m);

	if (r && r->limit_count < MESSAGE_MAX_LIMITS)
		r->limits[r->limit_count++] = why;
}

static void
note_before(const struct message *m, bool unread)
{
	if (m->wire[m->out])
		m->conn->before = unread ? CONN_BEFORE_UNREAD :
		    CONN_BEFORE_KNOWN;
}

/* Did all that was to go out go out? An entity whose end its framing told is
 * whole, whether or not an answer to it was seen. */
static bool
is_whole(const struct message *m, enum message_end end)
{
	if (end == MESSAGE_BROKEN || m->missing[m->out])
		return false;
	return m->out_ended ? m->out_complete : end == MESSAGE_COMPLETE;
}

static void
message_end(struct message *m, enum message_end end, const struct when *when)
{
	struct transfer_sink *s = message_sink(m);
	const struct scan_findings *f = NULL;
	struct event_transfer *t;
	struct scan *scan;
	bool unread = m->kind == MESSAGE_SEALED;

	if (when->packet > m->last.packet && end == MESSAGE_COMPLETE)
		message_meet(m, when);
	if (m->kind == MESSAGE_RUN && m->read.text.len)
		message_scan_run(m);
	scan = unread ? NULL : m->read.scan;
	if (scan)
		scan_finish(scan, is_whole(m, end), &f);
	t = judge_message(m, end, f);
	unread |= t && t->visibility == VISIBLE_ENCRYPTED;
	if (t && message_carries(m) && !m->conn->accepted && !unread)
		t->carried = marks_of(m);
	if (t)
		s->emit(s->arg, m->conn, t);
	else
		s->refused++;
	note_before(m, unread);
	scan_free(scan);
	message_put(s, m);
}

const struct message_ops transfer_ops = {
	.begin = message_begin,
	.wire = message_wire,
	.http_head = message_http_head,
	.body = message_body,
	.gap = message_gap,
	.body_end = message_body_end,
	.limit = message_limit,
	.sealed = message_take_sealed,
	.dns = message_dns,
	.end = message_end,
};
