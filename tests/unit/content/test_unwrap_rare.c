// SPDX-License-Identifier: Apache-2.0
/* Archives and packings that libarchive reads. */
#include "archives.h"

#include <zlib.h>

static void
rare_archives_are_read_too(void **state)
{
	static const struct {
		int (*format)(struct archive *);
		const char *name;
	} cases[] = {
		{ archive_write_set_format_ar_svr4, "ar" },
		{ archive_write_set_format_cpio_newc, "cpio" },
		{ archive_write_set_format_xar, "xar" },
	};
	struct world w;

	setup(&w);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		make_archive(cases[i].format, NULL, NULL);
		assert_inside(&w, cases[i].name);
	}
	world_close(&w);
}

/* One file, packed or in text, as such tools write it. */
static void
a_file_in_a_rare_packing_is_read(void **state)
{
	static const struct {
		int (*filter)(struct archive *);
		const char *name;
	} cases[] = {
		{ archive_write_add_filter_uuencode, "uuencode" },
		{ archive_write_add_filter_compress, "compress" },
		{ archive_write_add_filter_lzip, "lzip" },
	};
	struct world w;

	setup(&w);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct archive *z = archive_write_new();
		struct archive_entry *e = archive_entry_new();

		archive_entry_set_pathname(e, "data");
		archive_entry_set_filetype(e, AE_IFREG);
		archive_write_set_format_raw(z);
		assert_int_equal(cases[i].filter(z), ARCHIVE_OK);
		archive_write_set_bytes_in_last_block(z, 1);
		assert_int_equal(archive_write_open_memory(z, out, sizeof(out),
		    &out_len), ARCHIVE_OK);
		assert_int_equal(archive_write_header(z, e), ARCHIVE_OK);
		archive_write_data(z, a, LEN);
		assert_int_equal(archive_write_close(z), ARCHIVE_OK);
		archive_write_free(z);
		archive_entry_free(e);
		assert_inside(&w, cases[i].name);
	}
	world_close(&w);
}

/* What libarchive hands on as it stands came out of nothing. */
static void
text_that_begins_as_uuencode_does_is_not_unpacked(void **state)
{
	struct world w;

	setup(&w);
	out_len = (size_t)sprintf((char *)out, "begin 644 a\n#AAAA\n");
	memset(out + out_len, '\n', 5000);
	world_scan(&w, out, out_len + 5000);
	assert_int_equal(w.f->item_count, 1);
	assert_false(w.f->items[0].container);
	assert_int_equal(w.f->limit_count, 0);
	world_close(&w);
}

/* Too short, or of another kind than the mark says: libarchive knows no format. */
static void
archives_that_are_none_are_bytes_like_others(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} marks[] = {
		{ "7z\xbc\xaf\x27\x1c", 6 }, { "MSCF\0\0\0\0", 8 },
		{ "Rar!\x1a\x07", 6 }, { "!<arch>\n", 8 }, { "070701", 6 },
		{ "070702", 6 }, { "070707", 6 }, { "xar!\0\x1c", 6 },
		{ "\xed\xab\xee\xdb", 4 }, { "\x1f\x9d\x90", 3 },
		{ "LZIP\1", 5 }, { "ab-lh5-aaaaaaaaaaaaa\2", 21 },
	};
	struct world w;

	setup(&w);
	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
		for (size_t len = 0; len < 300; len = len * 2 + 1) {
			noise(out, 400, i);
			memcpy(out, marks[i].bytes, marks[i].len);
			world_scan(&w, out, marks[i].len + len);
			assert_null(world_match(&w, NULL));
		}
	world_close(&w);
}

/* XML that unpacks to so many bytes more than one of few files. */
static void
make_xar(size_t more)
{
	static const char toc[] = "<?xml version=\"1.0\"?><xar><toc><file id=\"1\">"
	    "<name>data</name><type>file</type><data><offset>0</offset>"
	    "<size>70000</size><length>70000</length><encoding style="
	    "\"application/octet-stream\"/></data></file></toc></xar>";
	uLongf packed_len = 4 * LEN;
	size_t len = sizeof(toc) - 1 + more, n = 28;
	uint8_t *xml = malloc(len);

	memcpy(xml, toc, sizeof(toc) - 1);
	memset(xml + sizeof(toc) - 1, ' ', more);
	assert_int_equal(compress(out + n, &packed_len, xml, len), Z_OK);
	free(xml);
	memcpy(out, "xar!\0\x1c\0\1", 8);
	for (int i = 0; i < 8; i++) {
		out[8 + i] = (uint8_t)((uint64_t)packed_len >> (56 - 8 * i));
		out[16 + i] = (uint8_t)((uint64_t)len >> (56 - 8 * i));
	}
	memset(out + 24, 0, 4);
	n += packed_len;
	memcpy(out + n, a, LEN);
	out_len = n + LEN;
}

static void
a_xar_with_a_huge_directory_is_not_read(void **state)
{
	static const char limit[] = "a xar archive with a directory of more "
	    "than 8 MiB";
	struct world w;

	setup(&w);
	make_xar(7u << 20);
	world_scan(&w, out, out_len);
	assert_whole(&w, 0, LEN);
	assert_int_equal(w.f->limit_count, 0);
	make_xar(8u << 20);
	world_scan(&w, out, out_len);
	assert_int_equal(w.f->limit_count, 1);
	assert_string_equal(w.f->limits[0], limit);
	for (size_t len = 8; len < 29; len++) {	/* none of it is there */
		world_scan(&w, out, len);
		assert_int_equal(w.f->limit_count, 0);
	}
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rare_archives_are_read_too),
		cmocka_unit_test(a_file_in_a_rare_packing_is_read),
		cmocka_unit_test(
		    text_that_begins_as_uuencode_does_is_not_unpacked),
		cmocka_unit_test(archives_that_are_none_are_bytes_like_others),
		cmocka_unit_test(a_xar_with_a_huge_directory_is_not_read),
	};

	return cmocka_run_group_tests_name("content/unwrap_rare", tests, NULL, NULL);
}
