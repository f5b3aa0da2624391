// SPDX-License-Identifier: Apache-2.0
#include "service/engine.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

/*
 * The engine's process. It waits for packets and for what the parent says, and
 * reads the captures in turns. Before it looks at a packet it asks the parent
 * for the tuples that were entered by then, and hears all that was said until
 * the answer.
 *
 * When it is told to finish it reads until nothing comes any more, says so, and
 * hears the last counts. When the parent dies, it finishes by itself.
 */

#define TURN_MS		50
#define QUIET_NS	200000000ull
#define SWEEP_NS	1000000000ull

static void
lose_parent(struct engine_process *e)
{
	channel_clear(&e->parent);
	e->polls[0].fd = -1;
	e->orphaned = e->finishing = true;
	e->turns_left = 0;
}

static void
hear(struct engine_process *e, bool wait)
{
	int err = engine_hear(e, wait);

	if (err == ERR_MALFORMED)
		child_die(ROLE_ENGINE, "the parent's message", err);
	if (err == ERR_END)
		lose_parent(e);
	else if (err && !e->failed)
		e->failed = err;
}

/* Says something that is answered with DRAINED, and hears until then. */
static void
ask_parent(struct engine_process *e, uint32_t kind, const void *body)
{
	int err;

	if (e->orphaned)
		return;
	e->drained = false;
	err = channel_send(&e->parent, kind, body, NULL, 0);
	if (!err)
		err = channel_flush(&e->parent);
	if (err)
		lose_parent(e);
	while (!e->drained && !e->orphaned && !e->failed)
		hear(e, true);
}

static uint64_t
on_drain(void *arg)
{
	struct engine_process *e = arg;
	struct message_drain drain = { e->packet };

	ask_parent(e, MESSAGE_DRAIN, &drain);
	/* Nobody will ever tell more. */
	return e->orphaned || e->failed ? UINT64_MAX : e->drained_ns;
}

static void
on_ask(void *arg, const struct tap_tuple *tuple)
{
	struct message_ask ask = { .tuple = *tuple };

	ask_parent(arg, MESSAGE_ASK, &ask);
}

static int
keep_packet(struct engine_process *e, const struct telltap_packet *p)
{
	struct message_packet m = {
		.ts_ns = p->ts_ns,
		.number = p->number,
		.cap_len = p->cap_len,
		.wire_len = p->wire_len,
		.interface = p->interface,
		.owner = p->owner,
		.link_type = p->link_type,
		.flags = p->flags,
	};

	return channel_send(&e->recorder, MESSAGE_PACKET, &m, p->data,
	    p->cap_len);
}

static int
on_packets(void *arg, const struct telltap_packet *packets, size_t count)
{
	struct engine_process *e = arg;
	int err = 0;

	e->packet = packets[count - 1].number;
	/* Onto the disk before anybody parses them. */
	if (e->keeps_case && e->keeps_packets) {
		for (size_t i = 0; i < count && !err; i++)
			err = keep_packet(e, &packets[i]);
		if (!err)
			err = channel_flush(&e->recorder);
	}
	return err ? err : engine_prints_feed(e, packets, count);
}

static int
open_reader(struct engine_process *e)
{
	struct tap_reader_events events = { on_packets, on_drain, on_ask, e };

	e->reader = tap_reader_new(e->guess ? NULL : e->tuples, &events);
	e->polls = calloc(TAP_READER_CAPTURES_MAX + ENGINE_FIRST_CAPTURE,
	    sizeof(*e->polls));
	e->numbers = calloc(TAP_READER_CAPTURES_MAX + ENGINE_FIRST_CAPTURE,
	    sizeof(*e->numbers));
	if (!e->reader || !e->polls || !e->numbers)
		return -ENOMEM;
	tap_reader_number(e->reader, e->resume.packet);
	tap_reader_begins(e->reader, clock_ns(CLOCK_REALTIME));
	e->polls[0] = (struct pollfd){ e->parent.fd, POLLIN, 0 };
	e->polls[1].fd = -1;
	e->poll_count = ENGINE_FIRST_CAPTURE;
	return 0;
}

static void
sweep(struct engine_process *e)
{
	uint64_t now = clock_ns(CLOCK_REALTIME);

	/* The clock may have been set back, too. */
	if (now - e->swept_ns < SWEEP_NS)
		return;
	e->swept_ns = now;
	tuples_sweep(e->tuples, now - tuples_linger_ns(e->tuples), NULL, NULL);
}

static void
turn(struct engine_process *e, int timeout_ms)
{
	int err;

	if (poll(e->polls, e->poll_count, timeout_ms) < 0 && errno != EINTR)
		e->failed = -errno;
	if (!e->orphaned)
		hear(e, false);
	err = tap_reader_read(e->reader);
	if (!err)
		err = engine_prints_turn(e);
	/* What TLS libraries tell does not overtake packets that wait for files. */
	if (!err)
		err = telltap_engine_tick(e->engine,
		    hold_until(&e->prints.hold, clock_ns(CLOCK_REALTIME)));
	if (!err)
		err = engine_keep_keys(e);
	if (!err)
		err = channel_flush(&e->recorder);
	if (err && !e->failed)
		e->failed = err;
	sweep(e);
}

/* Until nothing has come for a while. That is a time, and no number of turns:
 * what the other processes say ends a turn early. */
static void
read_rest(struct engine_process *e)
{
	uint64_t now = clock_up_ns(), last = now, begun = now;
	struct tap_reader_stats before, after;

	tap_reader_stats(e->reader, &before);
	do {
		turn(e, TURN_MS);
		tap_reader_stats(e->reader, &after);
		now = clock_up_ns();
		if (after.packets != before.packets || after.held)
			last = now;
		before = after;
	} while (!e->failed && now - last < QUIET_NS &&
		 now - begun < e->turns_left * TURN_MS * 1000000ull);
}

static void
say_quiet(struct engine_process *e)
{
	struct tap_reader_stats s;
	struct message_quiet m;
	int err;

	tap_reader_stats(e->reader, &s);
	m = (struct message_quiet){ s.unowned, s.refused, s.broken };
	err = channel_send(&e->parent, MESSAGE_QUIET, &m, NULL, 0);
	if (!err)
		err = channel_flush(&e->parent);
	if (err)
		lose_parent(e);
	while (!e->last && !e->orphaned && !e->failed)
		hear(e, true);
}

static int
run(struct engine_process *e)
{
	while (!e->failed && !e->finishing)
		turn(e, 100);
	read_rest(e);
	if (!e->failed)
		e->failed = engine_prints_settle(e);
	if (!e->failed && !e->orphaned)
		say_quiet(e);
	return e->failed ? e->failed : engine_conclude_run(e);
}

int
engine_main(void)
{
	static struct engine_process e;
	int err;

	channel_init(&e.parent, 3, ROLE_ENGINE, ROLE_PARENT);
	e.recorder.fd = -1;
	engine_prints_init(&e.prints);
	err = engine_start(&e);
	if (!err)
		err = open_reader(&e);
	if (!err)
		err = run(&e);
	/* Whoever is gone says so itself, or the parent does. */
	if (err && err != -EPIPE)
		engine_fail(&e, "%s: the engine: %s", e.command ? e.command :
		    "live", telltap_strerror(err));
	return err ? 2 : 0;
}
