// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/fetched.h"

static const uint8_t update[32] = { 1, 2, 3 }, other[32] = { 1, 2, 4 };

static struct fetched *fetched;
static struct fetched_room room;

static int
start(void **state)
{
	fetched = fetched_new();
	return !fetched;
}

static int
stop(void **state)
{
	fetched_free(fetched);
	return 0;
}

static void
comes_in(const uint8_t *sha256, uint64_t end_ns)
{
	struct event_transfer t = { .kind = KIND_UPDATE_DOWNLOAD, .number = 7,
		.end_ns = end_ns, .reply_sha256 = (const uint8_t (*)[32])sha256, .reply_count = 1 };
	struct record r = { .event = { .action = EVENT_TRANSFER,
		.transfer = &t }, .flow = { .id = 3 } };

	fetched_follow(fetched, &r, &room);
}

/* Its origin then; ret_reason is what was added, NULL if nothing was. */
static const char *
goes_out(const uint8_t *sha256, const char *origin, enum grade grade,
    const char **ret_reason)
{
	struct event_file f = { .has_sha256 = true, .origin = origin };
	struct event_transfer t = { .kind = KIND_FILE_UPLOAD, .grade = grade,
		.start_ns = 100, .files = &f, .file_count = 1 };
	struct record r = { .event = { .action = EVENT_TRANSFER,
		.transfer = &t } };

	memcpy(f.sha256, sha256, 32);
	fetched_follow(fetched, &r, &room);
	*ret_reason = r.event.transfer->reason_count ?
	    (const char *)r.event.transfer->reasons[0].p : NULL;
	assert_string_equal(f.origin, origin);
	return r.event.transfer->files[0].origin;
}

static void
what_came_in_as_an_update_is_the_products(void **state)
{
	const char *why;

	comes_in(update, 99);
	assert_string_equal(goes_out(update, "user", GRADE_PROVEN, &why),
	    "product");
	assert_string_equal(why, "the very bytes of 1 file in it had come in as "
	    "an update, in transfer 3.7: the product's own, fetched before, "
	    "and no user's");
	assert_string_equal(goes_out(other, "user", GRADE_PROVEN, &why), "user");
	assert_null(why);
}

static void
of_what_is_inferred_no_bytes_were_seen(void **state)
{
	const char *why;

	comes_in(update, 99);
	assert_string_equal(goes_out(update, "user", GRADE_INFERRED, &why),
	    "product");
	assert_string_equal(why, "what is taken, by its size, for 1 file in it had "
	    "come in as an update, in transfer 3.7: the product's own, fetched "
	    "before, and no user's");
}

static void
what_had_not_come_in_whole_is_none(void **state)
{
	const char *why;

	comes_in(update, 101);
	assert_string_equal(goes_out(update, "user", GRADE_PROVEN, &why), "user");
	assert_null(why);
	comes_in(update, 100);
	assert_string_equal(goes_out(update, "user", GRADE_PROVEN, &why),
	    "product");
}

static void
a_canary_stays_one(void **state)
{
	const char *why;

	comes_in(update, 99);
	assert_string_equal(goes_out(update, "canary", GRADE_INFERRED, &why),
	    "canary");
	assert_null(why);
}

#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_came_in_as_an_update_is_the_products),
		T(of_what_is_inferred_no_bytes_were_seen),
		T(what_had_not_come_in_whole_is_none),
		T(a_canary_stays_one),
	};

	return cmocka_run_group_tests_name("fetched", tests, NULL, NULL);
}
