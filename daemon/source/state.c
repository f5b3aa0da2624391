// SPDX-License-Identifier: Apache-2.0
#include "source/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

#define STATE_LEN_MAX (256u << 20)

struct state {
	int fd;
	struct buf text;	/* as read; lines end in zero bytes */
	char **lines;		/* sorted */
	size_t line_count;
	bool torn;		/* the last line has no end: a crash */
};

static int
compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
state_split(struct state *st)
{
	char *p = (char *)st->text.data, *end;
	size_t n = 0;

	for (size_t i = 0; i < st->text.len; i++)
		n += p[i] == '\n';
	st->lines = calloc(n + 1, sizeof(*st->lines));
	if (!st->lines)
		return -ENOMEM;
	while (st->line_count < n) {
		end = strchr(p, '\n');
		if (!end)	/* a zero byte: not of our writing */
			break;
		*end = 0;
		st->lines[st->line_count++] = p;
		p = end + 1;
	}
	qsort(st->lines, st->line_count, sizeof(*st->lines), compare_lines);
	return 0;
}

static int
state_load(struct state *st)
{
	uint8_t *p;
	ssize_t n;

	for (;;) {
		p = buf_reserve(&st->text, 65536);
		if (!p)
			return -EFBIG;
		n = read(st->fd, p, 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		st->text.len += (size_t)n;
	}
	if (!st->text.len)
		return 0;
	st->torn = st->text.data[st->text.len - 1] != '\n';
	buf_u8(&st->text, 0);
	if (st->text.failed)
		return -ENOMEM;
	return state_split(st);
}

int
state_open(const char *path, struct state **ret_state)
{
	struct state *st = calloc(1, sizeof(*st));
	int r;

	if (!st)
		return -ENOMEM;
	buf_init(&st->text, STATE_LEN_MAX);
	st->fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	r = st->fd < 0 ? -errno : state_load(st);
	if (r < 0) {
		state_close(st);
		return r;
	}
	*ret_state = st;
	return 0;
}

void
state_close(struct state *st)
{
	if (!st)
		return;
	if (st->fd >= 0)
		close(st->fd);
	free(st->lines);
	buf_clear(&st->text);
	free(st);
}

static void
state_line(struct buf *b, uint64_t size, int64_t mtime_ns, const char *name)
{
	buf_printf(b, "%llu %lld ", (unsigned long long)size,
	    (long long)mtime_ns);
	for (; *name; name++) {
		if (*name == '\n')
			buf_str(b, "%0A");
		else if (*name == '%')
			buf_str(b, "%25");
		else
			buf_u8(b, (uint8_t)*name);
	}
}

bool
state_has(const struct state *st, uint64_t size, int64_t mtime_ns,
    const char *name)
{
	struct buf line;
	const char *key;
	bool found = false;

	if (!st->line_count)
		return false;
	buf_init(&line, 0);
	state_line(&line, size, mtime_ns, name);
	buf_u8(&line, 0);
	key = (const char *)line.data;
	if (!line.failed)
		found = bsearch(&key, st->lines, st->line_count,
		    sizeof(*st->lines), compare_lines) != NULL;
	buf_clear(&line);
	return found;
}

int
state_add(struct state *st, uint64_t size, int64_t mtime_ns, const char *name)
{
	struct buf line;
	int r = 0;

	buf_init(&line, 0);
	if (st->torn)
		buf_u8(&line, '\n');
	state_line(&line, size, mtime_ns, name);
	buf_u8(&line, '\n');
	if (line.failed) {
		r = -ENOMEM;
		goto out;
	}
	errno = 0;
	if (write(st->fd, line.data, line.len) != (ssize_t)line.len)
		r = errno ? -errno : -ENOSPC;
	st->torn = r < 0;	/* a part of it may be there */
out:
	buf_clear(&line);
	return r;
}
