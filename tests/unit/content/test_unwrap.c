// SPDX-License-Identifier: Apache-2.0
#include "unwrap.h"

#include <archive.h>
#include <archive_entry.h>
#include <lz4frame.h>
#include <lzma.h>
#include <openssl/evp.h>
#include <snappy-c.h>

#include "content/walk/zip_crypt.h"

#define LEN	70000
#define SHORT	3000

static uint8_t a[LEN], out[4 * LEN], body[8 * LEN];
static size_t out_len;

static void
setup(struct world *w)
{
	unwrap_setup(w, a, LEN, 41);
}

static void
assert_inside(struct world *w, const char *encoding)
{
	unwrap_check(w, LEN, out, out_len, encoding);
}

static void
xz_lz4_and_snappy_are_unwrapped(void **state)
{
	LZ4F_preferences_t prefs = { 0 };
	struct world w;
	size_t n = 10, len;

	setup(&w);
	out_len = 0;
	assert_int_equal(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC64, NULL, a,
	    LEN, out, &out_len, sizeof(out)), LZMA_OK);
	assert_inside(&w, "xz");
	out_len = LZ4F_compressFrame(out, sizeof(out), a, LEN, &prefs);
	assert_false(LZ4F_isError(out_len));
	assert_inside(&w, "lz4");
	memcpy(out, "\xff\x06\0\0sNaPpY", 10);
	for (size_t i = 0; i < LEN; i += 65536) {
		size_t m = LEN - i < 65536 ? LEN - i : 65536;

		len = sizeof(out) - n - 8;
		assert_int_equal(snappy_compress((char *)a + i, m,
		    (char *)out + n + 8, &len), SNAPPY_OK);
		memset(out + n, 0, 8);
		for (int k = 0; k < 3; k++)
			out[n + 1 + (size_t)k] = (uint8_t)((len + 4) >> 8 * k);
		n += len + 8;
	}
	out_len = n;
	assert_inside(&w, "snappy");
	world_close(&w);
}

static void
make_archive(int (*format)(struct archive *), const char *options,
    const char *password)
{
	struct archive *z = archive_write_new();
	struct archive_entry *e = archive_entry_new();
	static const char note[] = "a note beside the file";

	assert_int_equal(format(z), ARCHIVE_OK);
	if (options)
		assert_int_equal(archive_write_set_options(z, options),
		    ARCHIVE_OK);
	if (password)
		assert_int_equal(archive_write_set_passphrase(z, password),
		    ARCHIVE_OK);
	archive_write_set_bytes_in_last_block(z, 1);
	out_len = 0;
	assert_int_equal(archive_write_open_memory(z, out, sizeof(out),
	    &out_len), ARCHIVE_OK);
	for (int i = 0; i < 2; i++) {
		archive_entry_clear(e);
		archive_entry_set_pathname(e, i ? "folder/sample.bin" :
		    "note.txt");
		archive_entry_set_filetype(e, AE_IFREG);
		archive_entry_set_size(e, i ? LEN : (int)sizeof(note));
		archive_entry_set_perm(e, 0644);
		archive_entry_set_mtime(e, 1700000000, 0);
		assert_int_equal(archive_write_header(z, e), ARCHIVE_OK);
		archive_write_data(z, i ? (const void *)a : note,
		    i ? LEN : sizeof(note));
	}
	archive_entry_free(e);
	assert_int_equal(archive_write_close(z), ARCHIVE_OK);
	archive_write_free(z);
}

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
	struct world w;

	setup(&w);
	make_archive(archive_write_set_format_ustar, NULL, NULL);
	assert_inside(&w, "tar");
	assert_named(&w);
	make_archive(archive_write_set_format_gnutar, NULL, NULL);
	assert_inside(&w, "tar");
	make_archive(archive_write_set_format_pax, NULL, NULL);
	assert_inside(&w, "tar");
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

static size_t
pack_text(uint8_t *p, const char *text, bool cbor)
{
	size_t n = strlen(text);

	p[0] = (uint8_t)((cbor ? 0x60 : 0xa0) | n);
	memcpy(p + 1, text, n);
	return n + 1;
}

static void
messagepack_and_cbor_are_walked(void **state)
{
	struct world w;
	const struct scan_item *item = NULL;

	setup(&w);
	for (int cbor = 0; cbor < 2; cbor++) {
		size_t n = 0;

		out[n++] = cbor ? 0xa3 : 0x83;
		n += pack_text(out + n, "hostname", cbor);
		n += pack_text(out + n, "PC-1", cbor);
		n += pack_text(out + n, "list", cbor);
		out[n++] = cbor ? 0x9f : 0x93;	/* open-ended in CBOR */
		out[n++] = 7;
		n += pack_text(out + n, "10.0.0.7", cbor);
		out[n++] = cbor ? 0x58 : 0xc4;	/* 32 bytes, of a hash */
		out[n++] = 32;
		memcpy(out + n, known_get(w.known, 0)->hash[KNOWN_SHA256], 32);
		n += 32;
		if (cbor)
			out[n++] = 0xff;
		n += pack_text(out + n, "file", cbor);
		out[n++] = cbor ? 0x5a : 0xc6;
		for (int i = 3; i >= 0; i--)
			out[n++] = (uint8_t)(LEN >> 8 * i);
		memcpy(out + n, a, LEN);
		out_len = n + LEN;
		assert_inside(&w, cbor ? "cbor" : "msgpack");
		world_scan(&w, out, out_len);
		world_match(&w, &item);
		assert_true(span_eq(item->path, span_str("/file")));
		assert_true(world_has_category(&w, "host.id", "/hostname"));
		assert_true(world_has_category(&w, "network.local",
		    "/list/1"));
		assert_int_equal(w.f->hash_count, 1);
		assert_true(span_eq(w.f->hashes[0].path, span_str("/list/2")));
	}
	world_close(&w);
}

static size_t
varint(uint8_t *p, uint64_t v)
{
	size_t n = 0;

	while (v > 127) {
		p[n++] = (uint8_t)(v | 128);
		v >>= 7;
	}
	p[n++] = (uint8_t)v;
	return n;
}

static size_t
proto_bytes(uint8_t *p, unsigned number, const void *data, size_t len)
{
	size_t n = varint(p, number << 3 | 2);

	n += varint(p + n, len);
	memmove(p + n, data, len);
	return n + len;
}

static void
protobuf_fields_are_walked(void **state)
{
	struct world w;
	const struct scan_item *item = NULL;
	uint8_t inner[128];
	size_t n;

	setup(&w);
	n = proto_bytes(inner, 1, "C:\\Users\\ann\\x.exe", 18);
	n += proto_bytes(inner + n, 2,
	    known_get(w.known, 0)->hash[KNOWN_SHA256], 32);
	out_len = varint(out, 1 << 3);
	out_len += varint(out + out_len, 300);
	out_len += proto_bytes(out + out_len, 3, inner, n);
	for (size_t piece = 1; piece < 100; piece += 9) {
		world_scan_cut(&w, out, out_len, piece);
		assert_int_equal(w.f->hash_count, 1);
		assert_int_equal(w.f->hashes[0].file, 0);
		assert_string_equal(w.f->hashes[0].encoding, "raw");
		assert_true(span_eq(w.f->hashes[0].path, span_str("/3/2")));
		assert_true(world_has_category(&w, "file.path", "/3/1"));
		assert_true(w.f->items[0].readable);
	}
	/* the file in a message in a message */
	n = proto_bytes(body, 7, "name.bin", 8);
	n += proto_bytes(body + n, 9, a, LEN);
	out_len = varint(out, 1 << 3);
	out_len += varint(out + out_len, 300);
	out_len += proto_bytes(out + out_len, 3, body, n);
	assert_inside(&w, "protobuf");
	world_scan(&w, out, out_len);
	world_match(&w, &item);
	assert_true(span_eq(item->path, span_str("/9")));
	world_close(&w);
}

static void
xml_text_and_attributes_are_fields(void **state)
{
	struct world w;
	const struct scan_item *item = NULL;
	char *p = (char *)out;

	setup(&w);
	p += sprintf(p, "<?xml version=\"1.0\"?><!DOCTYPE r><s:r xmlns:s='u'>"
	    "<host name=\"x\">PC &amp; 1</host><md5>"
	    "0123456789abcdef0123456789abcdef</md5><e/><data>");
	p += EVP_EncodeBlock((uint8_t *)p, a, LEN);
	p += sprintf(p, "</data><user><![CDATA[an<n]]></user></s:r>\n");
	out_len = (size_t)(p - (char *)out);
	assert_inside(&w, "base64");
	world_scan(&w, out, out_len);
	world_match(&w, &item);
	assert_true(span_eq(w.f->items[item->parent].path,
	    span_str("/s:r/data")));
	assert_true(world_has_category(&w, "host.id", "/s:r/host"));
	assert_true(world_has_category(&w, "user", "/s:r/user"));
	assert_int_equal(w.f->hash_count, 1);
	assert_true(span_eq(w.f->hashes[0].path, span_str("/s:r/md5")));
	world_close(&w);
}

static void
quoted_printable_parts_are_decoded(void **state)
{
	struct world w;
	size_t column = 0;
	char *p = (char *)out;

	setup(&w);
	world_type(&w, "multipart/mixed; boundary=q");
	p += sprintf(p, "--q\r\nContent-Transfer-Encoding: quoted-printable"
	    "\r\n\r\n");
	for (size_t i = 0; i < LEN; i++) {
		column += (size_t)sprintf(p, a[i] > 32 && a[i] < 127 &&
		    a[i] != '=' ? "%c" : "=%02X", a[i]);
		p += strlen(p);
		if (column > 72) {
			p += sprintf(p, "=\r\n");
			column = 0;
		}
	}
	p += sprintf(p, "\r\n--q--\r\n");
	out_len = (size_t)(p - (char *)out);
	assert_inside(&w, "quoted-printable");
	world_close(&w);
}

static void
xor_keys_of_one_byte_and_more_are_undone(void **state)
{
	static const size_t lens[] = { 1, 2, 3, 5, 7, 11, 13, 16, 128, 256 };
	static uint8_t key[65536], big[200000];
	const struct scan_item *item = NULL;
	struct world w;

	world_open(&w);
	noise(a, LEN, 41);
	for (size_t i = 0; i < LEN; i += 512)
		memset(a + i, (int)(i / 512), 200);
	noise(big, sizeof(big), 6);
	memset(big + 3000, 0, 5000);
	world_add(&w, "a", a, LEN);
	world_add(&w, "big", big, sizeof(big));
	world_seal(&w);
	noise(key, sizeof(key), 99);
	for (size_t k = 0; k < sizeof(lens) / sizeof(*lens); k++) {
		for (size_t i = 0; i < LEN; i++)
			out[i] = a[i] ^ key[i % lens[k]];
		out_len = LEN;
		assert_inside(&w, "xor");
	}
	/* a fixed stream of 64 KiB, behind a header */
	memcpy(body, "\xA1\xA5\x70\0DATA\x40\x0d\3\0", 12);
	for (size_t i = 0; i < sizeof(big); i++)
		body[12 + i] = big[i] ^ key[i % 65536];
	for (size_t piece = 999; piece < 1000000; piece *= 50) {
		world_scan_cut(&w, body, 12 + sizeof(big), piece);
		assert_whole(&w, 1, sizeof(big));
		world_match(&w, &item);
		assert_string_equal(item->encoding, "xor");
		assert_int_equal(w.f->undeciphered_bytes, 0);
	}
	/* noise stays noise */
	noise(body, 200000, 1234);
	world_scan(&w, body, 200000);
	assert_int_equal(w.f->item_count, 1);
	assert_int_equal(w.f->undeciphered_bytes, 200000);
	world_close(&w);
}

static void
a_mail_and_a_bare_multipart_are_taken_apart(void **state)
{
	static const char mail[] = "From: a@b\r\nContent-Type: "
	    "multipart/mixed; boundary=q\r\n\r\nnot for readers\r\n";
	static const char head[] = "--q\r\nContent-Transfer-Encoding: base64"
	    "\r\n\r\n", tail[] = "\r\n--q--\r\n";
	const struct scan_item *item;
	struct world w;
	size_t len;

	unwrap_setup(&w, a, SHORT, 3);
	for (int bare = 0; bare < 2; bare++) {
		len = (size_t)sprintf((char *)body, "%s%s", bare ? "" : mail,
		    head);
		len += (size_t)EVP_EncodeBlock(body + len, a, SHORT);
		memcpy(body + len, tail, sizeof(tail));
		unwrap_check(&w, SHORT, body, len + sizeof(tail) - 1,
		    "base64");
		world_match(&w, &item);
	}
	world_close(&w);

	/* a mail that is a known file is one, and so is what is in it */
	world_open(&w);
	world_add(&w, "mail", body, len);
	world_seal(&w);
	world_scan(&w, body, len);
	assert_int_equal(w.f->items[0].match_count, 1);
	assert_true(w.f->items[0].matches[0].exact);
	world_scan_text(&w, "--\r\nContent-Type: x\r\n--q\r\nno header\r\n");
	assert_int_equal(w.f->item_count, 1);
	world_close(&w);
}

static void
quoted_printable_is_known_by_its_lines(void **state)
{
	static const char hex[] = "0123456789ABCDEF";
	struct world w;
	size_t len = 0, line = 0;

	unwrap_setup(&w, a, SHORT, 3);
	for (size_t i = 0; i < SHORT; i++) {
		if (line > 70) {
			memcpy(body + len, "=\r\n", 3);
			len += 3;
			line = 0;
		}
		body[len++] = '=';
		body[len++] = (uint8_t)hex[a[i] >> 4];
		body[len++] = (uint8_t)hex[a[i] & 15];
		line += 3;
	}
	unwrap_check(&w, SHORT, body, len, "quoted-printable");
	world_scan_text(&w, "x=1\ny=2\nsum=3\n");
	assert_int_equal(w.f->item_count, 1);
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(xz_lz4_and_snappy_are_unwrapped),
		cmocka_unit_test(
		    zip_entries_are_items_stored_deflated_and_under_passwords),
		cmocka_unit_test(among_passwords_that_fit_known_content_decides),
		cmocka_unit_test(tar_entries_are_items),
		cmocka_unit_test(archives_with_a_directory_at_the_end_are_read),
		cmocka_unit_test(messagepack_and_cbor_are_walked),
		cmocka_unit_test(protobuf_fields_are_walked),
		cmocka_unit_test(xml_text_and_attributes_are_fields),
		cmocka_unit_test(quoted_printable_parts_are_decoded),
		cmocka_unit_test(a_mail_and_a_bare_multipart_are_taken_apart),
		cmocka_unit_test(quoted_printable_is_known_by_its_lines),
		cmocka_unit_test(xor_keys_of_one_byte_and_more_are_undone),
	};

	return cmocka_run_group_tests_name("content/unwrap", tests, NULL, NULL);
}
