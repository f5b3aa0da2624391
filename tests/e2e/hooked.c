// SPDX-License-Identifier: Apache-2.0
/*
 * hooked PORT PEM FILES WAY...: uploads the files 1, 2, 3 and so on of a folder,
 * so many as FILES says, by a connection each, to 127.0.0.1, 127.0.0.2 and so on, as
 * /WAY/1 and so on; with OpenSSL used in ways that a hook at the library may get
 * wrong. Says "sent" for each that was answered.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/ssl.h>

#define HOST		"samples.example.net"
#define UPLOADS_MAX	64

struct upload {
	unsigned number;		/* of file and address, from 1 */
	char *request;
	size_t len, head_len;
	int fd;
	SSL *ssl;
};

static SSL_CTX *ctx;
static const char *port;
static struct upload uploads[UPLOADS_MAX];
static unsigned upload_count;

static void
read_request(struct upload *u, const char *way)
{
	char name[16];
	struct stat st;
	int fd;

	snprintf(name, sizeof(name), "%u", u->number);
	fd = open(name, O_RDONLY);
	if (fd < 0 || fstat(fd, &st))
		err(2, "%s", name);
	u->request = malloc(256 + (size_t)st.st_size);
	u->head_len = (size_t)sprintf(u->request, "PUT /%s/%u HTTP/1.1\r\n"
	    "Host: " HOST "\r\nContent-Length: %lld\r\n\r\n", way,
	    u->number, (long long)st.st_size);
	u->len = u->head_len + (size_t)st.st_size;
	if (read(fd, u->request + u->head_len, (size_t)st.st_size) !=
	    st.st_size)
		err(2, "%s", name);
	close(fd);
}

static int
dial(unsigned number)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(port)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK + number - 1) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (connect(fd, (struct sockaddr *)&to, sizeof(to)))
		err(2, "connect");
	return fd;
}

static SSL *
session_new(void)
{
	SSL *s = SSL_new(ctx);

	SSL_set_tlsext_host_name(s, HOST);
	SSL_set1_host(s, HOST);
	SSL_set_connect_state(s);
	return s;
}

static void
begin(struct upload *u)
{
	u->fd = dial(u->number);
	u->ssl = session_new();
	SSL_set_fd(u->ssl, u->fd);
	if (SSL_connect(u->ssl) != 1)
		errx(2, "handshake");
}

static void
say(const char *answer, int len)
{
	if (len > 12 && strncmp(answer, "HTTP/1.1 200", 12) == 0)
		puts("sent");
	else
		printf("answer: %.*s\n", len > 0 ? len : 0, answer);
	fflush(stdout);
}

static void
hear(struct upload *u)
{
	char answer[1000];

	say(answer, SSL_read(u->ssl, answer, sizeof(answer)));
}

static void
end(struct upload *u)
{
	SSL_shutdown(u->ssl);
	SSL_free(u->ssl);
	close(u->fd);
}

static void
put(struct upload *u)
{
	if (SSL_write(u->ssl, u->request, (int)u->len) != (int)u->len)
		errx(2, "write");
}

/* One after another: every connection has the descriptor, and likely the
 * session's memory, of the one before. */
static void
by_turns(void)
{
	for (unsigned i = 0; i < upload_count; i++) {
		begin(&uploads[i]);
		put(&uploads[i]);
		hear(&uploads[i]);
		end(&uploads[i]);
	}
}

static void
by_bio(void)
{
	char target[40], answer[1000];
	SSL *ssl;

	for (unsigned i = 0; i < upload_count; i++) {
		struct upload *u = &uploads[i];
		BIO *b = BIO_new_ssl_connect(ctx);

		snprintf(target, sizeof(target), "127.0.0.%u:%s", u->number,
		    port);
		BIO_get_ssl(b, &ssl);
		SSL_set_tlsext_host_name(ssl, HOST);
		BIO_set_conn_hostname(b, target);
		if (BIO_do_connect(b) != 1)
			errx(2, "connect");
		if (BIO_write(b, u->request, (int)u->head_len) !=
			(int)u->head_len ||
		    BIO_write(b, u->request + u->head_len,
			(int)(u->len - u->head_len)) !=
			(int)(u->len - u->head_len))
			errx(2, "write");
		say(answer, BIO_read(b, answer, sizeof(answer)));
		BIO_free_all(b);
	}
}

#include "hooked_file.h"
#include "hooked_memory.h"
#include "hooked_early.h"

/* The first goes to a unix socket of that server, once more while what the second
 * has to send to its address waits. */
static void
by_unix(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct upload *u = &uploads[0];

	begin(&uploads[1]);
	snprintf(to.sun_path, sizeof(to.sun_path), "%s", getenv("HOOKED_UNIX"));
	u->fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (connect(u->fd, (struct sockaddr *)&to, sizeof(to)))
		err(2, "connect");
	u->ssl = session_new();
	SSL_set_fd(u->ssl, u->fd);
	if (SSL_connect(u->ssl) != 1)
		errx(2, "handshake");
	put(u);
	/* by memory, so that no call of the library is around its write */
	SSL_set0_wbio(uploads[1].ssl, BIO_new(BIO_s_mem()));
	put(&uploads[1]);
	hear(u);
	put(u);
	flush_memory(uploads[1].ssl, uploads[1].fd);
	hear(&uploads[1]);
	hear(u);
	end(u);
}

static void
by_fork(void)
{
	for (unsigned i = 0; i < upload_count; i++) {
		begin(&uploads[i]);
		if (fork() == 0) {
			/* until it has its probes */
			if (getenv("HOOKED_WAIT"))
				while (access(getenv("HOOKED_WAIT"), F_OK))
					usleep(10000);
			put(&uploads[i]);
			hear(&uploads[i]);
			_exit(0);
		}
		wait(NULL);
		close(uploads[i].fd);
		SSL_free(uploads[i].ssl);
	}
}

static void *
put_one(void *arg)
{
	struct upload *u = arg;

	begin(u);
	/* in pieces, so that the threads take turns */
	for (size_t at = 0; at < u->len; at += 1000)
		if (SSL_write(u->ssl, u->request + at, (int)(u->len - at < 1000 ?
			u->len - at : 1000)) <= 0)
			errx(2, "write");
	hear(u);
	end(u);
	return NULL;
}

static void
by_threads(void)
{
	pthread_t threads[UPLOADS_MAX];

	for (unsigned i = 0; i < upload_count; i++)
		pthread_create(&threads[i], NULL, put_one, &uploads[i]);
	for (unsigned i = 0; i < upload_count; i++)
		pthread_join(threads[i], NULL);
}

/* As a socket that doesn't block: takes part of a record, and then nothing. */
static int
write_some(BIO *b, const char *data, int len)
{
	int *fd = BIO_get_data(b);

	BIO_clear_retry_flags(b);
	if (fd[1]++ % 2 == 0)
		return (int)send(fd[0], data, len < 5000 ? (size_t)len : 5000, 0);
	BIO_set_retry_write(b);
	return -1;
}

static long
control_some(BIO *b, int what, long number, void *data)
{
	return what == BIO_CTRL_FLUSH;
}

/* What is left is given once more, from another place. */
static void
by_pieces(void)
{
	BIO_METHOD *some = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "some");

	BIO_meth_set_write(some, write_some);
	BIO_meth_set_ctrl(some, control_some);
	for (unsigned i = 0; i < upload_count; i++) {
		struct upload *u = &uploads[i];
		BIO *b = BIO_new(some);
		size_t at = 0;
		int to[2];

		begin(u);
		to[0] = u->fd;
		to[1] = 0;
		BIO_set_data(b, to);
		BIO_set_init(b, 1);
		SSL_set0_wbio(u->ssl, b);
		SSL_set_mode(u->ssl, SSL_MODE_ENABLE_PARTIAL_WRITE |
		    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
		while (at < u->len) {
			char *copy = malloc(u->len - at);
			int n;

			memcpy(copy, u->request + at, u->len - at);
			n = SSL_write(u->ssl, copy, (int)(u->len - at));
			memset(copy, 'x', u->len - at);
			free(copy);
			at += n > 0 ? (size_t)n : 0;
		}
		hear(u);
		end(u);
	}
	BIO_meth_free(some);
}

static const struct {
	const char *name;
	void (*run)(void);
} ways[] = {
	{ "turns", by_turns }, { "bio", by_bio }, { "early", by_early_data },
	{ "refused", by_refused },
	{ "memory", by_memory }, { "at-once", by_memory_at_once },
	{ "cleared", by_cleared }, { "unix", by_unix }, { "fork", by_fork },
	{ "threads", by_threads }, { "pieces", by_pieces },
	{ "file", by_file }, { "changed-file", by_changed_file },
	{ "shared-file", by_shared_file },
};

static void
run(const char *name)
{
	for (unsigned i = 0; i < upload_count; i++) {
		free(uploads[i].request);
		uploads[i] = (struct upload){ .number = i + 1 };
		read_request(&uploads[i], name);
	}
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		if (strcmp(ways[i].name, name) == 0) {
			ways[i].run();
			return;
		}
	errx(2, "no such way: %s", name);
}

int
main(int argc, char **argv)
{
	ctx = SSL_CTX_new(TLS_client_method());
	if (argc < 5 || SSL_CTX_load_verify_file(ctx, argv[2]) != 1)
		errx(2, "hooked PORT PEM FILES WAY...");
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	port = argv[1];
	upload_count = (unsigned)atoi(argv[3]);
	if (upload_count > UPLOADS_MAX)
		errx(2, "too many");
	for (int i = 4; i < argc; i++)
		run(argv[i]);
	return 0;
}
