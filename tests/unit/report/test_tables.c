// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "evidence/event/event_json.h"
#include "evidence/event/event_read.h"
#include "report/model_part.h"
#include "report/render.h"
#include "unit/sample_events.h"

static struct event_process process = {
	.pid = 12, .parent_pid = 1, .user = 0, .start_ns = SAMPLE_START,
	.executable = S("/opt/av/avd"), .source = "kernel",
	.certainty = "ambiguous", .other_pid = 13,
	.other_executable = S("/usr/bin/firefox"),
};
static struct event_file_read file_read = {
	.path = S("/home/u/invoice.pdf"), .inode = 9, .size = 100,
	.bytes = 100, .end = 100, .calls = 2, .first_ns = SAMPLE_START,
	.last_ns = SAMPLE_START + 5,
};

static uint64_t
sum(const struct model_time *t)
{
	uint64_t n = 0;

	for (size_t i = 0; i < t->count; i++)
		for (int g = 0; g < GROUP_COUNT; g++)
			n += t->out[i][g];
	return n;
}

static void
add_at(struct model_time *t, uint64_t second)
{
	struct event_transfer tr = sample_transfer;

	tr.start_ns = second * SECOND;
	tr.payload_out = 7;
	model_add_time(t, &tr);
}

static void
slots_widen_and_lose_no_byte(void **state)
{
	struct model_time t = { 0 };

	add_at(&t, 1000);
	add_at(&t, 1000 + MODEL_SLOTS - 1);
	assert_int_equal(t.width_s, 1);
	assert_int_equal(t.count, MODEL_SLOTS);
	add_at(&t, 1000 + MODEL_SLOTS);
	assert_int_equal(t.width_s, 2);
	add_at(&t, 0);
	add_at(&t, UINT64_MAX / SECOND);
	assert_true(t.count <= MODEL_SLOTS);
	assert_int_equal(sum(&t), 35);
}

static void
the_order_of_transfers_does_not_change_the_timeline(void **state)
{
	static const uint64_t seconds[] = { 500, 3, 10000, 501, 77 };
	struct model_time a = { 0 }, b = { 0 };

	for (int i = 0; i < 5; i++) {
		add_at(&a, seconds[i]);
		add_at(&b, seconds[4 - i]);
	}
	assert_memory_equal(&a, &b, sizeof(a));
}

static void
a_process_and_a_read_survive_the_log(void **state)
{
	struct event e = sample_event(EVENT_FILE_READ), got;
	struct event_reader *r = event_reader_new();
	struct buf b;

	e.process = &process;
	e.read = &file_read;
	buf_init(&b, 0);
	event_write_json(&e, &b);
	assert_int_equal(event_read_json(r, (char *)b.data, b.len, &got), 0);
	assert_int_equal(got.process->pid, 12);
	assert_int_equal(got.process->user, 0);
	assert_string_equal(got.process->certainty, "ambiguous");
	assert_true(span_eq(got.process->other_executable,
	    S("/usr/bin/firefox")));
	assert_true(span_eq(got.read->path, S("/home/u/invoice.pdf")));
	assert_int_equal(got.read->bytes, 100);
	assert_int_equal(got.read->end, 100);
	event_reader_free(r);
	buf_clear(&b);
}

static void
a_count_of_one_socket_is_no_sum_of_the_run(void **state)
{
	struct event_kernel_count k = { 10, 2, 30, true };
	struct event e = { .action = EVENT_COVERAGE, .ts_ns = SAMPLE_START,
			   .kernel = &k }, got;
	struct event_reader *r = event_reader_new();
	struct buf b;

	buf_init(&b, 0);
	event_write_json(&e, &b);
	assert_int_equal(event_read_json(r, (char *)b.data, b.len, &got), 0);
	assert_null(got.totals);
	assert_int_equal(got.kernel->payload_out, 10);
	assert_int_equal(got.kernel->pending_out, 2);
	assert_true(got.kernel->live);
	event_reader_free(r);
	buf_clear(&b);
}

static struct model *
small_model(void)
{
	struct model *m = model_new();
	struct event e = sample_event(EVENT_TRANSFER);

	e.process = &process;
	assert_int_equal(model_add(m, &e), 0);
	e = sample_event(EVENT_FILE_READ);
	e.process = &process;
	e.read = &file_read;
	assert_int_equal(model_add(m, &e), 0);
	file_read.path = S("/home/u/secret.txt");
	assert_int_equal(model_add(m, &e), 0);
	file_read.path = S("/home/u/invoice.pdf");
	model_settle(m);
	return m;
}

static void
categories_are_counted_by_transfer_and_by_place(void **state)
{
	struct model *m = small_model();
	const struct model_category *c =
	    (const struct model_category *)m->categories.rows[0];

	assert_int_equal(m->categories.count, 2);
	assert_true(span_eq(c->category, S("file.hash")));
	assert_int_equal(c->transfers, 1);
	assert_int_equal(c->places, 2);
	assert_true(span_eq(c->path, S("query:sha256")));
	model_free(m);
}

static void
a_read_file_is_matched_with_what_left_by_name(void **state)
{
	struct model *m = small_model();

	assert_int_equal(m->reads.count, 2);
	assert_true(((struct model_read *)m->reads.rows[0])->name_left);
	assert_false(((struct model_read *)m->reads.rows[1])->name_left);
	model_free(m);
}

static bool
says(void (*put)(const struct model_file *, struct buf *),
    const struct model_file *f, const char *want)
{
	struct buf b;
	bool found;

	buf_init(&b, 0);
	put(f, &b);
	buf_u8(&b, 0);
	found = strstr((char *)b.data, want) != NULL;
	if (!found)
		print_error("%s\n", b.data);
	buf_clear(&b);
	return found;
}

static void
explanations_say_only_what_the_events_hold(void **state)
{
	struct model *m = small_model();
	struct model_file f = *(struct model_file *)m->files.rows[0];

	assert_true(says(render_behalf, &f, "/opt/av/avd (pid 12)"));
	assert_true(says(render_behalf, &f, "/usr/bin/firefox"));
	assert_true(says(render_shared, &f, "Yes: several"));
	assert_true(says(render_earlier, &f, "No earlier one in this case"));
	f.process = NULL;
	f.ambiguous = false;
	f.also = f.origin = (struct span){ 0 };
	f.known = false;
	assert_true(says(render_behalf, &f, "Can't be excluded"));
	assert_true(says(render_own, &f, "Can't be excluded"));
	assert_true(says(render_shared, &f, "Can't be told"));
	f.origin = S("product");
	assert_true(says(render_own, &f, "Yes: it is the product's own"));
	model_free(m);
}

static void
the_same_file_sent_before_is_named(void **state)
{
	struct model *m = small_model();
	struct event e = sample_event(EVENT_TRANSFER);
	struct event_transfer t = sample_transfer;
	struct event_cloud c = { .key = S("Other"), .vendor = S("Other AV") };

	t.start_ns += 9 * SECOND;
	e.transfer = &t;
	e.cloud = &c;
	assert_int_equal(model_add(m, &e), 0);
	model_settle(m);
	assert_true(says(render_earlier,
	    (struct model_file *)m->files.rows[0], "No earlier one"));
	assert_true(says(render_earlier, (struct model_file *)
	    m->files.rows[m->files.count - 2], "had gone to Example AV KSN"));
	model_free(m);
}

static void
a_file_that_is_not_known_is_never_proven(void **state)
{
	struct model *m = small_model();
	const struct model_file *known = (struct model_file *)m->files.rows[0];
	const struct model_file *other = (struct model_file *)m->files.rows[1];

	assert_true(known->known && !other->known);
	assert_int_equal(known->grade, GRADE_PROVEN);
	assert_int_equal(other->grade, GRADE_OBSERVED);
	model_free(m);
}

static void
the_command_for_packets_quotes_the_capture(void **state)
{
	struct model *m = small_model();
	struct model_input in = { .name = S("a'b.pcap") };
	struct buf b;

	m->inputs = malloc(sizeof(in));
	*m->inputs = in;
	m->input_count = 1;
	buf_init(&b, 0);
	render_packets(m, (struct model_file *)m->files.rows[0], &b);
	buf_u8(&b, 0);
	assert_string_equal((char *)b.data,
	    "tshark -r 'a'\\''b.pcap' --enable-protocol communityid -Y "
	    "'frame.number >= 20 && frame.number <= 44 && communityid == "
	    "\"1:LQU9qZlK+B5F3KDmev6m5PMibrg=\"'");
	buf_clear(&b);
	model_free(m);
}

static void
ignored_bytes_are_not_nothing(void **state)
{
	struct model *m = model_new();
	struct event_totals t = { .packets = 1 };
	struct event e = { .action = EVENT_SUMMARY, .totals = &t };
	struct buf b;

	assert_int_equal(model_add(m, &e), 0);
	assert_true(model_nothing_missing(m));
	e = sample_event(EVENT_FLOW);
	assert_int_equal(model_add(m, &e), 0);
	assert_false(model_nothing_missing(m));
	m->sequence_holes = 0;
	buf_init(&b, 0);
	render_missing(m, &b);
	buf_u8(&b, 0);
	assert_string_equal((char *)b.data,
	    "1 connection that was there before its capture began, "
	    "13 captured bytes out that fit in no stream, "
	    "14 captured bytes in that fit in no stream");
	buf_clear(&b);
	model_free(m);
}

/* Every table at its ceiling, every text as long as it may be and all of it to
 * be escaped. */
static void
fill(struct model *m, unsigned i)
{
	char name[MODEL_TEXT_MAX];
	struct span text = { (uint8_t *)name, sizeof(name) };
	struct event_file file = { .name = text, .size = i, .sent_bytes = i,
				   .origin = "user" };
	struct event_hash hash = { .algorithm = "md5", .value = text,
				   .path = text, .file_name = text };
	struct event_category category = { .category = "file.hash",
					   .path = text, .why = "w" };
	struct event_cloud cloud = { .vendor = text, .key = text,
				     .purpose = text };
	struct event_process who = { .pid = i, .executable = text };
	struct event_transfer t = sample_transfer;
	struct event_flow f = sample_flow;
	struct event_anomaly a = { .what = "w", .detail = text };
	struct event_file_read r = { .path = text, .size = 1 };
	struct event_mark mark = { .text = text };
	struct event e = { .action = EVENT_TRANSFER, .flow = &f,
			   .transfer = &t, .cloud = &cloud, .process = &who,
			   .sequence = i };

	memset(name, '<', sizeof(name));
	memcpy(name, &i, sizeof(i));
	f.domain = text;
	t.kind = KIND_FILE_UPLOAD;
	t.files = &file;
	t.hashes = &hash;
	t.categories = &category;
	t.urls = &text;
	t.file_count = t.hash_count = t.category_count = t.url_count = 1;
	assert_int_equal(model_add(m, &e), 0);
	e = (struct event){ .action = EVENT_ANOMALY, .anomaly = &a,
			    .flow = &f };
	f.id = i;
	assert_int_equal(model_add(m, &e), 0);
	e = (struct event){ .action = EVENT_FILE_READ, .read = &r,
			    .process = &who };
	r.path.len--;
	assert_int_equal(model_add(m, &e), 0);
	e = (struct event){ .action = EVENT_MARK, .mark = &mark };
	assert_int_equal(model_add(m, &e), 0);
}

static void
a_page_stays_below_a_megabyte(void **state)
{
	struct model *m = model_new();
	struct buf b;

	for (unsigned i = 0; i < MODEL_DESTS_MAX + 10; i++)
		fill(m, i);
	model_settle(m);
	buf_init(&b, 0);
	render_html(m, &b);
	assert_false(b.failed);
	assert_true(b.len < 1000000);
	buf_clear(&b);
	model_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slots_widen_and_lose_no_byte),
		cmocka_unit_test(
		    the_order_of_transfers_does_not_change_the_timeline),
		cmocka_unit_test(a_process_and_a_read_survive_the_log),
		cmocka_unit_test(a_count_of_one_socket_is_no_sum_of_the_run),
		cmocka_unit_test(
		    categories_are_counted_by_transfer_and_by_place),
		cmocka_unit_test(a_read_file_is_matched_with_what_left_by_name),
		cmocka_unit_test(explanations_say_only_what_the_events_hold),
		cmocka_unit_test(the_same_file_sent_before_is_named),
		cmocka_unit_test(a_file_that_is_not_known_is_never_proven),
		cmocka_unit_test(the_command_for_packets_quotes_the_capture),
		cmocka_unit_test(ignored_bytes_are_not_nothing),
		cmocka_unit_test(a_page_stays_below_a_megabyte),
	};

	return cmocka_run_group_tests_name("report tables", tests, NULL, NULL);
}
