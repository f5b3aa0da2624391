// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "telltap/telltap.h"

static struct telltap_engine *engine;
static char *first;	/* line of the first event, as it was told */

static int
on_event(void *arg, const struct event *event)
{
	const char *line;
	size_t len;

	if (first)
		return 0;
	line = telltap_event_json(engine, event, &len);
	first = line ? strndup(line, len) : NULL;
	return first ? 0 : -1;
}

/* An engine with two inputs that has told all it has to tell. */
static void
begin(const uint8_t *sha256)
{
	const struct telltap_options o = { .size = sizeof(o), .threads = 1 };

	free(first);
	first = NULL;
	assert_int_equal(telltap_engine_new(&o, on_event, NULL, &engine), 0);
	assert_int_equal(telltap_engine_input(engine, "a", 1, NULL), 0);
	assert_int_equal(telltap_engine_input(engine, "b", 2, sha256), 0);
	assert_int_equal(telltap_engine_finish(engine), 0);
	assert_non_null(first);
}

static void
a_hash_that_comes_late_makes_the_line_it_would_have_made(void **state)
{
	static const uint8_t sha256[32] = { 1, 2, 3 };
	const char *line;
	char *want;
	size_t len;

	begin(sha256);
	want = strdup(first);
	telltap_engine_free(engine);
	begin(NULL);
	assert_string_not_equal(first, want);
	line = telltap_engine_input_json(engine, &len);
	assert_non_null(line);
	assert_int_equal(len, strlen(first));
	assert_memory_equal(line, first, len);
	telltap_engine_input_hash(engine, 2, sha256);	/* there is no such */
	telltap_engine_input_hash(engine, 1, sha256);
	line = telltap_engine_input_json(engine, &len);
	assert_non_null(line);
	assert_int_equal(len, strlen(want));
	assert_memory_equal(line, want, len);
	telltap_engine_free(engine);
	free(want);
	free(first);
	first = NULL;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_hash_that_comes_late_makes_the_line_it_would_have_made),
	};

	return cmocka_run_group_tests_name("event line", tests, NULL, NULL);
}
