// SPDX-License-Identifier: Apache-2.0
#include "world.h"

#include "content/known/catalogue_list.h"

#define MD5	"0123456789ABCDEF0123456789abcdef"
#define SHA1	"0123456789abcdef0123456789abcdef01234567"
#define TITLES	"\"SHA-1\",\"MD5\",\"CRC32\",\"FileName\",\"FileSize\"\r\n"

static struct list_reader *
over(const char *text)
{
	struct list_reader *l = list_over((const uint8_t *)text, strlen(text));

	assert_non_null(l);
	return l;
}

/* The text's only record. */
static struct list_record
only(const char *text, char name[static 64])
{
	struct list_reader *l = over(text);
	struct list_record r, none;

	assert_int_equal(list_next(l, &r), 1);
	assert_true(r.name.len < 64);
	snprintf(name, 64, "%.*s", (int)r.name.len, r.name.p);
	assert_int_equal(list_next(l, &none), 0);
	list_close(l);
	return r;
}

static void
fails(const char *text, uint64_t line, const char *why)
{
	struct list_reader *l = over(text);
	struct list_record r;
	int got;

	while ((got = list_next(l, &r)) > 0)
		;
	assert_true(got < 0);
	assert_string_equal(list_error(l), why);
	assert_int_equal(list_line(l), line);
	list_close(l);
}

static void
a_manifest_is_read_with_its_escapes(void **state)
{
	struct list_record r;
	char name[64];

	r = only("# remark\n\n" MD5 " *a file\r\n", name);
	assert_int_equal(r.has_hash, 1u << KNOWN_MD5);
	assert_int_equal(r.hash[KNOWN_MD5][7], 0xef);
	assert_true(r.size == UINT64_MAX);
	assert_string_equal(name, "a file");
	only("\\" SHA1 "  a\\nb\\\\c", name);
	assert_string_equal(name, "a\nb\\c");
	only("SHA1 (x) = " SHA1 "\n", name);
	assert_string_equal(name, "x");
}

static void
a_table_is_read_by_its_titles(void **state)
{
	struct list_record r;
	char name[64];

	r = only(TITLES "\"" SHA1 "\",\"" MD5
	    "\",\"00\",\"a \"\"b\"\", c\",\"12\"\r\n", name);
	assert_int_equal(r.has_hash, 1u << KNOWN_MD5 | 1u << KNOWN_SHA1);
	assert_int_equal(r.size, 12);
	assert_string_equal(name, "a \"b\", c");
	/* other words, other order, tabs, no quotes, a mark of UTF-8 */
	r = only("\xef\xbb\xbf" "file_name\tfile size\tmd5\nx\t0\t" MD5, name);
	assert_int_equal(r.has_hash, 1u << KNOWN_MD5);
	assert_int_equal(r.size, 0);
	assert_string_equal(name, "x");
	/* what is not there is not known */
	r = only("sha1,md5,name,size\n" SHA1 "\n", name);
	assert_int_equal(r.has_hash, 1u << KNOWN_SHA1);
	assert_true(r.size == UINT64_MAX);
	assert_string_equal(name, "");
}

static void
what_is_wrong_is_told_with_its_line(void **state)
{
	fails("hello\n", 1, "neither a manifest nor a table's titles");
	fails("name,size\n", 1, "neither a manifest nor a table's titles");
	fails(MD5 "  a\n" MD5 "0  b\n", 2, "not a hash");
	fails(TITLES "\"" SHA1 "\",\"0\"\n", 2, "not a hash of its column");
	fails(TITLES "\"" MD5 "\"\n", 2, "not a hash of its column");
	fails(TITLES "\"" SHA1 "\",\"\n", 2, "a quote that has no end");
	fails(TITLES ",,1,x,2\n", 2, "no hash");
	fails(TITLES SHA1 ",,1,x,2k\n", 2, "not a size");
	fails(TITLES SHA1 ",,1,x,184467440737095516160\n", 2, "not a size");
}

static void
a_name_and_a_line_have_their_longest(void **state)
{
	char *text = malloc(80000);
	struct list_record r;
	struct list_reader *l;

	for (int more = 0; more < 2; more++) {
		size_t n = (size_t)sprintf(text, MD5 "  ");

		memset(text + n, 'x', 4096 + (size_t)more);
		text[n + 4096 + (size_t)more] = '\0';
		if (more) {
			fails(text, 1, "name too long");
			continue;
		}
		l = over(text);
		assert_int_equal(list_next(l, &r), 1);
		assert_int_equal(r.name.len, 4096);
		list_close(l);
	}
	memset(text, 'x', 70000);
	text[70000] = '\0';
	fails(text, 1, "line too long");
	free(text);
}

static void
nothing_in_it_is_no_record(void **state)
{
	static const char *const texts[] = { "", "\n\r\n", "# only\n", TITLES };
	struct list_record r;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct list_reader *l = over(texts[i]);

		assert_int_equal(list_next(l, &r), 0);
		assert_int_equal(list_next(l, &r), 0);
		list_close(l);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_manifest_is_read_with_its_escapes),
		cmocka_unit_test(a_table_is_read_by_its_titles),
		cmocka_unit_test(what_is_wrong_is_told_with_its_line),
		cmocka_unit_test(a_name_and_a_line_have_their_longest),
		cmocka_unit_test(nothing_in_it_is_no_record),
	};

	return cmocka_run_group_tests_name("content/catalogue_list", tests,
	    NULL, NULL);
}
