// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "service/channel.h"

static int
check(enum role from, enum role to, enum state state, uint32_t kind,
    uint32_t len, const void *body)
{
	struct message_head head = { kind, len };

	return message_check(from, to, state, &head, body, len);
}

static void
each_kind_has_one_length(void **state)
{
	static const uint8_t zeros[4096];

	for (uint32_t kind = 1; kind < MESSAGE_KIND_COUNT; kind++) {
		struct message_head head = { kind,
			(uint32_t)message_len(kind) };
		int heard = 0;

		assert_true(head.len > 0 && head.len <= sizeof(zeros));
		for (int from = 0; from < ROLE_COUNT; from++)
			for (int to = 0; to < ROLE_COUNT; to++)
				for (int st = 0; st <= STATE_ENDED; st++) {
					if (message_check_head(from, to, st,
						&head))
						continue;
					heard++;
					assert_int_not_equal(from, to);
					head.len--;
					assert_int_equal(ERR_MALFORMED,
					    message_check_head(from, to, st,
						&head));
					head.len++;
				}
		assert_true(heard > 0);
	}
}

static void
one_byte_too_long(void **state)
{
	static const struct message_hold hold;

	assert_int_equal(0, check(ROLE_PARENT, ROLE_ENGINE, STATE_RUNNING,
	    MESSAGE_HOLD, sizeof(hold), &hold));
	assert_int_equal(ERR_MALFORMED, check(ROLE_PARENT, ROLE_ENGINE,
	    STATE_RUNNING, MESSAGE_HOLD, sizeof(hold) + 1, &hold));
	assert_int_equal(ERR_MALFORMED, check(ROLE_PARENT, ROLE_ENGINE,
	    STATE_RUNNING, MESSAGE_HOLD, sizeof(hold) - 1, &hold));
	assert_int_equal(ERR_MALFORMED, check(ROLE_PARENT, ROLE_ENGINE,
	    STATE_RUNNING, MESSAGE_HOLD, 0, &hold));
}

static void
a_copied_packet_is_as_long_as_it_says(void **state)
{
	struct message_early early = { .cap_len = 60, .wire_len = 9000 };

	assert_int_equal(0, check(ROLE_PARENT, ROLE_ENGINE, STATE_RUNNING,
	    MESSAGE_EARLY, sizeof(early) + 60, &early));
	assert_int_equal(ERR_MALFORMED, check(ROLE_PARENT, ROLE_ENGINE,
	    STATE_RUNNING, MESSAGE_EARLY, sizeof(early) + 59, &early));
	assert_int_equal(ERR_MALFORMED, check(ROLE_PARENT, ROLE_ENGINE,
	    STATE_RUNNING, MESSAGE_EARLY, sizeof(early), &early));
	assert_int_equal(ERR_MALFORMED, check(ROLE_ENGINE, ROLE_RECORDER,
	    STATE_RUNNING, MESSAGE_EARLY, sizeof(early) + 60, &early));
}

static void
only_who_may_say_it(void **state)
{
	static const struct message_hold hold;
	static const struct message_empty empty;

	assert_int_equal(ERR_MALFORMED, check(ROLE_ENGINE, ROLE_PARENT,
	    STATE_RUNNING, MESSAGE_HOLD, sizeof(hold), &hold));
	assert_int_equal(ERR_MALFORMED, check(ROLE_ENGINE, ROLE_RECORDER,
	    STATE_RUNNING, MESSAGE_ABORT, sizeof(empty), &empty));
	assert_int_equal(ERR_MALFORMED, check(ROLE_PARENT, ROLE_RECORDER,
	    STATE_RUNNING, MESSAGE_CLOSE, sizeof(empty), &empty));
	assert_int_equal(0, check(ROLE_ENGINE, ROLE_RECORDER, STATE_RUNNING,
	    MESSAGE_CLOSE, sizeof(empty), &empty));
}

static void
only_in_its_state(void **state)
{
	static const struct message_empty empty;
	static const struct message_hold hold;
	static const struct message_last last;
	struct message_option option = { OPTION_JSON, 0 };

	assert_int_equal(0, check(ROLE_PARENT, ROLE_ENGINE, STATE_STARTING,
	    MESSAGE_OPTION, sizeof(option), &option));
	assert_int_equal(ERR_MALFORMED, check(ROLE_PARENT, ROLE_ENGINE,
	    STATE_RUNNING, MESSAGE_OPTION, sizeof(option), &option));
	assert_int_equal(ERR_MALFORMED, check(ROLE_PARENT, ROLE_ENGINE,
	    STATE_STARTING, MESSAGE_HOLD, sizeof(hold), &hold));
	assert_int_equal(ERR_MALFORMED, check(ROLE_PARENT, ROLE_ENGINE,
	    STATE_RUNNING, MESSAGE_LAST, sizeof(last), &last));
	assert_int_equal(0, check(ROLE_PARENT, ROLE_ENGINE, STATE_ENDING,
	    MESSAGE_LAST, sizeof(last), &last));
	assert_int_equal(ERR_MALFORMED, check(ROLE_PARENT, ROLE_ENGINE,
	    STATE_ENDED, MESSAGE_HOLD, sizeof(hold), &hold));
	/* One that took another's place may be ready that late. */
	assert_int_equal(0, check(ROLE_ENGINE, ROLE_PARENT, STATE_ENDING,
	    MESSAGE_READY, sizeof(empty), &empty));
	assert_int_equal(ERR_MALFORMED, check(ROLE_ENGINE, ROLE_PARENT,
	    STATE_ENDED, MESSAGE_READY, sizeof(empty), &empty));
}

static void
no_such_kind(void **state)
{
	static const uint8_t zeros[64];

	assert_int_equal(ERR_MALFORMED, check(ROLE_PARENT, ROLE_ENGINE,
	    STATE_RUNNING, 0, 4, zeros));
	assert_int_equal(ERR_MALFORMED, check(ROLE_PARENT, ROLE_ENGINE,
	    STATE_RUNNING, MESSAGE_KIND_COUNT, 4, zeros));
	assert_int_equal(ERR_MALFORMED, check(ROLE_PARENT, ROLE_ENGINE,
	    STATE_RUNNING, UINT32_MAX, 4, zeros));
}

static void
the_tail_is_as_long_as_the_struct_says(void **state)
{
	struct message_option o = { OPTION_KNOWN, 5 };
	struct message_option none = { 0, 5 };
	struct message_option more = { OPTION_KIND_COUNT, 5 };
	uint32_t len = sizeof(o);

	assert_int_equal(0, check(ROLE_PARENT, ROLE_ENGINE, STATE_STARTING,
	    MESSAGE_OPTION, len + 5, &o));
	assert_int_equal(ERR_MALFORMED, check(ROLE_PARENT, ROLE_ENGINE,
	    STATE_STARTING, MESSAGE_OPTION, len + 4, &o));
	assert_int_equal(ERR_MALFORMED, check(ROLE_PARENT, ROLE_ENGINE,
	    STATE_STARTING, MESSAGE_OPTION, len + 6, &o));
	assert_int_equal(ERR_MALFORMED, check(ROLE_PARENT, ROLE_ENGINE,
	    STATE_STARTING, MESSAGE_OPTION, len + 5, &none));
	assert_int_equal(ERR_MALFORMED, check(ROLE_PARENT, ROLE_ENGINE,
	    STATE_STARTING, MESSAGE_OPTION, len + 5, &more));
	o.text_len = MESSAGE_TEXT_MAX;
	assert_int_equal(0, check(ROLE_PARENT, ROLE_ENGINE, STATE_STARTING,
	    MESSAGE_OPTION, len + MESSAGE_TEXT_MAX, &o));
	o.text_len++;
	assert_int_equal(ERR_MALFORMED, check(ROLE_PARENT, ROLE_ENGINE,
	    STATE_STARTING, MESSAGE_OPTION, len + MESSAGE_TEXT_MAX + 1, &o));
}

/* Lengths that add up to the right sum by passing 2^32 do not. */
static void
texts_do_not_wrap_around(void **state)
{
	struct message_process p = { .executable_len = UINT32_MAX - 1,
		.name_len = 6 };

	assert_int_equal(ERR_MALFORMED, check(ROLE_PARENT, ROLE_ENGINE,
	    STATE_RUNNING, MESSAGE_PROCESS, sizeof(p) + 4, &p));
	p.executable_len = 0;
	p.name_len = 4;
	assert_int_equal(0, check(ROLE_PARENT, ROLE_ENGINE, STATE_RUNNING,
	    MESSAGE_PROCESS, sizeof(p) + 4, &p));
	p.name_len = MESSAGE_TEXT_MAX + 1;
	assert_int_equal(ERR_MALFORMED, check(ROLE_PARENT, ROLE_ENGINE,
	    STATE_RUNNING, MESSAGE_PROCESS, sizeof(p) + MESSAGE_TEXT_MAX + 1,
	    &p));
}

struct ends {
	struct channel parent, engine;
};

static struct ends
ends_make(void)
{
	struct ends e;
	int fds[2];

	assert_int_equal(0, channel_pair(fds));
	channel_init(&e.parent, fds[0], ROLE_PARENT, ROLE_ENGINE);
	channel_init(&e.engine, fds[1], ROLE_ENGINE, ROLE_PARENT);
	e.parent.state = e.engine.state = STATE_RUNNING;
	return e;
}

static void
messages_come_whole_and_in_order(void **state)
{
	struct ends e = ends_make();
	struct message_end end = { 7, 8 };
	struct message_process p = { .pid = 3, .name_len = 5 };
	struct message m;

	assert_int_equal(0, channel_send(&e.parent, MESSAGE_PROCESS, &p,
	    "abcde", 5));
	assert_int_equal(0, channel_send(&e.parent, MESSAGE_END, &end, NULL,
	    0));
	assert_int_equal(0, channel_flush(&e.parent));
	assert_int_equal(0, channel_next(&e.engine, &m));
	assert_int_equal(0, channel_read(&e.engine, false));
	assert_int_equal(1, channel_next(&e.engine, &m));
	assert_int_equal(MESSAGE_PROCESS, m.kind);
	assert_int_equal(5, m.tail_len);
	assert_memory_equal("abcde", m.tail, 5);
	assert_int_equal(3, ((const struct message_process *)m.body)->pid);
	assert_int_equal(1, channel_next(&e.engine, &m));
	assert_int_equal(MESSAGE_END, m.kind);
	assert_int_equal(0, (uintptr_t)m.body % 8);
	assert_int_equal(8, ((const struct message_end *)m.body)->ts_ns);
	assert_int_equal(0, channel_next(&e.engine, &m));
	assert_int_equal(-EAGAIN, channel_read(&e.engine, false));
	channel_clear(&e.parent);
	assert_int_equal(ERR_END, channel_read(&e.engine, true));
	channel_clear(&e.engine);
}

static void
a_part_of_a_message_is_waited_for(void **state)
{
	struct ends e = ends_make();
	struct {
		struct message_head head;
		struct message_end end;
	} bytes = { { MESSAGE_END, sizeof(struct message_end) }, { 1, 2 } };
	struct message m;

	for (size_t i = 0; i < sizeof(bytes); i++) {
		assert_int_equal(0, channel_next(&e.engine, &m));
		assert_int_equal(1, send(e.parent.fd, (char *)&bytes + i, 1,
		    0));
		assert_int_equal(0, channel_read(&e.engine, false));
	}
	assert_int_equal(1, channel_next(&e.engine, &m));
	channel_clear(&e.parent);
	channel_clear(&e.engine);
}

static void
what_is_no_message_is_refused(void **state)
{
	const struct message_head heads[] = {
		{ MESSAGE_END, sizeof(struct message_end) - 1 },
		{ MESSAGE_END, UINT32_MAX },
		{ MESSAGE_LINE, sizeof(struct message_text) },
		{ 0, 0 },
		{ UINT32_MAX, 8 },
	};
	struct message m;

	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
		struct ends e = ends_make();

		assert_int_equal(sizeof(heads[i]), send(e.parent.fd, &heads[i],
		    sizeof(heads[i]), 0));
		assert_int_equal(0, channel_read(&e.engine, false));
		assert_int_equal(ERR_MALFORMED, channel_next(&e.engine, &m));
		channel_clear(&e.parent);
		channel_clear(&e.engine);
	}
}

static void
a_descriptor_comes_with_its_message(void **state)
{
	struct ends e = ends_make();
	struct message_capture c = { .number = 4 };
	struct message_end end = { 7, 8 };
	struct message m;
	int pipes[2];
	char byte = 0;

	assert_int_equal(0, pipe(pipes));
	assert_int_equal(0, channel_send(&e.parent, MESSAGE_END, &end, NULL,
	    0));
	assert_int_equal(0, channel_send_fd(&e.parent, MESSAGE_CAPTURE, &c,
	    pipes[0]));
	close(pipes[0]);
	while (channel_read(&e.engine, false) == 0)
		;
	assert_int_equal(1, channel_next(&e.engine, &m));
	assert_int_equal(-1, m.fd);
	assert_int_equal(1, channel_next(&e.engine, &m));
	assert_int_equal(MESSAGE_CAPTURE, m.kind);
	assert_int_equal(1, write(pipes[1], "x", 1));
	assert_int_equal(1, read(m.fd, &byte, 1));
	assert_int_equal('x', byte);
	close(m.fd);
	close(pipes[1]);
	channel_clear(&e.parent);
	channel_clear(&e.engine);
}

static void
a_message_without_its_descriptor_is_refused(void **state)
{
	struct ends e = ends_make();
	struct message_capture c = { .number = 4 };
	struct message m;

	assert_int_equal(0, channel_send(&e.parent, MESSAGE_CAPTURE, &c, NULL,
	    0));
	assert_int_equal(0, channel_flush(&e.parent));
	assert_int_equal(0, channel_read(&e.engine, false));
	assert_int_equal(ERR_MALFORMED, channel_next(&e.engine, &m));
	channel_clear(&e.parent);
	channel_clear(&e.engine);
}

static void
a_peer_that_is_gone(void **state)
{
	struct ends e = ends_make();
	struct message_end end = { 7, 8 };

	channel_clear(&e.engine);
	assert_int_equal(0, channel_send(&e.parent, MESSAGE_END, &end, NULL,
	    0));
	assert_int_equal(-EPIPE, channel_flush(&e.parent));
	channel_clear(&e.parent);
	assert_int_equal(-EPIPE, channel_send(&e.parent, MESSAGE_END, &end,
	    NULL, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_has_one_length),
		cmocka_unit_test(one_byte_too_long),
		cmocka_unit_test(a_copied_packet_is_as_long_as_it_says),
		cmocka_unit_test(only_who_may_say_it),
		cmocka_unit_test(only_in_its_state),
		cmocka_unit_test(no_such_kind),
		cmocka_unit_test(the_tail_is_as_long_as_the_struct_says),
		cmocka_unit_test(texts_do_not_wrap_around),
		cmocka_unit_test(messages_come_whole_and_in_order),
		cmocka_unit_test(a_part_of_a_message_is_waited_for),
		cmocka_unit_test(what_is_no_message_is_refused),
		cmocka_unit_test(a_descriptor_comes_with_its_message),
		cmocka_unit_test(a_message_without_its_descriptor_is_refused),
		cmocka_unit_test(a_peer_that_is_gone),
	};

	return cmocka_run_group_tests_name("service/message", tests, NULL,
	    NULL);
}
