// SPDX-License-Identifier: Apache-2.0
#include "model_bench.h"

/* A transfer of one file: kind, bytes of it that were sent. */
static void
add_file(enum kind kind, uint64_t number, uint64_t sent, const char *origin)
{
	struct event e = sample_event(EVENT_TRANSFER);
	struct event_transfer t = sample_transfer;
	struct event_file f = sample_files[0];

	f.sent_bytes = sent;
	f.coverage = (double)sent / (double)f.size;
	f.ambiguous = false;
	f.origin = origin;
	t.number = number;
	t.kind = kind;
	t.files = &f;
	t.file_count = 1;
	e.transfer = &t;
	add(e);
}

static void
add_total(uint64_t sent)
{
	struct event e = sample_event(EVENT_FILE);
	struct event_file_total t = sample_total;

	t.file = sample_files[0];
	t.file.sent_bytes = sent;
	t.file.coverage = (double)sent / (double)t.file.size;
	e.file = &t;
	add(e);
}

static void
a_file_sent_whole_is_one_row(void **state)
{
	add_file(KIND_FILE_UPLOAD, 1, 150016, "user");
	add_file(KIND_FILE_UPLOAD, 2, 150016, "user");
	assert_true(only_file()->whole);
	assert_int_equal(only_file()->transfers, 2);
	assert_int_equal(model_whole_files(model), 1);
}

/* Live, a file that was read joins the known ones while it is being sent. */
static void
a_file_gets_the_name_that_it_is_known_by(void **state)
{
	struct event e = sample_event(EVENT_TRANSFER);
	struct event_transfer t = sample_transfer;
	struct event_file f = sample_files[0];

	f.name = (struct span){ 0 };
	f.known = false;
	t.kind = KIND_FILE_UPLOAD;
	t.grade = GRADE_OBSERVED;
	t.files = &f;
	t.file_count = 1;
	t.number = 1;
	e.transfer = &t;
	add(e);
	assert_int_equal(only_file()->name.len, 0);
	add_file(KIND_FILE_UPLOAD, 2, 150016, "user");
	assert_true(span_eq(only_file()->name, sample_files[0].name));
	assert_true(only_file()->known);
	/* and keeps it */
	t.number = 3;
	add(e);
	assert_true(span_eq(only_file()->name, sample_files[0].name));
	assert_int_equal(only_file()->transfers, 3);
}

static void
one_byte_short_is_a_fragment(void **state)
{
	add_file(KIND_FILE_FRAGMENT, 1, 150015, "user");
	assert_false(only_file()->whole);
	assert_int_equal(model_whole_files(model), 0);
}

static void
pieces_that_make_up_a_file_make_it_whole(void **state)
{
	add_file(KIND_FILE_FRAGMENT, 1, 100000, "user");
	add_file(KIND_FILE_FRAGMENT, 2, 50016, "user");
	assert_false(only_file()->whole);
	add_total(150015);
	assert_false(only_file()->whole);
	assert_int_equal(model->pieced_files, 0);
	add_total(150016);
	assert_true(only_file()->whole);
	assert_int_equal(only_file()->grade, GRADE_OBSERVED);
	assert_int_equal(model->pieced_files, 1);
	add_total(150016);
	assert_int_equal(model->pieced_files, 1);
}

static void
a_fragment_after_the_whole_takes_nothing_back(void **state)
{
	add_file(KIND_FILE_UPLOAD, 1, 150016, "user");
	add_file(KIND_FILE_FRAGMENT, 2, 16, "user");
	assert_true(only_file()->whole);
	assert_int_equal(only_file()->sent_bytes, 150016);
}

static void
the_products_own_files_stay_out_of_headlines(void **state)
{
	add_file(KIND_FILE_UPLOAD, 1, 150016, "product");
	assert_true(only_file()->whole);
	assert_int_equal(model_whole_files(model), 0);
	model_settle(model);
	assert_int_equal(only_file()->dest->whole_files, 0);
}

/* A file of the user that came in from somebody else, to that vendor's cloud. */
static void
add_carried(uint64_t number, struct span vendor, bool asked)
{
	static const struct event_process client = { .pid = 7,
		.name = SPAN_LITERAL("browser") };
	struct event_transfer t;
	struct event_file f;
	struct event e = whole_upload(&t, &f);
	struct event_cloud c = sample_cloud;

	t.number = number;
	c.vendor = vendor;
	e.cloud = &c;
	e.on_behalf_of = &client;
	e.behalf_asked = asked;
	add(e);
}

static void
no_all_clear_where_next_to_nothing_could_be_read(void **state)
{
	model->has_totals = true;
	model->totals.encrypted_out = 900;
	model->totals.understood_out = 100;
	assert_true(verdict_has("No whole file was seen leaving. 10.0 % of the "
				"outbound payload could be read; nothing"));
	model->totals.understood_out = 99;
	model->totals.encrypted_out = 901;
	assert_true(verdict_has("Whether whole files left can't be told: 9.9 % "
				"of the outbound payload could be read."));
	assert_false(verdict_has("No whole file"));
}

static void
what_no_capture_saw_is_beside_the_verdict(void **state)
{
	model->has_totals = true;
	model->totals.understood_out = 1000;
	assert_true(verdict_has("that was captured could be read."));
	assert_false(verdict_has("Not all"));
	model->totals.dropped_kernel = 1;
	assert_true(verdict_has("could be read. Not all of the traffic was "
				"captured."));
	model->totals.kernel_unseen_out = 9000;
	assert_true(verdict_has("could be read. Another 9,000 bytes went out that "
				"no capture saw."));
	assert_false(verdict_has("Not all"));
	model->totals.kernel_unseen_out = 9010;
	assert_true(verdict_has("can't be told: "));
	assert_true(verdict_has("Another 9,010 bytes went out"));
}

static void
what_is_only_carried_stays_out_of_headlines(void **state)
{
	add_carried(1, SPAN_LITERAL(""), true);
	assert_true(only_file()->whole);
	assert_true(span_eq(only_file()->behalf, SPAN_LITERAL("browser")));
	assert_int_equal(model_whole_files(model), 0);
	/* but the sentence on top does not pass over it */
	assert_int_equal(model_files_apart(model), 1);
	assert_true(verdict_has("No whole file of a user was seen leaving, but "
				"1 file listed apart as the product's own or "
				"another program's. "));
}

static void
what_is_carried_to_a_vendors_cloud_is_in_the_headlines(void **state)
{
	add_carried(1, SPAN_LITERAL("Example"), true);
	assert_int_equal(model_whole_files(model), 1);
}

static void
what_its_client_had_not_asked_for_is_in_the_headlines(void **state)
{
	add_carried(1, SPAN_LITERAL(""), false);
	assert_int_equal(model_whole_files(model), 1);
}

static void
what_a_descendant_outside_sends_stays_out_of_headlines(void **state)
{
	struct event_process browser = { .pid = 7, .outside = true,
		.name = SPAN_LITERAL("browser") };
	struct event_transfer t;
	struct event_file f;
	struct event e = whole_upload(&t, &f);
	struct event_cloud c = sample_cloud;

	c.vendor = SPAN_LITERAL("");
	e.cloud = &c;
	e.process = &browser;
	add(e);
	assert_true(only_file()->whole && only_file()->outside);
	assert_int_equal(model_whole_files(model), 0);
	browser.outside = false;
	t.number++;
	add(e);
	assert_int_equal(model_whole_files(model), 1);
}

static void
files_listed_by_look_ups_did_not_leave(void **state)
{
	add_file(KIND_HASH_LOOKUP, 1, 150016, "user");
	assert_int_equal(model->files.count, 0);
	assert_int_equal(model->hashes.count, 1);
}

static void
flows_and_transfers_of_a_cloud_are_one_destination(void **state)
{
	const struct model_dest *d;
	struct event e = sample_event(EVENT_FLOW);
	struct event_flow f = sample_flow;
	struct event_totals totals = { .packets = 1 };

	add(sample_event(EVENT_TRANSFER));
	assert_int_equal(model->dests.count, 1);
	d = (const struct model_dest *)model->dests.rows[0];
	assert_int_equal(model_dest_sent(d), 5000);
	assert_int_equal(model_dest_received(d), 120);
	f.payload_out = 5600;
	e.flow = &f;
	add(e);
	assert_int_equal(d->flows, 1);
	assert_int_equal(d->transfers, 1);
	assert_int_equal(model_dest_sent(d), 5600);
	assert_int_equal(model_dest_received(d), 700);
	assert_int_equal(d->missing_out, 30);
	/* What was kept back until the end is not sent twice. */
	add(sample_event(EVENT_TRANSFER));
	e = sample_event(EVENT_SUMMARY);
	e.totals = &totals;
	e.sequence = model->next_sequence;
	model->sequence_holes = 0;
	add(e);
	assert_int_equal(model_dest_sent(d), 5600);
	assert_int_equal(d->transfers, 2);
}

/* One connection, by which two hosts were asked. */
static void
bytes_of_a_flow_to_two_destinations_count_once(void **state)
{
	struct event e = sample_event(EVENT_TRANSFER);
	struct event_transfer t = sample_transfer;
	struct event_flow f = sample_flow;
	uint64_t out = 0, in = 0;
	char name[32];

	e.transfer = &t;
	e.flow = &f;
	e.cloud = NULL;
	f.payload_out = 1000;
	f.payload_in = 100;
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "h%d.example.net", i / 100);
		f.domain = span_str(name);
		t.payload_out = 3;
		t.payload_in = 1;
		add(e);
	}
	e.action = EVENT_FLOW;
	e.transfer = NULL;
	f.payload_in = 310;
	add(e);
	assert_int_equal(model->dests.count, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct model_dest *d =
		    (const struct model_dest *)model->dests.rows[i];

		assert_int_equal(model_dest_sent(d), i == 2 ? 400 : 300);
		out += model_dest_sent(d);
		in += model_dest_received(d);
	}
	assert_int_equal(out, 1000);
	assert_int_equal(in, 310);
}

static void
destinations_above_the_ceiling_are_counted_together(void **state)
{
	struct event e = sample_event(EVENT_FLOW);
	struct event_flow f = sample_flow;
	char name[32];

	e.flow = &f;
	e.cloud = NULL;
	for (int i = 0; i < MODEL_DESTS_MAX + 3; i++) {
		snprintf(name, sizeof(name), "h%d.example.net", i);
		f.domain = span_str(name);
		add(e);
	}
	assert_int_equal(model->dests.count, MODEL_DESTS_MAX);
	assert_int_equal(model->dests.more, 3);
	assert_int_equal(model->other.flow_out, 3 * 600);
}

static void
holes_in_the_sequence_are_counted(void **state)
{
	struct event e = sample_event(EVENT_COVERAGE);

	e.sequence = 0;
	add(e);
	e.sequence = 1;
	add(e);
	assert_int_equal(model->sequence_holes, 0);
	e.sequence = 5;
	add(e);
	assert_int_equal(model->sequence_holes, 3);
}

static void
a_cut_in_the_log_is_something_missing(void **state)
{
	struct event_anomaly cut = { .what = "log-cut" };
	struct event e = sample_event(EVENT_SUMMARY);
	struct event_totals t = { .packets = 1 };

	e.sequence = 0;
	e.totals = &t;
	add(e);
	assert_true(model_nothing_missing(model));
	e = sample_event(EVENT_ANOMALY);
	e.anomaly = &cut;
	e.sequence = 1;
	add(e);
	assert_false(model_nothing_missing(model));
}

static void
nothing_missing_needs_a_clean_summary(void **state)
{
	struct event e = sample_event(EVENT_SUMMARY);
	struct event_totals t = { .packets = 1 };

	assert_false(model_nothing_missing(model));
	e.sequence = 0;
	e.totals = &t;
	add(e);
	assert_true(model_nothing_missing(model));
	/* what was sent may have been one of these */
	t.files_unanswered = 1;
	e.sequence = 1;
	add(e);
	assert_false(model_nothing_missing(model));
}

static void
nothing_missing_needs_those_who_look_at_files(void **state)
{
	struct event e = sample_event(EVENT_SUMMARY);
	struct event_totals t = { .packets = 1, .readers_lost = 1 };

	e.sequence = 0;
	e.totals = &t;
	add(e);
	assert_false(model_nothing_missing(model));
}

static void
a_long_text_is_cut_and_marked(void **state)
{
	struct event e = sample_event(EVENT_ANOMALY);
	struct event_anomaly a = sample_anomaly;
	static uint8_t text[MODEL_TEXT_MAX + 1];
	const struct model_anomaly *row;

	memset(text, 'x', sizeof(text));
	a.detail = (struct span){ text, MODEL_TEXT_MAX };
	e.anomaly = &a;
	add(e);
	a.what = "another";
	a.detail.len++;
	add(e);
	row = (const struct model_anomaly *)model->anomalies.rows[0];
	assert_int_equal(row->detail.len, MODEL_TEXT_MAX);
	assert_int_equal(row->detail.p[MODEL_TEXT_MAX - 1], 'x');
	row = (const struct model_anomaly *)model->anomalies.rows[1];
	assert_int_equal(row->detail.len, MODEL_TEXT_MAX);
	assert_memory_equal(row->detail.p + MODEL_TEXT_MAX - 3,
	    "\xe2\x80\xa6", 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_file_sent_whole_is_one_row),
		T(a_file_gets_the_name_that_it_is_known_by),
		T(one_byte_short_is_a_fragment),
		T(pieces_that_make_up_a_file_make_it_whole),
		T(a_fragment_after_the_whole_takes_nothing_back),
		T(the_products_own_files_stay_out_of_headlines),
		T(no_all_clear_where_next_to_nothing_could_be_read),
		T(what_no_capture_saw_is_beside_the_verdict),
		T(what_is_only_carried_stays_out_of_headlines),
		T(what_is_carried_to_a_vendors_cloud_is_in_the_headlines),
		T(what_a_descendant_outside_sends_stays_out_of_headlines),
		T(what_its_client_had_not_asked_for_is_in_the_headlines),
		T(files_listed_by_look_ups_did_not_leave),
		T(flows_and_transfers_of_a_cloud_are_one_destination),
		T(bytes_of_a_flow_to_two_destinations_count_once),
		T(destinations_above_the_ceiling_are_counted_together),
		T(holes_in_the_sequence_are_counted),
		T(a_cut_in_the_log_is_something_missing),
		T(nothing_missing_needs_a_clean_summary),
		T(nothing_missing_needs_those_who_look_at_files),
		T(a_long_text_is_cut_and_marked),
	};

	return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
