// SPDX-License-Identifier: Apache-2.0
#include "evidence/log/log_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct log_lines *
log_lines_new(int fd)
{
	struct log_lines *l = malloc(sizeof(*l));

	if (!l)
		return NULL;
	l->fd = fd;
	l->start = l->end = 0;
	l->ended = false;
	return l;
}

int
log_lines_next(struct log_lines *l, struct span *ret_line)
{
	for (;;) {
		char *p = l->buf + l->start;
		size_t left = l->end - l->start;
		char *newline = memchr(p, '\n', left);
		ssize_t n;

		if (newline) {
			size_t len = (size_t)(newline - p);

			l->start += len + 1;
			*ret_line = (struct span){ (uint8_t *)p, len };
			return len > EVENT_LINE_MAX ? ERR_LIMIT : 0;
		}
		if (left > EVENT_LINE_MAX)
			return ERR_LIMIT;
		if (l->ended)
			return left ? ERR_TRUNCATED : ERR_END;
		memmove(l->buf, p, left);
		l->start = 0;
		l->end = left;
		n = read(l->fd, l->buf + left, sizeof(l->buf) - left);
		if (n < 0 && errno != EINTR)
			return -errno;
		l->ended = n == 0;
		l->end += n > 0 ? (size_t)n : 0;
	}
}
