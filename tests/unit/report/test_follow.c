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

#include <cmocka.h>

#include "evidence/event/event_json.h"
#include "report/follow.h"
#include "unit/sample_events.h"

static char folder[64];
static size_t events, inputs;

static int
make(void **state)
{
	events = inputs = 0;
	strcpy(folder, "/tmp/telltap-follow.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int
drop(void **state)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static int
note(void *arg, const struct event *e)
{
	events++;
	inputs += e->action == EVENT_INPUT;
	return 0;
}

/* A file of lines in a folder below; opened to go on. */
static FILE *
begin(const char *below)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "mkdir -p %s/%s", folder, below);
	assert_int_equal(system(path), 0);
	snprintf(path, sizeof(path), "%s/%s/events.jsonl", folder, below);
	f = fopen(path, "a");
	assert_non_null(f);
	setbuf(f, NULL);
	return f;
}

static void
line(enum event_action action, uint64_t sequence, char *ret, size_t room)
{
	static const struct event_input_list list = { .version = "1" };
	static const struct event_mark mark = { .text = S("m") };
	static struct event_totals totals;
	struct event e = { .action = action, .sequence = sequence,
			   .ts_ns = SAMPLE_START };
	struct buf b;

	e.inputs = action == EVENT_INPUT ? &list : NULL;
	e.mark = action == EVENT_MARK ? &mark : NULL;
	e.totals = action == EVENT_SUMMARY ? &totals : NULL;
	buf_init(&b, 0);
	event_write_json(&e, &b);
	assert_true(b.len < room);
	memcpy(ret, b.data, b.len);
	ret[b.len] = 0;
	buf_clear(&b);
}

static void
put(FILE *f, enum event_action action, uint64_t sequence)
{
	char text[4096];

	line(action, sequence, text, sizeof(text));
	fprintf(f, "%s\n", text);
}

static const char seal[] = "{\"event\":{\"action\":\"seal\"},\"telltap\":{}}\n";

static void
lines_come_when_they_are_whole(void **state)
{
	FILE *f = begin("data.part");
	char text[4096];
	struct follow *w;

	put(f, EVENT_INPUT, 0);
	assert_int_equal(follow_open(folder, &w), 0);
	assert_int_equal(follow_poll(w, note, NULL), 0);
	assert_int_equal(events, 1);
	line(EVENT_MARK, 1, text, sizeof(text));
	fwrite(text, 1, 10, f);
	assert_int_equal(follow_poll(w, note, NULL), 0);
	assert_int_equal(events, 1);
	fprintf(f, "%s", text + 10);
	assert_int_equal(follow_poll(w, note, NULL), 0);
	assert_int_equal(events, 1);
	fputc('\n', f);
	assert_int_equal(follow_poll(w, note, NULL), 0);
	assert_int_equal(events, 2);
	assert_false(follow_ended(w));
	put(f, EVENT_SUMMARY, 2);
	fputs(seal, f);
	assert_int_equal(follow_poll(w, note, NULL), 0);
	assert_true(follow_ended(w));
	fclose(f);
	follow_free(w);
}

static void
parts_follow_each_other(void **state)
{
	FILE *f = begin("000001/data.part"), *g;
	struct follow *w;

	put(f, EVENT_INPUT, 0);
	put(f, EVENT_MARK, 1);
	assert_int_equal(follow_open(folder, &w), 0);
	assert_int_equal(follow_poll(w, note, NULL), 0);
	/* not before the first one is at its end */
	g = begin("000002/data");
	put(g, EVENT_INPUT, 0);
	put(g, EVENT_MARK, 1);
	assert_int_equal(follow_poll(w, note, NULL), 0);
	assert_int_equal(events, 2);
	put(f, EVENT_MARK, 2);
	fputs(seal, f);
	assert_int_equal(follow_poll(w, note, NULL), 0);
	assert_int_equal(events, 4);
	assert_int_equal(inputs, 1);
	fputs(seal, g);
	assert_int_equal(follow_poll(w, note, NULL), 0);
	/* there may be one more, for the run has not summed up */
	assert_false(follow_ended(w));
	fclose(f);
	fclose(g);
	f = begin("000003/data");
	put(f, EVENT_INPUT, 0);
	put(f, EVENT_SUMMARY, 1);
	fputs(seal, f);
	fclose(f);
	assert_int_equal(follow_poll(w, note, NULL), 0);
	assert_int_equal(events, 5);
	assert_true(follow_ended(w));
	follow_free(w);
}

static void
a_line_has_a_ceiling(void **state)
{
	FILE *f = begin("data.part");
	char *text = calloc(1, EVENT_LINE_MAX + 2);
	struct follow *w;

	assert_non_null(text);
	memset(text, ' ', EVENT_LINE_MAX);
	line(EVENT_MARK, 0, text, 4096);
	text[strlen(text)] = ' ';
	fprintf(f, "%s\n", text);
	assert_int_equal(follow_open(folder, &w), 0);
	assert_int_equal(follow_poll(w, note, NULL), 0);
	assert_int_equal(events, 1);
	/* one more byte, and not even its end */
	fprintf(f, "%s ", text);
	assert_int_equal(follow_poll(w, note, NULL), ERR_LIMIT);
	assert_non_null(strstr(follow_error(w), "line 1: too long"));
	follow_free(w);
	fclose(f);
	free(text);
}

static void
what_is_no_event_ends_it(void **state)
{
	FILE *f = begin("data");
	struct follow *w;

	fputs("{}\n", f);
	assert_int_equal(follow_open(folder, &w), 0);
	assert_int_equal(follow_poll(w, note, NULL), ERR_MALFORMED);
	assert_non_null(strstr(follow_error(w), "line 1"));
	follow_free(w);
	fclose(f);
	assert_int_equal(drop(NULL), 0);
	assert_int_equal(follow_open(folder, &w), -ENOENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lines_come_when_they_are_whole,
		    make, drop),
		cmocka_unit_test_setup_teardown(parts_follow_each_other, make,
		    drop),
		cmocka_unit_test_setup_teardown(a_line_has_a_ceiling, make,
		    drop),
		cmocka_unit_test_setup_teardown(what_is_no_event_ends_it, make,
		    drop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
