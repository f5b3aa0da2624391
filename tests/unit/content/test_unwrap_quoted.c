// SPDX-License-Identifier: Apache-2.0
#include "unwrap.h"

#define SHORT	3000

static uint8_t body[8 * LEN];

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

/* Lines that are joined are no JSON, and no XML. */
static void
quoted_printable_is_known_by_its_joined_lines(void **state)
{
	static const char *const forms[] = { "[{\"id\": %u}, ", "<r><d>%u</d>" };
	struct world w;
	size_t n, column;

	for (size_t i = 0; i < 2; i++) {
		world_open(&w);
		n = 0;
		for (unsigned k = 0; n < 5000; k++)
			n += (size_t)sprintf((char *)a + n, forms[i], k * k);
		world_add(&w, "a", a, n);
		world_seal(&w);
		out_len = column = 0;
		for (size_t k = 0; k < n; k++, column++) {
			if (column == 75) {
				out_len += (size_t)sprintf((char *)out +
				    out_len, "=\n");
				column = 0;
			}
			out[out_len++] = a[k];
		}
		unwrap_check(&w, n, out, out_len, "quoted-printable");
		world_close(&w);
	}
}

static void
markup_and_messages_may_be_quoted(void **state)
{
	static const char *const forms[] = {
		"<r a=3D\"%u\">x</r>\n",
		"From: a\nContent-Type: multipart/mixed; boundary=3Dqq\n\n"
		"--qq\nContent-Type: text/plain\n\n%u=3D%u\n--qq--\n",
	};
	struct world w;
	size_t n;

	for (size_t i = 0; i < 2; i++) {
		world_open(&w);
		n = out_len = 0;
		for (unsigned k = 0; n < 5000; k++)
			n += (size_t)sprintf((char *)out + n, forms[i], k * k,
			    k);
		for (size_t k = 0, m = 0; k < n; m++, out_len++) {
			a[m] = out[k];
			k += out[k] == '=' ? 3 : 1;
		}
		world_add(&w, "a", a, out_len);
		world_seal(&w);
		world_scan(&w, out, n);
		assert_int_equal(w.f->items[1].match_count, 1);
		assert_true(w.f->items[1].matches[0].exact);
		assert_string_equal(w.f->items[1].encoding, "quoted-printable");
		world_close(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quoted_printable_parts_are_decoded),
		cmocka_unit_test(quoted_printable_is_known_by_its_lines),
		cmocka_unit_test(
		    quoted_printable_is_known_by_its_joined_lines),
		cmocka_unit_test(markup_and_messages_may_be_quoted),
	};

	return cmocka_run_group_tests_name("content/unwrap_quoted", tests, NULL, NULL);
}
