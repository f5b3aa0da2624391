// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/conn.h"
#include "protocol/message.h"
#include "protocol/midway.h"

/* Every message is this one; kept is what the heads of requests say. */
static char message, method[16];
static unsigned requests;

static struct message *
begin(struct conn *conn, enum message_kind kind, const struct when *when)
{
	return (struct message *)&message;
}

static void
count(struct message *m, unsigned side, uint64_t len, const struct when *when)
{
}

static void
http_head(struct message *m, unsigned side, const struct http_head *head,
    const struct when *when)
{
	if (!head->request)
		return;
	requests++;
	assert_true(head->method.len < sizeof(method));
	memcpy(method, head->method.p, head->method.len);
	method[head->method.len] = '\0';
}

static void
body(struct message *m, unsigned side, const uint8_t *data, size_t len,
    const struct when *when)
{
}

static void
body_end(struct message *m, unsigned side, bool complete,
    const struct when *when)
{
}

static void
sealed(struct message *m, unsigned side, uint64_t min_len, uint64_t max_len,
    const struct when *when)
{
}

static void
end(struct message *m, enum message_end how, const struct when *when)
{
}

static const struct message_ops ops = { .begin = begin, .wire = count,
	.http_head = http_head, .body = body, .gap = count,
	.body_end = body_end, .sealed = sealed, .end = end };

/* What a capture shows first that begins in the midst of an answer may look
 * like the begin of a request; the other side's request is none the less one. */
static void
who_asks_is_known_by_who_was_recognised(void **state)
{
	static const char *const tails[] = { "garbage tail of an answer",
		"GE", "tail" };
	static const char request[] =
	    "PUT /f HTTP/1.1\r\nHost: a.example\r\nContent-Length: 2\r\n\r\nab";
	static const struct conn_env env = { .ops = &ops };
	const struct conn init = { .env = &env, .proto = 6,
		.endpoint_by = ENDPOINT_BY_FIRST_PACKET, .endpoint_side = 1 };
	const struct when when = { 1, 1 };

	for (unsigned i = 0; i < sizeof(tails) / sizeof(*tails); i++) {
		struct conn *c = conn_new(&init);

		requests = 0;
		assert_non_null(c);
		conn_data(c, 1, (const uint8_t *)tails[i], strlen(tails[i]),
		    &when);
		conn_data(c, 0, (const uint8_t *)request, sizeof(request) - 1,
		    &when);
		assert_string_equal(c->protocol, "http");
		assert_int_equal(c->endpoint_side, 0);
		assert_int_equal(requests, 1);
		assert_string_equal(method, "PUT");
		conn_finish(c, &when);
		conn_free(c);
	}
}

/* As where a capture is sent: those are not the connection's own. */
static void
records_within_what_began_in_sight_are_content(void **state)
{
	static const struct conn_env env = { .ops = &ops };
	struct conn init = { .env = &env, .proto = 6,
		.endpoint_by = ENDPOINT_BY_SYN };
	const struct when when = { 1, 1 };
	uint8_t data[300] = { 1, 2, 3 };

	for (size_t at = 10; at + 5 < sizeof(data); at += 5 + 64)
		memcpy(data + at, (uint8_t[]){ 23, 3, 3, 0, 64 }, 5);
	for (unsigned unseen = 0; unseen < 2; unseen++) {
		struct conn *c;

		init.before = unseen ? CONN_BEFORE_UNSEEN : CONN_BEFORE_KNOWN;
		c = conn_new(&init);
		assert_non_null(c);
		conn_data(c, 0, data, sizeof(data), &when);
		assert_int_equal(c->midway, unseen ? MIDWAY_TLS : MIDWAY_NOT);
		assert_int_equal(c->protocol != NULL, unseen);
		conn_finish(c, &when);
		conn_free(c);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_within_what_began_in_sight_are_content),
		cmocka_unit_test(who_asks_is_known_by_who_was_recognised),
	};

	return cmocka_run_group_tests_name("conn_detect", tests, NULL, NULL);
}
