// SPDX-License-Identifier: Apache-2.0
#include "experiment/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "experiment/command.h"
#include "service/marks.h"

#define TURN_NS		50000000
#define READY_TURNS	600	/* until it takes marks */
#define END_TURNS	12000	/* until it has sealed its case */

static void
one_turn(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = TURN_NS }, NULL);
}

static int
fail(struct recorder *r, int err, const char *why)
{
	snprintf(r->error, sizeof(r->error), "the recorder %s", why);
	return err;
}

static int
has_ended(struct recorder *r, int status)
{
	char why[64];

	r->pid = 0;
	snprintf(why, sizeof(why), "ended with code %d; see recorder.log",
	    status);
	return fail(r, -EPIPE, why);
}

static int
spawn(struct recorder *r, const struct plan *p)
{
	const char *argv[PLAN_WATCH_MAX + 8];
	char path[PLAN_PATH_MAX];
	size_t n = 0;
	int fd, err;

	argv[n++] = "telltap";
	argv[n++] = "watch";
	argv[n++] = "--case";
	argv[n++] = r->case_dir;
	if (p->key) {
		argv[n++] = "--key";
		argv[n++] = p->key;
	}
	for (unsigned i = 0; i < p->watch_count; i++)
		argv[n++] = p->watch[i];
	argv[n] = NULL;
	snprintf(path, sizeof(path), "%.4000s/recorder.log", p->out);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(r, -errno, strerror(errno));
	err = command_self_start(argv, fd, &r->pid);
	close(fd);
	return err ? fail(r, err, err_text(err)) : 0;
}

int
recorder_start(struct recorder *r, const struct plan *p)
{
	int err, status;

	snprintf(r->case_dir, sizeof(r->case_dir), "%.4000s/case", p->out);
	err = spawn(r, p);
	for (int i = 0; !err && i < READY_TURNS; i++) {
		one_turn();
		if (command_stopped())
			return fail(r, -EINTR, "was stopped");
		if (command_ended(r->pid, &status))
			return has_ended(r, status);
		if (!marks_send(r->case_dir, "experiment begins"))
			return 0;
	}
	return err ? err : fail(r, -ETIMEDOUT, "does not begin");
}

int
recorder_mark(struct recorder *r, const char *text)
{
	int status, err;

	if (r->pid <= 0)
		return fail(r, -EPIPE, "has ended");
	if (command_ended(r->pid, &status))
		return has_ended(r, status);
	err = marks_send(r->case_dir, text);
	return err ? fail(r, err, "takes no marks") : 0;
}

int
recorder_end(struct recorder *r)
{
	int status;

	if (r->pid <= 0)
		return 0;
	kill(r->pid, SIGINT);
	for (int i = 0; i < END_TURNS; i++) {
		one_turn();
		if (!command_ended(r->pid, &status))
			continue;
		if (status)
			return has_ended(r, status);
		r->pid = 0;
		return 0;
	}
	return fail(r, -ETIMEDOUT, "does not end");
}
