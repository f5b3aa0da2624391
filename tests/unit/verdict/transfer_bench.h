/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UNIT_VERDICT_TRANSFER_BENCH_H
#define UNIT_VERDICT_TRANSFER_BENCH_H

/*
 * The rules by which a message becomes a transfer. What a scan would find is
 * laid down by each case, so that the rules are tested and not the scanner.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "content/scan.h"
#include "protocol/conn.h"
#include "verdict/transfer.h"

static struct scan_findings findings;
static struct known_file known[2] = {
	{ .name = "invoice.pdf", .size = 1000, .has_content = true,
	    .has_hash = 1 << KNOWN_SHA256 },
	{ .name = "setup.exe", .size = 1000, .origin = KNOWN_CANARY },
};
static bool scan_complete;
static uint64_t scanned, scan_gaps;

struct scan *
scan_new(const struct known *k, const struct scan_hint *hint)
{
	scanned = scan_gaps = 0;
	return malloc(1);
}

void
scan_free(struct scan *s)
{
	free(s);
}

void
scan_data(struct scan *s, const uint8_t *data, size_t len)
{
	scanned += len;
}

void
scan_header(struct scan *s, struct span name, struct span value)
{
}

void
scan_gap(struct scan *s, uint64_t len)
{
	scan_gaps += len;
}

void
scan_finish(struct scan *s, bool complete, const struct scan_findings **ret)
{
	scan_complete = complete;
	*ret = &findings;
}

void
scan_name(struct scan *s, struct span name)
{
}

void
scan_records(struct scan *s, struct span bytes)
{
}

const struct known_file *
known_get(const struct known *k, size_t index)
{
	return &known[index];
}

const char *
known_hash_name(enum known_hash alg)
{
	return alg == KNOWN_SHA256 ? "sha256" : "md5";
}

void
conn_host_is(struct conn *c, struct span host, bool keep)
{
}

struct fixture {
	struct arena arena;
	struct transfer_sink sink;
	struct conn_env env;
	struct conn conn;
	const struct event_transfer *t;
};

static inline void
on_transfer(void *arg, struct conn *conn, struct event_transfer *t)
{
	((struct fixture *)arg)->t = t;
}

static inline void
set_up(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	memset(&findings, 0, sizeof(findings));
	arena_init(&f->arena);
	f->sink = (struct transfer_sink){
		.arena = &f->arena,
		.emit = on_transfer,
		.arg = f,
	};
	f->env.sink = &f->sink;
	f->env.ops = &transfer_ops;
	f->conn.env = &f->env;
}

static inline void
tear_down(struct fixture *f)
{
	transfer_sink_clear(&f->sink);
	arena_clear(&f->arena);
}

/* One request out with a body of body_len, an answer of in_len. */
static inline const struct event_transfer *
exchange(struct fixture *f, uint64_t body_len, uint64_t in_len, uint64_t gap)
{
	static const uint8_t body[4096];
	struct when when = { 1000, 1 };
	struct http_head head = {
		.request = true,
		.version = 11,
		.method = SPAN_LITERAL("PUT"),
		.host = SPAN_LITERAL("cloud.example"),
		.target = SPAN_LITERAL("/x"),
	};
	struct message *m = transfer_ops.begin(&f->conn, MESSAGE_HTTP, &when);

	transfer_ops.http_head(m, 0, &head, &when);
	transfer_ops.wire(m, 0, 100 + body_len, &when);
	if (body_len)
		transfer_ops.body(m, 0, body, body_len, &when);
	if (gap)
		transfer_ops.gap(m, 0, gap, &when);
	transfer_ops.body_end(m, 0, true, &when);
	when.packet = 2;
	if (in_len)
		transfer_ops.wire(m, 1, in_len, &when);
	transfer_ops.end(m, MESSAGE_COMPLETE, &when);
	assert_non_null(f->t);
	return f->t;
}

static inline void
expect(const struct event_transfer *t, enum kind kind, enum grade grade)
{
	assert_string_equal(kind_name(t->kind), kind_name(kind));
	assert_string_equal(grade_name(t->grade), grade_name(grade));
	assert_true(t->reason_count > 0);
	assert_int_equal(
	    t->understood_out + t->undeciphered_out + t->encrypted_out,
	    t->payload_out);
}

static inline bool
has_reason(const struct event_transfer *t, const char *begins)
{
	for (size_t i = 0; i < t->reason_count; i++)
		if (t->reasons[i].len >= strlen(begins) &&
		    !memcmp(t->reasons[i].p, begins, strlen(begins)))
			return true;
	return false;
}

static struct scan_item items[3];

static inline void
item(size_t n, struct scan_item it)
{
	it.parent = (int)n - 1;
	items[n] = it;
	findings.items = items;
	findings.item_count = n + 1;
}

#endif
