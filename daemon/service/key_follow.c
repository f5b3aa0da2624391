// SPDX-License-Identifier: Apache-2.0
#include "service/key_follow.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "kernel/patience.h"

#define ROOM_LEN	(64u << 10)
#define TURN_READS	256		/* of ROOM_LEN */
/* That long one that did not answer is let alone. */
#define SILENCE_NS	60000000000ull

struct followed {
	char path[PATH_MAX];
	int fd;			/* -1: not there yet */
	dev_t dev;
	ino_t inode;
	off_t at;
	size_t held;		/* of a line that is not whole yet */
	bool passing;		/* over a line that is too long */
	uint8_t room[ROOM_LEN];
};

static void
restart(struct followed *f)
{
	f->at = 0;
	f->held = 0;
	f->passing = false;
}

/* Opens it once it is there, and anew when the path leads elsewhere. */
static bool
look(struct followed *f)
{
	struct stat st;

	if (stat(f->path, &st))
		return f->fd >= 0;
	if (f->fd >= 0 && (st.st_dev != f->dev || st.st_ino != f->inode)) {
		close(f->fd);
		f->fd = -1;
	}
	if (f->fd < 0) {
		f->fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (f->fd < 0 || fstat(f->fd, &st))
			return false;
		f->dev = st.st_dev;
		f->inode = st.st_ino;
		restart(f);
	}
	if (S_ISREG(st.st_mode) && st.st_size < f->at)
		restart(f);
	return true;
}

static ssize_t
read_more(struct followed *f)
{
	uint8_t *at = f->room + f->held;
	ssize_t n = pread(f->fd, at, ROOM_LEN - f->held, f->at);

	/* a pipe has no offsets */
	if (n < 0)
		n = read(f->fd, at, ROOM_LEN - f->held);
	if (n > 0) {
		f->at += n;
		f->held += (size_t)n;
	}
	return n;
}

/* Whole lines go; the rest stays. */
static size_t
give_lines(struct followed *f, uint8_t *to)
{
	uint8_t *lf = memrchr(f->room, '\n', f->held);
	size_t whole = lf ? (size_t)(lf - f->room) + 1 : 0;
	size_t skip = 0;

	if (whole && f->passing) {
		lf = memchr(f->room, '\n', whole);
		skip = (size_t)(lf - f->room) + 1;
		f->passing = false;
	}
	memcpy(to, f->room + skip, whole - skip);
	f->held -= whole;
	memmove(f->room, f->room + whole, f->held);
	if (f->held == ROOM_LEN || f->passing) {
		f->passing = true;
		f->held = 0;
	}
	return whole - skip;
}

/* What is asked of the process that is waited for. It follows the logs, and begins
 * anew if it is another one by now: who gets lines may get them twice. */
struct question {
	uint32_t log;
	bool rewind;
	char path[PATH_MAX];
};

static struct followed *followed[KEY_FOLLOW_MAX];

static struct followed *
followed_by(const struct question *q)
{
	struct followed *f = followed[q->log];

	if (f && strcmp(f->path, q->path) != 0) {
		if (f->fd >= 0)
			close(f->fd);
		explicit_bzero(f->room, sizeof(f->room));
		free(f);
		f = NULL;
	}
	if (!f) {
		f = followed[q->log] = calloc(1, sizeof(*f));
		if (!f)
			return NULL;
		memcpy(f->path, q->path, sizeof(f->path));
		f->fd = -1;
	}
	if (q->rewind)
		restart(f);
	return f;
}

static int
read_lines(const void *ask, size_t len, void *ret, size_t room, size_t *ret_len,
    int *ret_fd)
{
	struct followed *f = followed_by(ask);

	_Static_assert(ROOM_LEN <= PATIENCE_ANSWER_MAX, "all lines of a turn");
	if (!f)
		return -ENOMEM;
	if (!look(f))
		return 0;
	while (!*ret_len && read_more(f) > 0)
		*ret_len = give_lines(f, ret);
	return 0;
}

struct log {
	const char *path;
	bool rewind;
	uint64_t silent_until_ns;	/* monotonic */
};

struct key_follow {
	size_t count;
	struct log logs[KEY_FOLLOW_MAX];
	uint8_t lines[ROOM_LEN];
};

struct key_follow *
key_follow_new(const char *const *paths, size_t count)
{
	struct key_follow *f = count > KEY_FOLLOW_MAX ? NULL
						      : calloc(1, sizeof(*f));

	for (size_t i = 0; f && i < count; i++)
		f->logs[i] = (struct log){ .path = paths[i], .rewind = true };
	if (f)
		f->count = count;
	return f;
}

void
key_follow_free(struct key_follow *f)
{
	if (f)
		explicit_bzero(f->lines, sizeof(f->lines));
	free(f);
}

void
key_follow_rewind(struct key_follow *f)
{
	for (size_t i = 0; f && i < f->count; i++)
		f->logs[i].rewind = true;
}

static int
read_log(struct key_follow *f, size_t i, key_follow_fn give, void *arg)
{
	struct log *l = &f->logs[i];
	struct question q = { .log = (uint32_t)i };
	size_t path_len = strlen(l->path), len = 1;
	int err = 0;

	if (path_len >= sizeof(q.path) || clock_up_ns() < l->silent_until_ns)
		return 0;
	memcpy(q.path, l->path, path_len + 1);
	for (int n = 0; len && n < TURN_READS; n++) {
		q.rewind = l->rewind;
		if (patience_ask(read_lines, &q, sizeof(q), f->lines,
			sizeof(f->lines), &len, NULL)) {
			l->silent_until_ns = clock_up_ns() + SILENCE_NS;
			return 0;
		}
		l->rewind = false;
		err = len ? give(arg, f->lines, len) : 0;
		if (err)
			return err;
	}
	return 0;
}

int
key_follow_read(struct key_follow *f, key_follow_fn give, void *arg)
{
	int r = 0;

	for (size_t i = 0; !r && i < f->count; i++)
		r = read_log(f, i, give, arg);
	return r;
}
