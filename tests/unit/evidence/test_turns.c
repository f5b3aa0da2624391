// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "evidence/turns.h"

struct seen {
	struct buf all;
	unsigned batches, fail_at;
};

static int
work(void *arg, const struct buf *batch)
{
	struct seen *s = arg;

	if (++s->batches == s->fail_at)
		return -ENOSPC;
	buf_append(&s->all, batch->data, batch->len);
	return s->all.failed ? -ENOMEM : 0;
}

static void
begin(struct seen *s, struct turns **ret_turns, struct buf *batch)
{
	*s = (struct seen){ .batches = 0 };
	buf_init(&s->all, 0);
	buf_init(batch, 0);
	*ret_turns = turns_new(work, s);
	assert_non_null(*ret_turns);
}

static void
end(struct seen *s, struct turns *t, struct buf *batch)
{
	turns_free(t);
	buf_clear(&s->all);
	buf_clear(batch);
}

static void
buffers_come_in_order(void **state)
{
	struct turns *t;
	struct seen s;
	struct buf b;

	begin(&s, &t, &b);
	for (uint32_t i = 0; i < 1000; i++) {
		buf_append(&b, &i, sizeof(i));
		assert_int_equal(turns_give(t, &b), 0);
		assert_int_equal(b.len, 0);
	}
	assert_int_equal(turns_wait(t), 0);
	assert_int_equal(s.all.len, 4000);
	for (uint32_t i = 0; i < 1000; i++)
		assert_memory_equal(s.all.data + 4 * i, &i, 4);
	end(&s, t, &b);
}

static void
a_failure_is_told_and_ends_the_work(void **state)
{
	struct turns *t;
	struct seen s;
	struct buf b;
	int err;

	begin(&s, &t, &b);
	s.fail_at = 2;
	for (int i = 0; i < 2; i++) {
		buf_str(&b, "x");
		assert_int_equal(turns_give(t, &b), 0);
	}
	buf_str(&b, "y");
	err = turns_give(t, &b);
	assert_int_equal(err, -ENOSPC);
	assert_int_equal(turns_wait(t), -ENOSPC);
	assert_int_equal(s.batches, 2);
	assert_int_equal(s.all.len, 1);
	end(&s, t, &b);
}

static void
nothing_was_given(void **state)
{
	struct turns *t;
	struct seen s;
	struct buf b;

	begin(&s, &t, &b);
	assert_int_equal(turns_wait(t), 0);
	assert_int_equal(s.batches, 0);
	end(&s, t, &b);
	turns_free(NULL);
}

static void
freed_while_at_work(void **state)
{
	for (int i = 0; i < 100; i++) {
		struct turns *t;
		struct seen s;
		struct buf b;

		begin(&s, &t, &b);
		buf_str(&b, "x");
		assert_int_equal(turns_give(t, &b), 0);
		end(&s, t, &b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buffers_come_in_order),
		cmocka_unit_test(a_failure_is_told_and_ends_the_work),
		cmocka_unit_test(nothing_was_given),
		cmocka_unit_test(freed_while_at_work),
	};

	return cmocka_run_group_tests_name("turns", tests, NULL, NULL);
}
