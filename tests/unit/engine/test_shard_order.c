// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/shard.h"

#define COUNT_MAX 300

static struct record records[COUNT_MAX];
static struct shard s;

/* Records of those packets, sorted; event.ts_ns says where each was. */
static void
sort(const uint64_t *packets, size_t count)
{
	s = (struct shard){ .last = &s.first };
	for (size_t i = 0; i < count; i++) {
		records[i] = (struct record){ .packet = packets[i],
			.event.ts_ns = i };
		*s.last = &records[i];
		s.last = &records[i].next;
	}
	shard_sort(&s);
}

static void
assert_sorted(size_t count)
{
	const struct record *r = s.first, *last = NULL;
	size_t n = 0;

	for (; r; last = r, r = r->next, n++)
		if (last)
			assert_true(last->packet < r->packet ||
			    (last->packet == r->packet &&
				last->event.ts_ns < r->event.ts_ns));
	assert_int_equal(n, count);
	assert_ptr_equal(s.last, last ? &((struct record *)last)->next :
	    &s.first);
}

static void
records_come_in_the_order_of_their_packets(void **state)
{
	static const uint64_t order[] = { 3, 1, 2, 3, 1, 9, 0, 3 };
	uint64_t many[COUNT_MAX];

	for (size_t count = 0; count <= 8; count++) {
		sort(order, count);
		assert_sorted(count);
	}
	for (size_t i = 0; i < COUNT_MAX; i++)
		many[i] = i * 7919 % 97;
	sort(many, COUNT_MAX);
	assert_sorted(COUNT_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_in_the_order_of_their_packets),
	};

	return cmocka_run_group_tests_name("engine/shard_order", tests, NULL,
	    NULL);
}
