// SPDX-License-Identifier: Apache-2.0
#include "experiment/outcome.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "experiment/tally.h"

static struct plan_phase phases[] = { { .name = (char[]){ "plant" } },
	{ .name = (char[]){ "scan" } } };
static struct plan_canaries bait = { .count = 2 };
static const struct plan plan = { .experiment = (char[]){ "x" }, .sessions = 2,
	.phases = phases, .phases_count = 2, .canaries = &bait };

static void
add_mark(struct outcomes *o, uint64_t ts_ns, const char *text)
{
	struct event_mark m = { .text = span_str(text) };
	struct event e = { .action = EVENT_MARK, .ts_ns = ts_ns, .mark = &m };

	assert_int_equal(outcomes_case_event(o, &e), 0);
}

/* Two sessions of two canaries: hashes 1 and 2, the same in both. */
static void
begin(struct outcomes *o)
{
	struct set_file files[2] = { { .size = 100000, .type = 0 },
		{ .size = 600000, .type = 1 } };
	struct set set = { .files = files, .count = 2 };

	memset(files[0].hash[SET_SHA256], 1, 32);
	memset(files[1].hash[SET_SHA256], 2, 32);
	outcomes_init(o, &plan);
	for (unsigned s = 0; s < 2; s++)
		assert_int_equal(outcomes_add_set(o, s, &set), 0);
	add_mark(o, 100, "session 1: plant");
	add_mark(o, 150, "something else");
	add_mark(o, 200, "session 1: scan");
	add_mark(o, 300, "session 2: plant");
	add_mark(o, 400, "session 2: scan");
	add_mark(o, 500, "experiment over");
}

static struct event_file
file_of(int hash, uint64_t size, uint64_t sent)
{
	struct event_file f = { .known = true, .has_sha256 = true,
		.size = size, .sent_bytes = sent };

	memset(f.sha256, hash, 32);
	return f;
}

static void
send_file(struct outcomes *o, unsigned session, uint64_t ts_ns, enum kind kind,
    enum grade grade, const struct event_file *f)
{
	struct event_transfer t = { .start_ns = ts_ns, .kind = kind,
		.grade = grade, .files = f, .file_count = 1 };
	struct event e = { .action = EVENT_TRANSFER, .transfer = &t };

	outcomes_replay_event(o, session, &e);
}

static void
the_most_that_was_seen_counts(void **state)
{
	struct event_file part = file_of(1, 100000, 50000);
	struct event_file all = file_of(1, 100000, 100000);
	struct outcomes o;

	begin(&o);
	send_file(&o, 0, 110, KIND_FILE_FRAGMENT, GRADE_PROVEN, &part);
	assert_int_equal(o.canaries[0].all, OUTCOME_PART);
	send_file(&o, 0, 250, KIND_FILE_UPLOAD, GRADE_INFERRED, &all);
	assert_int_equal(o.canaries[0].all, OUTCOME_INFERRED);
	send_file(&o, 0, 260, KIND_FILE_UPLOAD, GRADE_PROVEN, &all);
	send_file(&o, 0, 270, KIND_FILE_UPLOAD, GRADE_INFERRED, &all);
	assert_int_equal(o.canaries[0].all, OUTCOME_PROVEN);
	assert_int_equal(o.canaries[0].by_phase[0], OUTCOME_PART);
	assert_int_equal(o.canaries[0].by_phase[1], OUTCOME_PROVEN);
	/* the other canary, and the same hash in the other session */
	assert_int_equal(o.canaries[1].all, OUTCOME_NOTHING);
	assert_int_equal(o.canaries[2].all, OUTCOME_NOTHING);
	outcomes_clear(&o);
}

static void
what_is_late_or_early_is_outside(void **state)
{
	struct event_file all = file_of(2, 600000, 600000);
	struct outcomes o;

	begin(&o);
	send_file(&o, 1, 99, KIND_FILE_UPLOAD, GRADE_PROVEN, &all);
	assert_int_equal(o.canaries[3].by_phase[OUTCOME_OUTSIDE],
	    OUTCOME_PROVEN);
	send_file(&o, 0, 500, KIND_FILE_UPLOAD, GRADE_PROVEN, &all);
	assert_int_equal(o.canaries[1].by_phase[OUTCOME_OUTSIDE],
	    OUTCOME_PROVEN);
	/* a canary of the first session in the scan of the second */
	send_file(&o, 0, 450, KIND_FILE_UPLOAD, GRADE_PROVEN, &all);
	assert_int_equal(o.canaries[1].by_phase[1], OUTCOME_PROVEN);
	outcomes_clear(&o);
}

static void
what_is_not_sure_is_not_whole(void **state)
{
	struct event_file f = file_of(1, 100000, 100000);
	struct outcomes o;

	begin(&o);
	f.known = false;
	send_file(&o, 0, 250, KIND_FILE_UPLOAD, GRADE_PROVEN, &f);
	assert_int_equal(o.canaries[0].all, OUTCOME_NOTHING);
	f.known = true;
	send_file(&o, 0, 250, KIND_OPAQUE, GRADE_OPAQUE, &f);
	assert_int_equal(o.canaries[0].all, OUTCOME_NOTHING);
	f.ambiguous = true;
	send_file(&o, 0, 250, KIND_FILE_UPLOAD, GRADE_PROVEN, &f);
	assert_int_equal(o.canaries[0].all, OUTCOME_PART);
	f.ambiguous = false;
	send_file(&o, 0, 250, KIND_FILE_UPLOAD, GRADE_OBSERVED, &f);
	assert_int_equal(o.canaries[0].all, OUTCOME_PART);
	f.sent_bytes--;
	send_file(&o, 0, 250, KIND_FILE_UPLOAD, GRADE_PROVEN, &f);
	assert_int_equal(o.canaries[0].all, OUTCOME_PART);
	outcomes_clear(&o);
}

static void
parts_may_add_up(void **state)
{
	struct event_file part = file_of(1, 100000, 50000);
	struct event_file_total total = { .file = file_of(1, 100000, 100000),
		.grade = GRADE_PROVEN };
	struct event e = { .action = EVENT_FILE, .file = &total };
	struct outcomes o;

	begin(&o);
	send_file(&o, 0, 110, KIND_FILE_FRAGMENT, GRADE_PROVEN, &part);
	send_file(&o, 0, 210, KIND_FILE_FRAGMENT, GRADE_PROVEN, &part);
	outcomes_replay_event(&o, 0, &e);
	assert_int_equal(o.canaries[0].by_phase[0], OUTCOME_PART);
	assert_int_equal(o.canaries[0].by_phase[1], OUTCOME_PROVEN);
	outcomes_clear(&o);
}

static void
a_hash_counts_where_it_is_of_a_canary(void **state)
{
	struct event_hash h = { .known = true, .has_file_sha256 = true };
	struct event_transfer t = { .start_ns = 210, .kind = KIND_HASH_LOOKUP,
		.grade = GRADE_PROVEN, .hashes = &h, .hash_count = 1 };
	struct event e = { .action = EVENT_TRANSFER, .transfer = &t };
	struct outcomes o;

	begin(&o);
	memset(h.file_sha256, 9, 32);
	outcomes_replay_event(&o, 0, &e);
	memset(h.file_sha256, 2, 32);
	outcomes_replay_event(&o, 0, &e);
	assert_int_equal(o.canaries[0].all, OUTCOME_NOTHING);
	assert_int_equal(o.canaries[1].all, OUTCOME_HASH);
	outcomes_clear(&o);
}

static void
the_table_adds_up(void **state)
{
	struct event_file all = file_of(1, 100000, 100000);
	struct outcomes o;
	struct buf b;

	begin(&o);
	send_file(&o, 0, 210, KIND_FILE_UPLOAD, GRADE_PROVEN, &all);
	send_file(&o, 1, 410, KIND_FILE_UPLOAD, GRADE_INFERRED, &all);
	buf_init(&b, 0);
	tally_write(&o, &b);
	buf_u8(&b, 0);
	assert_false(b.failed);
	assert_non_null(strstr((char *)b.data, "all canaries "));
	assert_non_null(strstr((char *)b.data, "      4      2       1         "
	    "1  "));
	/* both sessions sent one of two: bounds as wide as two sessions are */
	assert_non_null(strstr((char *)b.data, "0.000 to 1.000       0         "
	    "0       2\n"));
	assert_non_null(strstr((char *)b.data, "is not known"));
	buf_clear(&b);
	outcomes_clear(&o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_most_that_was_seen_counts),
		cmocka_unit_test(what_is_late_or_early_is_outside),
		cmocka_unit_test(what_is_not_sure_is_not_whole),
		cmocka_unit_test(parts_may_add_up),
		cmocka_unit_test(a_hash_counts_where_it_is_of_a_canary),
		cmocka_unit_test(the_table_adds_up),
	};

	return cmocka_run_group_tests_name("outcome", tests, NULL, NULL);
}
