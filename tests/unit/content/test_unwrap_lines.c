// SPDX-License-Identifier: Apache-2.0
#include "unwrap.h"

#include <openssl/evp.h>

static const char rfc1924[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl"
    "mnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
static const char z85[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"
    "RSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

static char
text_of(uint8_t c)
{
	return c >= ' ' && c < 127 ? (char)c : '.';
}

/* As xxd does, or as hexdump -C. */
static void
dump(bool canonical)
{
	char *p = (char *)out;
	bool squeezed = false;

	for (size_t at = 0; at < LEN; at += 16) {
		size_t n = LEN - at < 16 ? LEN - at : 16;

		if (canonical && at && n == 16 && !memcmp(a + at, a + at - 16,
		    16)) {
			p += sprintf(p, "%s", squeezed ? "" : "*\n");
			squeezed = true;
			continue;
		}
		squeezed = false;
		p += sprintf(p, canonical ? "%08zx " : "%08zx:", at);
		for (size_t i = 0; i < 16; i++) {
			if (canonical ? i % 8 == 0 || i < n : i % 2 == 0)
				*p++ = ' ';
			p += i < n ? sprintf(p, "%02x", a[at + i]) :
			    sprintf(p, canonical ? "   " : "  ");
		}
		p += sprintf(p, canonical ? "  |" : "  ");
		for (size_t i = 0; i < n; i++)
			*p++ = text_of(a[at + i]);
		p += sprintf(p, canonical ? "|\n" : "\n");
	}
	if (canonical)
		p += sprintf(p, "%08x\n", LEN);
	out_len = (size_t)(p - (char *)out);
}

static void
hex_dumps_are_read_line_by_line(void **state)
{
	struct world w;

	setup(&w);
	dump(false);
	assert_inside(&w, "hexdump");
	dump(true);
	assert_non_null(memmem(out, out_len, "\n*\n", 3));
	assert_inside(&w, "hexdump");
	/* an offset that does not fit the bytes before it: none */
	out[7] = '1';
	world_scan(&w, out, out_len);
	for (size_t i = 0; i < w.f->item_count; i++)
		assert_false(w.f->items[i].match_count &&
		    w.f->items[i].matches[0].whole);
	world_close(&w);
}

static void
a_dump_that_says_it_repeats_forever_ends(void **state)
{
	static const char bomb[] = "00000000: 4142 4344\n00000004: 4142 4344\n"
	    "*\nfffffffffffffff0: 4142 4344\n";
	struct world w;

	setup(&w);
	world_scan(&w, (const uint8_t *)bomb, sizeof(bomb) - 1);
	assert_true(w.f->limit_count > 0);
	world_close(&w);
}

/* In base85; no alphabet: Adobe's, with the letter for zeros. */
static void
encode85(const char *alphabet, size_t len, const char *mark, size_t line)
{
	char *p = (char *)out;
	size_t column = 0;

	p += sprintf(p, "%s", mark);
	for (size_t i = 0; i < len; i += 4) {
		uint32_t v = 0;
		char group[5];
		size_t n = len - i < 4 ? len - i : 4;

		for (size_t k = 0; k < 4; k++)
			v = v << 8 | (k < n ? a[i + k] : 0);
		if (!v && !alphabet && n == 4) {
			*p++ = 'z';
			continue;
		}
		for (int k = 4; k >= 0; k--, v /= 85)
			group[k] = alphabet ? alphabet[v % 85] :
			    (char)('!' + v % 85);
		for (size_t k = 0; k <= n; k++) {
			*p++ = group[k];
			if (line && ++column % line == 0)
				*p++ = '\n';
		}
	}
	p += sprintf(p, "%s", *mark ? "~>" : "");
	out_len = (size_t)(p - (char *)out);
}

static void
base85_is_known_by_what_it_holds(void **state)
{
	struct world w;

	setup(&w);
	encode85(rfc1924, LEN, "", 0);
	assert_inside(&w, "base85");
	encode85(z85, LEN, "", 0);
	assert_inside(&w, "base85");
	encode85(NULL, LEN, "", 76);
	assert_inside(&w, "base85");
	encode85(NULL, LEN, "<~", 0);
	assert_inside(&w, "base85");
	for (size_t len = 1001; len < 1004; len++) {	/* a last group cut */
		encode85(rfc1924, len, "", 0);
		world_scan(&w, out, out_len);
		assert_int_equal(world_match(&w, NULL)->sent_bytes, len);
	}
	world_close(&w);
}

/* Noise has every sign in it early on: the end of Adobe's, and those of a form. */
static void
base85_of_noise_is_no_form_and_does_not_end_early(void **state)
{
	struct world w;

	for (uint64_t seed = 0; seed < 40; seed++) {
		world_open_one(&w, a, 2000, seed);
		encode85(seed % 2 ? z85 : rfc1924, 2000, "", 0);
		world_scan(&w, out, out_len);
		assert_whole(&w, 0, 2000);
		world_close(&w);
	}
}

static void
hex_may_have_dashes_or_commas_between_its_bytes(void **state)
{
	static const char *const between = "-,";
	struct world w;

	setup(&w);
	for (size_t k = 0; between[k]; k++) {
		for (size_t i = 0; i < LEN; i++)
			sprintf((char *)out + 3 * i, "%02X%c", a[i],
			    between[k]);
		out_len = 3 * LEN - 1;
		assert_inside(&w, "hex");
	}
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hex_dumps_are_read_line_by_line),
		cmocka_unit_test(a_dump_that_says_it_repeats_forever_ends),
		cmocka_unit_test(base85_is_known_by_what_it_holds),
		cmocka_unit_test(
		    base85_of_noise_is_no_form_and_does_not_end_early),
		cmocka_unit_test(
		    hex_may_have_dashes_or_commas_between_its_bytes),
	};

	return cmocka_run_group_tests_name("content/unwrap_lines", tests, NULL, NULL);
}
