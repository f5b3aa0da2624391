// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "evidence/turns.h"

struct seen {
	struct buf all, beside;
	unsigned batches, fail_at, beside_batches, beside_fail_at;
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

static int
work_beside(void *arg, const struct buf *batch)
{
	struct seen *s = arg;

	if (++s->beside_batches == s->beside_fail_at)
		return -EIO;
	buf_append(&s->beside, batch->data, batch->len);
	return s->beside.failed ? -ENOMEM : 0;
}

static void
begin(struct seen *s, struct turns **ret_turns, struct buf *batch)
{
	*s = (struct seen){ .batches = 0 };
	buf_init(&s->all, 0);
	buf_init(&s->beside, 0);
	buf_init(batch, 0);
	*ret_turns = turns_new(work, work_beside, s);
	assert_non_null(*ret_turns);
}

static void
end(struct seen *s, struct turns *t, struct buf *batch)
{
	turns_free(t);
	buf_clear(&s->all);
	buf_clear(&s->beside);
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
	assert_int_equal(s.beside.len, 4000);
	assert_memory_equal(s.beside.data, s.all.data, 4000);
	end(&s, t, &b);
}

static void
one_thread_alone(void **state)
{
	struct turns *t;
	struct seen s = { .batches = 0 };
	struct buf b;

	buf_init(&s.all, 0);
	buf_init(&b, 0);
	t = turns_new(work, NULL, &s);
	assert_non_null(t);
	for (int i = 0; i < 3; i++) {
		buf_str(&b, "x");
		assert_int_equal(turns_give(t, &b), 0);
	}
	assert_int_equal(turns_wait(t), 0);
	assert_int_equal(s.all.len, 3);
	turns_free(t);
	buf_clear(&s.all);
	buf_clear(&b);
}

static void
a_failure_beside_is_told_too(void **state)
{
	struct turns *t;
	struct seen s;
	struct buf b;

	begin(&s, &t, &b);
	s.beside_fail_at = 1;
	buf_str(&b, "x");
	assert_int_equal(turns_give(t, &b), 0);
	assert_int_equal(turns_wait(t), -EIO);
	buf_str(&b, "y");
	assert_int_equal(turns_give(t, &b), -EIO);
	assert_int_equal(s.beside_batches, 1);
	assert_int_equal(s.beside.len, 0);
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
		assert_int_equal(turns_wait(t), i ? -ENOSPC : 0);
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
		turns_free(t);
		assert_int_equal(s.all.len, 1);
		assert_int_equal(s.beside.len, 1);
		end(&s, NULL, &b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buffers_come_in_order),
		cmocka_unit_test(one_thread_alone),
		cmocka_unit_test(a_failure_is_told_and_ends_the_work),
		cmocka_unit_test(a_failure_beside_is_told_too),
		cmocka_unit_test(nothing_was_given),
		cmocka_unit_test(freed_while_at_work),
	};

	return cmocka_run_group_tests_name("turns", tests, NULL, NULL);
}
