// SPDX-License-Identifier: Apache-2.0
#include "archives.h"

#include <openssl/evp.h>

#include "content/walk/zip_crypt.h"

static void
assert_named(struct world *w)
{
	const struct scan_item *item = NULL;

	world_scan(w, out, out_len);
	world_match(w, &item);
	assert_true(span_eq(item->name, span_str("folder/sample.bin")));
	assert_true(item->declared_file);
}

static void
zip_entries_are_items_stored_deflated_and_under_passwords(void **state)
{
	static const struct {
		const char *options, *password;
	} cases[] = {
		{ NULL, NULL }, { "zip:compression=store", NULL },
		{ "zip:encryption=traditional", "infected" },
		{ "zip:encryption=aes128", "virus" },
		{ "zip:encryption=aes256", "malware" },
		{ "zip:compression=store,zip:encryption=aes256", "infected" },
	};
	struct world w;
	bool said = false;

	setup(&w);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		make_archive(archive_write_set_format_zip, cases[i].options,
		    cases[i].password);
		assert_inside(&w, "zip");
		assert_named(&w);
	}
	w.hint.passwords = (const char *const[]){ "given", "not usual", NULL };
	for (size_t i = 2; i < sizeof(cases) / sizeof(*cases); i++) {
		make_archive(archive_write_set_format_zip, cases[i].options,
		    i % 2 ? "not usual" : cases[i].password);
		assert_inside(&w, "zip");
	}
	make_archive(archive_write_set_format_zip,
	    "zip:encryption=traditional", "not in any list");
	world_scan(&w, out, out_len);
	assert_null(world_match(&w, NULL));
	for (size_t i = 0; i < w.f->limit_count; i++)
		said |= strstr(w.f->limits[i], "password") != NULL;
	assert_true(said);
	assert_true(w.f->undeciphered_bytes > out_len / 2);
	world_close(&w);
}

/* The old cipher's head of the second entry, and what it has to decrypt to. */
static const uint8_t *
old_head(uint8_t *ret_check)
{
	const uint8_t *name = memmem(out, out_len, "folder/sample.bin", 17);
	const uint8_t *h = name - 30;

	*ret_check = h[6] & 8 ? h[11] : h[17];
	return name + 17 + h[28] + 256 * h[29];
}

/* Of what is stored nothing but known content tells whether a password that
 * passes the check is the right one. */
static void
among_passwords_that_fit_known_content_decides(void **state)
{
	struct zip_crypt c;
	unsigned fits = 0;
	struct world w;

	setup(&w);
	for (unsigned i = 0; i < 20000 && fits < 3; i++) {
		const uint8_t *head;
		unsigned next = 0;
		uint8_t check;

		make_archive(archive_write_set_format_zip,
		    "zip:compression=store,zip:encryption=traditional",
		    "malware");
		head = old_head(&check);
		assert_true(zip_crypt_open(&c, NULL, head, check, &next));
		if (!strcmp(zip_password(NULL, next - 1), "malware"))
			continue;
		fits++;
		assert_inside(&w, "zip");
	}
	assert_int_equal(fits, 3);
	world_close(&w);
}

static void
tar_entries_are_items(void **state)
{
	static const char mail[] = "Content-Type: multipart/mixed; boundary=qq"
	    "\r\n\r\n--qq\r\nContent-Type: text/plain\r\n\r\n";
	static char text[8 * LEN];
	struct world w;
	size_t n;

	setup(&w);
	make_archive(archive_write_set_format_ustar, NULL, NULL);
	assert_inside(&w, "tar");
	assert_named(&w);
	make_archive(archive_write_set_format_gnutar, NULL, NULL);
	assert_inside(&w, "tar");
	make_archive(archive_write_set_format_pax, NULL, NULL);
	assert_inside(&w, "tar");
	/* as numbers, which are no characters */
	n = 0;
	make_archive(archive_write_set_format_ustar, NULL, NULL);
	text[n++] = '[';
	for (size_t i = 0; i < out_len; i++)
		n += (size_t)sprintf(text + n, i + 1 < out_len ? "%d," : "%d]",
		    out[i]);
	world_scan(&w, text, n);
	assert_string_equal(w.f->items[w.f->item_count - 1].encoding, "tar");
	assert_whole(&w, 0, LEN);
	world_close(&w);
	/* of which the first bytes are a message in parts */
	memcpy(a, mail, sizeof(mail));
	world_open(&w);
	world_add(&w, "a", a, LEN);
	world_seal(&w);
	make_archive(archive_write_set_format_ustar, NULL, NULL);
	world_scan(&w, out, out_len);
	assert_string_equal(w.f->items[2].encoding, "tar");
	assert_int_equal(w.f->items[2].match_count, 1);
	assert_true(w.f->items[2].matches[0].exact);
	world_close(&w);
}

/* A cabinet of one file, stored in blocks. */
static void
make_cab(void)
{
	size_t n = 36 + 8 + 16 + 7, blocks = (LEN + 32767) / 32768;
	uint8_t *h = out;

	memset(out, 0, n);
	memcpy(h, "MSCF", 4);
	h[16] = 36 + 8;			/* where files are told */
	h[24] = 3;
	h[25] = 1;
	h[26] = h[28] = 1;		/* folders, files */
	h[36] = (uint8_t)n;		/* where the folder's data are */
	h[40] = (uint8_t)blocks;
	h[44] = LEN & 255;
	h[45] = LEN >> 8 & 255;
	h[46] = LEN >> 16;
	memcpy(h + 60, "in.bin", 7);
	for (size_t i = 0; i < LEN; i += 32768) {
		size_t m = LEN - i < 32768 ? LEN - i : 32768;

		memset(out + n, 0, 8);
		out[n + 4] = out[n + 6] = (uint8_t)m;
		out[n + 5] = out[n + 7] = (uint8_t)(m >> 8);
		memcpy(out + n + 8, a + i, m);
		n += 8 + m;
	}
	for (int i = 0; i < 4; i++)
		h[8 + i] = (uint8_t)(n >> 8 * i);
	out_len = n;
}

static void
archives_with_a_directory_at_the_end_are_read(void **state)
{
	struct world w;

	setup(&w);
	make_archive(archive_write_set_format_7zip, NULL, NULL);
	assert_inside(&w, "7z");
	assert_named(&w);
	make_cab();
	assert_inside(&w, "cab");
	world_close(&w);
}

/* "infected" is known, and does not help. */
static void
an_encrypted_7z_is_told_not_to_have_been_opened(void **state)
{
	static const char hex[] =
	    "377abcaf271c0004f4fd645e30000000000000005a00000000000000241e"
	    "bafe3c362fba730a941107f9844355d70eee3589abf10b7e05782db7f91e"
	    "3da9f5aba6d7016b85fddd446f6c7c50032bc5fe0104060001093000070b"
	    "0100022406f1070112530fa279df28246137eb0573112c4f4bc5ba212101"
	    "0001000c2e2a00080a01e12221cc0000050119010011050067000000140a"
	    "01000b581a9aa07ddd01150601002080a4810000";
	bool told = false;
	struct world w;

	setup(&w);
	for (size_t i = 0; hex[i]; i += 2)
		sscanf(hex + i, "%2hhx", &out[i / 2]);
	world_scan(&w, out, strlen(hex) / 2);
	for (size_t i = 0; i < w.f->limit_count; i++)
		told |= strstr(w.f->limits[i], "can't be opened") != NULL;
	assert_true(told);
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    zip_entries_are_items_stored_deflated_and_under_passwords),
		cmocka_unit_test(
		    among_passwords_that_fit_known_content_decides),
		cmocka_unit_test(tar_entries_are_items),
		cmocka_unit_test(
		    archives_with_a_directory_at_the_end_are_read),
		cmocka_unit_test(an_encrypted_7z_is_told_not_to_have_been_opened),
	};

	return cmocka_run_group_tests_name("content/unwrap_archive", tests, NULL, NULL);
}
