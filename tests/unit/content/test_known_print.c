// SPDX-License-Identifier: Apache-2.0
#include "world.h"

#include <errno.h>

#include "base/err.h"
#include "content/known/known_print.h"

/* Fingerprints: what was found is found again by them, and lies are refused. */

#define LEN	20000

static uint8_t a[LEN], body[2 * LEN];
static struct buf list, bytes;

static void
setup(struct world *w)
{
	world_open(w);
	noise(a, LEN, 5);
	world_add(w, "a", a, LEN);
	memset(body, 'b', LEN);
	world_add(w, "not named", body, LEN);
	world_seal(w);
	w->hint.uses = true;
	buf_init(&list, 0);
	buf_init(&bytes, 0);
}

static void
tear_down(struct world *w)
{
	world_close(w);
	buf_clear(&list);
	buf_clear(&bytes);
}

static void
make_prints(struct world *w)
{
	struct known_stage stage = { known_count(w->known), 0 };
	struct scan_use uses[64];

	assert_true(w->f->use_count && w->f->use_count <= 64);
	memcpy(uses, w->f->uses, w->f->use_count * sizeof(*uses));
	assert_int_equal(known_print_write(w->known, uses, w->f->use_count,
	    &stage, 1, &list, &bytes), 0);
}

/* The set that the prints make, or what is wrong with them. */
static int
read_prints(struct known **ret_known, struct known_print_line *ret_line)
{
	struct span left = { bytes.data, bytes.len };
	struct known *k = known_new();
	const struct json_node *root;
	struct json_tree tree;
	int code = 0;

	json_tree_init(&tree);
	for (size_t at = 0, len; !code && at < list.len; at += len + 1) {
		const char *line = (const char *)list.data + at;

		len = (size_t)((char *)memchr(line, '\n', list.len - at) - line);
		code = json_tree_read(&tree, line, len, &root);
		if (!code)
			code = known_print_add(k, root, &left, ret_line);
	}
	json_tree_clear(&tree);
	if (!code)
		assert_int_equal(left.len, 0);
	if (code || known_seal(k)) {
		known_free(k);
		return code ? code : -1;
	}
	*ret_known = k;
	return 0;
}

static void
a_whole_file_is_found_by_its_print(void **state)
{
	struct known_print_line line;
	struct world w, again;

	setup(&w);
	world_scan_cut(&w, a, LEN, 700);
	make_prints(&w);
	assert_int_equal(bytes.len, LEN);
	memset(&again, 0, sizeof(again));
	assert_int_equal(read_prints(&again.known, &line), 0);
	assert_true(line.whole);
	assert_false(line.parted);
	again.hint.outbound = true;
	world_scan_cut(&again, a, LEN, 700);
	assert_int_equal(again.f->items[0].match_count, 1);
	assert_true(again.f->items[0].matches[0].exact);
	assert_string_equal(known_get(again.known, 0)->name, "a");
	scan_free(again.scan);
	known_free(again.known);
	tear_down(&w);
}

/* Of the file from 3,000 to 9,000, with other bytes around it. */
static void
a_part_is_found_by_its_print_and_no_more_is_kept(void **state)
{
	const struct scan_match *x, *y;
	struct known_print_line line;
	struct world w, again;

	setup(&w);
	noise(body, sizeof(body), 99);
	memcpy(body + 1000, a + 3000, 6000);
	world_scan_cut(&w, body, 12000, 333);
	make_prints(&w);
	x = &w.f->items[0].matches[0];
	assert_int_equal(bytes.len, x->sent_bytes);
	memset(&again, 0, sizeof(again));
	assert_int_equal(read_prints(&again.known, &line), 0);
	assert_true(line.parted);
	assert_false(line.whole);
	again.hint.outbound = true;
	world_scan_cut(&again, body, 12000, 333);
	assert_int_equal(again.f->items[0].match_count, 1);
	y = &again.f->items[0].matches[0];
	assert_int_equal(y->sent_bytes, x->sent_bytes);
	assert_int_equal(y->range_count, 1);
	assert_int_equal(y->ranges[0].start, x->ranges[0].start);
	assert_int_equal(again.f->limit_count, w.f->limit_count);
	scan_free(again.scan);
	known_free(again.known);
	tear_down(&w);
}

static void
a_hash_is_found_by_a_print_without_bytes(void **state)
{
	static const char hex[] = "0123456789abcdef";
	struct known_print_line line;
	struct known *k;
	struct world w;
	char text[80] = "{\"sha256\":\"";
	size_t n = strlen(text);

	setup(&w);
	for (int i = 0; i < 32; i++) {
		uint8_t b = known_get(w.known, 0)->hash[KNOWN_SHA256][i];

		text[n++] = hex[b >> 4];
		text[n++] = hex[b & 15];
	}
	memcpy(text + n, "\"}", 3);
	world_type(&w, "application/json");
	world_scan_cut(&w, text, n + 2, 9);
	make_prints(&w);
	assert_int_equal(bytes.len, 0);
	assert_int_equal(read_prints(&k, &line), 0);
	assert_memory_equal(known_get(k, 0)->hash[KNOWN_SHA256],
	    known_get(w.known, 0)->hash[KNOWN_SHA256], 32);
	known_free(k);
	tear_down(&w);
}

/* Replaces text in the list; then what reading says. */
static int
lie(const char *from, const char *to)
{
	struct known_print_line line;
	struct known *k = NULL;
	struct buf saved = list;
	uint8_t *at = memmem(list.data, list.len, from, strlen(from));
	int code;

	assert_non_null(at);
	buf_init(&list, 0);
	buf_append(&list, saved.data, (size_t)(at - saved.data));
	buf_str(&list, to);
	at += strlen(from);
	buf_append(&list, at, (size_t)(saved.data + saved.len - at));
	code = read_prints(&k, &line);
	known_free(k);
	buf_clear(&list);
	list = saved;
	return code;
}

/* What is looked for, and left out, depends on whether any are known. */
static void
files_that_are_not_named_are_counted(void **state)
{
	struct known_print_line line;
	struct known *k;
	struct world w;

	setup(&w);
	world_scan_cut(&w, a, LEN, LEN);
	make_prints(&w);
	assert_int_equal(read_prints(&k, &line), 0);
	assert_int_equal(known_count(k), 1);
	assert_int_equal(known_total(k), known_count(w.known));
	known_free(k);
	assert_int_equal(lie("{\"known\":2}\n", ""), 0);
	assert_int_equal(lie("{\"known\":2}\n", "{\"known\":0}\n"), 0);
	assert_int_equal(lie("{\"known\":2}\n", "{\"known\":4294967296}\n"),
	    0);
	assert_int_equal(lie("{\"known\":2}\n", "{\"known\":4294967297}\n"),
	    ERR_MALFORMED);
	assert_int_equal(lie("{\"known\":2}\n", "{\"known\":-1}\n"),
	    ERR_MALFORMED);
	assert_int_equal(lie("{\"known\":2}\n",
	    "{\"known\":2}\n{\"known\":2}\n"), ERR_MALFORMED);
	tear_down(&w);
}

static void
files_that_joined_are_counted_from_then_on(void **state)
{
	struct known_stage stages[] = { { 0, 0 }, { 2, 7 } };
	struct known_print_line line;
	struct known *k;
	struct world w;

	setup(&w);
	assert_int_equal(known_print_write(w.known, NULL, 0, stages, 2, &list,
	    &bytes), 0);
	assert_int_equal(read_prints(&k, &line), 0);
	assert_true(line.total);
	assert_int_equal(line.after, 7);
	assert_int_equal(known_count(k), 0);
	assert_int_equal(known_total(k), 2);
	known_free(k);
	tear_down(&w);
}

static void
what_does_not_fit_is_refused(void **state)
{
	struct world w;

	setup(&w);
	world_scan_cut(&w, a, LEN, LEN);
	make_prints(&w);
	assert_int_equal(lie("\"start\":0", "\"start\":1"), ERR_MALFORMED);
	assert_int_equal(lie("\"len\":20000", "\"len\":20001"), ERR_MALFORMED);
	assert_int_equal(lie("\"len\":20000", "\"len\":0"), ERR_MALFORMED);
	assert_int_equal(lie("\"size\":20000", "\"size\":19999"),
	    ERR_MALFORMED);
	assert_int_equal(lie("\"size\":20000", "\"size\":-1"), ERR_MALFORMED);
	assert_int_equal(lie("\"origin\":\"user\"", "\"origin\":\"me\""),
	    ERR_MALFORMED);
	assert_int_equal(lie("\"sha256\":\"", "\"sha256\":\"a"), ERR_MALFORMED);
	assert_int_equal(lie("\"kind\":\"md5-first-512\"",
	    "\"kind\":\"md5-first-513\""), ERR_MALFORMED);
	assert_int_equal(lie("{\"start\":0,\"len\":20000}",
	    "{\"start\":0,\"len\":10},{\"start\":9,\"len\":19990}"),
	    ERR_MALFORMED);
	bytes.data[100] ^= 1;
	assert_int_equal(lie("\"name\":\"a\"", "\"name\":\"a\""), -EBADMSG);
	bytes.data[100] ^= 1;
	assert_int_equal(lie("\"name\":\"a\"", "\"name\":\"b\""), 0);
	bytes.len--;
	assert_int_equal(lie("\"name\":\"a\"", "\"name\":\"a\""),
	    ERR_MALFORMED);
	tear_down(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_file_is_found_by_its_print),
		cmocka_unit_test(
		    a_part_is_found_by_its_print_and_no_more_is_kept),
		cmocka_unit_test(a_hash_is_found_by_a_print_without_bytes),
		cmocka_unit_test(files_that_are_not_named_are_counted),
		cmocka_unit_test(files_that_joined_are_counted_from_then_on),
		cmocka_unit_test(what_does_not_fit_is_refused),
	};

	return cmocka_run_group_tests_name("known_print", tests, NULL, NULL);
}
