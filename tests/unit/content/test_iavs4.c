// SPDX-License-Identifier: Apache-2.0
#include "world.h"

#define LEN	6000

static uint8_t body[4 * LEN], file[LEN], sent[LEN];
static size_t body_len;

static void
put(const void *p, size_t len)
{
	memcpy(body + body_len, p, len);
	body_len += len;
}

static void
put_entry(const char *tag, const void *p, size_t len)
{
	uint8_t le[4] = { (uint8_t)len, (uint8_t)(len >> 8),
		(uint8_t)(len >> 16), (uint8_t)(len >> 24) };

	put(tag, 4);
	put(le, 4);
	put(p, len);
}

static void
put_text(const char *tag, const char *text)
{
	uint8_t wide[256];
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++) {
		wide[2 * i] = (uint8_t)text[i];
		wide[2 * i + 1] = 0;
	}
	put_entry(tag, wide, 2 * n);
}

static void
put_hash(const struct world *w)
{
	uint8_t value[42];

	memcpy(value, "SHA256HASH", 10);
	memcpy(value + 10, known_get(w->known, 0)->hash[KNOWN_SHA256], 32);
	put_entry("HTYP", value, sizeof(value));
}

/* The file is known; what is sent of it is enciphered. */
static void
begin(struct world *w, const char *type)
{
	world_open(w);
	noise(file, LEN, 5);
	noise(sent, LEN, 6);
	world_add(w, "invoice.exe", file, LEN);
	world_seal(w);
	world_type(w, "iavs4/upload");
	body_len = 0;
	put("\xa1\xa5\x70\x00", 4);
	put_text("NAME", "C:\\invoice.exe");
	put_text("TYPE", type);
}

static const struct scan_item *
data_item(const struct world *w)
{
	for (size_t i = 0; i < w->f->item_count; i++)
		if (span_eq(w->f->items[i].path, span_str("/DATA")))
			return &w->f->items[i];
	return NULL;
}

static bool
has_category(const struct world *w, const char *category)
{
	for (size_t i = 0; i < w->f->category_count; i++)
		if (!strcmp(w->f->categories[i].category, category))
			return true;
	return false;
}

static void
a_submission_is_a_declared_file_that_is_not_compared(void **state)
{
	const struct scan_item *item;
	struct world w;

	begin(&w, "SubmitFile");
	put_hash(&w);
	put_entry("DATA", sent, LEN);
	for (size_t cut = 1; cut < 4000; cut = cut * 3 + 1) {
		world_scan_cut(&w, body, body_len, cut);
		item = data_item(&w);
		assert_non_null(item);
		assert_true(item->declared_file);
		assert_true(item->complete);
		assert_int_equal(item->size, LEN);
		assert_false(item->has_sha256);
		assert_true(span_eq(item->name, span_str("C:\\invoice.exe")));
		assert_true(w.f->items[0].container);
		assert_int_equal(w.f->hash_count, 1);
		assert_int_equal(w.f->hashes[0].file, 0);
		assert_true(w.f->hashes[0].lookup_place);
		assert_int_equal(w.f->hashes[0].algorithm, KNOWN_SHA256);
		assert_true(has_category(&w, "file.name"));
		assert_true(has_category(&w, "file.hash"));
		assert_int_equal(w.f->limit_count, 1);
	}
	world_close(&w);
}

static void
statistics_are_a_hash_and_no_file(void **state)
{
	static const char *const types[] = { "VirusDlgStat", "HeurSuspicious",
		"Submi", "submit" };

	for (size_t i = 0; i < 4; i++) {
		struct world w;

		begin(&w, types[i]);
		put_hash(&w);
		put_text("VIRU", "Win32:Example");
		world_scan(&w, body, body_len);
		assert_null(data_item(&w));
		for (size_t k = 0; k < w.f->item_count; k++)
			assert_false(w.f->items[k].declared_file);
		assert_int_equal(w.f->hash_count, 1);
		assert_true(has_category(&w, "detection"));
		put_entry("DATA", sent, LEN);
		world_scan(&w, body, body_len);
		assert_non_null(data_item(&w));
		assert_false(data_item(&w)->declared_file);
		world_close(&w);
	}
}

static void
a_submission_that_breaks_off_is_not_complete(void **state)
{
	struct world w;

	begin(&w, "SubmitFile");
	put_entry("DATA", sent, LEN);
	w.incomplete = true;
	world_scan(&w, body, body_len - 1);
	assert_false(data_item(&w)->complete);
	assert_int_equal(data_item(&w)->size, LEN - 1);
	world_close(&w);
}

static void
hashes_of_another_form_are_no_hashes(void **state)
{
	uint8_t value[43] = "SHA256HASH";
	struct world w;

	for (size_t len = 0; len <= sizeof(value); len++) {
		if (len == 42)
			continue;
		begin(&w, "VirusDlgStat");
		noise(value + 10, 33, 9);
		put_entry("HTYP", value, len);
		world_scan(&w, body, body_len);
		assert_int_equal(w.f->hash_count, 0);
		world_close(&w);
	}
}

static void
any_lengths_are_survived(void **state)
{
	struct world w;

	begin(&w, "SubmitFile");
	put("DATA\xff\xff\xff\xff", 8);
	put(sent, LEN);
	world_scan(&w, body, body_len);
	assert_int_equal(data_item(&w)->size, LEN);
	assert_false(data_item(&w)->complete);
	world_close(&w);
	begin(&w, "");
	put_entry("NAME", "", 0);
	put_entry("DATA", "", 0);
	put_entry("HTYP", "", 0);
	put_entry("META", sent, 2000);
	for (size_t len = 0; len <= body_len; len++)
		world_scan(&w, body, len);
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_submission_is_a_declared_file_that_is_not_compared),
		cmocka_unit_test(statistics_are_a_hash_and_no_file),
		cmocka_unit_test(a_submission_that_breaks_off_is_not_complete),
		cmocka_unit_test(hashes_of_another_form_are_no_hashes),
		cmocka_unit_test(any_lengths_are_survived),
	};

	return cmocka_run_group_tests_name("content iavs4", tests, NULL, NULL);
}
