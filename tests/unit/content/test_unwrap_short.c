// SPDX-License-Identifier: Apache-2.0
/* Values of less than 256 bytes, and what is wrapped in them. */
#include "world.h"

static const char tiny[] = "[main]\nkey=9ed17d3dd83ef3\nname=a name\nlevel=91\n";
#define TINY_LEN	(sizeof(tiny) - 1)

static void
open_tiny(struct world *w)
{
	world_open(w);
	world_add(w, "tiny.ini", tiny, TINY_LEN);
	world_seal(w);
}

static void
assert_tiny(struct world *w)
{
	assert_whole(w, 0, TINY_LEN);
	assert_true(world_match(w, NULL)->exact);
}

/* As many bytes as a known file has: then a few digits are no number. */
static void
short_hex_is_read_where_a_known_file_is_as_long(void **state)
{
	static const char *const forms[] = { "%02x", "%02X ", "\\x%02x",
		"0x%02x, ", "%02x:" };
	char text[8 * TINY_LEN];
	struct world w;
	size_t len;

	open_tiny(&w);
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		len = 0;
		for (size_t k = 0; k < TINY_LEN; k++)
			len += (size_t)sprintf(text + len, forms[i],
			    (uint8_t)tiny[k]);
		world_scan(&w, text, len);
		assert_tiny(&w);
		/* two digits less */
		world_scan(&w, text, len - strlen(forms[i]) - 1);
		assert_null(world_match(&w, NULL));
	}
	world_close(&w);
}

/* A byte field in a map in a byte field; what ends in a line break is bytes. */
static void
short_structures_within_values_are_walked(void **state)
{
	uint8_t cbor[128] = "\xa2\x61v\1\x61p\x58", pack[128] =
	    "\x82\xa1v\1\xa1p\xc4";
	struct world w;

	open_tiny(&w);
	cbor[7] = 8 + TINY_LEN;
	memcpy(cbor + 8, "\xa1\x64" "blob\x58", 7);
	cbor[15] = TINY_LEN;
	memcpy(cbor + 16, tiny, TINY_LEN);
	world_scan(&w, cbor, 16 + TINY_LEN);
	assert_tiny(&w);
	pack[7] = 5 + TINY_LEN;
	memcpy(pack + 8, "\x92\xa1q\xc4", 4);
	pack[12] = TINY_LEN;
	memcpy(pack + 13, tiny, TINY_LEN);
	world_scan(&w, pack, 13 + TINY_LEN);
	assert_tiny(&w);
	world_close(&w);
}

/* Offsets beside the pieces of a file are none of them. */
static void
numbers_do_not_crowd_out_the_end_of_a_file(void **state)
{
	static const char digits[] = "0123456789abcdef";
	static uint8_t file[300 * 100 + 7];
	static char json[80000];
	struct world w;
	size_t len = 1;

	world_open_one(&w, file, sizeof(file), 5);
	json[0] = '[';
	for (size_t at = 0; at < sizeof(file); at += 300) {
		size_t n = sizeof(file) - at < 300 ? sizeof(file) - at : 300;

		len += (size_t)sprintf(json + len, "%s{\"at\":\"%zu\",\"d\":\"",
		    at ? "," : "", at + 100000);
		for (size_t i = at; i < at + n; i++) {
			json[len++] = digits[file[i] >> 4];
			json[len++] = digits[file[i] & 15];
		}
		len += (size_t)sprintf(json + len, "\"}");
	}
	json[len++] = ']';
	world_scan(&w, json, len);
	/* the parts are joined by whoever judges them: the last one has it all */
	assert_int_equal(w.f->items[w.f->item_count - 1].match_count, 1);
	assert_int_equal(w.f->items[w.f->item_count - 1].matches[0].ranges[0].end,
	    sizeof(file));
	world_close(&w);
}

/* "=" at the end of a line is a soft break of quoted-printable, and the end of
 * base64: what is all of the item is not what is left of it without. */
static void
all_of_an_item_is_more_than_what_came_out_of_it(void **state)
{
	static const char end[] = "=\n-----END PRIVATE KEY-----\n";
	uint8_t file[1200];
	const struct scan_match *m;
	struct world w;

	noise(file, sizeof(file), 8);
	for (size_t i = 0; i < sizeof(file); i++)
		file[i] = i % 65 == 64 ? '\n' : "0123456789ABCDEFGHIJKLMNOPQRST"
		    "UVWXYZabcdefghijklmnopqrstuvwxyz+/"[file[i] & 63];
	memcpy(file + sizeof(file) - sizeof(end) + 1, end, sizeof(end) - 1);
	world_open(&w);
	world_add(&w, "a", file, sizeof(file));
	world_seal(&w);
	world_scan(&w, file + 600, sizeof(file) - 600);
	m = w.f->items[0].matches;
	assert_int_equal(w.f->items[0].match_count, 1);
	assert_int_equal(m->sent_bytes, 600);
	assert_int_equal(m->ranges[0].end, sizeof(file));
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_hex_is_read_where_a_known_file_is_as_long),
		cmocka_unit_test(short_structures_within_values_are_walked),
		cmocka_unit_test(numbers_do_not_crowd_out_the_end_of_a_file),
		cmocka_unit_test(all_of_an_item_is_more_than_what_came_out_of_it),
	};

	return cmocka_run_group_tests_name("unwrap_short", tests, NULL, NULL);
}
