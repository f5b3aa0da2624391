// SPDX-License-Identifier: Apache-2.0
#include "world.h"

#include <zlib.h>

/* What stands somewhere in a text, or behind a head of somebody's own. */

#define LEN	30000

static uint8_t file[LEN], body[4 * LEN];

static void
setup(struct world *w)
{
	world_open(w);
	world_add(w, "file", file, LEN);
	world_seal(w);
}

/* Noise that packs, so that nothing of it shows in what is packed. */
static int
make_file(void **state)
{
	noise(file, LEN, 78);
	for (size_t i = 0; i < LEN; i++)
		file[i] &= 0xf3;
	return 0;
}

static size_t
put(size_t at, const char *text)
{
	memcpy(body + at, text, strlen(text));
	return at + strlen(text);
}

/* In lines of so many digits. */
static size_t
put_base64(size_t at, const uint8_t *p, size_t len, size_t line, const char *between)
{
	static uint8_t text[2 * LEN];
	size_t n = (size_t)EVP_EncodeBlock(text, p, (int)len);

	for (size_t i = 0; i < n; i += line) {
		size_t take = n - i < line ? n - i : line;

		if (i)
			at = put(at, between);
		memcpy(body + at, text + i, take);
		at += take;
	}
	return at;
}

/* The file, and nothing else of it, is found whatever the pieces are. */
static void
expect_whole(size_t len)
{
	static const size_t pieces[] = { 1, 7, 1460, 1 << 20 };
	const struct scan_match *m;
	struct world w;

	for (size_t i = 0; i < 4; i++) {
		setup(&w);
		world_scan_cut(&w, body, len, pieces[i]);
		m = world_match(&w, NULL);
		assert_true(m->whole);
		assert_int_equal(m->sent_bytes, LEN);
		world_close(&w);
	}
}

static void
base64_in_armour_is_found(void **state)
{
	size_t n = put(0, "-----BEGIN DATA-----\n");

	n = put_base64(n, file, LEN, 64, "\n");
	expect_whole(put(n, "\n-----END DATA-----\n"));
}

static void
base64_in_indented_lines_is_found(void **state)
{
	size_t n = put(0, "name: something\nand a line of words, no pair\n"
	    "data: !!binary |\n    ");

	n = put_base64(n, file, LEN, 76, "\r\n    ");
	expect_whole(put(n, "\nend of it\n"));
}

static void
base64_in_a_cell_is_found(void **state)
{
	size_t n = put(0, "number,name,content\n1,a,");

	n = put_base64(n, file, LEN, 1 << 20, "");
	expect_whole(put(n, "\n2,b,\n"));
}

/* Zeros are A as hex digits are; that many are no hex. */
static void
base64_of_a_file_that_begins_with_zeros_is_found(void **state)
{
	size_t n;

	memset(file, 0, 1000);
	n = put(0, "name,content\na,");
	n = put_base64(n, file, LEN, 1 << 20, "");
	expect_whole(put(n, "\n"));
	make_file(NULL);
}

static void
hex_in_a_text_is_found(void **state)
{
	size_t n = put(0, "what follows is a file, in hex: ");

	for (size_t i = 0; i < LEN; i++)
		n += (size_t)sprintf((char *)body + n, "%02x", file[i]);
	expect_whole(put(n, ", and that was it.\n"));
}

/* No item beside the text itself. */
static void
expect_nothing(size_t len)
{
	struct world w;

	setup(&w);
	world_scan(&w, body, len);
	assert_int_equal(w.f->item_count, 1);
	assert_int_equal(w.f->items[0].match_count, 0);
	world_close(&w);
}

static void
a_file_that_is_not_known_is_none_for_standing_in_a_text(void **state)
{
	uint8_t picture[600];
	size_t n = put(0, "p { background: url(data:image/png;base64,");

	noise(picture, sizeof(picture), 3);
	memcpy(picture, "\x89PNG\r\n\x1a\n", 8);
	n = put_base64(n, picture, sizeof(picture), 1 << 20, "");
	expect_nothing(put(n, ") } and more words to make it a text\n"));
}

static void
a_line_shorter_than_sixty_digits_is_the_last(void **state)
{
	static const size_t lines[] = { 60, 59 };
	struct world w;

	for (size_t i = 0; i < 2; i++) {
		size_t n = put(0, "a text, and then\n");

		n = put_base64(n, file, LEN, lines[i], "\n");
		n = put(n, "\n, that was it\n");
		setup(&w);
		world_scan(&w, body, n);
		assert_int_equal(w.f->item_count > 1, lines[i] == 60);
		world_close(&w);
	}
}

static size_t
put_zlib(size_t at, const char *head, size_t head_len)
{
	uLongf len = sizeof(body) - at - head_len;

	memcpy(body + at, head, head_len);
	assert_int_equal(compress2(body + at + head_len, &len, file, LEN, 6),
	    Z_OK);
	return at + head_len + len;
}

static void
what_is_packed_behind_a_head_is_found(void **state)
{
	expect_whole(put_zlib(0, "UPLD\1\0\0\0\x30\x75\0\0", 12));
	expect_whole(put_zlib(0, "\0", 1));
}

static void
behind_a_head_of_more_than_256_bytes_is_not_looked(void **state)
{
	char head[300];

	noise((uint8_t *)head, sizeof(head), 4);
	expect_whole(put_zlib(0, head, 256));
	expect_nothing(put_zlib(0, head, 257));
}

static void
an_unknown_archive_behind_a_head_is_no_file(void **state)
{
	uint8_t other[3000];
	uLongf len = sizeof(body) - 9;

	noise(other, sizeof(other), 5);
	memcpy(body, "HEAD\0\1\2\3\4", 9);
	assert_int_equal(compress2(body + 9, &len, other, sizeof(other), 6),
	    Z_OK);
	expect_nothing(9 + len);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64_in_armour_is_found),
		cmocka_unit_test(base64_in_indented_lines_is_found),
		cmocka_unit_test(base64_in_a_cell_is_found),
		cmocka_unit_test(
		    base64_of_a_file_that_begins_with_zeros_is_found),
		cmocka_unit_test(hex_in_a_text_is_found),
		cmocka_unit_test(
		    a_file_that_is_not_known_is_none_for_standing_in_a_text),
		cmocka_unit_test(a_line_shorter_than_sixty_digits_is_the_last),
		cmocka_unit_test(what_is_packed_behind_a_head_is_found),
		cmocka_unit_test(
		    behind_a_head_of_more_than_256_bytes_is_not_looked),
		cmocka_unit_test(an_unknown_archive_behind_a_head_is_no_file),
	};

	return cmocka_run_group_tests_name("content scan beside", tests,
	    make_file, NULL);
}
