// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "protocol/conn_hook.h"
#include "protocol/dns/dns.h"
#include "protocol/tls/tls.h"
#include "tls_build.h"

/* What is said of all messages, in a line: "PUT /x > body; ". A sealed one is
 * "sealed(out,in); "; those that were not told by a hook begin with "!". */
struct message {
	struct buf text;
	uint64_t sealed[2];
	bool hooked, is_sealed;
};

static struct buf said;
static uint64_t wire[2];
static struct conn_env env;
static struct conn *conn;
static const char *alpn;	/* NULL: the client offers none */
static struct when now;

static struct message *
begin(struct conn *c, enum message_kind kind, const struct when *when)
{
	struct message *m = calloc(1, sizeof(*m));

	m->hooked = conn_is_hooked(c);
	m->is_sealed = kind == MESSAGE_SEALED;
	return m;
}

static void
on_wire(struct message *m, unsigned side, uint64_t len, const struct when *when)
{
	wire[side] += len;
}

static void
http_head(struct message *m, unsigned side, const struct http_head *h,
    const struct when *when)
{
	if (!h->request) {
		buf_printf(&m->text, " < %d ", h->status);
		return;
	}
	buf_append(&m->text, h->method.p, h->method.len);
	buf_str(&m->text, " ");
	buf_append(&m->text, h->scheme.p, h->scheme.len);
	buf_str(&m->text, " > ");
}

static void
body(struct message *m, unsigned side, const uint8_t *data, size_t len,
    const struct when *when)
{
	buf_append(&m->text, data, len);
}

static void
gap(struct message *m, unsigned side, uint64_t len, const struct when *when)
{
	buf_printf(&m->text, "(%d)", (int)len);
}

static void
body_end(struct message *m, unsigned side, bool complete,
    const struct when *when)
{
	buf_str(&m->text, complete ? "." : "?");
}

static void
dns(struct message *m, unsigned side, const struct dns_message *d,
    const struct when *when)
{
	buf_str(&m->text, "DNS ");
	buf_append(&m->text, d->questions[0].name.p, d->questions[0].name.len);
}

static void
limit(struct message *m, const char *why)
{
}

static void
sealed(struct message *m, unsigned side, uint64_t min_len, uint64_t max_len,
    const struct when *when)
{
	m->sealed[side] += max_len;
}

static void
end(struct message *m, enum message_end why, const struct when *when)
{
	buf_str(&said, m->hooked ? "" : "!");
	if (m->is_sealed)
		buf_printf(&said, "sealed(%d,%d)", (int)m->sealed[0],
		    (int)m->sealed[1]);
	else if (m->text.len)
		buf_append(&said, m->text.data, m->text.len);
	buf_str(&said, "; ");
	buf_clear(&m->text);
	free(m);
}

static const struct message_ops ops = {
	.begin = begin,
	.wire = on_wire,
	.http_head = http_head,
	.body = body,
	.gap = gap,
	.body_end = body_end,
	.dns = dns,
	.limit = limit,
	.sealed = sealed,
	.end = end,
};

static int
setup(void **state)
{
	struct conn init = { .env = &env, .proto = 6,
		.endpoint_by = ENDPOINT_BY_SYN };

	env.ops = &ops;
	buf_reset(&said);
	wire[0] = wire[1] = 0;
	now = (struct when){ 1, 1 };
	conn = conn_new(&init);
	return conn == NULL;
}

static int
teardown(void **state)
{
	conn_free(conn);
	return 0;
}

static uint64_t
send_buf(unsigned side, struct buf *b)
{
	uint64_t len = b->len;

	conn_data(conn, side, b->data, b->len, &now);
	now.ts_ns += 1000;
	now.packet++;
	buf_clear(b);
	return len;
}

/* Both hellos and, of TLS 1.2, what ends the handshake. Returns bytes out. */
static uint64_t
shake_hands(void)
{
	static const uint16_t ciphers[] = { 0xc02f };
	struct buf out = { 0 }, ext = { 0 }, hello = { 0 };
	uint64_t sent;

	if (alpn)
		put_alpn(&ext, alpn);
	put_client_hello(&hello, 0x0303, ciphers, 1, &ext);
	put_handshake(&out, 1, &hello);
	buf_clear(&hello);
	buf_reset(&ext);
	sent = send_buf(0, &out);
	put_server_hello(&hello, 0xc02f, 0x1d, &ext);
	put_handshake(&out, 2, &hello);
	buf_clear(&hello);
	put_record(&out, 20, "\1", 1);
	put_sealed(&out, 22, 40);
	send_buf(1, &out);
	put_record(&out, 20, "\1", 1);
	put_sealed(&out, 22, 40);
	buf_clear(&ext);
	return sent + send_buf(0, &out);
}

/* A record of data with so many bytes of plaintext, sealed by AES-GCM. */
static uint64_t
send_sealed(unsigned side, size_t plain)
{
	struct buf b = { 0 };

	put_sealed(&b, 23, plain + 24);
	return send_buf(side, &b);
}

static void
tell(unsigned side, const char *text)
{
	assert_true(conn_hook_data(conn, side, (const uint8_t *)text,
	    strlen(text), false, &now));
}

static void
finish(const char *want)
{
	conn_eof(conn, 0, &now);
	conn_eof(conn, 1, &now);
	conn_finish(conn, &now);
	buf_u8(&said, 0);
	assert_string_equal((char *)said.data, want);
}

static const char put[] = "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n";
static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";

static void
what_is_told_takes_the_place_of_sealed_records(void **state)
{
	uint64_t out = shake_hands();

	assert_true(conn_hook(conn, false));
	tell(0, put);
	tell(0, "body");
	out += send_sealed(0, strlen(put) + 4);
	send_sealed(1, strlen(ok) + 2);
	tell(1, ok);
	tell(1, "ok");
	finish("PUT https > body. < 200 ok.; ");
	/* all that went out is accounted for, once */
	assert_int_equal(wire[0], strlen(put) + 4);
	assert_int_equal(conn->overhead[0][CONN_UNDERSTOOD] +
	    conn->overhead[0][CONN_ENCRYPTED] + wire[0], out);
	assert_int_equal(conn->overhead[0][CONN_ENCRYPTED], 45);
	assert_int_equal(conn->plaintext->len[0], strlen(put) + 4);
}

static const uint8_t question[] = "\0\x1b\0\7\1\0\0\1\0\0\0\0\0\0"
    "\1x\7example\0\0\1\0\1";

/* Off its port DNS is looked for only where TLS says so. */
static void
dns_within_tls_is_told_by_the_alpn(void **state)
{
	alpn = "dot";
	shake_hands();
	alpn = NULL;
	assert_true(conn_hook(conn, false));
	assert_true(conn_hook_data(conn, 0, question, sizeof(question) - 1,
	    false, &now));
	send_sealed(0, sizeof(question) - 1);
	finish("DNS x.example; ");
}

static void
without_it_these_are_bytes_of_something_unknown(void **state)
{
	shake_hands();
	assert_true(conn_hook(conn, false));
	assert_true(conn_hook_data(conn, 0, question, sizeof(question) - 1,
	    false, &now));
	send_sealed(0, sizeof(question) - 1);
	conn_finish(conn, &now);
	assert_null(memmem(said.data, said.len, "DNS", 3));
}

static void
what_nobody_told_of_stays_sealed(void **state)
{
	uint64_t out = shake_hands();

	assert_true(conn_hook(conn, false));
	out += send_sealed(0, 1000);
	tell(0, put);
	tell(0, "body");
	out += send_sealed(0, strlen(put) + 4);
	finish("!sealed(1000,0); PUT https > body.; ");
	assert_int_equal(conn->overhead[0][CONN_UNDERSTOOD] +
	    conn->overhead[0][CONN_ENCRYPTED] + wire[0], out);
}

static void
what_was_lost_is_a_gap_and_encrypted(void **state)
{
	static const char large[] =
	    "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 204\r\n\r\n";
	uint64_t out = shake_hands();

	assert_true(conn_hook(conn, false));
	tell(0, large);
	assert_true(conn_hook_gap(conn, 0, 200, &now));
	tell(0, "tail");
	out += send_sealed(0, strlen(large) + 204);
	finish("PUT https > (200)tail.; ");
	assert_int_equal(conn->overhead[0][CONN_ENCRYPTED], 45 + 200);
	assert_int_equal(conn->overhead[0][CONN_UNDERSTOOD] +
	    conn->overhead[0][CONN_ENCRYPTED] + wire[0], out);
}

/* The peer closes before the library is asked for what it sent. */
static void
an_answer_that_ends_with_the_connection_may_come_late(void **state)
{
	static const char get[] = "GET / HTTP/1.0\r\n\r\n";

	shake_hands();
	assert_true(conn_hook(conn, false));
	tell(0, get);
	send_sealed(0, strlen(get));
	send_sealed(1, 30);
	conn_eof(conn, 1, &now);
	tell(1, "HTTP/1.0 200 OK\r\n\r\n");
	tell(1, "late");
	finish("GET https > . < 200 late.; ");
}

static void
without_a_handshake_records_are_looked_for(void **state)
{
	conn->before = CONN_BEFORE_UNSEEN;
	assert_true(conn_hook(conn, true));
	tell(0, put);
	tell(0, "body");
	send_sealed(0, strlen(put) + 4);
	finish("PUT https > body.; ");
	assert_true(conn->hook->ambiguous);
}

static void
what_never_leaves_is_not_said_to(void **state)
{
	uint64_t out = shake_hands();

	assert_true(conn_hook(conn, false));
	tell(0, put);
	tell(0, "body");
	out += send_sealed(0, strlen(put) - 3);
	out += send_sealed(0, 5);
	finish("PUT https > bo?; ");
	assert_int_equal(conn->hook->unsent, 2);
	assert_int_equal(conn->overhead[0][CONN_UNDERSTOOD] +
	    conn->overhead[0][CONN_ENCRYPTED] + wire[0], out);
	assert_int_equal(conn->plaintext->len[0], strlen(put) + 2);
}

/* What was told before the capture began takes all the room there is: of as much of
 * what follows nobody knows whether it left. */
static void
what_may_have_left_is_not_said_not_to(void **state)
{
	conn->before = CONN_BEFORE_UNSEEN;
	assert_true(conn_hook(conn, false));
	assert_true(conn_hook_gap(conn, 0, 30, &now));
	tell(0, "twenty of these bytes and sixteen of each record's own and "
		"forty-one more, all told");
	send_sealed(0, 20);
	send_sealed(0, 20);
	assert_int_equal(conn->hook->lost[0], 30);
	conn_finish(conn, &now);
	assert_int_equal(conn->hook->plain[0], 40);
	assert_int_equal(conn->hook->unclear, 30);
	assert_int_equal(conn->hook->unsent, 13);
}

/* Nor of more than that. */
static void
what_was_told_later_is_known(void **state)
{
	conn->before = CONN_BEFORE_UNSEEN;
	assert_true(conn_hook(conn, false));
	assert_true(conn_hook_gap(conn, 0, 3, &now));
	tell(0, "of ten");
	assert_true(conn_hook_gap(conn, 0, 4, &now));
	conn_finish(conn, &now);
	assert_int_equal(conn->hook->unclear, 3);
	assert_int_equal(conn->hook->unsent, 10);
}

/* Of a record whose end was not captured nobody knows that it did not leave. */
static void
what_may_be_in_missing_bytes_goes_on(void **state)
{
	struct buf b = { 0 };

	shake_hands();
	assert_true(conn_hook(conn, false));
	tell(0, put);
	tell(0, "body");
	put_sealed(&b, 23, strlen(put) + 4 + 24);
	conn_data(conn, 0, b.data, b.len - 2, &now);
	buf_clear(&b);
	conn_gap(conn, 0, 2, &now);
	finish("PUT https > body.; ");
	assert_int_equal(conn->hook->unsent, 0);
}

enum early {
	EARLY_KEPT,		/* the library does not offer it */
	EARLY_TAKEN,
	EARLY_REFUSED,		/* by a server that has not the session */
	EARLY_NOT_ENDED,	/* by one that resumes it, unseen */
};

/* Half of a request is told as early data, in a handshake of TLS 1.3. */
static void
shake_hands_early(enum early how)
{
	static const uint16_t ciphers[] = { 0x1301 };
	struct buf out = { 0 }, ext = { 0 }, hello = { 0 };
	char half[sizeof(put) + 2];
	size_t len = (size_t)snprintf(half, sizeof(half), "%sbo", put);

	put_extension(&ext, 43, "\2\3\4", 3);
	if (how != EARLY_KEPT)
		put_extension(&ext, 42, "", 0);
	put_client_hello(&hello, 0x0303, ciphers, 1, &ext);
	put_handshake(&out, 1, &hello);
	buf_clear(&hello);
	buf_reset(&ext);
	assert_true(conn_hook(conn, false));
	assert_true(conn_hook_data(conn, 0, (uint8_t *)half, len, true, &now));
	send_buf(0, &out);
	if (how != EARLY_KEPT)
		put_sealed(&out, 23, len + 17);
	send_buf(0, &out);
	put_extension(&ext, 43, "\3\4", 2);
	if (how != EARLY_REFUSED)
		put_extension(&ext, 41, "\0\0", 2);
	put_server_hello(&hello, 0x1301, 0x1d, &ext);
	put_handshake(&out, 2, &hello);
	buf_clear(&hello);
	buf_clear(&ext);
	put_sealed(&out, 23, 36 + 17);
	send_buf(1, &out);
	if (how == EARLY_TAKEN)
		put_sealed(&out, 23, 4 + 17);
	put_sealed(&out, 23, 36 + 17);
	send_buf(0, &out);
}

static void
send_sealed_13(size_t plain)
{
	struct buf b = { 0 };

	put_sealed(&b, 23, plain + 17);
	send_buf(0, &b);
}

static void
tell_whole(void)
{
	tell(0, put);
	tell(0, "body");
	send_sealed_13(strlen(put) + 4);
}

static void
early_data_goes_on_behind_the_handshake(void **state)
{
	shake_hands_early(EARLY_TAKEN);
	tell(0, "dy");
	send_sealed_13(2);
	finish("PUT https > body.; ");
	assert_true(conn->tls && !conn->tls->early_refused);
}

static void
refused(enum early how)
{
	shake_hands_early(how);
	tell_whole();
	finish("PUT https > bo?; PUT https > body.; ");
	assert_true(conn->tls->early_refused && !conn->hook->unsent);
}

static void
early_data_that_is_refused_is_over(void **state)
{
	refused(EARLY_REFUSED);
	teardown(NULL);
	setup(NULL);
	refused(EARLY_NOT_ENDED);
}

static void
early_data_that_is_not_offered_is_not_sent(void **state)
{
	shake_hands_early(EARLY_KEPT);
	tell_whole();
	finish("PUT https > body.; ");
	assert_int_equal(conn->hook->unsent, strlen(put) + 2);
}

static void
what_comes_after_the_end_is_not_taken(void **state)
{
	shake_hands();
	assert_true(conn_hook(conn, false));
	conn_finish(conn, &now);
	assert_false(conn_hook_data(conn, 0, (const uint8_t *)"x", 1, false,
	    &now));
	assert_false(conn_hook_gap(conn, 0, 1, &now));
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(what_is_told_takes_the_place_of_sealed_records),
		CASE(dns_within_tls_is_told_by_the_alpn),
		CASE(without_it_these_are_bytes_of_something_unknown),
		CASE(what_nobody_told_of_stays_sealed),
		CASE(what_was_lost_is_a_gap_and_encrypted),
		CASE(an_answer_that_ends_with_the_connection_may_come_late),
		CASE(without_a_handshake_records_are_looked_for),
		CASE(what_never_leaves_is_not_said_to),
		CASE(what_may_have_left_is_not_said_not_to),
		CASE(what_was_told_later_is_known),
		CASE(what_may_be_in_missing_bytes_goes_on),
		CASE(early_data_goes_on_behind_the_handshake),
		CASE(early_data_that_is_refused_is_over),
		CASE(early_data_that_is_not_offered_is_not_sent),
		CASE(what_comes_after_the_end_is_not_taken),
	};
	int r;

	buf_init(&said, 0);
	r = cmocka_run_group_tests_name("protocol/conn_hook", tests, NULL,
	    NULL);
	buf_clear(&said);
	return r;
}
