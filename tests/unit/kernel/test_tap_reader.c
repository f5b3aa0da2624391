// SPDX-License-Identifier: Apache-2.0
/* Packets that were copied before a capture listened for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/batch.h"
#include "kernel/tap.h"
#include "kernel/tap_reader.h"

#define NETNS	7
#define OWNER	3
#define SECOND_NS 1000000000ull

struct seen {
	size_t count, drains, asks;
	uint64_t last_ns;
	uint32_t owner, interface;
	uint16_t flags;
};

static int
on_packets(void *arg, const struct telltap_packet *packets, size_t count)
{
	struct seen *s = arg;

	s->count += count;
	s->last_ns = packets[count - 1].ts_ns;
	s->owner = packets[0].owner;
	s->flags = packets[0].flags;
	s->interface = packets[0].interface;
	return 0;
}

static uint64_t
on_drain(void *arg)
{
	((struct seen *)arg)->drains++;
	return 50 * SECOND_NS;
}

static void
on_ask(void *arg, const struct tap_tuple *tuple)
{
	((struct seen *)arg)->asks++;
}

/* UDP from 127.0.0.1:1000 to 127.0.0.2:53, as lo has it. */
static const uint8_t frame[] = { [12] = 8, [14] = 0x45, [17] = 30, [22] = 64, 17,
	[26] = 127, 0, 0, 1, 127, 0, 0, 2, 1000 >> 8, 1000 & 255, 0, 53, 0, 10,
	[42] = 'h', 'i' };

struct fixture {
	struct tuples *tuples;
	struct tap_reader *reader;
	struct seen seen;
};

static void
open_one(struct fixture *f)
{
	struct tap_reader_events events = { on_packets, on_drain, on_ask,
		&f->seen };
	struct tap_tuple t = { .netns = NETNS, .local_port = 1000,
		.remote_port = 53, .proto = 17,
		.local = { [10] = 255, 255, 127, 0, 0, 1 },
		.remote = { [10] = 255, 255, 127, 0, 0, 2 } };
	struct tuple_holder holder = { .since_ns = SECOND_NS, .cookie = 5,
		.owner = OWNER };

	memset(f, 0, sizeof(*f));
	f->tuples = tuples_new();
	f->reader = tap_reader_new(f->tuples, &events);
	assert_non_null(f->reader);
	assert_int_equal(0, tuples_hold(f->tuples, &t, &holder));
}

static void
close_one(struct fixture *f)
{
	tap_reader_free(f->reader);
	tuples_free(f->tuples);
}

static struct tap_reader_stats
stats_of(const struct fixture *f)
{
	struct tap_reader_stats s;

	tap_reader_stats(f->reader, &s);
	return s;
}

static void
early(struct fixture *f, uint64_t netns, uint64_t ts_ns, uint32_t len)
{
	struct tap_early_packet p = { .netns = netns, .ts_ns = ts_ns,
		.data = frame, .cap_len = len, .wire_len = sizeof(frame),
		.interface = 9 };

	tap_reader_early(f->reader, &p);
}

static void
handed_out_with_its_owner_once_all_of_it_is_told(void **state)
{
	struct fixture f;

	open_one(&f);
	early(&f, NETNS, 2 * SECOND_NS, sizeof(frame));
	early(&f, NETNS, 3 * SECOND_NS, sizeof(frame));
	assert_int_equal(0, f.seen.count + f.seen.drains);
	assert_int_equal(0, tap_reader_read(f.reader));
	assert_int_equal(2, f.seen.count);
	assert_int_equal(1, f.seen.drains);
	assert_int_equal(3 * SECOND_NS, f.seen.last_ns);
	assert_int_equal(OWNER, f.seen.owner);
	assert_int_equal(9, f.seen.interface);
	assert_int_equal(TELLTAP_PACKET_OUTBOUND, f.seen.flags);
	/* Up to there it is told already. */
	early(&f, NETNS, 4 * SECOND_NS, sizeof(frame));
	assert_int_equal(0, tap_reader_read(f.reader));
	assert_int_equal(3, f.seen.count);
	assert_int_equal(1, f.seen.drains);
	close_one(&f);
}

static void
nobodys_is_counted_and_not_asked_about(void **state)
{
	struct fixture f;

	open_one(&f);
	early(&f, NETNS + 1, 2 * SECOND_NS, sizeof(frame));
	early(&f, NETNS, 2 * SECOND_NS, 37);	/* one byte short of the ports */
	early(&f, NETNS, 2 * SECOND_NS, 0);
	assert_int_equal(0, tap_reader_read(f.reader));
	assert_int_equal(0, f.seen.count + f.seen.asks);
	assert_int_equal(3, stats_of(&f).unowned);
	early(&f, NETNS, 2 * SECOND_NS, 38);
	assert_int_equal(0, tap_reader_read(f.reader));
	assert_int_equal(1, f.seen.count);
	close_one(&f);
}

static void
what_finds_no_room_is_counted(void **state)
{
	struct fixture f;
	uint32_t sent = 0;

	open_one(&f);
	while (!stats_of(&f).refused && sent < 1u << 20) {
		early(&f, NETNS, 2 * SECOND_NS + sent, sizeof(frame));
		sent++;
	}
	assert_int_equal(0, tap_reader_read(f.reader));
	/* Room is left for the one whose reading made them come. */
	assert_int_equal(16383, f.seen.count);
	assert_int_equal(16384, sent);
	assert_int_equal(1, stats_of(&f).refused);
	close_one(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handed_out_with_its_owner_once_all_of_it_is_told),
		cmocka_unit_test(nobodys_is_counted_and_not_asked_about),
		cmocka_unit_test(what_finds_no_room_is_counted),
	};

	return cmocka_run_group_tests_name("kernel/tap_reader", tests, NULL, NULL);
}
