/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVIDENCE_HTTP_TLS_H
#define EVIDENCE_HTTP_TLS_H

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * TLS for http_post.c, over a socket that it has connected and that keeps a limit
 * of time: libssl makes and reads the records, the socket is used here. Version
 * 1.2 or later, and the server has to show a certificate for its name.
 */

struct http_tls;

/* ca_path: certificates in PEM to trust in place of the system's, or NULL. 0,
 * -ENOENT: no certificates there; -EKEYREJECTED: the server's is not certified,
 * or for another name; -EPROTO: no TLS; codes of the socket. */
int http_tls_begin(int fd, const char *host, const char *ca_path,
    struct http_tls **ret_tls) must_check;
void http_tls_free(struct http_tls *t);

int http_tls_send(struct http_tls *t, const void *data, size_t len) must_check;

/* Up to len bytes; 0 at the end, which is the connection's, too. */
ssize_t http_tls_receive(struct http_tls *t, void *data, size_t len) must_check;

#endif
