// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "service/jail.h"
#include "service/recorder.h"
#include "service/process.h"
#include "telltap/telltap.h"

/*
 * The recorder's process. It holds the case and its key and writes down what
 * the engine sends, line by line, without looking into it. An engine may die
 * and another take its place; what was logged stays as it is.
 *
 * When the engine has closed, the case is finished. When engine and parent are
 * both gone, what there is is finished as it is.
 */

/* Lines that are kept for another engine's report where there is no case. */
#define LINES_MAX	(64u << 20)

/* How often what was logged is handed to the disk, at least. */
#define TICK_MS	100

/* Where a run before was killed, its recorder may still be ending the last part. */
#define BUSY_MS		20000
#define BUSY_TURN_MS	50

void
recorder_fail(struct recorder *r, const char *what)
{
	struct message_text m = { .text_len = (uint32_t)strlen(what) };

	r->failed = true;
	if (m.text_len > MESSAGE_TEXT_MAX)
		m.text_len = MESSAGE_TEXT_MAX;
	if (r->parent.fd >= 0 &&
	    !channel_send(&r->parent, MESSAGE_FAILED, &m, what, m.text_len) &&
	    !channel_flush(&r->parent))
		return;
	fprintf(stderr, "telltap: %s\n", what);
}

void
recorder_fail_case(struct recorder *r, int err)
{
	if (err)
		recorder_fail(r, telltap_case_error(r->kept));
}

void
recorder_write_out(struct recorder *r, const void *data, size_t len)
{
	char text[128];

	if (fwrite(data, 1, len, stdout) == len)
		return;
	snprintf(text, sizeof(text), "standard output: %s", strerror(errno));
	recorder_fail(r, text);
}

static void
flush_out(struct recorder *r)
{
	char text[128];

	if (r->failed || (!fflush(stdout) && !ferror(stdout)))
		return;
	snprintf(text, sizeof(text), "standard output: %s", strerror(errno));
	recorder_fail(r, text);
}

static int
take_option(struct recorder *r, const struct message *m)
{
	const struct message_option *o = m->body;
	char *text = strndup((const char *)m->tail, m->tail_len);

	if (!text)
		return -ENOMEM;
	if (o->option == OPTION_CASE && !r->case_dir)
		r->case_dir = text;
	else if (o->option == OPTION_KEY && !r->key)
		r->key = text;
	else if (o->option == OPTION_PARTS) {
		r->parts = true;
		r->part_max = strtoull(text, NULL, 10);
		free(text);
	} else
		free(text);
	r->json |= o->option == OPTION_JSON;
	return 0;
}

static int
open_case(struct recorder *r)
{
	struct telltap_case_options o = {
		.size = sizeof(o),
		.key_path = r->key,
		.clock = "this machine's, as its kernel stamps packets",
		.live = true,
		.parts = r->parts,
		.part_max = r->part_max,
	};
	int err;

	if (!r->case_dir)
		return 0;
	for (int waited = 0;; waited += BUSY_TURN_MS) {
		err = telltap_case_create_with(r->case_dir, &o, &r->kept);
		if (err != -EBUSY || !r->parts || waited >= BUSY_MS)
			break;
		telltap_case_free(r->kept);
		r->kept = NULL;
		usleep(BUSY_TURN_MS * 1000);
	}
	if (err && r->kept)
		recorder_fail_case(r, err);
	else if (err)
		recorder_fail(r, telltap_strerror(err));
	return err;
}

static int
say_position(struct recorder *r)
{
	int err = channel_send(&r->parent, MESSAGE_POSITION, &r->at, NULL, 0);

	return err ? err : channel_flush(&r->parent);
}

static int
start(struct recorder *r)
{
	static const struct message_empty ready;
	unsigned lacks;
	int err = open_case(r);

	if (err)
		return err;
	err = jail_enter_folder(r->case_dir, &lacks);
	if (err) {
		recorder_fail(r, telltap_strerror(err));
		return err;
	}
	r->parent.state = STATE_RUNNING;
	r->first_part = r->kept ? telltap_case_part(r->kept) : 0;
	/* Of a case that is taken up, numbers go on. */
	if (r->kept)
		r->at.packet = telltap_case_last_packet(r->kept);
	err = say_position(r);
	if (err)
		return err;
	err = channel_send(&r->parent, MESSAGE_READY, &ready, NULL, 0);
	return err ? err : channel_flush(&r->parent);
}

static int
link_engine(struct recorder *r, int fd)
{
	channel_clear(&r->engine);
	channel_init(&r->engine, fd, ROLE_RECORDER, ROLE_ENGINE);
	r->engine.state = STATE_RUNNING;
	r->linked = true;
	return 0;
}

/* An engine may have been taken over: what it says that makes no sense ends it,
 * and no more. */
static int
hear_engine(struct recorder *r)
{
	struct message m;
	int got, err = channel_read(&r->engine, false);
	bool gone = err == ERR_END;

	if (err && err != -EAGAIN && !gone)
		return err;
	err = 0;
	while (!err && !r->closed &&
	       (got = channel_next(&r->engine, &m)) != 0)
		err = got < 0 ? got : recorder_hear_engine(r, &m);
	if (err == ERR_MALFORMED)
		fprintf(stderr, "telltap: the recorder heard a message from "
			"the engine that is none\n");
	if (err || gone || r->closed)
		channel_clear(&r->engine);
	return r->failed ? -EIO : 0;
}

static int
relink(struct recorder *r, int fd)
{
	int err;

	/* What the one before has said is taken in first. */
	while (r->engine.fd >= 0 && !r->failed)
		(void)!hear_engine(r);
	(void)!link_engine(r, fd);
	err = recorder_tell_history(r);
	/* One that is dead already will be replaced. */
	return err && err != -EPIPE ? err : say_position(r);
}

static int
hear_parent_one(struct recorder *r, const struct message *m)
{
	switch (m->kind) {
	case MESSAGE_OPTION:
		return take_option(r, m);
	case MESSAGE_LINK:
		return r->linked ? ERR_MALFORMED : link_engine(r, m->fd);
	case MESSAGE_START:
		return r->linked ? start(r) : ERR_MALFORMED;
	case MESSAGE_RELINK:
		return relink(r, m->fd);
	case MESSAGE_ABORT:
		r->aborted = true;
		return 0;
	default:
		return ERR_MALFORMED;
	}
}

static int
hear_parent(struct recorder *r)
{
	struct message m;
	int got, err = channel_read(&r->parent, false);

	if (err == ERR_END) {
		channel_clear(&r->parent);
		return 0;
	}
	if (err && err != -EAGAIN)
		return err;
	err = 0;
	while (!err && (got = channel_next(&r->parent, &m)) != 0)
		err = got < 0 ? got : hear_parent_one(r, &m);
	if (err == ERR_MALFORMED)
		child_die(ROLE_RECORDER, "the parent's message", err);
	return err;
}

static int
turn(struct recorder *r)
{
	struct pollfd p[2] = { { r->parent.fd, POLLIN, 0 },
		{ r->engine.fd, POLLIN, 0 } };
	int err = 0;

	if (poll(p, 2, TICK_MS) < 0 && errno != EINTR)
		return -errno;
	/* The engine first: what it said is older than news of its end. */
	if (p[1].revents)
		err = hear_engine(r);
	if (!err && p[0].revents)
		err = hear_parent(r);
	flush_out(r);
	if (r->kept && !r->failed)
		recorder_fail_case(r, telltap_case_tick(r->kept));
	return r->failed ? -EIO : err;
}

static int
finish(struct recorder *r)
{
	static const struct message_empty closed;
	int err = 0;

	if (r->kept && r->at.lines)
		err = telltap_case_finish(r->kept);
	recorder_fail_case(r, err);
	flush_out(r);
	if (r->failed)
		return -EIO;
	if (r->parent.fd < 0)
		return 0;
	err = channel_send(&r->parent, MESSAGE_CLOSED, &closed, NULL, 0);
	return err ? err : channel_flush(&r->parent);
}

int
recorder_main(void)
{
	static struct recorder r;
	int err = 0;

	channel_init(&r.parent, 3, ROLE_RECORDER, ROLE_PARENT);
	r.engine.fd = -1;
	buf_init(&r.lines, LINES_MAX);
	while (!err && !r.closed && !r.aborted &&
	       (r.parent.fd >= 0 || r.engine.fd >= 0))
		err = turn(&r);
	if (!err && !r.aborted)
		err = finish(&r);
	telltap_case_free(r.kept);
	return err ? 2 : 0;
}
