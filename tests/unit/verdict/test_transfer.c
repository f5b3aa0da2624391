// SPDX-License-Identifier: Apache-2.0
#include "transfer_bench.h"

#include "protocol/conn_hook.h"
#include "protocol/midway.h"
#include "protocol/tls/tls.h"

static void
an_empty_entity_is_never_an_upload(void **state)
{
	struct fixture f;

	set_up(&f);
	item(0, (struct scan_item){ .declared_file = true, .complete = true });
	expect(exchange(&f, 0, 50, 0), KIND_OTHER, GRADE_OBSERVED);
	tear_down(&f);
}

static void
hash_of_a_known_file_is_proven_of_another_observed(void **state)
{
	static struct scan_hash hash = { .algorithm = KNOWN_SHA256,
		.encoding = "hex", .value = SPAN_LITERAL("00ff"), .file = 0,
		.lookup_place = true };
	const struct event_transfer *t;
	struct fixture f;

	set_up(&f);
	findings.hashes = &hash;
	findings.hash_count = 1;
	t = exchange(&f, 64, 50, 0);
	expect(t, KIND_HASH_LOOKUP, GRADE_PROVEN);
	assert_true(t->hashes[0].known);
	assert_true(t->hashes[0].has_file_sha256);
	hash.file = -1;
	expect(exchange(&f, 64, 50, 0), KIND_HASH_LOOKUP, GRADE_OBSERVED);
	hash.lookup_place = false;
	expect(exchange(&f, 64, 50, 0), KIND_OTHER, GRADE_OBSERVED);
	tear_down(&f);
}

static void
an_upload_with_its_hash_is_an_upload(void **state)
{
	static const struct scan_hash hash = { .file = 0, .encoding = "hex" };
	struct fixture f;

	set_up(&f);
	item(0, (struct scan_item){ .size = 700, .complete = true,
		.declared_file = true });
	findings.hashes = &hash;
	findings.hash_count = 1;
	expect(exchange(&f, 700, 50, 0), KIND_FILE_UPLOAD, GRADE_OBSERVED);
	tear_down(&f);
}

static void
what_is_read_but_not_understood_is_opaque(void **state)
{
	const struct event_transfer *t;
	struct fixture f;

	set_up(&f);
	findings.undeciphered_bytes = 900;
	t = exchange(&f, 900, 5000, 0);
	expect(t, KIND_OPAQUE, GRADE_OPAQUE);
	assert_int_equal(t->undeciphered_out, 900);
	assert_int_equal(t->understood_out, 100);
	tear_down(&f);
}

static void
what_was_not_understood_beside_a_look_up_is_told(void **state)
{
	static const struct scan_hash hash = { .algorithm = KNOWN_SHA256,
		.encoding = "hex", .value = SPAN_LITERAL("00ff"), .file = 0,
		.lookup_place = true };
	const struct event_transfer *t;
	struct fixture f;

	set_up(&f);
	findings.hashes = &hash;
	findings.hash_count = 1;
	assert_int_equal(exchange(&f, 1000, 50, 0)->reason_count, 1);
	findings.undeciphered_bytes = 900;
	t = exchange(&f, 1000, 50, 0);
	expect(t, KIND_HASH_LOOKUP, GRADE_PROVEN);
	assert_int_equal(t->reason_count, 2);
	assert_non_null(strstr((const char *)t->reasons[1].p, "900 bytes"));
	tear_down(&f);
}

static void
missing_bytes_forbid_a_harmless_kind(void **state)
{
	struct fixture f;

	set_up(&f);
	expect(exchange(&f, 100, 5000, 0), KIND_DOWNLOAD, GRADE_OBSERVED);
	expect(exchange(&f, 100, 5000, 1), KIND_OPAQUE, GRADE_OPAQUE);
	tear_down(&f);
}

static void
telemetry_urls_and_their_order(void **state)
{
	static const struct scan_category category = { .category = "host.id",
		.why = "a host name", .path = SPAN_LITERAL("/host") };
	static const struct span url = SPAN_LITERAL("http://a.example/");
	struct fixture f;

	set_up(&f);
	findings.categories = &category;
	findings.category_count = 1;
	expect(exchange(&f, 100, 5000, 0), KIND_TELEMETRY, GRADE_OBSERVED);
	findings.urls = &url;
	findings.url_count = 1;
	expect(exchange(&f, 100, 5000, 0), KIND_URL_LOOKUP, GRADE_OBSERVED);
	tear_down(&f);
}

static void
an_entity_is_whole_without_an_answer(void **state)
{
	static const struct {
		bool ended, complete;
		uint64_t missing;
		enum message_end end;
		bool whole;
	} cases[] = {
		{ true, true, 0, MESSAGE_COMPLETE, true },
		{ true, true, 0, MESSAGE_CUT, true },
		{ true, true, 0, MESSAGE_BROKEN, false },
		{ true, true, 1, MESSAGE_CUT, false },
		{ true, false, 0, MESSAGE_COMPLETE, false },
		{ true, false, 0, MESSAGE_CUT, false },
		{ false, false, 0, MESSAGE_COMPLETE, true },
		{ false, false, 0, MESSAGE_CUT, false },
	};
	const struct when when = { 5, 1 };
	struct fixture f;
	struct message *m;

	set_up(&f);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		m = transfer_ops.begin(&f.conn, MESSAGE_HTTP, &when);
		transfer_ops.wire(m, 0, 100, &when);
		transfer_ops.body(m, 0, (const uint8_t *)"body", 4, &when);
		if (cases[i].missing)
			transfer_ops.gap(m, 0, cases[i].missing, &when);
		if (cases[i].ended)
			transfer_ops.body_end(m, 0, cases[i].complete, &when);
		transfer_ops.end(m, cases[i].end, &when);
		assert_int_equal(scan_complete, cases[i].whole);
	}
	tear_down(&f);
}

/* However its bytes overtook each other, and in whatever order they are given. */
static void
a_transfer_ends_with_its_last_packet(void **state)
{
	static const struct when when[] = { { 50, 5 }, { 90, 9 }, { 70, 7 } };
	struct fixture f;
	struct message *m;

	set_up(&f);
	m = transfer_ops.begin(&f.conn, MESSAGE_SEALED, &when[0]);
	for (int i = 0; i < 3; i++)
		transfer_ops.wire(m, 0, 100, &when[i]);
	transfer_ops.end(m, MESSAGE_CUT, &when[2]);
	assert_int_equal(f.t->end_ns, 90);
	assert_int_equal(f.t->packet_last, 9);
	tear_down(&f);
}

static void
why_sealed_bytes_were_not_read_is_told(void **state)
{
	static const char *const why[] = {
		[TLS_KEYS_NONE] = "no key is at hand",
		[TLS_KEYS_UNUSED] = "keys at hand did not open it",
		[TLS_KEYS_OPENED] = "keys that opened other records",
		[TLS_KEYS_WRONG] = "keys at hand did not open it",
		[TLS_KEYS_UNSUPPORTED] = "no library here knows its cipher suite",
	};
	const struct when when = { 5, 1 };
	struct tls_info tls = { 0 };
	struct fixture f;
	struct message *m;

	set_up(&f);
	f.conn.tls = &tls;
	for (tls.keys = 0; tls.keys < sizeof(why) / sizeof(why[0]); tls.keys++) {
		m = transfer_ops.begin(&f.conn, MESSAGE_SEALED, &when);
		transfer_ops.wire(m, 1, 100, &when);
		transfer_ops.sealed(m, 1, 70, 70, &when);
		transfer_ops.end(m, MESSAGE_COMPLETE, &when);
		expect(f.t, KIND_OPAQUE, GRADE_OPAQUE);
		assert_non_null(strstr((const char *)f.t->reasons[0].p,
		    why[tls.keys]));
	}
	f.conn.tls = NULL;
	m = transfer_ops.begin(&f.conn, MESSAGE_SEALED, &when);
	transfer_ops.sealed(m, 1, 70, 70, &when);
	transfer_ops.limit(m, "nobody opens DTLS here");
	transfer_ops.end(m, MESSAGE_COMPLETE, &when);
	assert_null(strstr((const char *)f.t->reasons[0].p, "no key"));
	assert_non_null(strstr((const char *)f.t->reasons[0].p, "not opened"));
	tear_down(&f);
}

static void
sealed_bytes_are_opaque_with_their_sizes(void **state)
{
	struct when when = { 5, 1 };
	struct fixture f;
	struct message *m;

	set_up(&f);
	f.conn.endpoint_side = 1;
	m = transfer_ops.begin(&f.conn, MESSAGE_SEALED, &when);
	transfer_ops.wire(m, 1, 1022, &when);
	transfer_ops.sealed(m, 1, 1000, 1000, &when);
	transfer_ops.end(m, MESSAGE_COMPLETE, &when);
	expect(f.t, KIND_OPAQUE, GRADE_OPAQUE);
	assert_int_equal(f.t->visibility, VISIBLE_ENCRYPTED);
	assert_int_equal(f.t->payload_out, 1022);
	assert_int_equal(f.t->encrypted_out, 1022);
	assert_int_equal(f.t->plain_max_out, 1000);
	tear_down(&f);
}

/* Neither full ones nor control frames, nor what is not exact or comes in. */
static void
records_that_may_end_a_file_are_kept(void **state)
{
	struct when when = { 5, 1 };
	struct fixture f;
	struct message *m;

	set_up(&f);
	f.conn.endpoint_side = 1;
	m = transfer_ops.begin(&f.conn, MESSAGE_SEALED, &when);
	transfer_ops.sealed(m, 1, 16384, 16384, &when);
	transfer_ops.sealed(m, 1, 64, 64, &when);
	transfer_ops.sealed(m, 1, 65, 65, &when);
	transfer_ops.sealed(m, 1, 700, 716, &when);
	transfer_ops.sealed(m, 0, 800, 800, &when);
	transfer_ops.sealed(m, 1, 16383, 16383, &when);
	transfer_ops.sealed(m, 1, 9, 9, &when);
	transfer_ops.end(m, MESSAGE_COMPLETE, &when);
	assert_int_equal(f.t->end_count, 2);
	assert_int_equal(f.t->ends_out[0], 65);
	assert_int_equal(f.t->ends_out[1], 16383);
	assert_int_equal(f.t->end_last, 16383);
	assert_int_equal(f.t->full_out, 1);
	/* One more than there is room for is counted, and is the last. */
	m = transfer_ops.begin(&f.conn, MESSAGE_SEALED, &when);
	for (unsigned i = 0; i <= TRANSFER_ENDS; i++)
		transfer_ops.sealed(m, 1, 100 + i, 100 + i, &when);
	transfer_ops.end(m, MESSAGE_COMPLETE, &when);
	assert_int_equal(f.t->end_count, TRANSFER_ENDS + 1);
	assert_int_equal(f.t->ends_out[TRANSFER_ENDS - 1],
	    99 + TRANSFER_ENDS);
	assert_int_equal(f.t->end_last, 100 + TRANSFER_ENDS);
	tear_down(&f);
}

static void
what_comes_in_is_not_scanned(void **state)
{
	static const uint8_t body[100];
	struct when when = { 5, 1 };
	struct fixture f;
	struct message *m;

	set_up(&f);
	m = transfer_ops.begin(&f.conn, MESSAGE_RUN, &when);
	scanned = 0;
	transfer_ops.wire(m, 1, 100, &when);
	transfer_ops.body(m, 1, body, 100, &when);
	transfer_ops.end(m, MESSAGE_COMPLETE, &when);
	assert_int_equal(scanned, 0);
	expect(f.t, KIND_DOWNLOAD, GRADE_OBSERVED);
	tear_down(&f);
}

/* A run, of which so many bytes go out. */
static const struct event_transfer *
run(struct fixture *f, enum message_kind kind, uint64_t out_len)
{
	static const uint8_t bytes[100];
	struct when when = { 5, 1 };
	struct message *m = transfer_ops.begin(&f->conn, kind, &when);

	transfer_ops.wire(m, 0, out_len, &when);
	if (kind == MESSAGE_RUN && out_len)
		transfer_ops.body(m, 0, bytes, out_len, &when);
	transfer_ops.wire(m, 1, 10, &when);
	transfer_ops.end(m, MESSAGE_COMPLETE, &when);
	assert_non_null(f->t);
	return f->t;
}

static void
what_begins_before_its_capture_is_not_complete(void **state)
{
	static const char was_there[] = "the connection was there before";
	const struct event_transfer *t;
	struct fixture f;

	set_up(&f);
	f.conn.before = CONN_BEFORE_UNSEEN;
	t = run(&f, MESSAGE_RUN, 0);
	assert_true(t->complete && !has_reason(t, was_there));
	t = run(&f, MESSAGE_RUN, 100);
	assert_true(!t->complete && has_reason(t, was_there));
	t = run(&f, MESSAGE_RUN, 100);
	assert_true(t->complete && !has_reason(t, was_there));
	/* A request is whole from its head on. */
	f.conn.before = CONN_BEFORE_UNSEEN;
	t = exchange(&f, 100, 100, 0);
	assert_true(t->complete && !has_reason(t, was_there));
	tear_down(&f);
}

static void
what_a_library_tells_late_is_not_complete(void **state)
{
	static const char unread[] = "what the connection had sent before";
	struct conn_hook hook = { .feeding = true };
	const struct event_transfer *t;
	struct fixture f;

	set_up(&f);
	f.conn.hook = &hook;
	t = run(&f, MESSAGE_RUN, 100);
	assert_true(t->complete && !has_reason(t, unread));
	hook.feeding = false;
	t = run(&f, MESSAGE_SEALED, 100);
	assert_true(t->complete && !has_reason(t, unread));
	hook.feeding = true;
	t = run(&f, MESSAGE_RUN, 100);
	assert_true(!t->complete && has_reason(t, unread));
	t = run(&f, MESSAGE_RUN, 100);
	assert_true(t->complete && !has_reason(t, unread));
	tear_down(&f);
}

static void
expect_sealed(const struct event_transfer *t, uint64_t least)
{
	expect(t, KIND_OPAQUE, GRADE_OPAQUE);
	assert_int_equal(t->visibility, VISIBLE_ENCRYPTED);
	assert_int_equal(t->encrypted_out, t->payload_out);
	assert_int_equal(t->plain_min_out, least);
	assert_int_equal(t->plain_max_out, t->payload_out);
	assert_true(has_reason(t, "encrypted"));
}

/* Else bytes of one message would count as those of the other side. */
static void
a_message_settles_what_is_outbound(void **state)
{
	struct when when = { 5, 1 };
	struct fixture f;
	struct message *m;

	set_up(&f);
	assert_false(f.conn.told);
	m = transfer_ops.begin(&f.conn, MESSAGE_SEALED, &when);
	assert_true(f.conn.told);
	transfer_ops.end(m, MESSAGE_COMPLETE, &when);
	tear_down(&f);
}

static void
what_was_sealed_before_its_capture_is_not_clear(void **state)
{
	static const struct scan_hash hash = { .algorithm = KNOWN_SHA256,
		.encoding = "hex", .value = SPAN_LITERAL("00ff"), .file = 0,
		.lookup_place = true };
	const struct event_transfer *t;
	struct fixture f;

	set_up(&f);
	f.conn.midway = MIDWAY_QUIC;
	expect_sealed(run(&f, MESSAGE_RUN, 100), 59);
	expect_sealed(run(&f, MESSAGE_RUN, 30), 0);
	/* of TLS: what holds noise, or is older than the capture */
	f.conn.midway = MIDWAY_TLS;
	t = run(&f, MESSAGE_RUN, 100);
	assert_int_equal(t->visibility, VISIBLE_CLEAR);
	f.conn.before = CONN_BEFORE_UNSEEN;
	expect_sealed(run(&f, MESSAGE_RUN, 100), 0);
	assert_int_equal(f.conn.before, CONN_BEFORE_UNREAD);
	findings.undeciphered_bytes = 100;
	expect_sealed(run(&f, MESSAGE_RUN, 100), 0);
	/* what is found was not sealed */
	findings.hashes = &hash;
	findings.hash_count = 1;
	t = run(&f, MESSAGE_RUN, 100);
	expect(t, KIND_HASH_LOOKUP, GRADE_PROVEN);
	assert_int_equal(t->visibility, VISIBLE_CLEAR);
	tear_down(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_entity_is_never_an_upload),
		cmocka_unit_test(
		    hash_of_a_known_file_is_proven_of_another_observed),
		cmocka_unit_test(an_upload_with_its_hash_is_an_upload),
		cmocka_unit_test(what_is_read_but_not_understood_is_opaque),
		cmocka_unit_test(what_was_not_understood_beside_a_look_up_is_told),
		cmocka_unit_test(missing_bytes_forbid_a_harmless_kind),
		cmocka_unit_test(telemetry_urls_and_their_order),
		cmocka_unit_test(an_entity_is_whole_without_an_answer),
		cmocka_unit_test(a_transfer_ends_with_its_last_packet),
		cmocka_unit_test(why_sealed_bytes_were_not_read_is_told),
		cmocka_unit_test(sealed_bytes_are_opaque_with_their_sizes),
		cmocka_unit_test(records_that_may_end_a_file_are_kept),
		cmocka_unit_test(what_comes_in_is_not_scanned),
		cmocka_unit_test(
		    what_begins_before_its_capture_is_not_complete),
		cmocka_unit_test(what_a_library_tells_late_is_not_complete),
		cmocka_unit_test(a_message_settles_what_is_outbound),
		cmocka_unit_test(
		    what_was_sealed_before_its_capture_is_not_clear),
	};

	return cmocka_run_group_tests_name("transfer", tests, NULL, NULL);
}
