// SPDX-License-Identifier: Apache-2.0
#include "content/catalogue_out.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OUT_LEN		(1u << 20)
#define OUT_WORDS	(OUT_LEN / 8)

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

static int
read_at(int fd, void *data, size_t len, uint64_t at)
{
	uint8_t *p = data;
	ssize_t n;

	for (; len; len -= (size_t)n, p += n, at += (uint64_t)n) {
		n = pread(fd, p, len, (off_t)at);
		if (!n || (n < 0 && errno != EINTR))
			return n ? -errno : -EIO;
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

static size_t
words_held(const struct out_words *w)
{
	uint64_t left = w->count - w->from;

	return left < OUT_WORDS ? (size_t)left : OUT_WORDS;
}

/* The words from `from` on into memory. */
static int
load(struct out_words *w, uint64_t from)
{
	w->from = from;
	if (!w->zero)
		return read_at(w->fd, w->buf, words_held(w) * 8,
		    w->at + 8 * from);
	memset(w->buf, 0, OUT_LEN);
	return 0;
}

static int
store(const struct out_words *w)
{
	return write_at(w->fd, w->buf, words_held(w) * 8, w->at + 8 * w->from);
}

int
out_words_open(struct out_words *w, int fd, uint64_t at, uint64_t count,
    bool zero)
{
	*w = (struct out_words){ .fd = fd, .zero = zero, .at = at,
		.count = count, .buf = malloc(OUT_LEN) };
	return w->buf ? load(w, 0) : -ENOMEM;
}

int
out_words_set(struct out_words *w, uint64_t word, uint64_t bits)
{
	uint64_t from = word / OUT_WORDS * OUT_WORDS;
	int err = 0;

	if (from != w->from) {
		err = store(w);
		if (!err)
			err = load(w, from);
	}
	if (!err)
		w->buf[word - w->from] |= bits;
	return err;
}

int
out_words_close(struct out_words *w, int code)
{
	if (!code && w->buf)
		code = store(w);
	free(w->buf);
	w->buf = NULL;
	return code;
}
