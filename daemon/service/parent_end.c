// SPDX-License-Identifier: Apache-2.0
#include <errno.h>

#include "base/clock.h"
#include "kernel/patience.h"
#include "service/parent.h"

/* How a run ends: the engine reads what is on its way, hears the last counts, and
 * the recorder closes. */

#define CLOSE_NS	60000000000ull

static uint64_t
unanswered(const struct service *s)
{
	return s->asked.unanswered + patience_unanswered() - s->silent_before;
}

static void
say_losses(struct service *s, const struct tap_stats *t)
{
	struct {
		uint64_t count;
		const char *what;
	} losses[] = {
		{ t->packets_dropped + s->rest.refused,
		    "packets lost for lack of buffers" },
		{ t->ring_full, "records of the kernel lost" },
		{ t->watched_full, "processes that could not be marked" },
		{ t->storage_failed, "sockets that got no owner" },
		{ t->tuples_full, "addresses that could not be entered" },
		{ t->holders_forgotten, "earlier users of addresses forgotten" },
		{ t->captures_failed, "interfaces without a capture" },
		{ t->late, "times that what came in first in a network "
			"namespace may be missing" },
		{ s->rest.broken, "captures that could not be read on" },
		{ t->files_full, "reads of files not counted" },
		{ t->processes_unread, "processes that could not be read" },
		{ unanswered(s),
		    "files not looked at, for their server does not answer" },
		{ t->clouds_full, "addresses of clouds not counted at" },
		{ t->plaintext_lost, "bytes of plaintext lost at the TLS library" },
		{ t->hooks_full, "calls of TLS libraries not followed" },
		{ t->hooks_failed, "programs or TLS libraries that could not be hooked" },
	};

	for (size_t i = 0; i < sizeof(losses) / sizeof(*losses); i++)
		if (losses[i].count)
			service_say(s, "%llu %s",
			    (unsigned long long)losses[i].count,
			    losses[i].what);
}

static int
tell_last(struct service *s)
{
	struct message_last last = { 0 };
	struct tap_stats t;
	int err = tap_report_rest(s->tap);

	tap_stats(s->tap, &t);
	if (!s->last_said)
		say_losses(s, &t);
	s->last_said = true;
	last.dropped = t.packets_dropped;
	last.lost = t.ring_full + t.storage_failed + t.tuples_full +
		    t.holders_forgotten + t.watched_full + t.late;
	last.unread = t.processes_unread;
	last.unanswered = unanswered(s);
	last.readers_lost = s->readers_lost;
	if (!err)
		err = channel_send(&s->engine.channel, MESSAGE_LAST, &last,
		    NULL, 0);
	return err ? err : channel_flush(&s->engine.channel);
}

static int
tell_finish(struct service *s, unsigned turns)
{
	struct message_finish m = { turns };
	int err = s->follow ? key_follow_read(s->follow, tell_keys, s) : 0;

	if (!err)
		err = channel_send(&s->engine.channel, MESSAGE_FINISH, &m,
		    NULL, 0);
	s->quiet = false;
	s->engine.channel.state = STATE_ENDING;
	return err ? err : channel_flush(&s->engine.channel);
}

/* Until the flag is set, or the engine is another one. */
static int
wait_until(struct service *s, const bool *flag, uint32_t restarts)
{
	uint64_t until = clock_up_ns() + CLOSE_NS;
	int err = 0;

	while (!err && !*flag && clock_up_ns() < until &&
	    s->restarts == restarts)
		err = service_poll(s, 10);
	if (err || *flag || s->restarts != restarts)
		return err;
	return service_fail(s, -ETIMEDOUT, "%s: its processes do not answer",
	    s->options.command);
}

static int
finish_engine(struct service *s, unsigned turns)
{
	uint32_t restarts = s->restarts;
	int err = tell_finish(s, turns);

	if (!err)
		err = wait_until(s, &s->quiet, restarts);
	if (!err && s->quiet && s->restarts == restarts)
		err = tell_last(s);
	if (!err)
		err = wait_until(s, &s->done, restarts);
	if (err != -EPIPE && err != -ETIMEDOUT)
		return err;
	/* It is replaced at the next turn. */
	s->engine_lost = true;
	return s->failed ? s->failed : service_poll(s, 0);
}

int
service_finish(struct service *s, unsigned turns)
{
	int err = 0;

	while (!err && !s->done && !s->closed)
		err = finish_engine(s, turns);
	if (!err)
		err = wait_until(s, &s->closed, s->restarts);
	return err ? service_fail(s, err, "%s: %s", s->options.command,
			 err_text(err))
		   : 0;
}
