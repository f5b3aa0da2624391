// SPDX-License-Identifier: Apache-2.0
#include "service/parent.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include <linux/capability.h>

#include "base/clock.h"
#include "kernel/patience.h"
#include "service/jail.h"
#include "service/marks.h"

/*
 * The parent opens the tap, then waits for the kernel's records and for what
 * the children say. At the end it has the engine read what is still on its way,
 * tells it the last counts, and waits until the recorder has closed.
 */

/* For the tap; for the jail of another engine, and to end one. */
#define CAPABILITIES                                              \
	(1ull << CAP_BPF | 1ull << CAP_PERFMON |                  \
	    1ull << CAP_NET_ADMIN | 1ull << CAP_NET_RAW |         \
	    1ull << CAP_SYS_ADMIN | 1ull << CAP_SYS_PTRACE |      \
	    1ull << CAP_DAC_READ_SEARCH | 1ull << CAP_SETUID |    \
	    1ull << CAP_SETGID | 1ull << CAP_SETPCAP | 1ull << CAP_KILL)

/* Of who looks at files and processes for the parent. */
static void
give_up_most(void)
{
	(void)!jail_keep_capabilities(1ull << CAP_SYS_PTRACE |
	    1ull << CAP_DAC_READ_SEARCH | 1ull << CAP_SYS_ADMIN);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

void
service_say(struct service *s, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	s->options.say(text);
}

int
service_fail(struct service *s, int err, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (!s->failed)
		s->failed = err;
	if (s->said)
		return err;
	s->said = true;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	s->options.say(text);
	return err;
}

int
service_open(const struct service_options *options,
    struct service **ret_service)
{
	struct service *s = calloc(1, sizeof(*s));
	int err;

	if (!s) {
		options->say("out of memory");
		return -ENOMEM;
	}
	s->options = *options;
	s->options.tap.hand_over = true;
	patience_enter_by(give_up_most);
	s->silent_before = patience_unanswered();
	s->engine.channel.fd = s->recorder.channel.fd =
	    s->fingerprinter.channel.fd = s->opener.channel.fd = -1;
	if (options->keylog_count)
		s->follow = key_follow_new(options->keylogs,
		    options->keylog_count);
	err = options->keylog_count && !s->follow ? service_fail(s, -ENOMEM,
	    "%s: %s", options->command, err_text(-ENOMEM)) :
	    children_start(s);
	if (!err) {
		err = tap_open(&s->options.tap, &tell_events, s, &s->tap);
		if (err)
			service_fail(s, err, "%s: %s", s->options.command,
			    tap_open_error());
	}
	if (!err) {
		err = channel_flush(&s->engine.channel);
		if (!err)
			err = jail_keep_capabilities(CAPABILITIES);
		if (err)
			service_fail(s, err, "%s: %s", s->options.command,
			    err_text(err));
	}
	if (err) {
		service_close(s);
		return err;
	}
	err = marks_open(s->options.case_dir, &s->marks);
	if (err)
		service_say(s, "%s: no marks can be taken: %s",
		    s->options.command, err_text(err));
	*ret_service = s;
	return 0;
}

int
service_watch_pid(struct service *s, pid_t pid)
{
	int err = tap_watch_pid(s->tap, pid);

	if (!err)
		err = channel_flush(&s->engine.channel);
	return err ? service_fail(s, err, "%s: %s", s->options.command,
			 err_text(err))
		   : 0;
}

static int
lose_recorder(struct service *s)
{
	char how[64];

	child_wait(&s->recorder, 200, how, sizeof(how));
	if (!s->options.case_dir)
		return service_fail(s, -EPIPE, "%s: the recorder %s",
		    s->options.command, how);
	return service_fail(s, -EPIPE, "%s: the recorder %s; what it had "
		"logged lies in %s", s->options.command, how,
	    s->options.case_dir);
}

static int
replace_engine(struct service *s)
{
	char how[64];

	/* It closed its end a little before it ends. */
	child_wait(&s->engine, 200, how, sizeof(how));
	return children_replace_engine(s, how);
}

static int
hear_engine(struct service *s)
{
	int err = s->engine.channel.fd >= 0 ? hear_child(s, &s->engine) : 0;

	if (s->failed)
		return s->failed;
	if (err == ERR_MALFORMED) {
		service_say(s, "%s: the engine said what makes no sense",
		    s->options.command);
		s->engine_lost = true;
	}
	if (err == ERR_END)
		s->engine_lost = true;
	if (s->engine_lost && !s->done && !s->closed)
		return replace_engine(s);
	if (err == ERR_END)
		channel_clear(&s->engine.channel);
	return err == ERR_END || err == ERR_MALFORMED || err == -EAGAIN ? 0
									: err;
}

static int
hear_recorder(struct service *s)
{
	int err = s->recorder.channel.fd >= 0 ? hear_child(s, &s->recorder) : 0;

	if (s->failed)
		return s->failed;
	if (err == ERR_END && !s->closed)
		return lose_recorder(s);
	if (err == ERR_MALFORMED)
		return service_fail(s, err, "%s: the recorder said what makes "
			"no sense", s->options.command);
	if (err == ERR_END)
		channel_clear(&s->recorder.channel);
	return err == ERR_END || err == -EAGAIN ? 0 : err;
}

static int
replace_fingerprinter(struct service *s)
{
	char how[64] = "did nothing for a minute";

	if (s->prints_hang)
		child_leave(&s->fingerprinter);
	else
		child_wait(&s->fingerprinter, 200, how, sizeof(how));
	return children_replace_fingerprinter(s, how);
}

/* A file may be of a file system whose server does not answer. */
#define PRINTS_PATIENCE_NS 60000000000ull

static bool
prints_hang(struct service *s, bool something_done)
{
	uint64_t now = clock_up_ns();

	if (something_done)
		s->prints_heard_ns = now;
	return s->files_ahead && now - s->prints_heard_ns > PRINTS_PATIENCE_NS;
}

static int
hear_fingerprinter(struct service *s)
{
	uint32_t ahead = s->files_ahead;
	int err = s->fingerprinter.channel.fd >= 0 ?
		      hear_child(s, &s->fingerprinter) : 0;

	if (s->failed)
		return s->failed;
	if (err && err != -EAGAIN)
		s->prints_lost = true;
	else if (prints_hang(s, s->files_ahead < ahead))
		s->prints_lost = s->prints_hang = true;
	if (s->prints_lost && !s->done && !s->closed)
		return replace_fingerprinter(s);
	return 0;
}

static int
hear_opener(struct service *s)
{
	int err = s->opener.channel.fd >= 0 ?
		      hear_child(s, &s->opener) : 0;

	if (s->failed)
		return s->failed;
	if (err && err != -EAGAIN)
		s->asked.lost = true;
	opener_turn(s);
	return hear_hashes(s);
}

size_t
service_fds(const struct service *s, int ret_fds[SERVICE_FDS_MAX])
{
	ret_fds[0] = tap_fd(s->tap);
	ret_fds[1] = s->engine.channel.fd;
	ret_fds[2] = s->recorder.channel.fd;
	ret_fds[3] = s->fingerprinter.channel.fd;
	ret_fds[4] = s->opener.channel.fd;
	return 5;
}

/* Not at every turn where there are many: another process reads. */
#define KEYS_NS	10000000ull

static int
read_keys(struct service *s)
{
	uint64_t now = clock_up_ns();

	if (!s->follow || now - s->keys_read_ns < KEYS_NS)
		return 0;
	s->keys_read_ns = now;
	return key_follow_read(s->follow, tell_keys, s);
}

int
service_poll(struct service *s, int timeout_ms)
{
	struct pollfd p[SERVICE_FDS_MAX];
	int fds[SERVICE_FDS_MAX], err;
	size_t n = service_fds(s, fds);

	for (size_t i = 0; i < n; i++)
		p[i] = (struct pollfd){ fds[i], POLLIN, 0 };
	/* As tap_poll() does: small records wake nobody. */
	if (poll(p, n, s->options.tap.no_bpf && timeout_ms > 20 ? 20
							      : timeout_ms) < 0 &&
	    errno != EINTR)
		return -errno;
	if (s->marks)
		marks_poll(s->marks, tell_mark, s);
	err = tap_poll(s->tap, 0);
	if (!err && s->engine.channel.state < STATE_ENDING)
		err = read_keys(s);
	if (!err && !s->engine_lost && s->engine.channel.fd >= 0)
		err = channel_flush(&s->engine.channel);
	if (err == -EPIPE || err == -ETIMEDOUT)
		s->engine_lost = true;
	else if (err)
		return service_fail(s, err, "%s: %s", s->options.command,
		    err_text(err));
	/* The recorder first: without it no engine can be replaced. */
	err = hear_recorder(s);
	if (!err)
		err = hear_engine(s);
	if (!err)
		err = hear_opener(s);
	return err ? err : hear_fingerprinter(s);
}

void
service_close(struct service *s)
{
	static const struct message_empty abort;

	if (!s)
		return;
	/* The engine first: the recorder takes in what it said. */
	child_wait(&s->engine, s->done ? 1000 : 0, NULL, 0);
	child_leave(&s->fingerprinter);
	opener_end(s);
	if (s->recorder.pid && !s->closed &&
	    !channel_send(&s->recorder.channel, MESSAGE_ABORT, &abort, NULL,
		0))
		(void)!channel_flush(&s->recorder.channel);
	child_wait(&s->recorder, 1000, NULL, 0);
	tap_close(s->tap);
	(void)patience_end();
	marks_close(s->marks);
	key_follow_free(s->follow);
	free(s);
}

size_t
service_watched_count(const struct service *s)
{
	return tap_watched_count(s->tap);
}

bool
service_found(const struct service *s)
{
	return s->found;
}
