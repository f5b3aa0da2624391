// SPDX-License-Identifier: Apache-2.0
#include "transfer_bench.h"

#include "protocol/conn_hook.h"

/* A message of four bytes that are in no form. */
static const struct event_transfer *
broken(struct fixture *f, struct conn_hook *hook)
{
	const struct when when = { 5, 1 };
	struct message *m;

	f->conn.hook = hook;
	m = transfer_ops.begin(&f->conn, MESSAGE_HTTP, &when);
	transfer_ops.wire(m, 0, 4, &when);
	transfer_ops.body(m, 0, (const uint8_t *)"body", 4, &when);
	transfer_ops.end(m, MESSAGE_BROKEN, &when);
	assert_non_null(f->t);
	return f->t;
}

/* Probes may be set in the midst of a request: nobody violated anything then. */
static void
a_beginning_may_have_been_missed(void **state)
{
	static const char violated[] = "its protocol was violated",
			  missed[] = "not in the form of its protocol, of which";
	struct conn_hook hook = { .feeding = true };
	struct fixture f;

	set_up(&f);
	assert_true(has_reason(broken(&f, NULL), violated));
	assert_false(has_reason(f.t, missed));
	assert_true(has_reason(broken(&f, &hook), missed));
	assert_false(has_reason(f.t, violated));
	tear_down(&f);
}

static void
what_did_not_leave_is_told_from_what_may_have(void **state)
{
	static const char unsent[] = "7 bytes more were handed to the library, "
				     "and were not seen to leave",
			  unclear[] = "of 9 bytes more that were handed to the "
				      "library it is not known";
	struct conn_hook hook = { .feeding = true, .unclear = 9 };
	struct fixture f;

	set_up(&f);
	assert_true(has_reason(broken(&f, &hook), unclear));
	assert_false(has_reason(f.t, unsent));
	hook.unclear = 0;
	hook.unsent = 7;
	assert_true(has_reason(broken(&f, &hook), unsent));
	assert_false(has_reason(f.t, unclear));
	tear_down(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_beginning_may_have_been_missed),
		cmocka_unit_test(what_did_not_leave_is_told_from_what_may_have),
	};

	return cmocka_run_group_tests_name("verdict/hooked", tests, NULL, NULL);
}
