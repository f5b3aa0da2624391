// SPDX-License-Identifier: Apache-2.0
#include "telltap/case.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EVENTS_NAME	"events.jsonl"
#define FILES_MAX	8
#define EVENTS_BUF_LEN	(1 << 18)

struct telltap_case {
	char *dir;
	int dir_fd, data_fd;
	bool made_dir, finished;
	FILE *events;
	char *events_buf;
	char *names[FILES_MAX];		/* added files, still ".part" */
	size_t name_count;
	char error[512];
};

static int
fail(struct telltap_case *c, int err, const char *name)
{
	snprintf(c->error, sizeof(c->error), "%s%s%s: %s", c->dir,
	    *name ? "/data/" : "", name, strerror(-err));
	return err;
}

static char *
part_name(const char *name)
{
	char *s;

	return asprintf(&s, "%s.part", name) < 0 ? NULL : s;
}

/* 1 if the folder holds nothing, 0 if it does, or a negative code. */
static int
is_empty(int dir_fd)
{
	int fd = dup(dir_fd), empty = 1;
	const struct dirent *d;
	DIR *dir;

	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		int err = -errno;

		if (fd >= 0)
			close(fd);
		return err;
	}
	while (empty && (d = readdir(dir)))
		empty = !strcmp(d->d_name, ".") || !strcmp(d->d_name, "..");
	closedir(dir);
	return empty;
}

static int
open_dir(struct telltap_case *c)
{
	int empty;

	c->made_dir = mkdir(c->dir, 0777) == 0;
	if (!c->made_dir && errno != EEXIST)
		return fail(c, -errno, "");
	c->dir_fd = open(c->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->dir_fd < 0)
		return fail(c, -errno, "");
	empty = c->made_dir ? 1 : is_empty(c->dir_fd);
	if (empty < 0)
		return fail(c, empty, "");
	if (!empty) {
		snprintf(c->error, sizeof(c->error),
		    "%s: not empty; a case needs a folder of its own", c->dir);
		return -ENOTEMPTY;
	}
	if (mkdirat(c->dir_fd, "data", 0777))
		return fail(c, -errno, "");
	c->data_fd = openat(c->dir_fd, "data",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return c->data_fd < 0 ? fail(c, -errno, "") : 0;
}

static int
open_events(struct telltap_case *c)
{
	int fd = openat(c->data_fd, EVENTS_NAME ".part",
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	if (fd < 0)
		return fail(c, -errno, EVENTS_NAME);
	c->events = fdopen(fd, "w");
	if (!c->events) {
		close(fd);
		return fail(c, -ENOMEM, EVENTS_NAME);
	}
	c->events_buf = malloc(EVENTS_BUF_LEN);
	if (!c->events_buf)
		return fail(c, -ENOMEM, EVENTS_NAME);
	setvbuf(c->events, c->events_buf, _IOFBF, EVENTS_BUF_LEN);
	return 0;
}

int
telltap_case_create(const char *dir, struct telltap_case **ret_case)
{
	struct telltap_case *c = calloc(1, sizeof(*c));
	int err;

	*ret_case = NULL;
	if (!c)
		return -ENOMEM;
	c->dir_fd = c->data_fd = -1;
	c->dir = strdup(dir);
	if (!c->dir) {
		free(c);
		return -ENOMEM;
	}
	*ret_case = c;
	err = open_dir(c);
	return err ? err : open_events(c);
}

int
telltap_case_event(struct telltap_case *c, const char *line, size_t len)
{
	if (fwrite(line, 1, len, c->events) != len ||
	    putc('\n', c->events) == EOF)
		return fail(c, -errno, EVENTS_NAME);
	return 0;
}

static int
write_all(int fd, const char *p, size_t len)
{
	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return fsync(fd) ? -errno : 0;
}

int
telltap_case_add(struct telltap_case *c, const char *name, const void *data,
    size_t len)
{
	char *part, *kept;
	int fd, err;

	if (c->name_count == FILES_MAX)
		return fail(c, -EMFILE, name);
	part = part_name(name);
	kept = strdup(name);
	if (!part || !kept) {
		free(part);
		free(kept);
		return fail(c, -ENOMEM, name);
	}
	fd = openat(c->data_fd, part,
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	err = fd < 0 ? -errno : 0;
	free(part);
	if (err) {
		free(kept);
		return fail(c, err, name);
	}
	c->names[c->name_count++] = kept;
	err = write_all(fd, data, len);
	if (close(fd) && !err)
		err = -errno;
	return err ? fail(c, err, name) : 0;
}

static int
give_name(struct telltap_case *c, const char *name)
{
	char *part = part_name(name);
	int err;

	if (!part)
		return fail(c, -ENOMEM, name);
	err = renameat(c->data_fd, part, c->data_fd, name) ? -errno : 0;
	free(part);
	return err ? fail(c, err, name) : 0;
}

int
telltap_case_finish(struct telltap_case *c)
{
	int err = 0;

	if (fflush(c->events) || fsync(fileno(c->events)))
		err = -errno;
	if (fclose(c->events) && !err)
		err = -errno;
	c->events = NULL;
	if (err)
		return fail(c, err, EVENTS_NAME);
	for (size_t i = 0; i < c->name_count && !err; i++)
		err = give_name(c, c->names[i]);
	if (!err)
		err = give_name(c, EVENTS_NAME);
	if (err)
		return err;
	c->finished = true;
	if (fsync(c->data_fd) || fsync(c->dir_fd))
		return fail(c, -errno, "");
	return 0;
}

const char *
telltap_case_error(const struct telltap_case *c)
{
	return c->error;
}

/* Both names of each file: a failed finish may have renamed some. */
static void
remove_file(struct telltap_case *c, const char *name)
{
	char *part = part_name(name);

	if (part)
		unlinkat(c->data_fd, part, 0);
	free(part);
	unlinkat(c->data_fd, name, 0);
}

static void
remove_all(struct telltap_case *c)
{
	if (c->data_fd < 0)
		goto dir;
	for (size_t i = 0; i < c->name_count; i++)
		remove_file(c, c->names[i]);
	remove_file(c, EVENTS_NAME);
	unlinkat(c->dir_fd, "data", AT_REMOVEDIR);
dir:
	if (c->made_dir)
		rmdir(c->dir);
}

void
telltap_case_free(struct telltap_case *c)
{
	if (!c)
		return;
	if (c->events)
		fclose(c->events);
	if (!c->finished)
		remove_all(c);
	for (size_t i = 0; i < c->name_count; i++)
		free(c->names[i]);
	if (c->data_fd >= 0)
		close(c->data_fd);
	if (c->dir_fd >= 0)
		close(c->dir_fd);
	free(c->events_buf);
	free(c->dir);
	free(c);
}
