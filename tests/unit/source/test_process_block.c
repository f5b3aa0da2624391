// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "source/process_block.h"

#define SECTION	0x0a0d0d0au
#define CUSTOM	0xbadu
#define DARWIN	0x80000001u

struct bytes {
	uint8_t data[512];
	size_t len;
};

static void
put(struct bytes *b, uint64_t v, size_t len)
{
	for (size_t i = 0; i < len; i++)
		b->data[b->len++] = (uint8_t)(v >> 8 * i);
}

static void
put_option(struct bytes *b, uint16_t code, const char *text, size_t len)
{
	put(b, code, 2);
	put(b, len, 2);
	memcpy(b->data + b->len, text, len);
	b->len += len;
	put(b, 0, (4 - len % 4) % 4);
}

/* Wireshark's block for one process; start_ns 0: not said. */
static struct bytes
custom(uint32_t pid, const char *name, uint64_t start_ns)
{
	struct bytes entry = { .len = 0 }, b = { .len = 0 };

	put(&entry, pid, 4);
	put_option(&entry, 2, name, strlen(name));
	if (start_ns) {
		put(&entry, 9 | 8 << 16, 4);
		put(&entry, start_ns, 8);
	}
	put(&b, 32622, 4);
	put(&b, 3, 4);
	put(&b, entry.len, 4);
	memcpy(b.data + b.len, entry.data, entry.len);
	b.len += entry.len;
	put(&b, 0, 4);
	return b;
}

static void
add(struct process_blocks *p, uint32_t type, const struct bytes *b)
{
	uint8_t *exact = malloc(b->len ? b->len : 1);
	struct telltap_block block = { .kind = TELLTAP_BLOCK_OTHER,
		.type = type, .data = exact, .len = b->len };

	memcpy(exact, b->data, b->len);
	assert_int_equal(process_blocks_add(p, &block), 0);
	free(exact);
}

static bool
find(struct process_blocks *p, uint32_t type, uint64_t value, size_t len,
    uint64_t ts_ns, struct owner_note *ret)
{
	struct bytes b = { .len = 0 };
	struct telltap_block block = { .kind = TELLTAP_BLOCK_OPTION,
		.type = type, .data = b.data, .len = len };

	put(&b, value, 8);
	return process_blocks_find(p, &block, 1, ts_ns, ret);
}

static void
a_pid_is_named_by_the_block_before_it(void **state)
{
	struct process_blocks *p = process_blocks_new();
	struct bytes b = custom(12, "curl", 0);
	struct owner_note n;

	add(p, CUSTOM, &b);
	assert_true(find(p, 8, 12, 8, 5, &n));
	assert_int_equal(n.pid, 12);
	assert_true(span_eq(n.name, span_str("curl")));
	assert_string_equal(n.source, "import:wireshark");
	assert_true(n.trusted);
	/* without a block the id alone is known */
	assert_true(find(p, 8, 13, 8, 5, &n));
	assert_int_equal(n.pid, 13);
	assert_int_equal(n.name.len, 0);
	assert_false(find(p, 8, 0, 8, 5, &n));
	assert_false(find(p, 8, 12, 3, 5, &n));
	assert_false(find(p, 7, 12, 8, 5, &n));
	process_blocks_free(p);
}

static void
a_pid_used_again_is_told_apart_by_time(void **state)
{
	struct process_blocks *p = process_blocks_new();
	struct bytes b = custom(5, "first", 100);
	struct owner_note n;

	add(p, CUSTOM, &b);
	b = custom(5, "second", 200);
	add(p, CUSTOM, &b);
	assert_true(find(p, 8, 5, 8, 199, &n));
	assert_true(span_eq(n.name, span_str("first")));
	assert_true(find(p, 8, 5, 8, 200, &n));
	assert_true(span_eq(n.name, span_str("second")));
	assert_true(n.trusted);
	/* before both: clocks that disagree */
	assert_true(find(p, 8, 5, 8, 99, &n));
	assert_false(n.trusted);
	process_blocks_free(p);
}

static void
several_ids_of_a_packet_are_all_named(void **state)
{
	struct process_blocks *p = process_blocks_new();
	struct bytes b = custom(5, "sender", 0), one = { .len = 0 },
		     two = { .len = 0 };
	struct telltap_block list[2] = {
		{ .kind = TELLTAP_BLOCK_OPTION, .type = 8, .data = one.data,
		    .len = 8 },
		{ .kind = TELLTAP_BLOCK_OPTION, .type = 8, .data = two.data,
		    .len = 8 },
	};
	struct owner_note n;

	add(p, CUSTOM, &b);
	b = custom(6, "receiver", 0);
	add(p, CUSTOM, &b);
	put(&one, 5, 8);
	put(&two, 6, 8);
	assert_true(process_blocks_find(p, list, 2, 1, &n));
	assert_int_equal(n.pid, 5);
	assert_int_equal(n.other_pid, 6);
	assert_true(span_eq(n.other_name, span_str("receiver")));
	process_blocks_free(p);
}

static void
blocks_of_apple_are_named_by_their_order_in_a_section(void **state)
{
	struct process_blocks *p = process_blocks_new();
	struct bytes b = { .len = 0 }, none = { .len = 0 };
	struct owner_note n;

	put(&b, 501, 4);
	put_option(&b, 2, "av", 2);
	add(p, DARWIN, &b);
	b.len = 0;
	put(&b, 90, 4);
	put_option(&b, 2, "nsurlsessiond", 13);
	add(p, DARWIN, &b);
	assert_true(find(p, 0x8001, 1, 4, 1, &n));
	assert_int_equal(n.pid, 90);
	assert_true(span_eq(n.name, span_str("nsurlsessiond")));
	assert_string_equal(n.source, "import:darwin");
	assert_true(find(p, 0x8001, 0, 4, 1, &n));
	assert_int_equal(n.pid, 501);
	assert_false(find(p, 0x8001, 2, 4, 1, &n));
	assert_false(find(p, 0x8001, 0, 3, 1, &n));
	add(p, SECTION, &none);
	assert_false(find(p, 0x8001, 0, 4, 1, &n));
	process_blocks_free(p);
}

static void
blocks_cut_anywhere_are_survived(void **state)
{
	struct bytes whole = custom(12, "curl", 7);

	for (size_t len = 0; len <= whole.len; len++) {
		struct process_blocks *p = process_blocks_new();
		struct bytes b = whole;
		struct owner_note n;

		b.len = len;
		add(p, CUSTOM, &b);
		add(p, DARWIN, &b);
		(void)find(p, 8, 12, 8, 1, &n);
		process_blocks_free(p);
	}
	process_blocks_free(NULL);
}

static void
more_processes_than_are_kept_are_counted(void **state)
{
	struct process_blocks *p = process_blocks_new();
	struct bytes b = custom(12, "curl", 0);
	struct owner_note n;

	for (int i = 0; i < 300; i++)
		add(p, CUSTOM, &b);
	assert_int_equal(process_blocks_left_out(p), 300 - 256);
	assert_true(find(p, 8, 12, 8, 1, &n));
	process_blocks_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pid_is_named_by_the_block_before_it),
		cmocka_unit_test(a_pid_used_again_is_told_apart_by_time),
		cmocka_unit_test(several_ids_of_a_packet_are_all_named),
		cmocka_unit_test(
		    blocks_of_apple_are_named_by_their_order_in_a_section),
		cmocka_unit_test(blocks_cut_anywhere_are_survived),
		cmocka_unit_test(more_processes_than_are_kept_are_counted),
	};

	return cmocka_run_group_tests_name("source process block", tests, NULL,
	    NULL);
}
