// SPDX-License-Identifier: Apache-2.0
/* Where one item is read in two ways, what one of them finds is not undone by the
 * other; and where a wrapping ends before its item does, the rest is not of it. */
#include "unwrap.h"

#define SHORT	20000
#define TAR	(3 * 512 + 16384 + SHORT + 480)

static const char rfc1924[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl"
    "mnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";

/* A field of a form, of bytes in base64; also, by its characters, base85. */
static size_t
form_of(const uint8_t *p, size_t len)
{
	static uint8_t base64[2 * LEN];
	size_t n = (size_t)EVP_EncodeBlock(base64, p, (int)len);
	size_t at = (size_t)sprintf((char *)out, "name=x&file=");

	for (size_t i = 0; i < n; i++)
		at += (size_t)sprintf((char *)out + at, strchr("+/=",
		    base64[i]) ? "%%%02X" : "%c", base64[i]);
	return at + (size_t)sprintf((char *)out + at, "&last=1");
}

static const struct scan_item *
item_of_type(const struct world *w, const char *mime_type)
{
	for (size_t i = 0; i < w->f->item_count; i++)
		if (w->f->items[i].mime_type &&
		    !strcmp(w->f->items[i].mime_type, mime_type))
			return &w->f->items[i];
	return NULL;
}

static void
a_file_in_a_form_stays_one(void **state)
{
	static const char png[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10";
	const struct scan_item *item;
	static uint8_t image[SHORT];
	struct world w;

	world_open_one(&w, a, SHORT, 5);
	noise(image, SHORT, 6);
	memcpy(image, png, sizeof(png) - 1);
	out_len = form_of(image, SHORT);
	world_scan(&w, out, out_len);
	item = item_of_type(&w, "image/png");
	assert_non_null(item);
	assert_true(item->file_format && item->complete);
	assert_int_equal(w.f->undeciphered_bytes, 0);
	/* and is not whole where the form breaks off */
	w.incomplete = true;
	world_scan(&w, out, out_len / 2);
	item = item_of_type(&w, "image/png");
	assert_non_null(item);
	assert_false(item->complete);
	world_close(&w);
}

static void
a_gap_takes_nothing_from_what_came_before_it(void **state)
{
	const struct scan_match *m;
	struct world w;

	world_open_one(&w, a, SHORT, 5);
	out_len = form_of(a, SHORT);
	w.scan = scan_new(w.known, &w.hint);
	scan_data(w.scan, out, 12000);
	scan_gap(w.scan, 1000);
	scan_data(w.scan, out + 13000, out_len - 13000);
	scan_finish(w.scan, true, &w.f);
	m = world_match(&w, NULL);
	assert_non_null(m);
	assert_true(m->sent_bytes > 8000 && m->sent_bytes < 9000);
	assert_int_equal(m->range_count, 1);
	world_close(&w);
}

static size_t
tar_head(uint8_t *p, const char *name, size_t len)
{
	unsigned sum = 8 * ' ';

	memset(p, 0, 512);
	memcpy(p, name, strlen(name));
	memcpy(p + 100, "0000644", 8);
	sprintf((char *)p + 124, "%011zo", len);
	p[156] = '0';
	memcpy(p + 257, "ustar\00000", 8);
	for (size_t i = 0; i < 512; i++)
		sum += p[i];
	sprintf((char *)p + 148, "%06o", sum);
	p[155] = ' ';
	return 512;
}

/* Zeros in base85 are a run of what may be base64: it ends while the tar does
 * not. */
static void
runs_in_base85_leave_what_it_holds(void **state)
{
	static uint8_t tar[TAR + 512];
	const struct scan_item *item = NULL;
	size_t n = 0, at = 0;
	struct world w;

	world_open_one(&w, a, SHORT, 5);
	n += tar_head(tar + n, "zeros", 16384) + 16384;
	n += tar_head(tar + n, "file", SHORT);
	memcpy(tar + n, a, SHORT);
	for (size_t i = 0; i < sizeof(tar); i += 4, at += 5) {
		uint32_t v = 0;

		for (size_t k = 0; k < 4; k++)
			v = v << 8 | tar[i + k];
		for (int k = 4; k >= 0; k--, v /= 85)
			out[at + (size_t)k] = (uint8_t)rfc1924[v % 85];
	}
	world_scan(&w, out, at);
	assert_whole(&w, 0, SHORT);
	world_match(&w, &item);
	assert_string_equal(item->encoding, "tar");
	assert_true(span_eq(item->name, span_str("file")));
	assert_string_equal(w.f->items[item->parent].encoding, "base85");
	for (size_t i = 0, members = 0; i < w.f->item_count; i++) {
		members += w.f->items[i].encoding &&
		    !strcmp(w.f->items[i].encoding, "tar");
		if (i == w.f->item_count - 1)
			assert_int_equal(members, 2);
	}
	world_close(&w);
}

static size_t
put_dump(size_t len)
{
	size_t at = 0;

	for (size_t i = 0; i < len; i++) {
		if (i % 16 == 0)
			at += (size_t)sprintf((char *)out + at, "%s%08zx:",
			    i ? "\n" : "", i);
		at += (size_t)sprintf((char *)out + at, " %02x", a[i]);
	}
	return at + (size_t)sprintf((char *)out + at, "\n");
}

static size_t
put_uu(size_t len)
{
	size_t at = (size_t)sprintf((char *)out, "begin 644 a\n");

	for (size_t i = 0; i < len; i += 45) {
		out[at++] = ' ' + 45;
		for (size_t k = i; k < i + 45; k += 3) {
			uint32_t v = (uint32_t)a[k] << 16 | a[k + 1] << 8 |
			    a[k + 2];

			for (int shift = 18; shift >= 0; shift -= 6)
				out[at++] = (v >> shift & 63) ?
				    ' ' + (v >> shift & 63) : '`';
		}
		out[at++] = '\n';
	}
	return at + (size_t)sprintf((char *)out + at, "`\nend\n");
}

static size_t
put_base85(size_t len)
{
	size_t at = (size_t)sprintf((char *)out, "<~");

	for (size_t i = 0; i < len; i += 4, at += 5) {
		uint32_t v = 0;

		for (size_t k = 0; k < 4; k++)
			v = v << 8 | a[i + k];
		for (int k = 4; k >= 0; k--, v /= 85)
			out[at + (size_t)k] = (uint8_t)('!' + v % 85);
	}
	return at + (size_t)sprintf((char *)out + at, "~>\n");
}

/* A file of 3,600 bytes is whole in it; ten times as much text follows. */
static void
text_behind_a_wrapping_is_not_of_it(void **state)
{
	static size_t (*const put[])(size_t len) = { put_dump, put_uu,
		put_base85 };
	struct world w;

	world_open_one(&w, a, 3600, 5);
	for (size_t i = 0; i < 3; i++) {
		size_t n = put[i](3600), len = n;

		world_scan(&w, out, n);
		assert_whole(&w, 0, 3600);
		assert_true(w.f->items[0].known_bytes >= n - 24);
		while (n < 11 * len)
			n += (size_t)sprintf((char *)out + n,
			    "and so on, line by line, %zu.\n", n);
		world_scan(&w, out, n);
		assert_whole(&w, 0, 3600);
		assert_true(w.f->items[0].known_bytes >= len - 24);
		assert_true(w.f->items[0].known_bytes <= len);
		assert_false(w.f->items[0].container);
	}
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_in_a_form_stays_one),
		cmocka_unit_test(a_gap_takes_nothing_from_what_came_before_it),
		cmocka_unit_test(runs_in_base85_leave_what_it_holds),
		cmocka_unit_test(text_behind_a_wrapping_is_not_of_it),
	};

	return cmocka_run_group_tests_name("content/unwrap_beside", tests, NULL, NULL);
}
