// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "service/parent.h"

/* What the children say to the parent. It is little, and fixed in length; a
 * taken-over engine that says anything else is ended. */

/* An executable is hashed in some milliseconds; packets wait no longer for one
 * that is not, and not for it again. */
#define HASH_PATIENCE_NS 1000000000ull

static int
answer_drained(struct service *s, uint64_t until_ns)
{
	struct message_drained m = { until_ns };
	int err = channel_send(&s->engine.channel, MESSAGE_DRAINED, &m, NULL,
	    0);

	if (!err)
		err = channel_flush(&s->engine.channel);
	if (err == -EPIPE || err == -ETIMEDOUT)
		return ERR_END;
	return err;
}

/* Which owners have been told of without is in what it reads next. */
static int
answer_with_hashes(struct service *s, uint64_t until_ns)
{
	s->drain_hashes = s->asked.hashes_asked;
	if (s->asked.hashes_done >= s->drain_hashes ||
	    s->hashes_late >= s->drain_hashes)
		return answer_drained(s, until_ns);
	s->drain_waits = true;
	s->drain_until_ns = until_ns;
	s->drain_late_ns = clock_up_ns() + HASH_PATIENCE_NS;
	return 0;
}

int
hear_hashes(struct service *s)
{
	int err;

	if (!s->drain_waits || (s->asked.hashes_done < s->drain_hashes &&
				    clock_up_ns() < s->drain_late_ns))
		return 0;
	s->drain_waits = false;
	if (s->asked.hashes_done < s->drain_hashes)
		s->hashes_late = s->drain_hashes;
	if (s->engine_lost || s->engine.channel.fd < 0)
		return 0;
	err = answer_drained(s, s->drain_until_ns);
	s->engine_lost = err == ERR_END;
	return err == ERR_END ? 0 : err;
}

/* Other messages may come before the tap is open; these do not. */
static int
hear_drain(struct service *s, const struct message_drain *m)
{
	uint64_t until_ns = 0;
	int err = s->tap ? tap_drain(s->tap, &until_ns) : 0;

	s->packet = m->packet;
	s->heard_ns = until_ns;
	return err ? err : answer_with_hashes(s, until_ns);
}

static int
hear_ask(struct service *s, const struct message_ask *m)
{
	if (s->tap)
		tap_ask(s->tap, &m->tuple);
	/* The tuple is known, or nobody knows it: no time is told. */
	return answer_with_hashes(s, 0);
}

static int
hear_failed(struct service *s, const struct message *m)
{
	return service_fail(s, -ECANCELED, "%.*s", (int)m->tail_len,
	    (const char *)m->tail);
}

static int
hear_one(struct service *s, const struct child *c, const struct message *m)
{
	switch (m->kind) {
	case MESSAGE_READY:
		s->ready = true;
		return 0;
	case MESSAGE_DRAIN:
		return hear_drain(s, m->body);
	case MESSAGE_ASK:
		return hear_ask(s, m->body);
	case MESSAGE_CLOUD:
		return s->tap ? tap_cloud_add(s->tap,
		    ((const struct message_cloud *)m->body)->address) : 0;
	case MESSAGE_QUIET:
		s->quiet = true;
		memcpy(&s->rest, m->body, sizeof(s->rest));
		return 0;
	case MESSAGE_DONE:
		s->done = true;
		s->found = ((const struct message_done *)m->body)->found;
		return 0;
	case MESSAGE_POSITION:
		s->has_position = true;
		memcpy(&s->position, m->body, sizeof(s->position));
		return 0;
	case MESSAGE_CLOSED:
		s->closed = true;
		return 0;
	case MESSAGE_OPENED:
		return opener_hear(s, m->body);
	case MESSAGE_OPENING:
		opener_goes_on(s);
		return 0;
	case MESSAGE_FILE_DONE:
		s->files_ahead -= s->files_ahead > 0;
		return 0;
	case MESSAGE_FAILED:
		return hear_failed(s, m);
	default:
		return ERR_MALFORMED;
	}
}

int
hear_child(struct service *s, struct child *c)
{
	struct message m;
	int got, err = channel_read(&c->channel, false);
	bool gone = err == ERR_END;

	if (err && err != -EAGAIN && !gone)
		return err;
	err = 0;
	/* Its last words, too. */
	while (!err && (got = channel_next(&c->channel, &m)) != 0)
		err = got < 0 ? got : hear_one(s, c, &m);
	return err ? err : gone ? ERR_END : 0;
}

/* Between looks whether there was a signal. */
#define TURN_MS	100

int
hear_until(struct service *s, struct child *c, const bool *flag)
{
	const volatile sig_atomic_t *stop = s->options.told_to_stop;
	int err = 0;

	while (!err && !*flag && !s->failed) {
		struct pollfd p = { c->channel.fd, POLLIN, 0 };

		if (!s->tap && stop && *stop)
			return service_fail(s, -EINTR, "%s: told to stop before "
				"it was ready", s->options.command);
		if (poll(&p, 1, TURN_MS) < 0 && errno != EINTR)
			return -errno;
		err = hear_child(s, c);
		if (err == -EAGAIN)
			err = 0;
	}
	return s->failed ? s->failed : *flag ? 0 : err;
}
