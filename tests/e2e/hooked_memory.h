/* SPDX-License-Identifier: Apache-2.0 */
#ifndef E2E_HOOKED_MEMORY_H
#define E2E_HOOKED_MEMORY_H

/*
 * Ways of hooked.c in which the library never sees a socket. Included by it alone,
 * behind what it does with one upload.
 */

static void
send_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = send(fd, data, len, 0);

		if (n <= 0)
			err(2, "send");
		data += n;
		len -= (size_t)n;
	}
}

/* What the library wants to send and hear goes over memory. */
static void
flush_memory(SSL *s, int fd)
{
	char *data;
	long len = BIO_get_mem_data(SSL_get_wbio(s), &data);

	if (len > 0)
		send_all(fd, data, (size_t)len);
	(void)BIO_reset(SSL_get_wbio(s));
}

static void
fill_memory(SSL *s, int fd)
{
	char data[16384];
	ssize_t n = recv(fd, data, sizeof(data), 0);

	if (n <= 0)
		errx(2, "end of connection");
	BIO_write(SSL_get_rbio(s), data, (int)n);
}

static void
shake_memory(struct upload *u)
{
	u->fd = dial(u->number);
	while (SSL_do_handshake(u->ssl) != 1) {
		flush_memory(u->ssl, u->fd);
		fill_memory(u->ssl, u->fd);
	}
	flush_memory(u->ssl, u->fd);
}

static void
hear_memory(struct upload *u)
{
	char answer[1000];
	int n;

	while ((n = SSL_read(u->ssl, answer, sizeof(answer))) <= 0)
		fill_memory(u->ssl, u->fd);
	say(answer, n);
}

static SSL *
memory_new(void)
{
	SSL *s = session_new();

	SSL_set_bio(s, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	return s;
}

/* All is handed to the library before any of it is sent. */
static void
by_memory_at_once(void)
{
	for (unsigned i = 0; i < upload_count; i++) {
		uploads[i].ssl = memory_new();
		shake_memory(&uploads[i]);
	}
	for (unsigned i = 0; i < upload_count; i++)
		put(&uploads[i]);
	for (unsigned i = 0; i < upload_count; i++)
		flush_memory(uploads[i].ssl, uploads[i].fd);
	for (unsigned i = 0; i < upload_count; i++) {
		hear_memory(&uploads[i]);
		end(&uploads[i]);
	}
}

static void
by_memory(void)
{
	for (unsigned i = 0; i < upload_count; i++) {
		uploads[i].ssl = memory_new();
		shake_memory(&uploads[i]);
		put(&uploads[i]);
		flush_memory(uploads[i].ssl, uploads[i].fd);
		hear_memory(&uploads[i]);
		end(&uploads[i]);
	}
}

/* One session's memory is used for all connections, over memory. */
static void
by_cleared(void)
{
	SSL *s = memory_new();

	for (unsigned i = 0; i < upload_count; i++) {
		uploads[i].ssl = s;
		shake_memory(&uploads[i]);
		put(&uploads[i]);
		flush_memory(s, uploads[i].fd);
		hear_memory(&uploads[i]);
		close(uploads[i].fd);
		(void)BIO_reset(SSL_get_rbio(s));
		SSL_clear(s);
	}
	SSL_free(s);
}

#endif
