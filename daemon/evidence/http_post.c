// SPDX-License-Identifier: Apache-2.0
#include "evidence/http_post.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "evidence/http_tls.h"

#define HEAD_MAX	16384u

int
http_url_read(const char *url, struct http_url *ret_url)
{
	static const char plain[] = "http://", tls[] = "https://";
	struct http_url u = { .port = "80" };
	const char *host = url + strlen(plain), *end, *colon;
	size_t len;

	if (!strncasecmp(url, tls, strlen(tls))) {
		u = (struct http_url){ .tls = true, .port = "443" };
		host = url + strlen(tls);
	} else if (strncasecmp(url, plain, strlen(plain))) {
		return ERR_UNSUPPORTED;
	}
	for (const char *p = url; *p; p++)
		if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7f)
			return ERR_MALFORMED;
	end = host + strcspn(host, "/?#");
	colon = memchr(host, ':', (size_t)(end - host));
	if (*host == '[') {
		const char *close = memchr(host, ']', (size_t)(end - host));

		colon = close && close[1] == ':' ? close + 1 : NULL;
		len = close ? (size_t)(close - ++host) : 0;
	} else {
		len = (size_t)((colon ? colon : end) - host);
	}
	if (!len || len >= sizeof(u.host) || memchr(host, '@', len))
		return ERR_MALFORMED;
	memcpy(u.host, host, len);
	if (colon) {
		len = (size_t)(end - colon - 1);
		if (!len || len >= sizeof(u.port) ||
		    strspn(colon + 1, "0123456789") < len)
			return ERR_MALFORMED;
		memcpy(u.port, colon + 1, len);
		u.port[len] = 0;
	}
	len = strcspn(end, "#");
	if (len + 2 > sizeof(u.path))
		return ERR_LIMIT;
	u.path[0] = '/';
	memcpy(u.path + (*end != '/'), end, len);
	*ret_url = u;
	return 0;
}

/* Connects within the limit of time; a socket that keeps it, or a code. */
static int
open_socket(const struct http_url *url)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list, *a;
	struct timeval wait = { .tv_sec = HTTP_POST_WAIT_S };
	int fd = -1, err = -EHOSTUNREACH;

	if (getaddrinfo(url->host, url->port, &hints, &list))
		return -EHOSTUNREACH;
	for (a = list; a && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC,
		    a->ai_protocol);
		if (fd < 0)
			continue;
		/* Linux holds connect(2) to the limit for sending, too. */
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
		if (!connect(fd, a->ai_addr, a->ai_addrlen))
			break;
		err = errno == EINPROGRESS ? -ETIMEDOUT : -errno;
		close(fd);
		fd = -1;
	}
	freeaddrinfo(list);
	return fd < 0 ? err : fd;
}

int
http_send_all(int fd, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
send_request(int fd, struct http_tls *tls, const struct http_url *url,
    const char *type, const char *accept, struct span body)
{
	bool colons = strchr(url->host, ':') != NULL;
	struct buf head;
	int err;

	buf_init(&head, 0);
	buf_printf(&head, "POST %s HTTP/1.0\r\nHost: %s%s%s:%s\r\n"
	    "Content-Type: %s\r\nAccept: %s\r\nContent-Length: %zu\r\n"
	    "User-Agent: telltap\r\n\r\n", url->path, colons ? "[" : "",
	    url->host, colons ? "]" : "", url->port, type, accept, body.len);
	buf_append(&head, body.p, body.len);
	if (head.failed)
		err = -ENOMEM;
	else
		err = tls ? http_tls_send(tls, head.data, head.len)
			  : http_send_all(fd, head.data, head.len);
	buf_clear(&head);
	return err;
}

uint64_t
http_now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec;
}

static ssize_t
receive_some(int fd, struct http_tls *tls, void *data, size_t len)
{
	ssize_t n;

	if (tls)
		return http_tls_receive(tls, data, len);
	do
		n = recv(fd, data, len, 0);
	while (n < 0 && errno == EINTR);
	return n < 0 ? (errno == EAGAIN ? -ETIMEDOUT : -errno) : n;
}

/* All until the other end closes, or the ceiling; one that sends a byte now and
 * then does not have all the time. */
static int
receive(int fd, struct http_tls *tls, struct buf *in)
{
	uint64_t end = http_now_s() + HTTP_POST_WAIT_S;

	while (http_now_s() <= end) {
		uint8_t *room = buf_reserve(in, 4096);
		ssize_t n;

		if (!room)
			return ERR_LIMIT;
		n = receive_some(fd, tls, room, 4096);
		if (n <= 0)
			return (int)n;
		in->len += (size_t)n;
	}
	return -ETIMEDOUT;
}

/* The value of a header, by its name with the colon; -1 if there is none. */
static long long
read_length(const char *head, const char *name)
{
	const char *line = head;

	while ((line = strstr(line, "\r\n"))) {
		line += 2;
		if (!strncasecmp(line, name, strlen(name)))
			return strtoll(line + strlen(name), NULL, 10);
	}
	return -1;
}

static int
split(struct buf *in, struct buf *ret_answer)
{
	uint8_t *end = in->len ? memmem(in->data, in->len, "\r\n\r\n", 4)
			       : NULL;
	unsigned minor, status;
	long long length;
	size_t body;

	if (!end || (size_t)(end - in->data) > HEAD_MAX ||
	    memchr(in->data, 0, (size_t)(end - in->data)))
		return ERR_MALFORMED;
	body = (size_t)(end - in->data) + 4;
	end[2] = 0;
	if (sscanf((const char *)in->data, "HTTP/1.%1u %3u", &minor,
		&status) != 2)
		return ERR_MALFORMED;
	if (status != 200)
		return -EPROTO;
	length = read_length((const char *)in->data, "content-length:");
	if (length >= 0 && (unsigned long long)length > in->len - body)
		return ERR_TRUNCATED;
	buf_append(ret_answer, in->data + body,
	    length >= 0 ? (size_t)length : in->len - body);
	return ret_answer->failed ? ERR_LIMIT : 0;
}

int
http_post(const struct http_url *url, const char *ca_path, const char *type,
    const char *accept, struct span body, struct buf *ret_answer)
{
	int fd = open_socket(url), err = 0;
	struct http_tls *tls = NULL;
	struct buf in;

	if (fd < 0)
		return fd;
	buf_init(&in, ret_answer->max_len ? ret_answer->max_len + HEAD_MAX : 0);
	if (url->tls)
		err = http_tls_begin(fd, url->host, ca_path, &tls);
	if (!err)
		err = send_request(fd, tls, url, type, accept, body);
	if (!err)
		err = receive(fd, tls, &in);
	http_tls_free(tls);
	close(fd);
	if (!err)
		err = split(&in, ret_answer);
	buf_clear(&in);
	return err;
}
