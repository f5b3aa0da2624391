/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVIDENCE_HTTP_POST_H
#define EVIDENCE_HTTP_POST_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

/*
 * One POST over HTTP/1.0, in TLS or not, for a time-stamping authority: the answer
 * is signed, so that the way to it need not be trusted. Blocking, with a limit of
 * time.
 */

#define HTTP_POST_URL_MAX	2048u
#define HTTP_POST_WAIT_S	30

struct http_url {
	char host[256], port[8];
	char path[HTTP_POST_URL_MAX];	/* with its query */
	bool tls;
};

/* "http[s]://host[:port][/path]"; ERR_UNSUPPORTED for other schemes. */
int http_url_read(const char *url, struct http_url *ret_url) must_check;

/*
 * http_post - the body of a 200, into the caller's buf, up to its ceiling.
 * type and accept are MIME types; ca_path as in http_tls.h, whose codes come
 * back, too. ERR_MALFORMED: no answer as HTTP has it;
 * -EPROTO: another status than 200; ERR_TRUNCATED: less than its length says.
 */
int http_post(const struct http_url *url, const char *ca_path,
    const char *type, const char *accept, struct span body,
    struct buf *ret_answer) must_check;

/* For http_tls.c: to a socket, all of it; seconds of a clock that only goes on. */
int http_send_all(int fd, const void *data, size_t len) must_check;
uint64_t http_now_s(void);

#endif
