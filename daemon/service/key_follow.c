// SPDX-License-Identifier: Apache-2.0
#include "service/key_follow.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOM_LEN	(256u << 10)
#define TURN_READS	64		/* of ROOM_LEN */

struct followed {
	const char *path;
	int fd;			/* -1: not there yet */
	dev_t dev;
	ino_t inode;
	off_t at;
	size_t held;		/* of a line that is not whole yet */
	bool passing;		/* over a line that is too long */
	uint8_t room[ROOM_LEN];
};

struct key_follow {
	size_t count;
	struct followed *files[KEY_FOLLOW_MAX];
};

struct key_follow *
key_follow_new(const char *const *paths, size_t count)
{
	struct key_follow *f = calloc(1, sizeof(*f));

	if (!f || count > KEY_FOLLOW_MAX) {
		free(f);
		return NULL;
	}
	for (; f->count < count; f->count++) {
		struct followed *file = calloc(1, sizeof(*file));

		if (!file) {
			key_follow_free(f);
			return NULL;
		}
		file->path = paths[f->count];
		file->fd = -1;
		f->files[f->count] = file;
	}
	return f;
}

void
key_follow_free(struct key_follow *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->count; i++) {
		if (f->files[i]->fd >= 0)
			close(f->files[i]->fd);
		explicit_bzero(f->files[i]->room, ROOM_LEN);
		free(f->files[i]);
	}
	free(f);
}

static void
restart(struct followed *f)
{
	f->at = 0;
	f->held = 0;
	f->passing = false;
}

void
key_follow_rewind(struct key_follow *f)
{
	for (size_t i = 0; f && i < f->count; i++)
		restart(f->files[i]);
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
static int
give_lines(struct followed *f, key_follow_fn give, void *arg)
{
	uint8_t *lf = memrchr(f->room, '\n', f->held);
	size_t whole = lf ? (size_t)(lf - f->room) + 1 : 0;
	size_t skip = 0;
	int r = 0;

	if (whole && f->passing) {
		lf = memchr(f->room, '\n', whole);
		skip = (size_t)(lf - f->room) + 1;
		f->passing = false;
	}
	if (whole > skip)
		r = give(arg, f->room + skip, whole - skip);
	f->held -= whole;
	memmove(f->room, f->room + whole, f->held);
	if (f->held == ROOM_LEN || f->passing) {
		f->passing = true;
		f->held = 0;
	}
	return r;
}

int
key_follow_read(struct key_follow *f, key_follow_fn give, void *arg)
{
	int r = 0;

	for (size_t i = 0; !r && i < f->count; i++) {
		struct followed *file = f->files[i];

		if (!look(file))
			continue;
		for (int n = 0; !r && n < TURN_READS && read_more(file) > 0; n++)
			r = give_lines(file, give, arg);
	}
	return r;
}
