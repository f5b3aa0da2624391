// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "evidence/event/event_json.h"
#include "evidence/event/event_read.h"
#include "unit/sample_events.h"

static json_t *
written(const struct event *e, struct buf *b)
{
	json_t *root;

	buf_init(b, 0);
	event_write_json(e, b);
	assert_false(b->failed);
	assert_true(b->len <= EVENT_WRITE_MAX);
	assert_null(memchr(b->data, '\n', b->len));
	root = json_loadb((char *)b->data, b->len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	return root;
}

/* The value at a dotted path; numbers in it index lists. */
static json_t *
at(json_t *o, const char *path)
{
	char part[64];

	while (*path && o) {
		size_t n = strcspn(path, ".");

		memcpy(part, path, n);
		part[n] = 0;
		path += n + (path[n] == '.');
		o = json_is_array(o) ? json_array_get(o, strtoul(part, NULL, 10))
				     : json_object_get(o, part);
	}
	return o;
}

static void
expect(json_t *root, const char *path, const char *want)
{
	char *got = json_dumps(at(root, path), JSON_ENCODE_ANY | JSON_COMPACT);

	if (!got)
		fail_msg("%s is not there", path);
	if (strcmp(got, want))
		fail_msg("%s is %s, not %s", path, got, want);
	free(got);
}

struct expectation {
	const char *path, *want;
};

static void
expect_all(enum event_action action, const struct expectation *x)
{
	struct event e = sample_event(action);
	struct buf b;
	json_t *root = written(&e, &b);

	for (; x->path; x++)
		expect(root, x->path, x->want);
	json_decref(root);
	buf_clear(&b);
}

static void
a_transfer_has_the_names_scripts_rely_on(void **state)
{
	static const struct expectation x[] = {
		{ "@timestamp", "\"2026-03-02T14:02:11.000000000Z\"" },
		{ "event.action", "\"transfer\"" },
		{ "event.sequence", "1" },
		{ "event.start", "\"2026-03-02T14:02:12.000000000Z\"" },
		{ "event.duration", "1000000000" },
		{ "network.transport", "\"tcp\"" },
		{ "network.protocol", "\"tls\"" },
		{ "network.community_id",
		    "\"1:LQU9qZlK+B5F3KDmev6m5PMibrg=\"" },
		{ "source", "{\"ip\":\"10.1.2.3\",\"port\":40000,"
			    "\"bytes\":5000}" },
		{ "destination.domain", "\"ksn-file.example.net\"" },
		{ "tls.client.server_name", "\"ksn-file.example.net\"" },
		{ "http.request.method", "\"PUT\"" },
		{ "http.response.status_code", "201" },
		{ "url", "{\"original\":\"/up?a=b#c\",\"scheme\":\"https\","
			 "\"domain\":\"ksn-file.example.net\",\"port\":8443,"
			 "\"path\":\"/up\",\"query\":\"a=b\"}" },
		{ "dns.question.name", "\"ksn-file.example.net\"" },
		{ "dns.resolved_ip", "[\"192.0.2.80\",\"2001:db8::1\"]" },
		{ "telltap.origin", "\"derived\"" },
		{ "telltap.flow.id", "\"17\"" },
		{ "telltap.transfer.id", "\"17.2\"" },
		{ "telltap.transfer.flow", "\"17\"" },
		{ "telltap.transfer.kind", "\"file-fragment\"" },
		{ "telltap.transfer.grade", "\"proven\"" },
		{ "telltap.transfer.visibility", "\"clear\"" },
		{ "telltap.transfer.reasons.0", "\"clear text\"" },
		{ "telltap.transfer.inference.p_false", "0.25" },
		{ "telltap.transfer.inference.candidates.0.name",
		    "\"plan.pdf\"" },
		{ "telltap.transfer.inference.candidates.0.encoding",
		    "\"gzip+base64\"" },
		{ "telltap.transfer.inference.candidates.0.score", "12.5" },
		{ "telltap.transfer.inference.read.name", "\"b.exe\"" },
		{ "telltap.transfer.inference.read.before_ms", "2500" },
		{ "telltap.transfer.inference.read.same_process", "true" },
		{ "telltap.transfer.inference.candidates.1.size", "70000" },
		{ "telltap.transfer.inference.candidates.1.score", "-0.25" },
		{ "telltap.coverage.missing_out", "11" },
		{ "telltap.data.categories", "[\"file.hash\",\"file.name\"]" },
		{ "telltap.data.files.0.size", "150016" },
		{ "telltap.data.files.0.ranges.1",
		    "{\"start\":8192,\"end\":8704}" },
		{ "telltap.data.hashes.0.known", "true" },
		{ "telltap.cloud.vendor", "\"Example AV\"" },
		{ NULL, NULL },
	};

	expect_all(EVENT_TRANSFER, x);
}

static void
a_flow_has_its_counts_and_digests(void **state)
{
	static const struct expectation x[] = {
		{ "source.bytes", "600" },
		{ "destination.packets", "8" },
		{ "telltap.flow.payload_out", "600" },
		{ "telltap.flow.gaps_in", "2" },
		{ "telltap.flow.endpoint_by", "\"syn\"" },
		{ "telltap.flow.protocol_by", "\"peer\"" },
		{ "telltap.flow.sha256_out",
		    "\"09000000000000000000000000000000"
		    "00000000000000000000000000000000\"" },
		{ "telltap.flow.plaintext_in", "60" },
		{ "telltap.coverage.missing_in", "40" },
		{ "telltap.tls.ja4",
		    "\"t13d1516h2_8daaf6152771_b186095e22b6\"" },
		{ NULL, NULL },
	};

	expect_all(EVENT_FLOW, x);
}

static void
the_summary_accounts_for_what_left(void **state)
{
	static const struct expectation x[] = {
		{ "telltap.coverage.packets", "33412" },
		{ "telltap.coverage.packets_dropped_ring", "5" },
		{ "telltap.summary.understood_out", "1100000" },
		{ "telltap.summary.missing_out", "77" },
		{ "telltap.summary.kinds.hash-lookup",
		    "{\"proven\":800,\"observed\":12}" },
		{ NULL, NULL },
	};

	expect_all(EVENT_SUMMARY, x);
}

/* A process or a file that it read: no flow says whose it is. */
static void
a_process_alone_tells_where_it_runs(void **state)
{
	static const struct expectation x[] = {
		{ "event.action", "\"process\"" },
		{ "process.pid", "77" },
		{ "telltap.attribution",
		    "{\"cgroup\":\"/av\",\"unit\":\"av.service\"}" },
		{ NULL, NULL },
	};
	struct event_process p = { .pid = 77, .user = UINT64_MAX,
		.cgroup = SPAN_LITERAL("/av"),
		.unit = SPAN_LITERAL("av.service") };
	struct event e = { .action = EVENT_PROCESS, .process = &p,
		.input = true };
	struct buf b;
	json_t *root = written(&e, &b);

	for (size_t i = 0; x[i].path; i++)
		expect(root, x[i].path, x[i].want);
	json_decref(root);
	buf_clear(&b);
	p.cgroup = p.unit = (struct span){ NULL, 0 };
	root = written(&e, &b);
	assert_null(at(root, "telltap.attribution"));
	json_decref(root);
	buf_clear(&b);
}

static void
an_unnamed_transport_keeps_its_number(void **state)
{
	struct event e = sample_event(EVENT_FLOW);
	struct event_flow f = sample_flow;
	struct buf b;
	json_t *root;

	f.proto = 253;
	f.ip_version = 6;
	f.endpoint_by = "first-packet";
	e.flow = &f;
	root = written(&e, &b);
	expect(root, "network.iana_number", "\"253\"");
	expect(root, "source.ip", "\"::ffff:10.1.2.3\"");
	assert_null(at(root, "network.transport"));
	assert_null(at(root, "network.direction"));
	assert_null(at(root, "source.port"));
	json_decref(root);
	buf_clear(&b);
}

static void
what_is_read_back_writes_the_same_line(void **state)
{
	struct event_reader *r = event_reader_new();

	static const struct event_unwatched unwatched = {
		.address = { .b = { [10] = 0xff, [11] = 0xff, [12] = 192,
			[15] = 9 } },
		.ip_version = 4, .domain = SPAN_LITERAL("cloud.example"),
		.bytes = 1, .packets = 2, .connections = 3, .first_ns = 4,
		.last_ns = 5, .pid = 6, .name = SPAN_LITERAL("other") };

	/* The last one is a coverage event of one address. */
	for (unsigned a = 0; a <= EVENT_ACTION_COUNT; a++) {
		struct event e = sample_event(a < EVENT_ACTION_COUNT ?
		    (enum event_action)a : EVENT_COVERAGE), back;
		struct buf b, again;

		if (a == EVENT_ACTION_COUNT) {
			e.totals = NULL;
			e.unwatched = &unwatched;
		}
		json_decref(written(&e, &b));
		assert_int_equal(event_read_json(r, (char *)b.data, b.len,
				     &back), 0);
		buf_init(&again, 0);
		event_write_json(&back, &again);
		buf_u8(&b, 0);
		buf_u8(&again, 0);
		assert_string_equal((char *)again.data, (char *)b.data);
		buf_clear(&b);
		buf_clear(&again);
	}
	event_reader_free(r);
}

/* A transfer with count reasons of len bytes each. */
static json_t *
with_reasons(size_t count, size_t len, uint8_t fill, size_t *ret_len)
{
	struct event e = sample_event(EVENT_TRANSFER);
	struct event_transfer t = sample_transfer;
	struct span *reasons = calloc(count, sizeof(*reasons));
	uint8_t *text = malloc(len);
	struct buf b;
	json_t *root;

	memset(text, fill, len);
	for (size_t i = 0; i < count; i++)
		reasons[i] = (struct span){ text, len };
	t.reasons = reasons;
	t.reason_count = count;
	e.transfer = &t;
	root = written(&e, &b);
	*ret_len = b.len;
	buf_clear(&b);
	free(text);
	free(reasons);
	return root;
}

static void
a_line_at_the_ceiling_is_whole_and_above_it_says_what_is_missing(void **state)
{
	size_t len, base;
	json_t *root = with_reasons(1, 1, 'a', &base);

	json_decref(root);
	root = with_reasons(1, EVENT_WRITE_MAX - base + 1 > 16384 ? 16384 : 1,
	    'a', &len);
	assert_null(at(root, "telltap.left_out"));
	json_decref(root);
	/* 4 bytes a reason in JSON: commas, quotes, one letter. */
	root = with_reasons(1 + (EVENT_WRITE_MAX - base) / 4, 1, 'a', &len);
	assert_true(len > EVENT_WRITE_MAX - 4);
	assert_null(at(root, "telltap.left_out"));
	json_decref(root);
	root = with_reasons(2 + (EVENT_WRITE_MAX - base) / 4, 1, 'a', &len);
	assert_non_null(at(root, "telltap.left_out"));
	assert_int_equal(json_array_size(at(root, "telltap.transfer.reasons")) +
			     (size_t)json_integer_value(
				 at(root, "telltap.left_out.reasons")),
	    2 + (EVENT_WRITE_MAX - base) / 4);
	json_decref(root);
}

static void
a_hostile_event_of_any_size_stays_below_the_ceiling(void **state)
{
	struct event e = sample_event(EVENT_TRANSFER);
	struct event_transfer t = sample_transfer;
	struct event_http h = sample_http;
	struct event_flow f = sample_flow;
	static struct event_file files[5000];
	static struct event_range ranges[5000];
	static uint8_t evil[70000];
	struct span text = { evil, sizeof(evil) };
	struct buf b;
	json_t *root;

	memset(evil, 1, sizeof(evil));
	for (size_t i = 0; i < 5000; i++) {
		files[i] = sample_files[0];
		files[i].name = text;
		files[i].ranges = ranges;
		files[i].range_count = 5000;
	}
	t.files = files;
	t.file_count = 5000;
	h.method = h.host = h.target = h.user_agent = h.request_type = text;
	f.domain = text;
	t.http = &h;
	e.transfer = &t;
	e.flow = &f;
	root = written(&e, &b);
	assert_non_null(at(root, "telltap.left_out.files"));
	assert_non_null(at(root, "telltap.left_out.text_bytes"));
	json_decref(root);
	buf_clear(&b);
}

static void
a_text_is_cut_between_characters(void **state)
{
	struct event e = sample_event(EVENT_TRANSFER);
	struct event_transfer t = sample_transfer;
	static uint8_t text[20001];
	struct span reason = { text, sizeof(text) };
	struct buf b;
	json_t *root;

	text[0] = 'x';
	for (size_t i = 1; i < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xa9", 2);
	t.reasons = &reason;
	t.reason_count = 1;
	e.transfer = &t;
	root = written(&e, &b);
	assert_int_equal(json_string_length(
			     at(root, "telltap.transfer.reasons.0")),
	    16383);
	expect(root, "telltap.left_out.text_bytes", "3618");
	json_decref(root);
	buf_clear(&b);
}

static void
lines_that_are_no_events_are_refused(void **state)
{
	static const struct {
		const char *line;
		int code;
	} bad[] = {
		{ "", ERR_MALFORMED },
		{ "[]", ERR_MALFORMED },
		{ "{}", ERR_MALFORMED },
		{ "{\"event\":{\"action\":7}}", ERR_MALFORMED },
		{ "{\"event\":{\"action\":\"later\"}}", ERR_UNSUPPORTED },
		{ "{\"event\":{\"action\":\"seal\"}}", ERR_END },
		{ "{\"event\":{\"action\":\"transfer\"}}", ERR_MALFORMED },
		{ "{\"event\":{\"action\":\"summary\",\"sequence\":-1}}",
		    ERR_MALFORMED },
		{ "{\"event\":{\"action\":\"summary\"},\"@timestamp\":"
		  "\"2026-13-02T14:02:11.000000000Z\"}", ERR_MALFORMED },
		{ "{\"event\":{\"action\":\"summary\"},\"@timestamp\":"
		  "\"2026-12-02T14:02:1x.000000000Z\"}", ERR_MALFORMED },
		{ "{\"event\":{\"action\":\"summary\"}}", 0 },
	};
	struct event_reader *r = event_reader_new();
	struct event e;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		int err = event_read_json(r, bad[i].line, strlen(bad[i].line),
		    &e);

		if (err != bad[i].code)
			fail_msg("%s: %d", bad[i].line, err);
		assert_true((err == ERR_MALFORMED) ==
			    (event_reader_error(r)[0] != 0));
	}
	event_reader_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_transfer_has_the_names_scripts_rely_on),
		cmocka_unit_test(a_flow_has_its_counts_and_digests),
		cmocka_unit_test(the_summary_accounts_for_what_left),
		cmocka_unit_test(a_process_alone_tells_where_it_runs),
		cmocka_unit_test(an_unnamed_transport_keeps_its_number),
		cmocka_unit_test(what_is_read_back_writes_the_same_line),
		cmocka_unit_test(
		    a_line_at_the_ceiling_is_whole_and_above_it_says_what_is_missing),
		cmocka_unit_test(
		    a_hostile_event_of_any_size_stays_below_the_ceiling),
		cmocka_unit_test(a_text_is_cut_between_characters),
		cmocka_unit_test(lines_that_are_no_events_are_refused),
	};

	return cmocka_run_group_tests_name("event_json", tests, NULL, NULL);
}
