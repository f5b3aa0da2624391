// SPDX-License-Identifier: Apache-2.0
#include "service/channel.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define READ_LEN	(256u << 10)
#define SEND_ABOVE	(128u << 10)
#define BUFFER_LEN	(4 << 20)
/* Who reads nothing for so long does not live any more. */
#define PATIENCE_MS	30000

/* Messages begin at multiples of 8, so that their structs can be read where
 * they lie. */
static size_t
padded(size_t len)
{
	return (len + 7) & ~(size_t)7;
}

void
channel_init(struct channel *c, int fd, enum role self, enum role peer)
{
	*c = (struct channel){ .fd = fd, .self = self, .peer = peer };
	buf_init(&c->in, 0);
	buf_init(&c->out, 0);
}

void
channel_clear(struct channel *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	for (size_t i = 0; i < c->fd_count; i++)
		close(c->fds[i]);
	c->fd_count = 0;
	buf_clear(&c->in);
	buf_clear(&c->out);
}

int
channel_pair(int ret_fds[2])
{
	int fds[2], len = BUFFER_LEN;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return -errno;
	for (int i = 0; i < 2; i++)
		if (setsockopt(fds[i], SOL_SOCKET, SO_SNDBUFFORCE, &len,
			sizeof(len)))
			(void)setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &len,
			    sizeof(len));
	ret_fds[0] = fds[0];
	ret_fds[1] = fds[1];
	return 0;
}

static int
wait_for_room(const struct channel *c)
{
	struct pollfd p = { .fd = c->fd, .events = POLLOUT };
	int n = poll(&p, 1, PATIENCE_MS);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	return n ? 0 : -ETIMEDOUT;
}

static int
send_some(struct channel *c, const uint8_t *data, size_t len, int fd,
    size_t *ret_sent)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { (void *)(uintptr_t)data, len };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *h;
	ssize_t n;

	if (fd >= 0) {
		m.msg_control = control;
		m.msg_controllen = sizeof(control);
		h = CMSG_FIRSTHDR(&m);
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(h), &fd, sizeof(fd));
	}
	n = sendmsg(c->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n >= 0) {
		*ret_sent = (size_t)n;
		return 0;
	}
	*ret_sent = 0;
	if (errno == EAGAIN)
		return wait_for_room(c);
	if (errno == ECONNRESET)
		return -EPIPE;
	return errno == EINTR ? 0 : -errno;
}

static int
send_all(struct channel *c, const uint8_t *data, size_t len, int fd)
{
	size_t sent;
	int err = 0;

	for (size_t at = 0; at < len && !err; at += sent) {
		err = send_some(c, data + at, len - at, at ? -1 : fd, &sent);
	}
	return err;
}

int
channel_flush(struct channel *c)
{
	int err = c->out.failed ? -ENOMEM
				: send_all(c, c->out.data, c->out.len, -1);

	buf_reset(&c->out);
	return err;
}

static void
put(struct buf *b, uint32_t kind, const void *body, const void *tail,
    size_t tail_len)
{
	static const uint8_t zeros[8];
	size_t fixed = message_len(kind);
	struct message_head head = { kind, (uint32_t)(fixed + tail_len) };

	buf_append(b, &head, sizeof(head));
	buf_append(b, body, fixed);
	if (tail_len)
		buf_append(b, tail, tail_len);
	buf_append(b, zeros, padded(head.len) - head.len);
}

int
channel_send(struct channel *c, uint32_t kind, const void *body,
    const void *tail, size_t tail_len)
{
	if (c->fd < 0)
		return -EPIPE;
	put(&c->out, kind, body, tail, tail_len);
	return c->out.len < SEND_ABOVE && !c->out.failed ? 0
							 : channel_flush(c);
}

int
channel_send_fd(struct channel *c, uint32_t kind, const void *body, int fd)
{
	struct buf b;
	int err;

	if (c->fd < 0)
		return -EPIPE;
	err = channel_flush(c);
	buf_init(&b, 0);
	put(&b, kind, body, NULL, 0);
	if (!err)
		err = b.failed ? -ENOMEM : send_all(c, b.data, b.len, fd);
	buf_clear(&b);
	return err;
}

/* More than there is room for are closed: then a message lacks its own. */
static void
take_fds(struct channel *c, struct msghdr *m)
{
	for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h)) {
		size_t n;

		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		n = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(h) + i * sizeof(fd), sizeof(fd));
			if (c->fd_count < CHANNEL_FDS_MAX)
				c->fds[c->fd_count++] = fd;
			else
				close(fd);
		}
	}
}

int
channel_read(struct channel *c, bool wait)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(16 * sizeof(int))];
	struct iovec iov = { .iov_len = READ_LEN };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control) };
	ssize_t n;

	if (c->fd < 0)
		return ERR_END;
	/* All of it consists of whole messages, padded, so what is left of it
	 * stays aligned. */
	buf_consume(&c->in, c->at);
	c->at = 0;
	iov.iov_base = buf_reserve(&c->in, READ_LEN);
	if (!iov.iov_base)
		return -ENOMEM;
	do
		n = recvmsg(c->fd, &m, MSG_CMSG_CLOEXEC |
		    (wait ? 0 : MSG_DONTWAIT));
	while (n < 0 && errno == EINTR && !wait);
	if (n == 0 || (n < 0 && errno == ECONNRESET))
		return ERR_END;
	if (n < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	c->in.len += (size_t)n;
	take_fds(c, &m);
	return 0;
}

static int
take_fd(struct channel *c, int *ret_fd)
{
	if (!c->fd_count)
		return ERR_MALFORMED;
	*ret_fd = c->fds[0];
	memmove(c->fds, c->fds + 1, --c->fd_count * sizeof(*c->fds));
	return 0;
}

int
channel_next(struct channel *c, struct message *ret_message)
{
	struct message m = { .fd = -1 };
	struct message_head head;
	size_t left = c->in.len - c->at, fixed;
	const uint8_t *body;
	int err;

	if (left < sizeof(head))
		return 0;
	memcpy(&head, c->in.data + c->at, sizeof(head));
	err = message_check_head(c->peer, c->self, c->state, &head);
	if (err)
		return err;
	if (left - sizeof(head) < padded(head.len))
		return 0;
	body = c->in.data + c->at + sizeof(head);
	err = message_check(c->peer, c->self, c->state, &head, body, head.len);
	if (!err && message_has_fd(head.kind))
		err = take_fd(c, &m.fd);
	if (err)
		return err;
	fixed = message_len(head.kind);
	m.kind = head.kind;
	m.body = body;
	m.tail = body + fixed;
	m.tail_len = head.len - fixed;
	c->at += sizeof(head) + padded(head.len);
	*ret_message = m;
	return 1;
}
