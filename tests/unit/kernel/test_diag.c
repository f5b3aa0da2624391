// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "kernel/guess.h"

static const uint8_t a[16] = { [10] = 0xff, 0xff, 10, 0, 0, 1 };
static const uint8_t b[16] = { [10] = 0xff, 0xff, 10, 0, 0, 2 };
static const uint8_t any[16];

static void
a_message_is_read_and_one_byte_short_is_not(void **state)
{
	struct inet_diag_msg *m = calloc(1, sizeof(*m));
	struct diag_socket s;

	m->idiag_family = AF_INET;
	m->id.idiag_src[0] = htonl(0x0a000001);
	m->id.idiag_sport = htons(4000);
	m->id.idiag_dport = htons(443);
	m->idiag_inode = 77;
	assert_int_equal(diag_parse(m, sizeof(*m), 6, &s), 0);
	assert_memory_equal(s.local,
	    "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\1", 16);
	assert_memory_equal(s.remote, any, 16);
	assert_int_equal(s.local_port, 4000);
	assert_int_equal(s.remote_port, 443);
	assert_int_equal(s.inode, 77);
	assert_int_equal(s.proto, 6);
	assert_int_equal(diag_parse(m, sizeof(*m) - 1, 6, &s), ERR_TRUNCATED);
	assert_int_equal(diag_parse(m, 0, 6, &s), ERR_TRUNCATED);
	m->idiag_family = AF_UNIX;
	assert_int_equal(diag_parse(m, sizeof(*m), 6, &s), ERR_UNSUPPORTED);
	free(m);
}

static int
note(struct guesses *gs, uint8_t proto, const uint8_t *local, uint16_t port,
    const uint8_t *remote, uint16_t remote_port, uint32_t owner, uint64_t now)
{
	struct diag_socket s = { .proto = proto, .local_port = port,
		.remote_port = remote_port };

	memcpy(s.local, local, 16);
	memcpy(s.remote, remote, 16);
	return guesses_note(gs, &s, owner, now);
}

static void
a_connected_socket_comes_before_one_that_takes_any(void **state)
{
	struct guesses *gs = guesses_new();

	assert_int_equal(note(gs, 17, any, 53, any, 0, 1, 1), 0);
	assert_int_equal(note(gs, 17, a, 53, b, 99, 2, 1), 0);
	assert_int_equal(guesses_find(gs, 17, a, 53, b, 99), 2);
	assert_int_equal(guesses_find(gs, 17, a, 53, b, 98), 1);
	assert_int_equal(guesses_find(gs, 17, b, 53, a, 99), 1);
	assert_int_equal(guesses_find(gs, 6, a, 53, b, 99), 0);
	assert_int_equal(guesses_find(gs, 17, a, 54, b, 99), 0);
	assert_int_equal(guesses_find(gs, 1, a, 53, b, 99), 0);
	guesses_free(gs);
	guesses_free(NULL);
}

static void
what_is_not_noted_again_is_forgotten(void **state)
{
	struct guesses *gs = guesses_new();

	assert_int_equal(note(gs, 6, a, 1, b, 2, 1, 10), 0);
	assert_int_equal(note(gs, 6, a, 1, b, 3, 2, 10), 0);
	assert_int_equal(note(gs, 6, a, 1, b, 3, 5, 20), 0);
	assert_int_equal(guesses_count(gs), 2);
	guesses_sweep(gs, 10);
	assert_int_equal(guesses_count(gs), 2);
	guesses_sweep(gs, 11);
	assert_int_equal(guesses_count(gs), 1);
	assert_int_equal(guesses_find(gs, 6, a, 1, b, 2), 0);
	assert_int_equal(guesses_find(gs, 6, a, 1, b, 3), 5);
	guesses_free(gs);
}

static void
there_is_a_ceiling(void **state)
{
	struct guesses *gs = guesses_new();

	for (uint32_t i = 0; i < 65536; i++)
		assert_int_equal(note(gs, 6, a, (uint16_t)i, b, 1, 1, 1), 0);
	assert_int_equal(note(gs, 17, a, 1, b, 1, 1, 1), ERR_LIMIT);
	assert_int_equal(note(gs, 6, a, 1, b, 1, 2, 1), 0);
	guesses_free(gs);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_read_and_one_byte_short_is_not),
		cmocka_unit_test(
		    a_connected_socket_comes_before_one_that_takes_any),
		cmocka_unit_test(what_is_not_noted_again_is_forgotten),
		cmocka_unit_test(there_is_a_ceiling),
	};

	return cmocka_run_group_tests_name("kernel/diag", tests, NULL, NULL);
}
