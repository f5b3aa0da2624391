// SPDX-License-Identifier: Apache-2.0
#include "evidence/http_tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "evidence/http_post.h"

#define RECORDS_LEN	16384

struct http_tls {
	int fd;
	SSL_CTX *ctx;
	SSL *ssl;
	BIO *in, *out;			/* records; the SSL's */
	bool ended;			/* the connection */
};

static int
socket_error(void)
{
	return errno == EAGAIN ? -ETIMEDOUT : -errno;
}

/* What libssl has written goes to the socket. */
static int
flush(struct http_tls *t)
{
	uint8_t records[RECORDS_LEN];
	int n;

	while ((n = BIO_read(t->out, records, sizeof(records))) > 0) {
		int err = http_send_all(t->fd, records, (size_t)n);

		if (err)
			return err;
	}
	return 0;
}

static int
fill(struct http_tls *t)
{
	uint8_t records[RECORDS_LEN];
	ssize_t n;

	do
		n = recv(t->fd, records, sizeof(records), 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return socket_error();
	t->ended = !n;
	return !n || BIO_write(t->in, records, (int)n) == n ? 0 : -ENOMEM;
}

/* After a step of libssl that returned this: 0: done, 1: to be tried again. */
static int
carry_on(struct http_tls *t, int result)
{
	int why = SSL_get_error(t->ssl, result), err = flush(t);

	if (err || result > 0)
		return err;
	if (why == SSL_ERROR_ZERO_RETURN) {
		t->ended = true;
		return 0;
	}
	if (why != SSL_ERROR_WANT_READ)
		return SSL_get_verify_result(t->ssl) != X509_V_OK ?
		    -EKEYREJECTED : -EPROTO;
	if (t->ended)
		return 0;
	err = fill(t);
	return err ? err : 1;
}

static int
shake_hands(struct http_tls *t)
{
	uint64_t end = http_now_s() + HTTP_POST_WAIT_S;
	int err;

	do
		err = carry_on(t, SSL_connect(t->ssl));
	while (err == 1 && http_now_s() <= end);
	if (!err && t->ended)
		return -EPROTO;
	return err == 1 ? -ETIMEDOUT : err;
}

/* The name that the certificate has to be for; an address is none to ask with. */
static int
set_host(struct http_tls *t, const char *host)
{
	uint8_t address[sizeof(struct in6_addr)];

	if (inet_pton(AF_INET, host, address) == 1 ||
	    inet_pton(AF_INET6, host, address) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(t->ssl),
		    host);
	return SSL_set1_host(t->ssl, host) &&
	    SSL_set_tlsext_host_name(t->ssl, host);
}

static int
set_up(struct http_tls *t, const char *host, const char *ca_path)
{
	t->ctx = SSL_CTX_new(TLS_client_method());
	if (!t->ctx || !SSL_CTX_set_min_proto_version(t->ctx, TLS1_2_VERSION))
		return -ENOMEM;
	if (!(ca_path ? SSL_CTX_load_verify_file(t->ctx, ca_path)
		      : SSL_CTX_set_default_verify_paths(t->ctx)))
		return -ENOENT;
	SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, NULL);
	t->ssl = SSL_new(t->ctx);
	t->in = BIO_new(BIO_s_mem());
	t->out = BIO_new(BIO_s_mem());
	if (!t->ssl || !t->in || !t->out) {
		BIO_free(t->in);
		BIO_free(t->out);
		return -ENOMEM;
	}
	SSL_set_bio(t->ssl, t->in, t->out);
	return set_host(t, host) == 1 ? 0 : -ENOMEM;
}

int
http_tls_begin(int fd, const char *host, const char *ca_path,
    struct http_tls **ret_tls)
{
	struct http_tls *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return -ENOMEM;
	t->fd = fd;
	err = set_up(t, host, ca_path);
	/* what stands there from before would be taken for the connection's */
	ERR_clear_error();
	if (!err)
		err = shake_hands(t);
	ERR_clear_error();
	if (err)
		http_tls_free(t);
	else
		*ret_tls = t;
	return err;
}

int
http_tls_send(struct http_tls *t, const void *data, size_t len)
{
	size_t written;
	int err;

	do
		err = carry_on(t, SSL_write_ex(t->ssl, data, len, &written));
	while (err == 1);
	ERR_clear_error();
	return !err && t->ended ? -EPIPE : err;
}

ssize_t
http_tls_receive(struct http_tls *t, void *data, size_t len)
{
	uint64_t end = http_now_s() + HTTP_POST_WAIT_S;
	size_t n = 0;
	int err;

	do
		err = carry_on(t, SSL_read_ex(t->ssl, data, len, &n));
	while (err == 1 && http_now_s() <= end);
	ERR_clear_error();
	return err == 1 ? -ETIMEDOUT : err ? err : (ssize_t)n;
}

void
http_tls_free(struct http_tls *t)
{
	if (!t)
		return;
	SSL_free(t->ssl);
	SSL_CTX_free(t->ctx);
	free(t);
}
