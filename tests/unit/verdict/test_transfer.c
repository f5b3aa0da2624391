// SPDX-License-Identifier: Apache-2.0
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

const struct known_file *
known_get(const struct known *k, size_t index)
{
	return &known[index];
}

size_t
known_count(const struct known *k)
{
	return 2;
}

uint64_t
known_rows(const struct known *k)
{
	return 0;
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

static void
on_transfer(void *arg, struct conn *conn, struct event_transfer *t)
{
	((struct fixture *)arg)->t = t;
}

static void
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

static void
tear_down(struct fixture *f)
{
	transfer_sink_clear(&f->sink);
	arena_clear(&f->arena);
}

/* One request out with a body of body_len, an answer of in_len. */
static const struct event_transfer *
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

static void
expect(const struct event_transfer *t, enum kind kind, enum grade grade)
{
	assert_string_equal(kind_name(t->kind), kind_name(kind));
	assert_string_equal(grade_name(t->grade), grade_name(grade));
	assert_true(t->reason_count > 0);
	assert_int_equal(
	    t->understood_out + t->undeciphered_out + t->encrypted_out,
	    t->payload_out);
}

static struct scan_item items[3];

static void
item(size_t n, struct scan_item it)
{
	it.parent = (int)n - 1;
	items[n] = it;
	findings.items = items;
	findings.item_count = n + 1;
}

static void
all_bytes_of_a_known_file_are_a_proven_upload(void **state)
{
	static const struct scan_range all = { 0, 1000 };
	static const struct scan_match match = { .file = 0, .whole = true,
		.exact = true, .sent_bytes = 1000, .ranges = &all,
		.range_count = 1 };
	const struct event_transfer *t;
	struct fixture f;

	set_up(&f);
	item(0, (struct scan_item){ .size = 1500, .complete = true,
		.container = true });
	item(1, (struct scan_item){ .size = 1000, .complete = true,
		.encoding = "base64", .declared_file = true,
		.known_bytes = 1000, .matches = &match, .match_count = 1 });
	t = exchange(&f, 1500, 50, 0);
	expect(t, KIND_FILE_UPLOAD, GRADE_PROVEN);
	assert_int_equal(t->file_count, 1);
	assert_true(t->files[0].known);
	assert_true(t->files[0].coverage == 1.0);
	assert_int_equal(t->files[0].encoding_count, 1);
	assert_string_equal(t->files[0].encodings[0], "base64");
	assert_string_equal(t->files[0].origin, "user");
	assert_string_equal(t->categories[0].category, "file.content");
	assert_true(scan_complete);
	assert_int_equal(scanned, 1500);
	tear_down(&f);
}

static void
part_of_a_known_file_is_a_fragment_even_if_declared_a_file(void **state)
{
	static const struct scan_range part = { 0, 400 };
	static const struct scan_match match = { .file = 1,
		.sent_bytes = 400, .ranges = &part, .range_count = 1 };
	const struct event_transfer *t;
	struct fixture f;

	set_up(&f);
	item(0, (struct scan_item){ .size = 400, .complete = true,
		.declared_file = true, .known_bytes = 400, .matches = &match,
		.match_count = 1 });
	t = exchange(&f, 400, 50, 0);
	expect(t, KIND_FILE_FRAGMENT, GRADE_PROVEN);
	assert_int_equal(t->file_count, 1);
	assert_true(t->files[0].coverage == 0.4);
	assert_string_equal(t->files[0].origin, "canary");
	tear_down(&f);
}

static void
parts_of_one_file_in_many_fields_are_told_as_one(void **state)
{
	static const uint32_t also = 1;
	static const struct scan_range part[] = {
		{ 600, 1000 }, { 0, 300 }, { 300, 600 },
	};
	static struct scan_match match[3];
	const struct event_transfer *t;
	struct fixture f;

	for (size_t n = 2; n <= 3; n++) {
		set_up(&f);
		for (size_t i = 0; i < n; i++) {
			match[i] = (struct scan_match){ .file = 0,
				.sent_bytes = part[i].end - part[i].start,
				.ranges = &part[i], .range_count = 1,
				.also = &also, .also_count = i < 2 };
			item(i, (struct scan_item){ .size = 400,
				.complete = true, .matches = &match[i],
				.match_count = 1 });
			items[i].parent = -1;
		}
		t = exchange(&f, 1200, 50, 0);
		assert_int_equal(t->file_count, 1);
		assert_int_equal(t->files[0].range_count, n == 2 ? 2 : 1);
		assert_int_equal(t->files[0].sent_bytes, n == 2 ? 700 : 1000);
		/* shared by another file, but for the third part */
		assert_int_equal(t->files[0].ambiguous, n == 2);
		expect(t, n == 2 ? KIND_FILE_FRAGMENT : KIND_FILE_UPLOAD,
		    GRADE_PROVEN);
		tear_down(&f);
	}
}

static void
an_envelope_of_known_content_is_no_file_of_its_own(void **state)
{
	static const struct scan_range part = { 0, 400 };
	static const struct scan_match match = { .file = 1,
		.sent_bytes = 400, .ranges = &part, .range_count = 1 };
	const struct event_transfer *t;
	struct fixture f;

	for (uint64_t size = 800; size < 900; size += 50) {
		set_up(&f);
		/* a JSON document, declared a file, with a part of one in it */
		item(0, (struct scan_item){ .size = size, .complete = true,
			.declared_file = true, .known_bytes = 400 });
		item(1, (struct scan_item){ .size = 400, .complete = true,
			.encoding = "json", .known_bytes = 400,
			.matches = &match, .match_count = 1 });
		t = exchange(&f, size, 50, 0);
		if (size == 800)
			expect(t, KIND_FILE_FRAGMENT, GRADE_PROVEN);
		else
			expect(t, KIND_FILE_UPLOAD, GRADE_OBSERVED);
		assert_int_equal(t->file_count, size == 800 ? 1 : 2);
		tear_down(&f);
	}
}

static void
a_declared_unknown_file_is_observed(void **state)
{
	const struct event_transfer *t;
	struct fixture f;

	set_up(&f);
	item(0, (struct scan_item){ .size = 700, .complete = true,
		.declared_file = true, .name = SPAN_LITERAL("x.bin") });
	t = exchange(&f, 700, 50, 0);
	expect(t, KIND_FILE_UPLOAD, GRADE_OBSERVED);
	assert_false(t->files[0].known);
	assert_int_equal(t->files[0].size, 700);
	tear_down(&f);
}

static void
a_declared_file_that_is_not_whole_is_a_fragment(void **state)
{
	const struct event_transfer *t;
	struct fixture f;

	set_up(&f);
	item(0, (struct scan_item){ .size = 700, .missing = 300,
		.declared_file = true });
	t = exchange(&f, 700, 50, 300);
	expect(t, KIND_FILE_FRAGMENT, GRADE_OBSERVED);
	assert_int_equal(t->files[0].size, UINT64_MAX);
	assert_int_equal(t->missing_out, 300);
	assert_int_equal(scan_gaps, 300);
	assert_false(scan_complete);
	tear_down(&f);
}

static void
a_file_that_is_cut_is_a_fragment(void **state)
{
	const struct event_transfer *t;
	struct fixture f;

	for (int declared = 0; declared < 2; declared++) {
		set_up(&f);
		item(0, (struct scan_item){ .size = 700, .complete = true,
			.declared_file = declared, .file_format = true,
			.cut = true });
		t = exchange(&f, 700, 50, 0);
		expect(t, KIND_FILE_FRAGMENT, GRADE_OBSERVED);
		assert_int_equal(t->files[0].size, UINT64_MAX);
		assert_true(t->files[0].coverage == 0.0);
		tear_down(&f);
	}
}

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_bytes_of_a_known_file_are_a_proven_upload),
		cmocka_unit_test(
		    part_of_a_known_file_is_a_fragment_even_if_declared_a_file),
		cmocka_unit_test(
		    an_envelope_of_known_content_is_no_file_of_its_own),
		cmocka_unit_test(a_declared_unknown_file_is_observed),
		cmocka_unit_test(
		    a_declared_file_that_is_not_whole_is_a_fragment),
		cmocka_unit_test(a_file_that_is_cut_is_a_fragment),
		cmocka_unit_test(
		    parts_of_one_file_in_many_fields_are_told_as_one),
		cmocka_unit_test(an_empty_entity_is_never_an_upload),
		cmocka_unit_test(
		    hash_of_a_known_file_is_proven_of_another_observed),
		cmocka_unit_test(an_upload_with_its_hash_is_an_upload),
		cmocka_unit_test(what_is_read_but_not_understood_is_opaque),
		cmocka_unit_test(missing_bytes_forbid_a_harmless_kind),
		cmocka_unit_test(telemetry_urls_and_their_order),
		cmocka_unit_test(sealed_bytes_are_opaque_with_their_sizes),
		cmocka_unit_test(records_that_may_end_a_file_are_kept),
		cmocka_unit_test(what_comes_in_is_not_scanned),
	};

	return cmocka_run_group_tests_name("transfer", tests, NULL, NULL);
}
