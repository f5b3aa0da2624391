// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "evidence/key.h"
#include "evidence/log/note.h"

/* The example of Go's note package, which the format comes from. */
static const char example_vkey[] =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
static const char example_note[] =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\xe2\x80\x94 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNI"
    "uGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

static struct span
text_span(const char *s)
{
	return (struct span){ (const uint8_t *)s, strlen(s) };
}

static void
the_published_example_is_signed(void **state)
{
	struct note_key key;
	struct span text;

	assert_int_equal(note_read_vkey(text_span(example_vkey), &key), 0);
	assert_string_equal(key.name, "PeterNeumann");
	assert_int_equal(note_open(text_span(example_note), &key, &text), 0);
	assert_int_equal(text.len, 99);
	assert_memory_equal(text.p + 95, "is.\n", 4);
}

static void
every_changed_byte_of_a_note_is_refused(void **state)
{
	char note[sizeof(example_note)];
	struct note_key key;
	struct span text;

	assert_int_equal(note_read_vkey(text_span(example_vkey), &key), 0);
	for (size_t i = 0; i + 1 < sizeof(note); i++) {
		for (int bit = 0; bit < 8; bit++) {
			memcpy(note, example_note, sizeof(note));
			note[i] = (char)(note[i] ^ 1 << bit);
			assert_int_not_equal(note_open((struct span){
				(uint8_t *)note, sizeof(note) - 1 }, &key,
				&text), 0);
		}
	}
	for (size_t len = 0; len + 1 < sizeof(note); len++)
		assert_int_not_equal(note_open((struct span){
			(const uint8_t *)example_note, len }, &key, &text),
		    0);
}

static void
every_changed_byte_of_a_key_is_refused(void **state)
{
	char vkey[sizeof(example_vkey)];
	struct note_key key;

	for (size_t i = 0; i + 1 < sizeof(vkey); i++) {
		for (int bit = 0; bit < 8; bit++) {
			memcpy(vkey, example_vkey, sizeof(vkey));
			vkey[i] = (char)(vkey[i] ^ 1 << bit);
			assert_int_not_equal(note_read_vkey((struct span){
				(uint8_t *)vkey, sizeof(vkey) - 1 }, &key), 0);
		}
	}
	for (size_t len = 0; len + 1 < sizeof(vkey); len++)
		assert_int_not_equal(note_read_vkey((struct span){
			(const uint8_t *)example_vkey, len }, &key), 0);
	assert_int_equal(note_read_vkey(text_span(
	    "a+00000000+Ag=="), &key),
	    ERR_UNSUPPORTED);
}

static void
what_is_signed_opens_with_the_key_and_no_other(void **state)
{
	struct note_signer a, b;
	struct note_key read;
	struct buf note, twice, vkey;
	struct span text;

	assert_int_equal(key_make(&a), 0);
	assert_int_equal(key_make(&b), 0);
	buf_init(&note, 0);
	buf_init(&twice, 0);
	buf_init(&vkey, 0);
	assert_int_equal(note_sign(&a, text_span("a\n1\n"), &note), 0);
	note_write_vkey(&a.key, &vkey);
	assert_int_equal(note_read_vkey((struct span){ vkey.data, vkey.len },
	    &read), 0);
	assert_int_equal(note_open((struct span){ note.data, note.len }, &read,
	    &text), 0);
	assert_int_equal(text.len, 4);
	assert_int_equal(note_open((struct span){ note.data, note.len },
	    &b.key, &text), -ENOKEY);
	/* Its signature, once more. */
	buf_append(&twice, note.data, note.len);
	buf_append(&twice, note.data + 5, note.len - 5);
	assert_int_equal(note_open((struct span){ twice.data, twice.len }, &read,
	    &text), ERR_MALFORMED);
	buf_clear(&twice);
	/* The same name and id over another key: the signature fails. */
	memcpy(read.public_key, b.key.public_key, 32);
	assert_int_equal(note_open((struct span){ note.data, note.len }, &read,
	    &text), -EBADMSG);
	buf_clear(&note);
	buf_clear(&vkey);
}

static void
a_name_says_what_the_key_is(void **state)
{
	struct note_signer s;
	uint8_t seed[32] = { 0 };

	assert_int_equal(note_signer_init(seed, &s), 0);
	assert_int_equal(strlen(s.key.name), 8 + 32);
	/* SHA-256 of 3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a1
	 * 8b59da29, the public key of the seed of zeros. */
	assert_string_equal(s.key.name,
	    "telltap/139e3940e64b5491722088d9a0d74162");
}

static void
checkpoints_are_read_in_one_way_alone(void **state)
{
	static const char root[] =
	    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
	static const struct {
		const char *size;
		int result;
	} sizes[] = {
		{ "0\n", 0 }, { "20852163\n", 0 },
		{ "9223372036854775807\n", 0 },
		{ "9223372036854775808\n", ERR_MALFORMED },
		{ "99999999999999999999\n", ERR_MALFORMED },
		{ "01\n", ERR_MALFORMED }, { "\n", ERR_MALFORMED },
		{ "-1\n", ERR_MALFORMED }, { "1 \n", ERR_MALFORMED },
	};
	struct note_checkpoint c;
	char text[256];

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		snprintf(text, sizeof(text), "o\n%s%s", sizes[i].size, root);
		assert_int_equal(note_read_checkpoint(text_span(text), &c),
		    sizes[i].result);
	}
	assert_int_equal(note_read_checkpoint(text_span("o\n1\nCsUY\n"), &c),
	    ERR_MALFORMED);
	assert_int_equal(note_read_checkpoint(text_span("o\n1\n"), &c),
	    ERR_MALFORMED);
	snprintf(text, sizeof(text), "o\n1\n%sextension\n", root);
	assert_int_equal(note_read_checkpoint(text_span(text), &c),
	    ERR_MALFORMED);
	snprintf(text, sizeof(text), "\n1\n%s", root);
	assert_int_equal(note_read_checkpoint(text_span(text), &c),
	    ERR_MALFORMED);
}

static void
base64_of_every_length_and_no_other_way_to_write_it(void **state)
{
	static const char *const bad[] = { "A", "AA", "AAA", "A===", "AB==",
		"AAB=", "AA=A", "=AAA", "AA =", "AA\n=", "A-A=", "A_A=" };
	uint8_t data[8] = { 0xff, 0, 0x80, 1, 2, 3, 4, 5 }, back[8];
	struct buf b;

	buf_init(&b, 0);
	for (size_t n = 0; n <= sizeof(data); n++) {
		buf_reset(&b);
		note_write_base64(data, n, &b);
		assert_int_equal(b.len, (n + 2) / 3 * 4);
		assert_int_equal(note_read_base64((struct span){ b.data,
				     b.len }, back, n), n);
		assert_memory_equal(back, data, n);
		if (n)
			assert_int_equal(note_read_base64((struct span){
				b.data, b.len }, back, n - 1), ERR_MALFORMED);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(note_read_base64(text_span(bad[i]), back,
				     sizeof(back)), ERR_MALFORMED);
	buf_clear(&b);
}

static void
keys_are_kept_for_their_owner_alone(void **state)
{
	char path[] = "/tmp/telltap-key-XXXXXX";
	struct note_signer made, read;
	struct stat st;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(key_make(&made), 0);
	assert_int_equal(key_save(&made, path), -EEXIST);
	assert_int_equal(key_load(path, &read), ERR_MALFORMED);
	unlink(path);
	assert_int_equal(key_load(path, &read), -ENOENT);
	assert_int_equal(key_save(&made, path), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(key_load(path, &read), 0);
	assert_memory_equal(read.seed, made.seed, 32);
	assert_string_equal(read.key.name, made.key.name);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(key_load(path, &read), -EPERM);
	unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_example_is_signed),
		cmocka_unit_test(every_changed_byte_of_a_note_is_refused),
		cmocka_unit_test(every_changed_byte_of_a_key_is_refused),
		cmocka_unit_test(what_is_signed_opens_with_the_key_and_no_other),
		cmocka_unit_test(a_name_says_what_the_key_is),
		cmocka_unit_test(checkpoints_are_read_in_one_way_alone),
		cmocka_unit_test(
		    base64_of_every_length_and_no_other_way_to_write_it),
		cmocka_unit_test(keys_are_kept_for_their_owner_alone),
	};

	return cmocka_run_group_tests_name("note", tests, NULL, NULL);
}
