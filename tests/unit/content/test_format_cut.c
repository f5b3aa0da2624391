// SPDX-License-Identifier: Apache-2.0
#include "world.h"

#include "content/format_cut.h"

static uint8_t file[8192];

/* Is what is left of a file of size bytes, n of them, cut? */
static bool
is_cut(size_t n)
{
	size_t tail = n < FORMAT_TAIL ? n : FORMAT_TAIL;
	struct span head = { file, n < 4096 ? n : 4096 };
	uint8_t *copy = malloc(n ? n : 1);
	bool cut;

	memcpy(copy, file, n);
	head.p = copy;
	cut = format_is_cut(head, (struct span){ copy + n - tail, tail }, n);
	free(copy);
	return cut;
}

static void
put(size_t at, const void *p, size_t len)
{
	memcpy(file + at, p, len);
}

static void
le32(size_t at, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		file[at + (size_t)i] = (uint8_t)(v >> 8 * i);
}

static void
what_has_an_end_mark_is_cut_without_it(void **state)
{
	static const struct {
		const char *head, *end;
		size_t head_len, end_len;
	} marks[] = {
		{ "%PDF-1.7", "%%EOF\n", 8, 6 },
		{ "\x89PNG\r\n\x1a\n", "IEND\xae\x42\x60\x82", 8, 8 },
		{ "\xff\xd8\xff\xe0", "\xff\xd9", 4, 2 },
		{ "GIF89a", ";", 6, 1 },
		{ "{\\rtf1", "}", 6, 1 },
		{ "PK\3\4", "PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 4, 22 },
	};

	for (size_t i = 0; i < 6; i++) {
		noise(file, sizeof(file), i + 1);
		put(0, marks[i].head, marks[i].head_len);
		put(8000 - marks[i].end_len, marks[i].end, marks[i].end_len);
		assert_false(is_cut(8000));
		assert_true(is_cut(8000 - marks[i].end_len));
		assert_true(is_cut(marks[i].head_len));
	}
}

static void
what_says_its_length_is_cut_below_it(void **state)
{
	/* the table of sections of an ELF file: 10 of 64 bytes at 4000 */
	noise(file, sizeof(file), 1);
	put(0, "\x7f" "ELF\2\1\1", 7);
	memset(file + 40, 0, 8);
	le32(40, 4000);
	le32(58, 64 | 10 << 16);
	assert_false(is_cut(4640));
	assert_true(is_cut(4639));
	assert_true(is_cut(100));
	/* 32 bits, big-endian */
	put(4, "\1\2", 2);
	put(32, "\0\0\x0f\xa0", 4);
	put(46, "\0\x28\0\x0a", 4);
	assert_false(is_cut(4400));
	assert_true(is_cut(4399));

	/* a PE file with two sections, the second ending at 6000 */
	memset(file, 0, sizeof(file));
	put(0, "MZ", 2);
	le32(60, 128);
	put(128, "PE\0\0", 4);
	le32(134, 2);
	le32(128 + 20, 240);
	le32(128 + 24 + 240 + 16, 1000);
	le32(128 + 24 + 240 + 20, 512);
	le32(128 + 24 + 240 + 40 + 16, 2000);
	le32(128 + 24 + 240 + 40 + 20, 4000);
	assert_false(is_cut(6000));
	assert_true(is_cut(5999));
	/* the table of sections itself is not there: nothing is known */
	assert_false(is_cut(100));

	memset(file, 0, sizeof(file));
	put(0, "SQLite format 3\0\x10\0", 18);
	file[31] = 2;
	assert_false(is_cut(8192));
	assert_true(is_cut(8191));

	put(0, "dex\n035", 8);
	le32(32, 3000);
	assert_false(is_cut(3000));
	assert_true(is_cut(2999));

	put(0, "7z\xbc\xaf\x27\x1c\0\4", 8);
	memset(file + 12, 0, 16);
	le32(12, 4000);
	le32(20, 68);
	assert_false(is_cut(4100));
	assert_true(is_cut(4099));

	/* sectors of 512 bytes, the directory in the tenth */
	memset(file, 0, 512);
	put(0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8);
	file[30] = 9;
	le32(44, 1);
	le32(48, 9);
	assert_false(is_cut(5121));
	assert_true(is_cut(5120));
}

static void
what_says_nothing_of_its_length_is_not_called_cut(void **state)
{
	noise(file, sizeof(file), 9);
	assert_false(is_cut(0));
	assert_false(is_cut(8000));
	put(0, "OggS", 4);
	assert_false(is_cut(8000));
	for (size_t n = 0; n < 52; n++) {
		put(0, "\x7f" "ELF\2\1\1", 7);
		assert_false(is_cut(n));
	}
}

static struct world w;

static bool
first_item_is_cut(const char *method, const char *range, const char *target)
{
	bool cut;

	world_open(&w);
	world_seal(&w);
	w.hint.method = span_str(method);
	w.hint.content_range = span_str(range);
	w.hint.target = span_str(target);
	world_scan(&w, "some words of a file", 20);
	cut = w.f->items[0].cut;
	world_close(&w);
	return cut;
}

static void
a_request_may_say_that_it_holds_a_part(void **state)
{
	assert_false(first_item_is_cut("PUT", "", "/a"));
	assert_false(first_item_is_cut("PUT", "bytes 0-19/20", "/a"));
	assert_true(first_item_is_cut("PUT", "bytes 0-19/21", "/a"));
	assert_true(first_item_is_cut("POST", "bytes 1-20/21", "/a"));
	assert_true(first_item_is_cut("PUT", "bytes 0-19/*", "/a"));
	assert_true(first_item_is_cut("PUT", "bytes", "/a"));
	assert_true(first_item_is_cut("PUT", "", "/a?partNumber=1&uploadId=x"));
	assert_true(first_item_is_cut("PUT", "", "/a?comp=block&blockid=QQ=="));
	assert_false(first_item_is_cut("PUT", "", "/a?comp=blocklist"));
	assert_false(first_item_is_cut("PUT", "", "/partNumber=1"));
}

static void
the_first_piece_of_a_file_is_cut_whatever_pieces_it_comes_in(void **state)
{
	for (size_t piece = 1; piece < 3000; piece = piece * 3 + 1) {
		for (size_t len = 7000; len < 7005; len += 4) {
			noise(file, sizeof(file), 4);
			put(0, "%PDF-1.7", 8);
			put(6998, "%%EOF\n", 6);
			world_open(&w);
			world_seal(&w);
			world_scan_cut(&w, file, len, piece);
			assert_true(w.f->items[0].file_format);
			assert_int_equal(w.f->items[0].cut, len == 7000);
			world_close(&w);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_has_an_end_mark_is_cut_without_it),
		cmocka_unit_test(what_says_its_length_is_cut_below_it),
		cmocka_unit_test(
		    what_says_nothing_of_its_length_is_not_called_cut),
		cmocka_unit_test(a_request_may_say_that_it_holds_a_part),
		cmocka_unit_test(
		    the_first_piece_of_a_file_is_cut_whatever_pieces_it_comes_in),
	};

	return cmocka_run_group_tests_name("content/format_cut", tests, NULL,
	    NULL);
}
