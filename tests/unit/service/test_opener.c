// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "service/channel.h"
#include "service/process.h"

static const struct message_empty nothing;

struct bench {
	struct channel opener, fingerprinter;
	pid_t pid;
	char path[32];
	struct stat file;
};

/* The next message; what it holds lives until the one after. */
static struct message
hear(struct channel *c)
{
	struct message m;
	int got;

	while (!(got = channel_next(c, &m)))
		assert_int_equal(channel_read(c, true), 0);
	assert_int_equal(got, 1);
	return m;
}

static void
say(struct channel *c, uint32_t kind, const void *body, const char *path)
{
	assert_int_equal(0, channel_send(c, kind, body, path, strlen(path)));
	assert_int_equal(0, channel_flush(c));
}

static void
run_opener(int fd)
{
	if (dup2(fd, 3) != 3)
		_exit(99);
	_exit(opener_main());
}

static int
begin(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	int control[2], link[2], fd;

	strcpy(b->path, "/tmp/telltap-opener-XXXXXX");
	fd = mkstemp(b->path);
	assert_true(fd >= 0 && write(fd, "text", 4) == 4);
	assert_int_equal(0, fstat(fd, &b->file));
	close(fd);
	assert_int_equal(0, channel_pair(control));
	b->pid = fork();
	if (!b->pid)
		run_opener(control[1]);
	close(control[1]);
	channel_init(&b->opener, control[0], ROLE_PARENT, ROLE_OPENER);
	assert_int_equal(0, channel_pair(link));
	assert_int_equal(0, channel_send_fd(&b->opener, MESSAGE_LINK, &nothing,
	    link[0]));
	close(link[0]);
	channel_init(&b->fingerprinter, link[1], ROLE_FINGERPRINTER, ROLE_OPENER);
	b->fingerprinter.state = STATE_RUNNING;
	say(&b->opener, MESSAGE_START, &nothing, "");
	assert_int_equal(MESSAGE_READY, hear(&b->opener).kind);
	b->opener.state = STATE_RUNNING;
	*state = b;
	return 0;
}

static int
end(void **state)
{
	struct bench *b = *state;
	int status;

	channel_clear(&b->opener);
	channel_clear(&b->fingerprinter);
	assert_int_equal(b->pid, waitpid(b->pid, &status, 0));
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	unlink(b->path);
	free(b);
	return 0;
}

static uint32_t
answer(struct bench *b, uint32_t number)
{
	struct message m = hear(&b->opener);
	const struct message_opened *o = m.body;

	assert_int_equal(MESSAGE_OPENED, m.kind);
	assert_int_equal(number, o->number);
	return o->how;
}

static uint32_t
find(struct bench *b, uint32_t number, uint64_t inode)
{
	struct message_file_find m = { .pid = (uint64_t)getpid(), .inode = inode,
		.dev = major(b->file.st_dev) << 20 | minor(b->file.st_dev),
		.fd = UINT32_MAX, .number = number,
		.path_len = (uint32_t)strlen(b->path) };

	say(&b->opener, MESSAGE_FILE_FIND, &m, b->path);
	return answer(b, number);
}

static uint32_t
hand(struct bench *b, uint32_t number)
{
	struct message_file_open m = { .size = 4, .number = number };

	say(&b->opener, MESSAGE_FILE_HAND, &m, "");
	return answer(b, number);
}

static void
a_file_that_was_found_is_handed_on_once(void **state)
{
	struct bench *b = *state;
	struct message m;
	char text[4];

	assert_int_equal(OPENED_DONE, find(b, 1, b->file.st_ino));
	assert_int_equal(OPENED_DONE, hand(b, 1));
	m = hear(&b->fingerprinter);
	assert_int_equal(MESSAGE_FILE_OPEN, m.kind);
	assert_int_equal(4, pread(m.fd, text, 4, 0));
	assert_memory_equal("text", text, 4);
	close(m.fd);
	assert_int_equal(OPENED_LEFT_OUT, hand(b, 1));
}

static void
what_is_not_there_is_no_loss_and_what_was_not_looked_for_is(void **state)
{
	struct bench *b = *state;

	assert_int_equal(OPENED_NONE, find(b, 1, b->file.st_ino + 1));
	assert_int_equal(OPENED_NONE, hand(b, 1));
	assert_int_equal(OPENED_LEFT_OUT, hand(b, 2));
}

/* As where that has died. */
static void
what_the_fingerprinter_can_t_be_handed_is_left_out(void **state)
{
	struct bench *b = *state;

	assert_int_equal(OPENED_DONE, find(b, 1, b->file.st_ino));
	channel_clear(&b->fingerprinter);
	assert_int_equal(OPENED_LEFT_OUT, hand(b, 1));
}

static void
the_oldest_that_nobody_wanted_goes(void **state)
{
	struct bench *b = *state;

	for (uint32_t n = 1; n <= 65; n++)
		assert_int_equal(OPENED_DONE, find(b, n, b->file.st_ino));
	assert_int_equal(OPENED_LEFT_OUT, hand(b, 1));
	assert_int_equal(OPENED_DONE, hand(b, 2));
}

#define CASE(name)	cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_file_that_was_found_is_handed_on_once),
		CASE(what_is_not_there_is_no_loss_and_what_was_not_looked_for_is),
		CASE(what_the_fingerprinter_can_t_be_handed_is_left_out),
		CASE(the_oldest_that_nobody_wanted_goes),
	};

	return cmocka_run_group_tests_name("service/opener", tests, NULL, NULL);
}
