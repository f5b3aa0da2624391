// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "service/engine_reads.h"

struct print {
	struct message_print m;
	uint8_t *pack;
};

static struct print
print_of(uint32_t number, const char *text)
{
	struct print p = { .m = { .number = number, .fate = PRINT_MADE } };
	size_t len;

	assert_int_equal(telltap_known_pack("name", (const uint8_t *)text,
	    strlen(text), 0, &p.pack, &len), 0);
	p.m.text_len = (uint32_t)len;
	return p;
}

static void
expect(struct engine_reads *r, uint32_t number, bool left_out)
{
	struct message_file_expect m = { number,
		left_out ? EXPECT_LEFT_OUT : EXPECT_PRINT };

	engine_reads_expect(r, &m);
}

static void
told(struct engine_reads *r, uint32_t number, enum print_fate fate)
{
	struct message_print m = { .number = number, .fate = fate };

	assert_int_equal(engine_reads_print(r, &m, NULL), 0);
}

static void
said(const struct engine_reads *r, uint32_t number, const char *word)
{
	assert_string_equal(engine_reads_word(r, number), word);
}

static void
each_fate_has_its_word(void **state)
{
	struct engine_reads *r = engine_reads_new(NULL);
	struct engine_reads_count c;
	struct print p = print_of(1, "one");

	for (uint32_t i = 1; i <= 6; i++)
		expect(r, i, false);
	engine_reads_expect(r, &(struct message_file_expect){ 8, EXPECT_GONE });
	engine_reads_expect(r, &(struct message_file_expect){ 9, EXPECT_NONE });
	assert_int_equal(engine_reads_pending(r), 6);
	assert_true(engine_reads_is_pending(r, 1));
	assert_null(engine_reads_word(r, 1));
	assert_int_equal(engine_reads_print(r, &p.m, p.pack), 0);
	told(r, 2, PRINT_KNOWN);
	told(r, 3, PRINT_UNCERTAIN);
	told(r, 4, PRINT_LARGE);
	told(r, 5, PRINT_LEFT_OUT);
	told(r, 6, PRINT_NONE);
	assert_int_equal(engine_reads_pending(r), 0);
	said(r, 1, "joined");
	said(r, 2, "known");
	said(r, 3, "uncertain");
	said(r, 4, "large");
	said(r, 5, "left-out");
	assert_null(engine_reads_word(r, 6));
	assert_null(engine_reads_word(r, 7));
	said(r, 8, "gone");
	assert_null(engine_reads_word(r, 9));
	assert_null(engine_reads_word(r, 0));
	assert_null(engine_reads_word(NULL, 1));
	engine_reads_counts(r, &c);
	assert_int_equal(c.joined, 1);
	assert_int_equal(c.bytes, p.m.text_len);
	assert_int_equal(c.uncertain, 1);
	assert_int_equal(c.large, 1);
	assert_int_equal(c.left_out, 1);
	assert_int_equal(c.gone, 1);
	free(p.pack);
	engine_reads_free(r);
}

static void
the_print_may_be_heard_first(void **state)
{
	struct engine_reads *r = engine_reads_new(NULL);

	told(r, 9, PRINT_LARGE);
	assert_int_equal(engine_reads_pending(r), 0);
	expect(r, 9, false);
	assert_int_equal(engine_reads_pending(r), 0);
	said(r, 9, "large");
	/* another file, when the numbers come round */
	expect(r, 9 + 65536, false);
	assert_int_equal(engine_reads_pending(r), 1);
	assert_true(engine_reads_is_pending(r, 9 + 65536));
	engine_reads_free(r);
}

static void
the_same_content_joins_once(void **state)
{
	struct engine_reads *r = engine_reads_new(NULL);
	struct print a = print_of(1, "the same"), b = print_of(2, "the same");

	expect(r, 1, false);
	expect(r, 2, false);
	assert_int_equal(engine_reads_print(r, &a.m, a.pack), 0);
	assert_int_equal(engine_reads_print(r, &b.m, b.pack), 0);
	said(r, 1, "joined");
	said(r, 2, "known");
	free(a.pack);
	free(b.pack);
	engine_reads_free(r);
}

static void
what_will_not_come_is_left_out(void **state)
{
	struct engine_reads *r = engine_reads_new(NULL);
	struct engine_reads_count c;

	expect(r, 1, true);
	expect(r, 2, false);
	expect(r, 3, false);
	told(r, 3, PRINT_KNOWN);
	said(r, 1, "left-out");
	assert_int_equal(engine_reads_pending(r), 1);
	engine_reads_give_up(r);
	assert_int_equal(engine_reads_pending(r), 0);
	said(r, 2, "left-out");
	said(r, 3, "known");
	engine_reads_counts(r, &c);
	assert_int_equal(c.left_out, 2);
	/* it comes all the same */
	told(r, 2, PRINT_LARGE);
	said(r, 2, "large");
	assert_int_equal(engine_reads_pending(r), 0);
	engine_reads_free(r);
}

static void
one_that_never_came_is_waited_for_no_more(void **state)
{
	struct engine_reads *r = engine_reads_new(NULL);

	expect(r, 1, false);
	expect(r, 1 + 65536, false);
	assert_int_equal(engine_reads_pending(r), 1);
	told(r, 1 + 65536, PRINT_KNOWN);
	assert_int_equal(engine_reads_pending(r), 0);
	engine_reads_free(r);
}

static void
what_is_no_pack_is_refused(void **state)
{
	struct engine_reads *r = engine_reads_new(NULL);
	struct print p = print_of(1, "something");

	expect(r, 1, false);
	p.m.text_len--;
	assert_int_equal(engine_reads_print(r, &p.m, p.pack), ERR_MALFORMED);
	assert_int_equal(engine_reads_pending(r), 1);
	free(p.pack);
	engine_reads_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fate_has_its_word),
		cmocka_unit_test(the_print_may_be_heard_first),
		cmocka_unit_test(the_same_content_joins_once),
		cmocka_unit_test(what_will_not_come_is_left_out),
		cmocka_unit_test(one_that_never_came_is_waited_for_no_more),
		cmocka_unit_test(what_is_no_pack_is_refused),
	};

	return cmocka_run_group_tests_name("service/engine_reads", tests, NULL,
	    NULL);
}
