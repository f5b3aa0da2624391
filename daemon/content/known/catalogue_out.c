// SPDX-License-Identifier: Apache-2.0
#include "content/known/catalogue_out.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OUT_LEN		(1u << 20)

static int
write_at(int fd, const void *data, size_t len, uint64_t at)
{
	const uint8_t *p = data;
	ssize_t n;

	for (; len; len -= (size_t)n, p += n, at += (uint64_t)n) {
		n = pwrite(fd, p, len, (off_t)at);
		if (n < 0 && errno != EINTR)
			return -errno;
		n = n < 0 ? 0 : n;
	}
	return 0;
}

int
out_open(struct out *o, int fd, uint64_t at)
{
	*o = (struct out){ .fd = fd, .at = at, .buf = malloc(OUT_LEN) };
	return o->buf ? 0 : -ENOMEM;
}

static int
flush(struct out *o)
{
	int err = write_at(o->fd, o->buf, o->held, o->at);

	o->at += o->held;
	o->held = 0;
	return err;
}

int
out_put(struct out *o, const void *data, size_t len)
{
	const uint8_t *p = data;
	size_t n;
	int err = 0;

	for (; len && !err; len -= n, p += n) {
		n = len < OUT_LEN - o->held ? len : OUT_LEN - o->held;
		memcpy(o->buf + o->held, p, n);
		o->held += n;
		if (o->held == OUT_LEN)
			err = flush(o);
	}
	return err;
}

int
out_close(struct out *o, int code)
{
	if (!code && o->buf)
		code = flush(o);
	free(o->buf);
	o->buf = NULL;
	return code;
}
