// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "canary/set.h"

static const int types[FORM_TYPE_COUNT] = { 0, 1, 2, 3, 4, 5, 6, 7, 8 };

static bool
holds(const struct buf *b, const char *text, size_t text_len)
{
	return memmem(b->data, b->len, text, text_len) != NULL;
}

static void
each_type_reaches_its_size_exactly_and_holds_its_mark(void **state)
{
	for (int t = 0; t < FORM_TYPE_COUNT; t++) {
		for (uint64_t size = 8192; size < 8200; size++) {
			struct stream noise;
			struct buf b;
			struct form f = {
				.out = &b,
				.size = size,
				.mark = "telltap canary 0123456789abcdef",
				.noise = &noise,
			};

			buf_init(&b, 0);
			assert_int_equal(stream_init(&noise, span_str("s"),
			    "content", 0), 0);
			assert_int_equal(form_write(&form_types[t], &f), 0);
			assert_int_equal(b.len, size);
			assert_true(holds(&b, f.mark, FORM_MARK_LEN));
			stream_clear(&noise);
			buf_clear(&b);
		}
	}
}

static void
a_size_too_small_for_the_type_is_a_limit(void **state)
{
	for (int t = 0; t < FORM_TYPE_COUNT; t++) {
		for (uint64_t size = 1; size < 32; size++) {
			struct stream noise;
			struct buf b;
			struct form f = {
				.out = &b,
				.size = size,
				.mark = "telltap canary 0123456789abcdef",
				.noise = &noise,
			};

			buf_init(&b, 0);
			assert_int_equal(stream_init(&noise, span_str("s"),
			    "content", 0), 0);
			assert_int_equal(form_write(&form_types[t], &f),
			    ERR_LIMIT);
			stream_clear(&noise);
			buf_clear(&b);
		}
	}
}

static void
names_and_marks_are_unique_and_the_seed_decides_all(void **state)
{
	struct set a = { 0 }, b = { 0 };

	assert_int_equal(set_draw(&a, "S", CODE_COUNT_MAX, types,
	    FORM_TYPE_COUNT), 0);
	assert_int_equal(set_draw(&b, "S", CODE_COUNT_MAX, types,
	    FORM_TYPE_COUNT), 0);
	assert_memory_equal(a.files, b.files, a.count * sizeof(*a.files));
	for (size_t i = 0; i < a.count; i++) {
		for (size_t k = 0; k < i; k++) {
			assert_string_not_equal(a.files[i].name,
			    a.files[k].name);
			assert_string_not_equal(a.files[i].mark,
			    a.files[k].mark);
		}
	}
	set_clear(&a);
	set_clear(&b);
}

/* A manifest of three canaries. */
static void
write_manifest(struct set *s, struct buf *text)
{
	struct buf data;

	*s = (struct set){ 0 };
	buf_init(&data, 0);
	buf_init(text, 0);
	assert_int_equal(set_draw(s, "a \"seed\"", 3, types, 2), 0);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(set_make(s, i, &data), 0);
	set_write(s, text);
	assert_false(text->failed);
	buf_clear(&data);
}

static void
a_manifest_reads_as_it_was_written(void **state)
{
	struct set s, again = { 0 };
	const char *wrong = NULL;
	struct buf text;

	write_manifest(&s, &text);
	assert_int_equal(set_read(&again, text.data, text.len, &wrong), 0);
	assert_null(wrong);
	assert_string_equal(again.seed, s.seed);
	assert_int_equal(again.count, 3);
	assert_int_equal(again.code.min, s.code.min);
	assert_int_equal(again.code.max, s.code.max);
	assert_memory_equal(again.files, s.files, 3 * sizeof(*s.files));
	set_clear(&again);
	for (size_t len = 0; len + 1 < text.len; len++) {
		assert_int_equal(set_read(&again, text.data, len, &wrong),
		    ERR_MALFORMED);
		assert_string_equal(wrong, "not JSON");
	}
	set_clear(&s);
	buf_clear(&text);
}

/* The manifest with its first such text replaced by another. */
static const char *
read_with(const char *old, const char *new)
{
	const char *wrong = NULL;
	struct buf text, changed;
	struct set s, again;
	char *at;

	write_manifest(&s, &text);
	set_clear(&s);
	buf_u8(&text, 0);
	at = strstr((char *)text.data, old);
	assert_non_null(at);
	buf_init(&changed, 0);
	buf_append(&changed, text.data, (size_t)(at - (char *)text.data));
	buf_str(&changed, new);
	buf_str(&changed, at + strlen(old));
	if (!set_read(&again, changed.data, changed.len, &wrong))
		set_clear(&again);
	buf_clear(&changed);
	buf_clear(&text);
	return wrong;
}

static void
a_manifest_can_name_no_file_outside_its_folder(void **state)
{
	static const char *const names[] = { "", ".", "..", "../x", "/etc/x",
		"a/b", ".hidden", "telltap-canaries.json",
		"a\\u001b[2J", "a\\u202eb" };
	char new[64];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(new, sizeof(new), "\"name\":\"%s\",\"x\":\"", names[i]);
		assert_string_equal(read_with("\"name\":\"", new),
		    "a file without a plain name");
	}
	assert_string_equal(read_with("\"name\":\"", "\"name\":\"a\\u0000"),
	    "not JSON");
	assert_null(read_with("\"name\":\"", "\"name\":\"a b\",\"x\":\""));
	assert_string_equal(read_with("\"type\":\"pe\"", "\"type\":\"dll\""),
	    "a file of an unknown type");
	assert_string_equal(read_with("\"size\":", "\"size\":-"),
	    "a file without a size");
	assert_string_equal(read_with("\"version\":1", "\"version\":2"),
	    "a version that is not known here");
	assert_string_equal(read_with("\"count\":3", "\"count\":4"),
	    "not as many files as the code has");
	assert_string_equal(read_with("\"sha1\":\"", "\"sha1\":\"A"),
	    "a file without its hashes");
}

static const uint8_t key[32] = { 1, 2, 3 };

static void
a_signature_holds_for_the_text_that_was_signed(void **state)
{
	const char *wrong = NULL;
	struct set s, again;
	struct buf text, twice;

	write_manifest(&s, &text);
	set_clear(&s);
	assert_int_equal(set_read(&again, text.data, text.len, &wrong), 0);
	assert_string_equal(again.signer, "");
	set_clear(&again);
	buf_init(&twice, 0);
	buf_append(&twice, text.data, text.len);
	assert_int_equal(set_sign(key, &text), 0);
	assert_int_equal(set_sign(key, &twice), 0);
	assert_int_equal(text.len, twice.len);
	assert_memory_equal(text.data, twice.data, text.len);
	assert_int_equal(set_read(&again, text.data, text.len, &wrong), 0);
	assert_int_equal(strlen(again.signer), SET_SIGNER_SIZE - 1);
	assert_memory_equal(again.signer, "telltap/", 8);
	set_clear(&again);
	/* No byte of it can be another: it is no manifest, or not signed so. */
	for (size_t at = 0; at + 1 < text.len; at += at + 600 < text.len ? 7 : 1) {
		struct set other = { 0 };
		int r;

		text.data[at] ^= 1;
		r = set_read(&other, text.data, text.len, &wrong);
		/* but for the word that says that there is one */
		if (!r)
			assert_string_equal(other.signer, "");
		assert_true(r || memmem(text.data, text.len, "\"signature\"",
		    11) == NULL);
		set_clear(&other);
		text.data[at] ^= 1;
	}
	buf_clear(&text);
	buf_clear(&twice);
}

static void
only_the_one_way_to_write_a_signature_is_read(void **state)
{
	const char *wrong = NULL;
	struct set s;
	struct buf text;

	write_manifest(&s, &text);
	set_clear(&s);
	assert_int_equal(set_sign(key, &text), 0);
	/* A blank at the end, the last byte gone, signed twice. */
	text.data[text.len - 1] = ' ';
	assert_int_equal(set_read(&s, text.data, text.len, &wrong), -EBADMSG);
	assert_string_equal(wrong, "its signature does not hold");
	assert_int_equal(set_read(&s, text.data, text.len - 1, &wrong),
	    -EBADMSG);
	text.data[text.len - 1] = '\n';
	assert_int_equal(set_sign(key, &text), 0);
	assert_int_equal(set_read(&s, text.data, text.len, &wrong),
	    ERR_MALFORMED);
	buf_clear(&text);
	/* Nothing, and what is no object, is not signed. */
	buf_init(&text, 0);
	assert_int_equal(set_sign(key, &text), -EINVAL);
	buf_str(&text, "[]\n");
	assert_int_equal(set_sign(key, &text), -EINVAL);
	buf_clear(&text);
}

static void
a_commitment_says_the_seed_and_nothing_else(void **state)
{
	struct set s = { .seed = "abc" };
	char text[SET_COMMITMENT_SIZE];

	assert_int_equal(set_commitment(&s, text), 0);
	assert_string_equal(text, "canary seed sha256 ba7816bf8f01cfea414140de"
	    "5dae2223b00361a396177a9cb410ff61f20015ad");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    each_type_reaches_its_size_exactly_and_holds_its_mark),
		cmocka_unit_test(a_size_too_small_for_the_type_is_a_limit),
		cmocka_unit_test(
		    names_and_marks_are_unique_and_the_seed_decides_all),
		cmocka_unit_test(a_manifest_reads_as_it_was_written),
		cmocka_unit_test(a_manifest_can_name_no_file_outside_its_folder),
		cmocka_unit_test(a_signature_holds_for_the_text_that_was_signed),
		cmocka_unit_test(only_the_one_way_to_write_a_signature_is_read),
		cmocka_unit_test(a_commitment_says_the_seed_and_nothing_else),
	};

	return cmocka_run_group_tests_name("set", tests, NULL, NULL);
}
