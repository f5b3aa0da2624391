// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/files.h"

static struct files *files;
static uint64_t number;

/* What was told, in order. */
static struct told {
	double coverage;
	char sender[64];
	uint64_t pid;
	size_t transfers;
} told[4];
static size_t told_count;

static struct event_process
program(const char *path, uint64_t pid)
{
	return (struct event_process){ .pid = pid, .executable = span_str(path),
		.name = SPAN_LITERAL("av"), .user = UINT64_MAX };
}

/* A transfer with bytes [from, to) of the known file of 1000 bytes. */
static void
send(const struct event_process *p, const struct event_process *client,
    uint64_t from, uint64_t to)
{
	struct event_range r = { from, to };
	struct event_file f = { .known = true, .size = 1000, .ranges = &r,
		.name = SPAN_LITERAL("x"), .range_count = 1 };
	struct event_transfer t = { .files = &f, .file_count = 1,
		.grade = GRADE_PROVEN, .number = ++number };
	struct event_flow flow = { .id = 1 };
	struct event_cloud c = { .key = SPAN_LITERAL("cloud") };
	struct event e = { .action = EVENT_TRANSFER, .flow = &flow,
		.transfer = &t, .cloud = &c, .process = p,
		.on_behalf_of = client, .behalf_asked = client != NULL };

	files_add(files, &e);
}

static int
take(void *arg, struct event *e)
{
	struct told *t = &told[told_count++];

	assert_int_equal(e->action, EVENT_FILE);
	assert_true(span_eq(e->cloud->key, SPAN_LITERAL("cloud")));
	t->coverage = e->file->file.coverage;
	t->transfers = e->file->transfer_count;
	if (e->process) {
		t->pid = e->process->pid;
		memcpy(t->sender, e->process->executable.p,
		    e->process->executable.len);
	}
	return 0;
}

static void
judge(void)
{
	struct arena arena;

	memset(told, 0, sizeof(told));
	told_count = 0;
	arena_init(&arena);
	assert_int_equal(files_each(files, &arena, take, NULL), 0);
	arena_clear(&arena);
	files_free(files);
	files = files_new();
}

static void
halves_of_two_programs_are_no_whole_file(void **state)
{
	struct event_process a = program("/opt/a", 7), b = program("/opt/b", 8);

	files = files_new();
	send(&a, NULL, 0, 500);
	send(&b, NULL, 500, 1000);
	judge();
	assert_int_equal(told_count, 2);
	assert_true(told[0].coverage == 0.5);
	assert_string_equal(told[0].sender, "/opt/a");
	assert_int_equal(told[0].pid, 7);
	assert_string_equal(told[1].sender, "/opt/b");
	files_free(files);
}

static void
processes_of_one_program_send_one_file(void **state)
{
	struct event_process a = program("/opt/a", 7), b = program("/opt/a", 8);

	files = files_new();
	send(&a, NULL, 0, 500);
	send(&b, NULL, 500, 1000);
	judge();
	assert_int_equal(told_count, 1);
	assert_true(told[0].coverage == 1.0);
	assert_int_equal(told[0].transfers, 2);
	assert_int_equal(told[0].pid, 7);
	/* where nobody knows who sent, the cloud alone counts */
	send(NULL, NULL, 0, 500);
	send(NULL, NULL, 500, 1000);
	judge();
	assert_int_equal(told_count, 1);
	assert_int_equal(told[0].pid, 0);
	files_free(files);
}

static void
what_is_carried_for_a_client_is_told_apart(void **state)
{
	struct event_process av = program("/opt/av", 7);
	struct event_process web = program("/usr/bin/web", 9);

	files = files_new();
	send(&av, NULL, 0, 500);
	send(&av, &web, 500, 1000);
	judge();
	assert_int_equal(told_count, 2);
	assert_true(told[1].coverage == 0.5);
	files_free(files);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(halves_of_two_programs_are_no_whole_file),
		cmocka_unit_test(processes_of_one_program_send_one_file),
		cmocka_unit_test(what_is_carried_for_a_client_is_told_apart),
	};

	return cmocka_run_group_tests_name("engine/files", tests, NULL, NULL);
}
