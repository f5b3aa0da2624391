/* SPDX-License-Identifier: Apache-2.0 */
#ifndef E2E_HOOKED_EARLY_H
#define E2E_HOOKED_EARLY_H

/*
 * Ways of hooked.c in which data goes out before the handshake is over (0-RTT).
 * Included by it alone, behind what it does with one upload.
 */
#define EARLY_LEN	8000

/* The first connection is for a ticket. */
static SSL_SESSION *ticket;

static int
keep_ticket(SSL *s, SSL_SESSION *session)
{
	SSL_SESSION_free(ticket);
	ticket = session;
	return 1;
}

static void
get_ticket(void)
{
	char get[100];
	struct upload first = { .number = 1, .request = get };

	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT);
	SSL_CTX_sess_set_new_cb(ctx, keep_ticket);
	first.len = (size_t)sprintf(first.request, "GET / HTTP/1.1\r\n"
	    "Host: " HOST "\r\n\r\n");
	begin(&first);
	put(&first);
	hear(&first);
	end(&first);
}

static void
begin_early(struct upload *u)
{
	u->fd = dial(u->number);
	u->ssl = session_new();
	SSL_set_fd(u->ssl, u->fd);
	SSL_set_session(u->ssl, ticket);
}

static void
by_early_data(void)
{
	size_t done;

	get_ticket();
	for (unsigned i = 0; i < upload_count; i++) {
		struct upload *u = &uploads[i];

		begin_early(u);
		/* more than the ticket allows comes by the ordinary way */
		if (SSL_write_early_data(u->ssl, u->request, EARLY_LEN, &done) !=
			1 || done != EARLY_LEN ||
		    SSL_write(u->ssl, u->request + EARLY_LEN,
			(int)(u->len - EARLY_LEN)) <= 0)
			errx(2, "early data");
		hear(u);
		if (SSL_get_early_data_status(u->ssl) !=
		    SSL_EARLY_DATA_ACCEPTED)
			puts("not accepted");
		end(u);
	}
}

/* Changes the ticket, so that its server knows no such session. */
static void
spoil_ticket(void)
{
	const unsigned char *name, *from;
	unsigned char *der = NULL, *at;
	int len = i2d_SSL_SESSION(ticket, &der);
	size_t name_len;

	SSL_SESSION_get0_ticket(ticket, &name, &name_len);
	at = len > 0 ? memmem(der, (size_t)len, name, name_len) : NULL;
	if (!at)
		errx(2, "no ticket");
	at[name_len / 2] ^= 1;
	SSL_SESSION_free(ticket);
	from = der;
	ticket = d2i_SSL_SESSION(NULL, &from, len);
	OPENSSL_free(der);
}

/* Half of a request, which the server does not take, and then another whole. */
static void
by_refused(void)
{
	char half[EARLY_LEN];
	size_t done;

	get_ticket();
	for (unsigned i = 0; i < upload_count; i++) {
		struct upload *u = &uploads[i];

		memcpy(half, u->request, sizeof(half));
		memcpy(half, "PUT /halved!/", strlen("PUT /refused/"));
		spoil_ticket();
		begin_early(u);
		if (SSL_write_early_data(u->ssl, half, sizeof(half), &done) != 1 ||
		    done != sizeof(half) || SSL_connect(u->ssl) != 1)
			errx(2, "early data");
		put(u);
		hear(u);
		if (SSL_get_early_data_status(u->ssl) !=
		    SSL_EARLY_DATA_REJECTED)
			puts("not refused");
		end(u);
	}
}

#endif
