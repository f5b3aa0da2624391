/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_RECORD_H
#define TESTS_RECORD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "protocol/conn.h"
#include "protocol/conn_again.h"
#include "protocol/dns/dns.h"
#include "protocol/tls/tls.h"

/*
 * A sink that writes down what a protocol says, one text for each message:
 *
 *	GET http://host/path 1.1 > body "abc" complete < 200 body "x" cut; complete
 *
 * and adds up the bytes of the streams. For tests and fuzzers of layers.
 */

struct message {
	struct buf head[2];		/* [side] */
	struct buf body[2];
	uint64_t wire[2], gap[2];
	int body_end[2];		/* 0 none, 1 complete, 2 not */
	int end;			/* -1 open, else enum message_end */
	const char *limit;
	enum message_kind kind;
};

#define RECORD_MAX 256

struct record {
	struct message *messages[RECORD_MAX];
	size_t count;			/* begun */
	size_t ended;
	uint64_t wire[2];		/* of all */
	struct buf plain[2];		/* what went to the layer above */
	uint64_t plain_gap[2];
	uint64_t plain_read[2];		/* of QUIC's streams */
	bool gap_in_clear;		/* one was told while nothing was decrypted */
	size_t refused;			/* how often it began anew */
	size_t refused_len;		/* of side 0, up to there */
	bool comes_again;		/* what is not authentic waits */
	size_t again;			/* bytes of it, asked for */
	struct conn conn;
	struct conn_env env;
};

static struct record record;

static inline struct message *
record_begin(struct conn *conn, enum message_kind kind, const struct when *w)
{
	struct message *m = calloc(1, sizeof(*m));

	(void)conn, (void)w;
	if (!m)
		abort();
	m->end = -1;
	m->kind = kind;
	if (record.count < RECORD_MAX)
		record.messages[record.count] = m;
	record.count++;
	return m;
}

static inline void
record_wire(struct message *m, unsigned side, uint64_t len,
    const struct when *w)
{
	(void)w;
	m->wire[side] += len;
	record.wire[side] += len;
}

static inline void
record_head(struct message *m, unsigned side, const struct http_head *h,
    const struct when *w)
{
	struct buf *b = &m->head[side];

	(void)w;
	if (m->body_end[side])
		abort();
	if (b->len)
		buf_str(b, " ");
	if (h->request) {
		buf_append(b, h->method.p, h->method.len);
		buf_str(b, " ");
		buf_append(b, h->scheme.p, h->scheme.len);
		buf_str(b, "://");
		buf_append(b, h->host.p, h->host.len);
		buf_append(b, h->target.p, h->target.len);
		buf_printf(b, " %d.%d", h->version / 10, h->version % 10);
	} else {
		buf_printf(b, "%d", h->status);
	}
}

static inline void
record_body(struct message *m, unsigned side, const uint8_t *data, size_t len,
    const struct when *w)
{
	(void)w;
	if (m->body_end[side] || len == 0)
		abort();
	buf_append(&m->body[side], data, len);
}

static inline void
record_gap(struct message *m, unsigned side, uint64_t len,
    const struct when *w)
{
	(void)w;
	m->gap[side] += len;
	buf_printf(&m->body[side], "[%llu]", (unsigned long long)len);
}

static inline void
record_body_end(struct message *m, unsigned side, bool complete,
    const struct when *w)
{
	(void)w;
	if (m->body_end[side])
		abort();
	m->body_end[side] = complete ? 1 : 2;
}

static inline void
record_limit(struct message *m, const char *why)
{
	m->limit = why;
}

/* As "{16-31}" in the body. */
static inline void
record_sealed(struct message *m, unsigned side, uint64_t min, uint64_t max,
    const struct when *w)
{
	(void)w;
	buf_printf(&m->body[side], "{%llu-%llu}", (unsigned long long)min,
	    (unsigned long long)max);
}

/* The head: "A www.example.org" or "NOERROR 192.0.2.1 192.0.2.2". */
static inline void
record_dns(struct message *m, unsigned side, const struct dns_message *dns,
    const struct when *w)
{
	struct buf *b = &m->head[side];
	char name[16];

	(void)w;
	if (dns->response) {
		buf_str(b, dns_rcode_name(dns->rcode, name));
		for (size_t i = 0; i < dns->record_count; i++) {
			buf_str(b, " ");
			buf_append(b, dns->records[i].data.p,
			    dns->records[i].data.len);
		}
		return;
	}
	for (size_t i = 0; i < dns->question_count; i++) {
		buf_str(b, dns_type_name(dns->questions[i].type, name));
		buf_str(b, " ");
		buf_append(b, dns->questions[i].name.p,
		    dns->questions[i].name.len);
	}
}

static inline void
record_free(struct message *m)
{
	for (int side = 0; side < 2; side++) {
		buf_clear(&m->head[side]);
		buf_clear(&m->body[side]);
	}
	free(m);
}

static inline void
record_end(struct message *m, enum message_end end, const struct when *w)
{
	(void)w;
	if (m->end >= 0)
		abort();
	m->end = end;
	record.ended++;
	for (size_t i = 0; i < RECORD_MAX && i < record.count; i++)
		if (record.messages[i] == m)
			return;
	record_free(m);
}

static const struct message_ops record_ops = {
	.begin = record_begin,
	.wire = record_wire,
	.http_head = record_head,
	.body = record_body,
	.gap = record_gap,
	.body_end = record_body_end,
	.limit = record_limit,
	.sealed = record_sealed,
	.dns = record_dns,
	.end = record_end,
};

/* What message i was, in one line; static storage. */
static inline const char *
record_text(size_t i)
{
	static const char *const ends[] = { "", " complete", " cut" };
	static const char *const over[] = { "complete", "cut", "broken" };
	static struct buf text;
	struct message *m;

	buf_reset(&text);
	if (i >= record.count || i >= RECORD_MAX)
		return "none";
	m = record.messages[i];
	for (int n = 0; n < 2; n++) {
		int side = record.conn.endpoint_side ^ n;

		buf_str(&text, n ? " < " : "");
		buf_append(&text, m->head[side].data, m->head[side].len);
		if (m->body[side].len) {
			buf_str(&text, " \"");
			buf_append(&text, m->body[side].data,
			    m->body[side].len);
			buf_str(&text, "\"");
		}
		buf_str(&text, ends[m->body_end[side]]);
	}
	buf_str(&text, "; ");
	buf_str(&text, m->end < 0 ? "open" : over[m->end]);
	buf_u8(&text, 0);
	return (const char *)text.data;
}

static inline void
record_clear(void)
{
	for (size_t i = 0; i < RECORD_MAX && i < record.count; i++)
		record_free(record.messages[i]);
	buf_clear(&record.plain[0]);
	buf_clear(&record.plain[1]);
	tls_info_free(record.conn.tls, &record.env);
	memset(&record, 0, sizeof(record));
	record.env.ops = &record_ops;
	record.conn.env = &record.env;
}

/* Bytes that side 0 and 1 are accounted for by. */
static inline uint64_t
record_bytes(unsigned side)
{
	return record.wire[side] + record.conn.overhead[side][0] +
	    record.conn.overhead[side][1] + record.plain[side].len;
}

/* What the connection does for a layer, without the connection. */
__attribute__((weak)) void
conn_add_overhead(struct conn *c, unsigned side, enum conn_overhead what,
    uint64_t len)
{
	c->overhead[side][what] += len;
}

__attribute__((weak)) void
conn_client_is(struct conn *c, unsigned side)
{
	c->endpoint_side = (uint8_t)side;
}

__attribute__((weak)) void
conn_plain(struct conn *c, unsigned side, const uint8_t *data, size_t len,
    const struct when *w)
{
	(void)c, (void)w;
	buf_append(&record.plain[side], data, len);
}

__attribute__((weak)) void
conn_plain_gap(struct conn *c, unsigned side, uint64_t len,
    const struct when *w)
{
	(void)w;
	record.plain_gap[side] += len;
	record.gap_in_clear |= !c->decrypted;
}

__attribute__((weak)) void
conn_plain_read(struct conn *c, unsigned side, uint64_t len)
{
	(void)c;
	record.plain_read[side] += len;
}

__attribute__((weak)) void
conn_plain_refused(struct conn *c, const struct when *w)
{
	(void)c, (void)w;
	record.refused++;
	record.refused_len = record.plain[0].len;
}

__attribute__((weak)) bool
conn_again_begin(struct conn *c, const struct layer *l, unsigned side,
    struct span header, struct span body, const struct when *w)
{
	(void)c, (void)l, (void)side, (void)w;
	record.again += header.len + body.len;
	return record.comes_again;
}

#endif
