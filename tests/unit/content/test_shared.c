// SPDX-License-Identifier: Apache-2.0
/* What files have in common names none of them. */
#include <sqlite3.h>
#include <zstd.h>

#include "world.h"

#define LEN	20000

static uint8_t known[LEN], other[LEN];

#define OWN_LEN	100000
static uint8_t file[OWN_LEN];

static const char notice[] =
    " * This file is part of a library.\n"
    " * The library is free software; you can redistribute it and/or\n"
    " * modify it under the terms of the GNU Lesser General Public\n"
    " * License as published by the Free Software Foundation.\n"
    " * It is distributed in the hope that it will be useful, but\n"
    " * WITHOUT ANY WARRANTY; without even the implied warranty of\n"
    " * MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.\n";

static void
begin(uint8_t *p, const char *magic, size_t len)
{
	memcpy(p, magic, len);
}

/* Two of a kind, of which bytes from..to are the same. */
static void
open_pair(struct world *w, const char *magic, size_t len, size_t from,
    size_t to)
{
	world_open(w);
	noise(known, LEN, 1);
	noise(other, LEN, 2);
	begin(known, magic, len);
	begin(other, magic, len);
	memcpy(other + from, known + from, to - from);
	world_add(w, "known", known, LEN);
	world_seal(w);
}

static void
library_code_in_another_program_names_none(void **state)
{
	struct world w;

	open_pair(&w, "\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\3", 17, 5000, 9000);
	world_scan(&w, other, LEN);
	assert_null(world_match(&w, NULL));
	assert_int_equal(w.f->items[0].shared_bytes, 4000);
	assert_int_equal(w.f->items[0].shared_file, 0);
	assert_int_equal(w.f->items[0].known_bytes, 0);
	/* the file itself, and most of it */
	world_scan(&w, known, LEN);
	assert_whole(&w, 0, LEN);
	assert_int_equal(w.f->items[0].shared_bytes, 0);
	memcpy(other + 200, known + 200, LEN / 2 + 100);
	world_scan(&w, other, LEN);
	assert_non_null(world_match(&w, NULL));
	world_close(&w);
}

/* Also where both begin alike: that is how such are made. */
static void
stores_of_one_kind_name_one_another_only_by_half(void **state)
{
	static const char sqlite[] = "SQLite format 3";
	uint8_t field[LEN + 8] = "\x0a\x04name\x12\xa0\x9c\x01";
	struct world w;

	open_pair(&w, sqlite, sizeof(sqlite), 20, 4000);
	world_scan(&w, other, LEN);
	assert_null(world_match(&w, NULL));
	assert_true(w.f->items[0].shared_bytes >= 3980);
	/* nor within a message, where the bytes stand as they are */
	memcpy(field + 10, other, LEN - 2);
	world_scan(&w, field, LEN + 8);
	for (size_t i = 0; i < w.f->item_count; i++)
		assert_int_equal(w.f->items[i].match_count, 0);
	memcpy(other + 20, known + 20, LEN / 2 + 100);
	world_scan(&w, other, LEN);
	assert_non_null(world_match(&w, NULL));
	world_close(&w);
}

static void
a_store_that_has_grown_names_what_it_was(void **state)
{
	const struct scan_match *m;
	struct world w;

	for (size_t same = 3000; same < 7000; same += 3000) {
		world_open(&w);
		noise(known, 8000, 1);
		noise(other, LEN, 2);
		begin(known, "SQLite format 3", 16);
		memcpy(other, known, same);
		world_add(&w, "known", known, 8000);
		world_seal(&w);
		world_scan(&w, other, LEN);
		m = world_match(&w, NULL);
		assert_int_equal(m ? m->sent_bytes : 0, same > 4000 ? same : 0);
		world_close(&w);
	}
}

static void
the_same_bytes_alone_or_in_an_envelope_do(void **state)
{
	const struct scan_match *m;
	struct world w;

	open_pair(&w, "%PDF-1.4\n", 9, 5000, 9000);
	world_scan(&w, known + 5000, 4000);
	m = world_match(&w, NULL);
	assert_non_null(m);
	assert_int_equal(m->sent_bytes, 4000);
	/* no file of its own around them */
	memset(other, 7, 16);
	world_scan(&w, other, LEN);
	assert_non_null(world_match(&w, NULL));
	/* its first half before other bytes; by a few of them a kind is alike */
	for (size_t same = 1000; same <= LEN / 2; same += LEN / 2 - 1000) {
		memcpy(other, known, same);
		noise(other + same, LEN - same, 3);
		world_scan(&w, other, LEN);
		m = world_match(&w, NULL);
		assert_int_equal(m ? m->ranges[0].end : 0,
		    same < LEN / 2 ? 0 : same);
	}
	world_close(&w);
}

static void
a_store_of_what_others_wrote_does(void **state)
{
	static const char *const stores[] = { "MDMP\x93\xa7\0\0",
		"\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\4", "SQLite format 3" };
	static const size_t len[] = { 8, 17, 16 };
	struct world w;

	for (size_t i = 0; i < sizeof(len) / sizeof(*len); i++) {
		open_pair(&w, "%PDF-1.4\n", 9, 5000, 9000);
		begin(other, stores[i], len[i]);
		world_scan(&w, other, LEN);
		assert_int_equal(world_match(&w, NULL)->sent_bytes, 4000);
		world_close(&w);
	}
}

/* Lines that only this seed gives. */
static size_t
write_lines(char *p, size_t lines, unsigned seed)
{
	size_t n = 0;

	for (size_t i = 0; i < lines; i++) {
		seed = seed * 1103515245u + 12345u;
		n += (size_t)sprintf(p + n, "int f%u(int a) { return %u; }\n",
		    seed >> 8, seed);
	}
	return n;
}

static size_t
write_source(char *p, const char *head, unsigned seed)
{
	size_t n = (size_t)sprintf(p, "/* file %u\n%s */\n", seed, head);

	return n + write_lines(p + n, 60, seed);
}

static void
a_licence_names_no_file_and_other_text_does(void **state)
{
	char *a = (char *)known, *b = (char *)other;
	struct world w;
	size_t n, m;

	world_open(&w);
	n = write_source(a, notice, 1);
	world_add(&w, "a.h", a, n);
	world_seal(&w);
	m = write_source(b, notice, 2);
	world_scan(&w, b, m);
	assert_null(world_match(&w, NULL));
	assert_true(w.f->items[0].shared_bytes > 256);
	/* with lines of the file's own behind it */
	m = (size_t)sprintf(b, "/* file 3\n%s */\n", notice);
	m += write_lines(b + m, 30, 1);
	m += write_lines(b + m, 90, 3);
	world_scan(&w, b, m);
	assert_non_null(world_match(&w, NULL));
	/* and nothing but the licence is what was sent */
	world_scan(&w, a + 9, sizeof(notice));
	assert_non_null(world_match(&w, NULL));
	world_close(&w);
}

/* What stands in a compression as it is was unpacked from it, too. */
static void
literals_of_a_known_file_accuse_no_other(void **state)
{
	static uint8_t packed[LEN];
	struct world w;
	size_t n;

	world_open(&w);
	noise(known, 600, 1);
	for (size_t i = 600; i < LEN; i++)
		known[i] = known[i - 600];
	noise(other, LEN, 2);
	memcpy(other + 5000, known, 1200);
	world_add(&w, "other", other, LEN);
	world_add(&w, "rows", known, LEN);
	world_seal(&w);
	n = ZSTD_compress(packed, sizeof(packed), known, LEN, 3);
	assert_true(n < 1000);
	world_scan(&w, packed, n);
	assert_whole(&w, 1, LEN);
	world_close(&w);
}

/* Bytes from..to of the known file, behind 40,000 bytes of another one: it is told
 * exactly, or for what is common. */
static void
assert_told_within(struct world *w, const char *magic, size_t len, size_t from,
    size_t to, bool named)
{
	static uint8_t body[40000 + OWN_LEN + 50000];
	const struct scan_match *m;

	noise(body, sizeof(body), 9);
	begin(body, magic, len);
	memcpy(body + 40000, file + from, to - from);
	world_scan(w, body, sizeof(body));
	m = world_match(w, NULL);
	assert_int_equal(m != NULL, named);
	if (!named) {
		assert_int_equal(w->f->items[0].shared_bytes, to - from);
		return;
	}
	assert_int_equal(m->range_count, 1);
	assert_int_equal(m->ranges[0].start, from);
	assert_int_equal(m->ranges[0].end, to);
}

static void
a_run_that_is_its_own_names_a_file_within_another(void **state)
{
	static const char pdf[] = "%PDF-1.7", elf[] = "\177ELF\2\1\1\0\0\0\0"
	    "\0\0\0\0\0\3\0>";
	struct world w;

	world_open(&w);
	noise(file, OWN_LEN, 3);
	/* code is no noise */
	for (size_t i = 50000; i < OWN_LEN; i++)
		file[i] = "abcdefghijklmnopqrstuvwxyzABCDEF"[file[i] & 31];
	begin(file, elf, sizeof(elf));
	world_add(&w, "known", file, OWN_LEN);
	world_seal(&w);
	/* how it begins, noise, and not as much of that; code, and half of all */
	assert_told_within(&w, pdf, 8, 0, 4096, true);
	assert_told_within(&w, pdf, 8, 0, 4000, false);
	assert_told_within(&w, pdf, 8, 1000, 1000 + (32 << 10), true);
	assert_told_within(&w, pdf, 8, 1000, 1000 + (31 << 10), false);
	assert_told_within(&w, pdf, 8, 60000, 95000, false);
	assert_told_within(&w, pdf, 8, OWN_LEN / 2, OWN_LEN, true);
	/* two of a kind */
	assert_told_within(&w, elf, sizeof(elf), 0, 4096, true);
	assert_told_within(&w, elf, sizeof(elf), 1000, 1000 + (32 << 10), false);
	assert_told_within(&w, elf, sizeof(elf), 40000, 80000, false);
	world_close(&w);
}

/* 300 bytes of a script; the same in a message, which is no page. */
static void
a_script_of_a_web_page_names_no_other_page(void **state)
{
	static const char *const starts[] = { "<!DOCTYPE html>\n<html><script>",
		"<?xml version=\"1.0\"?>\n<!DOCTYPE html>\n<html><script>",
		"<?xml version=\"1.0\"?>\n<event><script>" };
	char page[8000], script[420];
	struct world w;
	size_t len = 0, n;

	for (int i = 0; i < 20; i++)
		len += (size_t)sprintf(script + len, "var v%d = %d;\n", i,
		    i * 7919 % 1000 + 100000 * i);
	n = (size_t)sprintf(page, "%s%s", starts[0], script);
	for (int i = 0; n < 4000; i++)
		n += (size_t)sprintf(page + n, "<p>%d and %d</p>\n", i, i * i);
	world_open(&w);
	world_add(&w, "page", page, n);
	world_seal(&w);
	for (int i = 0; i < 3; i++) {
		n = (size_t)sprintf(page, "%s%s</script>", starts[i], script);
		for (int k = 0; n < 4000; k++)
			n += (size_t)sprintf(page + n, "<q>%d</q>\n", k * 31);
		world_scan(&w, page, n);
		assert_int_equal(world_match(&w, NULL) != NULL, i == 2);
	}
	world_close(&w);
}

/* 900 rows of 50 letters; to be freed. */
static uint8_t *
make_database(uint64_t seed, size_t *ret_len)
{
	sqlite3_int64 size;
	uint8_t letters[51], *bytes;
	sqlite3_stmt *put;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "create table t(a integer primary key, "
	    "b text, c text); begin", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "insert into t values(?,?,?)", -1,
	    &put, NULL), SQLITE_OK);
	for (int i = 0; i < 900; i++) {
		noise(letters, 50, seed * 1000 + (uint64_t)i);
		for (int k = 0; k < 50; k++)
			letters[k] = 'a' + letters[k] % 26;
		letters[50] = 0;
		sqlite3_bind_int(put, 1, i);
		sqlite3_bind_text(put, 2, (char *)letters, 50, SQLITE_STATIC);
		sqlite3_bind_text(put, 3, "the same in all", -1, SQLITE_STATIC);
		assert_int_equal(sqlite3_step(put), SQLITE_DONE);
		sqlite3_reset(put);
	}
	sqlite3_finalize(put);
	sqlite3_exec(db, "commit", NULL, NULL, NULL);
	bytes = sqlite3_serialize(db, "main", &size, 0);
	assert_non_null(bytes);
	sqlite3_close(db);
	*ret_len = (size_t)size;
	return bytes;
}

/* Heads of pages, their pointers and the table of pages are those of any database
 * with as many rows as long; its records are its own. */
static void
pieces_of_a_database_name_it_by_records_alone(void **state)
{
	size_t len, same = 0;
	uint8_t *mine = make_database(1, &len), *theirs = make_database(2, &len);
	struct world w;

	world_open(&w);
	world_add(&w, "known", mine, len);
	world_seal(&w);
	for (size_t i = 4096; i < 8192 + 130; i++)
		same += mine[i] == theirs[i];
	assert_true(same > 4200);
	for (size_t at = 300; at + 20000 < len; at += 700) {
		world_scan(&w, theirs + at, 20000);
		assert_null(world_match(&w, NULL));
		world_scan(&w, mine + at, 20000);
		assert_int_equal(world_match(&w, NULL)->sent_bytes, 20000);
	}
	/* no record is in it */
	world_scan(&w, mine, 8300);
	assert_null(world_match(&w, NULL));
	sqlite3_free(mine);
	sqlite3_free(theirs);
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(library_code_in_another_program_names_none),
		cmocka_unit_test(
		    stores_of_one_kind_name_one_another_only_by_half),
		cmocka_unit_test(a_store_that_has_grown_names_what_it_was),
		cmocka_unit_test(the_same_bytes_alone_or_in_an_envelope_do),
		cmocka_unit_test(a_store_of_what_others_wrote_does),
		cmocka_unit_test(literals_of_a_known_file_accuse_no_other),
		cmocka_unit_test(a_licence_names_no_file_and_other_text_does),
		cmocka_unit_test(pieces_of_a_database_name_it_by_records_alone),
		cmocka_unit_test(a_run_that_is_its_own_names_a_file_within_another),
		cmocka_unit_test(a_script_of_a_web_page_names_no_other_page),
	};

	return cmocka_run_group_tests_name("content/shared", tests, NULL, NULL);
}
