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
		{ archive_write_set_format_warc, "warc" },
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

/* 40 lines of text in an entry of 7-Zip's, up to its directory. */
static void
entries_under_ppmd_are_unpacked(void **state)
{
	static const uint8_t plain[] = {
		0x50, 0x4b, 0x03, 0x04, 0x3f, 0x00, 0x00, 0x00, 0x62, 0x00, 0x08,
		0x93, 0x7a, 0x5d, 0x1b, 0xbe, 0x6f, 0x71, 0x64, 0x00, 0x00, 0x00,
		0x7e, 0x04, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x78, 0x07, 0x00,
		0x6b, 0xfb, 0x71, 0x9c, 0x4c, 0x24, 0x92, 0x7a, 0xb5, 0x68, 0xea,
		0x53, 0xf5, 0x5d, 0x0f, 0xd6, 0xa3, 0xe5, 0x6c, 0xf6, 0x2f, 0xfa,
		0x93, 0x9e, 0xff, 0xc3, 0xb0, 0x67, 0x2f, 0x36, 0x17, 0x2f, 0x38,
		0xd6, 0x27, 0x94, 0x88, 0x1c, 0x71, 0x19, 0xab, 0x60, 0xbb, 0xb5,
		0x05, 0x06, 0x92, 0xcd, 0xe9, 0x32, 0x3d, 0x84, 0x39, 0x51, 0x47,
		0x09, 0x56, 0xc7, 0x20, 0x18, 0xb4, 0x98, 0x90, 0x10, 0xfd, 0x22,
		0x00, 0x28, 0xc5, 0x14, 0x64, 0xc7, 0xad, 0xbf, 0xc0, 0x0d, 0xfb,
		0xa1, 0x38, 0x21, 0x66, 0x15, 0x72, 0x38, 0xc2, 0x74, 0x80, 0xff,
		0xb5, 0x72, 0xd2, 0xb9, 0xff, 0x73, 0x9e, 0xd4, 0x8a, 0x00, 0x50,
		0x4b, 0x01, 0x02,
	}, under_aes[] = {
		0x50, 0x4b, 0x03, 0x04, 0x3f, 0x00, 0x01, 0x00, 0x63, 0x00, 0x08,
		0x93, 0x7a, 0x5d, 0x00, 0x00, 0x00, 0x00, 0x78, 0x00, 0x00, 0x00,
		0x7e, 0x04, 0x00, 0x00, 0x01, 0x00, 0x0b, 0x00, 0x78, 0x01, 0x99,
		0x07, 0x00, 0x02, 0x00, 0x41, 0x45, 0x01, 0x62, 0x00, 0xe3, 0x76,
		0xcf, 0x34, 0x2a, 0x42, 0x42, 0xaa, 0x87, 0x48, 0x50, 0x5b, 0x33,
		0xbd, 0x39, 0xb9, 0xec, 0xf6, 0x36, 0x66, 0x72, 0x8b, 0x59, 0x93,
		0xb7, 0x08, 0x71, 0x8c, 0x84, 0x8d, 0x4f, 0x2d, 0x83, 0xde, 0x0d,
		0x9d, 0x0d, 0x45, 0x53, 0xed, 0xd5, 0x9d, 0x78, 0x53, 0x62, 0xc7,
		0xcb, 0x94, 0x99, 0xac, 0x3f, 0xe7, 0xe0, 0x4b, 0xaf, 0x31, 0x07,
		0xdc, 0xd3, 0x92, 0xed, 0x23, 0x24, 0x80, 0xcf, 0x2e, 0x41, 0x2d,
		0x9d, 0x3e, 0xd1, 0xab, 0xaa, 0x9c, 0xf0, 0xbe, 0x85, 0x8f, 0x46,
		0x63, 0x6f, 0x8f, 0x62, 0xe5, 0xdc, 0xd8, 0x12, 0x84, 0x23, 0x84,
		0xac, 0x94, 0xaf, 0x57, 0x1e, 0xd1, 0x38, 0x01, 0xcc, 0xdf, 0xd6,
		0xc1, 0xe0, 0x7b, 0x40, 0xae, 0xda, 0xab, 0x63, 0xfb, 0xb5, 0xfc,
		0xf8, 0x8e, 0x60, 0x60, 0x3b, 0x99, 0x75, 0x78, 0x50, 0x4b, 0x01,
		0x02,
	}, under_the_old_cipher[] = {
		0x50, 0x4b, 0x03, 0x04, 0x3f, 0x00, 0x01, 0x00, 0x62, 0x00, 0x08,
		0x93, 0x7a, 0x5d, 0x1b, 0xbe, 0x6f, 0x71, 0x70, 0x00, 0x00, 0x00,
		0x7e, 0x04, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x78, 0x6b, 0x8d,
		0x43, 0x68, 0x38, 0xf6, 0xdc, 0x61, 0x70, 0xfd, 0x68, 0xc3, 0xe7,
		0x26, 0x92, 0x99, 0x20, 0x27, 0x78, 0xa9, 0x10, 0xda, 0x48, 0xf7,
		0x4d, 0x54, 0x3a, 0x94, 0xfd, 0x91, 0xc1, 0xf9, 0x99, 0x44, 0x06,
		0x5f, 0xaf, 0xa5, 0x74, 0x2f, 0xf4, 0x00, 0xa3, 0x23, 0x02, 0xe9,
		0xba, 0x9d, 0x3c, 0xd8, 0xdc, 0xa1, 0x41, 0x93, 0xb2, 0xe4, 0x91,
		0xa4, 0x69, 0xcb, 0xc9, 0x9c, 0x7e, 0x02, 0x47, 0x05, 0x9f, 0xbd,
		0x8d, 0x76, 0x2d, 0xd4, 0x47, 0xbe, 0xfe, 0x7a, 0xdb, 0xd3, 0xca,
		0x8c, 0x06, 0x02, 0x96, 0x0d, 0x02, 0xfb, 0xf9, 0xda, 0xa4, 0x20,
		0xf4, 0xa2, 0x0a, 0xad, 0xde, 0x46, 0x8d, 0x4f, 0x11, 0xb0, 0x7c,
		0xba, 0x07, 0x8d, 0x9d, 0xb2, 0x41, 0x08, 0xdc, 0x13, 0x52, 0x3f,
		0x50, 0x4b, 0x01, 0x02,
	};
	static const struct {
		const uint8_t *zip;
		size_t len;
	} cases[] = {
		{ plain, sizeof(plain) }, { under_aes, sizeof(under_aes) },
		{ under_the_old_cipher, sizeof(under_the_old_cipher) },
	};
	char text[1200];
	size_t len = 0;
	struct world w;

	for (int i = 0; i < 40; i++)
		len += (size_t)sprintf(text + len,
		    "line %d of a file under PPMd\n", i);
	world_open(&w);
	world_add(&w, "a", text, len);
	world_seal(&w);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		unwrap_check(&w, len, cases[i].zip, cases[i].len, "zip");
	/* one that wants more memory than there is for it, and noise */
	for (int i = 0; i < 2; i++) {
		memcpy(out, plain, sizeof(plain));
		if (i)
			noise(out + 31, 100, 3);
		else
			memcpy(out + 31, "\xff\x0f", 2);
		world_scan(&w, out, sizeof(plain));
		assert_null(world_match(&w, NULL));
		assert_int_equal(w.f->limit_count, !i);
	}
	world_close(&w);
}

/* What is padded with zeros behind its last file is whole cut short, too. */
static void
a_disc_is_read(void **state)
{
	const struct scan_item *item = NULL;
	struct world w;

	setup(&w);
	make_archive(archive_write_set_format_iso9660, NULL, NULL);
	for (size_t piece = 100; piece < 2 * out_len; piece = piece * 23 + 5) {
		world_scan_cut(&w, out, out_len, piece);
		assert_whole(&w, 0, LEN);
		world_match(&w, &item);
		assert_string_equal(item->encoding, "iso9660");
		assert_true(span_eq(item->name, span_str("folder/sample.bin")));
	}
	world_close(&w);
}

/* Zeros, or a sector that starts a machine, and then no disc. */
static void
what_may_be_a_disc_is_looked_at_as_it_is(void **state)
{
	struct world w;

	setup(&w);
	for (int i = 0; i < 2; i++) {
		memset(out, 0, 40000);
		memcpy(out + 510, i ? "\x55\xaa" : "\0", 2);
		memcpy(out + 40000, a, LEN);
		world_scan(&w, out, 40000 + LEN);
		assert_whole(&w, 0, LEN);
		assert_int_equal(w.f->item_count, 1);
		assert_false(w.f->items[0].container);
		assert_int_equal(w.f->limit_count, 0);
	}
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rare_archives_are_read_too),
		cmocka_unit_test(entries_under_ppmd_are_unpacked),
		cmocka_unit_test(a_disc_is_read),
		cmocka_unit_test(what_may_be_a_disc_is_looked_at_as_it_is),
		cmocka_unit_test(a_file_in_a_rare_packing_is_read),
		cmocka_unit_test(
		    text_that_begins_as_uuencode_does_is_not_unpacked),
		cmocka_unit_test(archives_that_are_none_are_bytes_like_others),
		cmocka_unit_test(a_xar_with_a_huge_directory_is_not_read),
	};

	return cmocka_run_group_tests_name("content/unwrap_rare", tests, NULL, NULL);
}
