// SPDX-License-Identifier: Apache-2.0
#include "content/pattern/pattern.h"
#include "unit/noise.h"
#include "world.h"

struct found {
	int count;
	char text[16][64];	/* "kind value", "category value" if of none */
	uint64_t offset[16];
	const char *encoding;
};

static void
on_hit(void *arg, const struct pattern_hit *hit)
{
	struct found *f = arg;

	assert_in_range(f->count, 0, 15);
	snprintf(f->text[f->count], sizeof(f->text[0]), "%s %.*s",
	    hit->kind ? hit->kind : hit->category, (int)hit->value.len,
	    hit->value.p);
	f->offset[f->count++] = hit->offset;
	f->encoding = hit->encoding;
	assert_non_null(hit->why);
}

static struct found
find(const char *text)
{
	struct found f = { 0 };
	size_t len = strlen(text);
	char *exact = malloc(len ? len : 1);

	memcpy(exact, text, len);
	pattern_find((struct span){ (uint8_t *)exact, len }, on_hit, &f);
	free(exact);
	return f;
}

static bool
has(const struct found *f, const char *text)
{
	for (int i = 0; i < f->count; i++)
		if (!strcmp(f->text[i], text))
			return true;
	return false;
}

static void
each_form_is_found(void **state)
{
	static const struct {
		const char *text, *found;
	} all[] = {
		{ "card 00:1A:2b:33:44:55, up", "mac 00:1A:2b:33:44:55" },
		{ "52-54-00-ab-34-56", "mac 52-54-00-ab-34-56" },
		{ "on 001a.2b33.4455.", "mac 001a.2b33.4455" },
		{ "from fd12:3456:789a::1, port 5", "ip fd12:3456:789a::1" },
		{ "on \\\\fs01\\sales$\\a b.doc|", "file.path \\\\fs01\\sales$"
		    "\\a b.doc" },
		{ "\"\\\\\\\\fs01.lan\\\\data\\\\x.doc\"",
		    "file.path \\\\\\\\fs01.lan\\\\data\\\\x.doc" },
		{ "ip=10.0.3.4;", "ip 10.0.3.4" },
		{ "at 192.168.178.20.", "ip 192.168.178.20" },
		{ "172.16.0.9", "ip 172.16.0.9" },
		{ "via fe80::5054:ff:feab:3456%eth0",
		    "ip fe80::5054:ff:feab:3456" },
		{ "ran C:\\Users\\ann\\x.exe", "home C:\\Users\\ann" },
		{ "ran C:\\\\Users\\\\ann b\\\\x.exe",
		    "home C:\\\\Users\\\\ann b" },
		{ "c:/Users/ann/x", "home c:/Users/ann" },
		{ "in \"/home/ann/.mail\"", "home /home/ann" },
		{ "in /Users/ann/Desktop", "home /Users/ann" },
		{ "D:\\Data\\a b.doc", "file.path D:\\Data\\a b.doc" },
		{ "open /etc/passwd now", "file.path /etc/passwd" },
		{ "by ann.lee@example.org,", "email ann.lee@example.org" },
		{ "S-1-5-21-1004336348-1177238915-682003330-512",
		    "user S-1-5-21-1004336348-1177238915-682003330-512" },
		{ "key AB12C-DE34F-GH56I-JK78L-MN90P",
		    "licence AB12C-DE34F-GH56I-JK78L-MN90P" },
		{ "AB12-DE34-GH56-JK78-MN90", "licence AB12-DE34-GH56-JK78-MN90" },
		{ "on DESKTOP-4F2K9QZ:", "hostname DESKTOP-4F2K9QZ" },
		{ "WIN-ABCDEFGH123", "hostname WIN-ABCDEFGH123" },
		{ "Machine ID: 4c4c4544-0050", "machine-id 4c4c4544-0050" },
		{ "deviceGuid = {4c4c4544-0050}", "machine-id 4c4c4544-0050" },
		{ "BIOS serial number: PF3K9XYZ", "serial PF3K9XYZ" },
		{ "hostname=lab-pc", "hostname lab-pc" },
		{ "user_name='ann'", "user ann" },
		{ "Product key: AB12-CD34", "licence AB12-CD34" },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		struct found f = find(all[i].text);

		if (!has(&f, all[i].found))
			fail_msg("%s: not found", all[i].text);
	}
}

static void
what_only_looks_so_is_not(void **state)
{
	static const char *const none[] = {
		"", "a", "00:1a:2b:33:44", "00:1a:2b:33:44:5",
		/* a fingerprint, nothing, everybody, a group */
		"AA:1a:2b:33:44:55:66:77", "00:00:00:00:00:00",
		"ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", "x00:1a:2b:33:44:55",
		/* figures, more groups, a group address */
		"1234.5678.9012", "001a.2b33.4455.6677", "001a.2b33.445",
		"011a.2b33.4455", "aaaa.aaaa.aaaa",
		"fd12:34", "fd::1:2:3:4:5", "fd1:2:3:4:5::6",
		"abcfd12:3456::1", "fd12:3456:xyz::1",
		"\\\\fs01", "\\\\d+\\\\w", "a\\\\fs01\\data", "\\\\\\fs01\\data",
		/* public, cut, of a longer number, versions */
		"11.0.3.4", "10.0.3", "10.0.3.4.5", "10.0.19041.1",
		"172.32.0.1", "192.168.1", "192.168.1.256", "v10.0.3.4",
		"Version: 10.0.3.4", "App/10.0.3.4", "10.0.0.0", "fe80::",
		/* addresses of pages */
		"https://example.org/home/news/today", "../home/news/x",
		"/home/", "/home/x", "see example/etc/passwd",
		"x:\\", "abc:\\xyz",
		/* no mailbox */
		"icon@2x.png", "logo@site.svg", "git@github.com:a/b",
		"https://ann@example.org/", "pkg@1.2.3", "a@b.c", "@ann",
		"x@y..org",
		"S-1-5-21-1004336348-1177238915", "S-1-5-18",
		/* ids of other kinds */
		"AB12C-DE34F-GH56I", "12345-12345-12345-12345",
		"ABCDE-FGHIJ-KLMNO-PQRST", "ab12c-de34f-gh56i-jk78l",
		"0A1B2C3D-0000-1111-2222-333344445555",
		"DESKTOP-4F2K9Q", "DESKTOP-4F2K9QZ1", "LAPTOP-publish",
		"Host: example.org", "user: ann", "serial: 2024010101",
		"License: GPL-3.0-only", "machine id", "Machine ID: none",
		"user-agent: curl/7.88.1",
		"curl_7.88.1_amd64.deb", "target_all x86_64",
	};

	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
		struct found f = find(none[i]);

		if (f.count)
			fail_msg("%s: %s", none[i], f.text[0]);
	}
}

static void
several_packages_are_a_list(void **state)
{
	struct found f = find("curl_7.88.1-10_amd64 bash_5.2.15-2_amd64 "
	    "vim_9.0-4_amd64 adduser_3.134_all curl_7.88.1-10_amd64");

	assert_int_equal(f.count, 0);
	f = find("curl-7.88.1-10.x86_64 bash_5.2.15-2_amd64 vim_9.0-4_amd64 "
	    "adduser_3.134_all zlib1g_1:1.2.13_amd64");
	assert_int_equal(f.count, 1);
	assert_string_equal(f.text[0], "package zlib1g_1:1.2.13");
}

static struct found
find_in_stream(const uint8_t *p, size_t len, size_t piece)
{
	struct found f = { 0 };
	struct pattern_stream *s = pattern_stream_new(on_hit, NULL, &f);

	assert_non_null(s);
	for (size_t i = 0; i < len; i += piece)
		pattern_stream_data(s, p + i,
		    len - i < piece ? len - i : piece);
	pattern_stream_end(s);
	return f;
}

#define STREAM_LEN	20000

static void
offsets_do_not_depend_on_how_the_bytes_were_cut(void **state)
{
	static const char mac[] = "52:54:00:ab:34:56";
	static const size_t pieces[] = { 1, 7, 1460, STREAM_LEN };
	uint8_t *p = malloc(STREAM_LEN);

	for (size_t at = 0; at + 34 <= STREAM_LEN; at += 487) {
		for (int wide = 0; wide < 2; wide++) {
			memset(p, 0xe9, STREAM_LEN);
			for (size_t i = 0; i < 17; i++) {
				p[at + (i << wide)] = (uint8_t)mac[i];
				if (wide)
					p[at + 2 * i + 1] = 0;
			}
			for (size_t k = 0; k < 4; k++) {
				struct found f = find_in_stream(p, STREAM_LEN,
				    pieces[k]);

				assert_int_equal(f.count, 1);
				assert_string_equal(f.text[0],
				    "mac 52:54:00:ab:34:56");
				assert_int_equal(f.offset[0], at);
				assert_true(wide == (f.encoding != NULL));
			}
		}
	}
	free(p);
}

/* All of the first mebibytes; behind them one stretch in so many, and the end. */
static void
far_into_a_stream_a_part_is_looked_at(void **state)
{
	static const char mac[] = " 52:54:00:ab:34:56 ";
	size_t len = PATTERN_REACH + 2 * PATTERN_EVERY * 3072, found = 0, n = 0;
	uint8_t *p = calloc(1, len);

	for (size_t at = PATTERN_REACH - 700; at > 1u << 20; at -= 1u << 20) {
		memcpy(p + at, mac, sizeof(mac));
		assert_int_equal(find_in_stream(p, len, len).count, 1);
		memset(p + at, 0, sizeof(mac));
	}
	for (size_t at = PATTERN_REACH + 4096; at < len; at += 3072, n++) {
		memcpy(p + at, mac, sizeof(mac));
		found += find_in_stream(p, len, len).count;
		memset(p + at, 0, sizeof(mac));
	}
	assert_in_range(found, 2, n / PATTERN_EVERY + 2);
	memcpy(p + len - 64, mac, sizeof(mac));
	assert_int_equal(find_in_stream(p, len, len).count, 1);
	free(p);
}

/* Behind the first mebibyte noise is passed over, text is not. */
static void
noise_far_into_a_stream_is_passed_over(void **state)
{
	static const char mac[] = " 52:54:00:ab:34:56 ";
	const size_t at = (1u << 20) + 70000, len = at + 10000;
	uint8_t *p = malloc(len);

	memset(p, ' ', len);
	memcpy(p + at, mac, sizeof(mac));
	assert_int_equal(find_in_stream(p, len, len).count, 1);
	noise(p + (1u << 20), len - (1u << 20), 7);
	memcpy(p + at, mac, sizeof(mac));
	assert_int_equal(find_in_stream(p, len, len).count, 0);
	memcpy(p + 70000, mac, sizeof(mac));
	assert_int_equal(find_in_stream(p, len, len).count, 1);
	free(p);
}

static void
nothing_is_found_across_a_gap(void **state)
{
	struct found f = { 0 };
	struct pattern_stream *s = pattern_stream_new(on_hit, NULL, &f);

	pattern_stream_data(s, (const uint8_t *)"a 52:54:00:ab", 13);
	pattern_stream_gap(s, 5);
	pattern_stream_data(s, (const uint8_t *)":34:56 10.1.2.3", 15);
	pattern_stream_end(s);
	assert_int_equal(f.count, 1);
	assert_string_equal(f.text[0], "ip 10.1.2.3");
	assert_int_equal(f.offset[0], 25);
}

static const struct scan_category *
find_kind(struct world *w, const char *kind)
{
	for (size_t i = 0; i < w->f->category_count; i++)
		if (w->f->categories[i].by_form && w->f->categories[i].kind &&
		    !strcmp(w->f->categories[i].kind, kind))
			return &w->f->categories[i];
	return NULL;
}

static void
a_scan_tells_the_place(void **state)
{
	const struct scan_category *c;
	struct world w;

	world_open(&w);
	world_seal(&w);
	world_scan_text(&w, "we saw it on 52:54:00:ab:34:56, said "
	    "ann@example.org, and that is all we know of it.");
	c = find_kind(&w, "mac");
	assert_non_null(c);
	assert_int_equal(c->offset, 13);
	assert_null(c->form);
	assert_non_null(find_kind(&w, "email"));
	world_close(&w);

	world_open(&w);
	world_seal(&w);
	world_scan_text(&w, "{\"m\":\"seen on DESKTOP-4F2K9QZ\",\"n\":1,"
	    "\"b\":\"QzpcVXNlcnNcYW5uXGEudHh0IA==\"}");
	c = find_kind(&w, "hostname");
	assert_non_null(c);
	assert_true(span_eq(c->path, SPAN_LITERAL("/m")));
	assert_int_equal(c->offset, 14);
	c = find_kind(&w, "home");
	assert_non_null(c);
	assert_string_equal(c->encoding, "base64");
	assert_true(span_eq(c->value, SPAN_LITERAL("C:\\Users\\ann")));
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_is_found),
		cmocka_unit_test(what_only_looks_so_is_not),
		cmocka_unit_test(several_packages_are_a_list),
		cmocka_unit_test(
		    offsets_do_not_depend_on_how_the_bytes_were_cut),
		cmocka_unit_test(far_into_a_stream_a_part_is_looked_at),
		cmocka_unit_test(noise_far_into_a_stream_is_passed_over),
		cmocka_unit_test(nothing_is_found_across_a_gap),
		cmocka_unit_test(a_scan_tells_the_place),
	};

	return cmocka_run_group_tests_name("pattern", tests, NULL, NULL);
}
