// SPDX-License-Identifier: Apache-2.0
/* A lab whose experiment was killed: canaries planted, the network cut. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "canary/canary.h"
#include "experiment/digest.h"
#include "experiment/mend.h"
#include "experiment/order.h"

#define SEED "of a test"

static char dir[32], error[MEND_ERROR_MAX];
static struct plan *plan;

/* Good until three more were asked for. */
static const char *
in_dir(const char *name)
{
	static char paths[4][128];
	static unsigned n;

	snprintf(paths[n % 4], sizeof(paths[0]), "%s/%s", dir, name);
	return paths[n++ % 4];
}

static void
put(const char *name, const char *mode, const char *text)
{
	FILE *f = fopen(in_dir(name), mode);

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static bool
is_there(const char *name)
{
	return access(in_dir(name), F_OK) == 0;
}

static void
plant(void)
{
	int types[CODE_COUNT_MAX];
	struct canary_error e;
	struct set set;
	char seed[65], name[80];

	assert_int_equal(order_seed(SEED, 0, seed), 0);
	assert_int_equal(set_draw(&set, seed, 3, types,
	    plan_types(plan, types)), 0);
	assert_int_equal(canary_plant_unlisted(in_dir("bait/1"), &set, &e), 0);
	/* the last one as it was cut off, and what a product left */
	snprintf(name, sizeof(name), "bait/1/%.60s", set.files[2].name);
	assert_int_equal(truncate(in_dir(name), 1000), 0);
	put("bait/1/other", "w", "text");
	set_clear(&set);
}

static int
setup(void **state)
{
	char text[1024], hex[DIGEST_SIZE], wrong[YAMLFILE_ERROR_MAX];

	strcpy(dir, "/tmp/telltap-test-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(text, sizeof(text), "experiment: a test\nout: %s/out\n"
	    "watch: [--pid, 1]\nnetwork: { cut: touch %s/cut, "
	    "restore: rm %s/cut }\n"
	    "canaries: { folder: %s/bait, count: 3, types: [script] }\n"
	    "phases:\n  - { name: plant, plant: yes }\n"
	    "  - { name: offline, network: cut }\n", dir, dir, dir, dir);
	put("plan.yaml", "w", text);
	assert_int_equal(plan_load(in_dir("plan.yaml"), &plan, wrong), 0);
	assert_int_equal(mkdir(in_dir("out"), 0700), 0);
	assert_int_equal(mkdir(in_dir("bait"), 0700), 0);
	assert_int_equal(digest_file(in_dir("plan.yaml"), hex), 0);
	snprintf(text, sizeof(text), "{\"what\":\"experiment\",\"seed\":\""
	    SEED "\",\"plan_sha256\":\"%s\"}\n", hex);
	put("out/journal.jsonl", "w", text);
	put("cut", "w", "");
	plant();
	return 0;
}

static int
teardown(void **state)
{
	char command[64];

	plan_free(plan);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

static struct mended
mend(int want)
{
	struct mended did = { 0 };

	assert_int_equal(mend_lab(plan, in_dir("plan.yaml"), &did, error),
	    want);
	return did;
}

static const char planting[] = "{\"what\":\"planting\",\"session\":1}\n";
static const char cutting[] = "{\"what\":\"cutting\",\"session\":1}\n";

static void
what_was_left_is_taken_away_once(void **state)
{
	struct mended did;

	put("out/journal.jsonl", "a", planting);
	put("out/journal.jsonl", "a", cutting);
	put("out/journal.jsonl", "a", "{\"what\":\"cu");	/* torn */
	did = mend(0);
	assert_true(did.any);
	assert_true(did.network);
	assert_int_equal(did.canaries, 3);
	assert_false(is_there("cut"));
	assert_true(is_there("bait/1/other"));
	put("cut", "w", "");
	did = mend(0);
	assert_false(did.any);
	assert_true(is_there("cut"));
}

static void
what_was_put_right_already_is_left(void **state)
{
	struct mended did;

	put("out/journal.jsonl", "a", planting);
	put("out/journal.jsonl", "a", cutting);
	put("out/journal.jsonl", "a", "{\"what\":\"restore\",\"exit\":0}\n");
	put("out/journal.jsonl", "a", "{\"what\":\"removed\"}\n");
	did = mend(0);
	assert_false(did.any);
	assert_true(is_there("cut"));
}

static void
one_that_is_over_is_left(void **state)
{
	put("out/journal.jsonl", "a", planting);
	put("out/journal.jsonl", "a", "{\"what\":\"over\"}\n");
	assert_false(mend(0).any);
}

static void
one_that_is_at_work_is_left(void **state)
{
	FILE *f;

	put("out/journal.jsonl", "a", planting);
	f = fopen(in_dir("out/journal.jsonl"), "a");
	assert_int_equal(flock(fileno(f), LOCK_EX), 0);
	assert_false(mend(0).any);
	fclose(f);
	assert_int_equal(mend(0).canaries, 3);
}

static void
another_plan_mends_nothing(void **state)
{
	put("out/journal.jsonl", "a", planting);
	put("plan.yaml", "a", "\n");
	mend(-EINVAL);
	assert_non_null(strstr(error, "by another plan"));
	assert_true(is_there("bait/1/other"));
}

static void
a_network_that_stays_cut_is_tried_again(void **state)
{
	put("out/journal.jsonl", "a", cutting);
	assert_int_equal(unlink(in_dir("cut")), 0);
	mend(-ECHILD);
	put("cut", "w", "");
	assert_true(mend(0).network);
}

static void
without_a_journal_there_is_nothing(void **state)
{
	assert_int_equal(unlink(in_dir("out/journal.jsonl")), 0);
	assert_false(mend(0).any);
	put("out/journal.jsonl", "w", "noise\n{}\n[1]\n");
	assert_false(mend(0).any);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_was_left_is_taken_away_once),
		T(what_was_put_right_already_is_left),
		T(one_that_is_over_is_left),
		T(one_that_is_at_work_is_left),
		T(another_plan_mends_nothing),
		T(a_network_that_stays_cut_is_tried_again),
		T(without_a_journal_there_is_nothing),
	};

	return cmocka_run_group_tests_name("experiment/mend", tests, NULL,
	    NULL);
}
