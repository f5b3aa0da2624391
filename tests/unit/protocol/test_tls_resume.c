// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/tls/tls_resume.h"

static void
what_is_told_is_found_by_its_name(void **state)
{
	struct tls_resume r = { 0 };
	struct keylog *k = keylog_new();
	uint8_t id[32], other[32], master[TLS_MASTER_LEN];

	memset(master, 0x5a, sizeof(master));
	assert_true(tls_resume_id(SPAN_LITERAL("a ticket"), id));
	assert_true(tls_resume_id(SPAN_LITERAL("a ticke"), other));
	assert_false(tls_resume_id((struct span){ 0 }, other));
	tls_resume_note(&r, id, master);
	tls_resume_note(NULL, id, master);
	assert_int_equal(keylog_find(k, KEYLOG_SESSION, id).len, 0);
	assert_int_equal(tls_resume_tell(&r, k), 0);
	assert_int_equal(r.count, 0);
	assert_int_equal(keylog_find(k, KEYLOG_SESSION, id).len, 48);
	assert_memory_equal(keylog_find(k, KEYLOG_SESSION, id).p, master, 48);
	assert_int_equal(keylog_find(k, KEYLOG_SESSION, other).len, 0);
	assert_int_equal(keylog_find(k, KEYLOG_MASTER, id).len, 0);
	assert_false(keylog_opens(k, id));
	tls_resume_clear(&r);
	keylog_free(k);
}

static void
more_than_the_ceiling_are_counted(void **state)
{
	struct tls_resume r = { 0 };
	uint8_t id[32] = { 0 }, master[TLS_MASTER_LEN] = { 0 };

	for (unsigned i = 0; i < TLS_RESUME_MAX + 3; i++)
		tls_resume_note(&r, id, master);
	assert_int_equal(r.count, TLS_RESUME_MAX);
	assert_int_equal(r.left_out, 3);
	tls_resume_clear(&r);
	assert_null(r.list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_told_is_found_by_its_name),
		cmocka_unit_test(more_than_the_ceiling_are_counted),
	};

	return cmocka_run_group_tests_name("tls resume", tests, NULL, NULL);
}
