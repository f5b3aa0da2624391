// SPDX-License-Identifier: Apache-2.0
#include "report/follow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "evidence/event/event_json.h"
#include "evidence/event/event_read.h"

#define BLOCK		65536
#define BLOCKS_MAX	256	/* of one turn: so that a picture comes first */
#define PART_MAX	999999u

struct follow {
	char *dir;
	unsigned part;		/* 0: not in parts */
	bool read_one;		/* a part before this one was read */
	bool sealed;		/* this file is at its end */
	bool summed;		/* a summary has come: the run is over */
	int fd;
	struct buf line;	/* the beginning of one that is not whole */
	struct event_reader *reader;
	uint64_t number;	/* of the line in this file */
	char error[512];
};

static int
fail(struct follow *f, int err, const char *what)
{
	snprintf(f->error, sizeof(f->error), "%s: line %llu: %s", f->dir,
	    (unsigned long long)f->number, what);
	return err;
}

/* Where lines lie while they are written, and once they were. */
static int
open_events(const char *dir, unsigned part)
{
	static const char *const folders[] = { "data.part", "data" };
	char path[4096], number[12] = "";
	int fd = -1, n;

	if (part)
		snprintf(number, sizeof(number), "/%06u", part);
	/* It may be renamed between two tries: the first name again. */
	for (int i = 0; fd < 0 && i < 3; i++) {
		n = snprintf(path, sizeof(path), "%s%s/%s/events.jsonl", dir,
		    number, folders[i % 2]);
		if (n >= (int)sizeof(path))
			return -ENAMETOOLONG;
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 && errno != ENOENT)
			return -errno;
	}
	return fd < 0 ? -ENOENT : fd;
}

int
follow_open(const char *case_dir, struct follow **ret_follow)
{
	struct follow *f = calloc(1, sizeof(*f));
	int err;

	if (!f)
		return -ENOMEM;
	f->fd = -1;
	buf_init(&f->line, EVENT_LINE_MAX + 1 + BLOCK);
	f->dir = strdup(case_dir);
	f->reader = event_reader_new();
	if (!f->dir || !f->reader) {
		follow_free(f);
		return -ENOMEM;
	}
	f->fd = open_events(case_dir, 0);
	if (f->fd == -ENOENT) {
		f->part = 1;
		f->fd = open_events(case_dir, 1);
	}
	if (f->fd < 0) {
		err = f->fd;
		follow_free(f);
		return err;
	}
	*ret_follow = f;
	return 0;
}

void
follow_free(struct follow *f)
{
	if (!f)
		return;
	if (f->fd >= 0)
		close(f->fd);
	event_reader_free(f->reader);
	buf_clear(&f->line);
	free(f->dir);
	free(f);
}

const char *
follow_error(const struct follow *f)
{
	return f->error;
}

bool
follow_ended(const struct follow *f)
{
	return f->sealed && (!f->part || f->summed);
}

static int
take_line(struct follow *f, const char *line, size_t len,
    report_event_fn on_event, void *arg)
{
	struct event e;
	int err;

	f->number++;
	if (len > EVENT_LINE_MAX)
		return fail(f, ERR_LIMIT, "too long");
	err = event_read_json(f->reader, line, len, &e);
	if (err == ERR_END)
		f->sealed = true;
	if (err == ERR_END || err == ERR_UNSUPPORTED)
		return 0;
	if (err)
		return fail(f, err, err == ERR_MALFORMED
					? event_reader_error(f->reader)
					: err_text(err));
	/* The first line of each part is that of the first one. */
	if (f->read_one && !e.sequence && e.action == EVENT_INPUT)
		return 0;
	f->summed |= e.action == EVENT_SUMMARY;
	return on_event(arg, &e);
}

/* The whole lines of what there is; the rest stays. */
static int
take_lines(struct follow *f, report_event_fn on_event, void *arg)
{
	size_t at = 0;
	int err = 0;

	while (!err && at < f->line.len) {
		const char *p = (const char *)f->line.data + at;
		const char *end = memchr(p, '\n', f->line.len - at);

		if (!end)
			break;
		err = take_line(f, p, (size_t)(end - p), on_event, arg);
		at += (size_t)(end - p) + 1;
	}
	if (!err && f->line.len - at > EVENT_LINE_MAX)
		err = fail(f, ERR_LIMIT, "too long");
	buf_consume(&f->line, at);
	return err;
}

/* True if there is one more part. */
static bool
open_next(struct follow *f)
{
	int fd;

	if (!f->part || !f->sealed || f->part == PART_MAX)
		return false;
	fd = open_events(f->dir, f->part + 1);
	if (fd < 0)
		return false;
	close(f->fd);
	f->fd = fd;
	f->part++;
	f->read_one = true;
	f->sealed = false;
	f->number = 0;
	return true;
}

int
follow_poll(struct follow *f, report_event_fn on_event, void *arg)
{
	int err = 0;

	for (int i = 0; !err && i < BLOCKS_MAX; i++) {
		ssize_t n;

		if (!buf_reserve(&f->line, BLOCK))
			return fail(f, -ENOMEM, strerror(ENOMEM));
		n = read(f->fd, f->line.data + f->line.len, BLOCK);
		if (n < 0)
			return fail(f, -errno, strerror(errno));
		f->line.len += (size_t)n;
		if (n)
			err = take_lines(f, on_event, arg);
		else if (!open_next(f))
			break;
	}
	return err;
}
