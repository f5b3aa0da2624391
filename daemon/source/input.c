// SPDX-License-Identifier: Apache-2.0
#include "source/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/unpack.h"

#define PIPE_LEN (1 << 20)

struct input {
	int fd;			/* -1: memory */
	bool owned, regular;
	const uint8_t *mem;
	size_t mem_left;
	uint8_t head[UNPACK_MAGIC_LEN];	/* read ahead to see the packing */
	size_t head_pos, head_len;
	enum unpack_kind kind;
	struct unpack *unpack;
	const char *error;
};

static int
raw_read(void *arg, uint8_t *dst, size_t len, size_t *ret_len)
{
	struct input *in = arg;
	struct pollfd wait = { .fd = in->fd, .events = POLLIN };
	size_t n = in->head_len - in->head_pos;
	ssize_t got;

	if (n) {
		n = n < len ? n : len;
		memcpy(dst, in->head + in->head_pos, n);
		in->head_pos += n;
		*ret_len = n;
		return 0;
	}
	if (in->fd < 0) {
		n = in->mem_left < len ? in->mem_left : len;
		if (n) {
			memcpy(dst, in->mem, n);
			in->mem += n;
		}
		in->mem_left -= n;
		*ret_len = n;
		return 0;
	}
	while ((got = read(in->fd, dst, len)) < 0) {
		if (errno == EAGAIN)
			(void)poll(&wait, 1, -1);
		else if (errno != EINTR)
			return -errno;
	}
	*ret_len = (size_t)got;
	return 0;
}

static int
input_sniff(struct input *in)
{
	uint8_t head[UNPACK_MAGIC_LEN];
	size_t len = 0, n;
	int r;

	while (len < sizeof(head)) {
		r = raw_read(in, head + len, sizeof(head) - len, &n);
		if (r < 0)
			return r;
		if (!n)
			break;
		len += n;
	}
	memcpy(in->head, head, len);
	in->head_len = len;
	in->kind = unpack_sniff(head, len);
	if (in->kind == UNPACK_FOREIGN) {
		in->error = "packed in a way that is not read here "
		    "(gzip and zstd are)";
		return ERR_UNSUPPORTED;
	}
	if (in->kind == UNPACK_NONE)
		return 0;
	in->unpack = unpack_new(in->kind, raw_read, in);
	return in->unpack ? 0 : -ENOMEM;
}

int
input_open(const char *path, struct input **ret_input, const char **ret_error)
{
	struct input *in = calloc(1, sizeof(*in));
	struct stat st;
	int r;

	*ret_error = NULL;
	if (!in)
		return -ENOMEM;
	in->owned = strcmp(path, "-") != 0;
	in->fd = in->owned ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) :
	    STDIN_FILENO;
	if (in->fd < 0 || fstat(in->fd, &st) < 0) {
		r = -errno;
		goto out;
	}
	r = -EISDIR;
	if (S_ISDIR(st.st_mode))
		goto out;
	in->regular = S_ISREG(st.st_mode) && in->owned;
	if (S_ISREG(st.st_mode))
		(void)posix_fadvise(in->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	else if (S_ISFIFO(st.st_mode))
		(void)fcntl(in->fd, F_SETPIPE_SZ, PIPE_LEN);
	r = input_sniff(in);
out:
	if (r < 0) {
		*ret_error = in->error;
		input_close(in);
		return r;
	}
	*ret_input = in;
	return 0;
}

int
input_open_memory(const void *data, size_t len, struct input **ret_input)
{
	struct input *in = calloc(1, sizeof(*in));
	int r;

	if (!in)
		return -ENOMEM;
	in->fd = -1;
	in->mem = data;
	in->mem_left = len;
	in->regular = true;
	r = input_sniff(in);
	if (r < 0) {
		input_close(in);
		return r;
	}
	*ret_input = in;
	return 0;
}

void
input_close(struct input *in)
{
	if (!in)
		return;
	unpack_free(in->unpack);
	if (in->owned && in->fd >= 0)
		close(in->fd);
	free(in);
}

int
input_read(struct input *in, uint8_t *dst, size_t len, size_t *ret_len)
{
	if (in->unpack)
		return unpack_read(in->unpack, dst, len, ret_len, &in->error);
	return raw_read(in, dst, len, ret_len);
}

bool
input_is_regular(const struct input *in)
{
	return in->regular;
}

int
input_plain_fd(const struct input *in)
{
	return in->regular && !in->unpack && in->head_pos == in->head_len ?
	    in->fd : -1;
}

const char *
input_compression(const struct input *in)
{
	return in->kind == UNPACK_GZIP ? "gzip" :
	    in->kind == UNPACK_ZSTD ? "zstd" : NULL;
}

const char *
input_error(const struct input *in)
{
	return in->error;
}
