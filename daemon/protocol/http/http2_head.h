/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_HTTP2_HEAD_H
#define PROTOCOL_HTTP2_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "protocol/message.h"

/*
 * Fields of HTTP/2 and HTTP/3: a list of names and values becomes an http_head,
 * and libnghttp2 reads such lists out of HPACK header blocks. Used by the
 * HTTP/2 and HTTP/3 layers.
 */

#define HTTP2_FIELDS_MAX_LEN	(256 * 1024)
#define HTTP2_FIELDS_MAX	512

/* A field list under construction, and the head made of it. */
struct http2_fields {
	struct buf text;		/* names and values, one after the other */
	struct buf headers;		/* struct http_header, p an offset */
	size_t count;
	bool over;			/* above a ceiling, something left out */
	struct span method, scheme, authority, path, status;
};

void http2_fields_init(struct http2_fields *f);
void http2_fields_clear(struct http2_fields *f);

/* Forgets the list; little memory is kept. */
void http2_fields_reset(struct http2_fields *f);
void http2_fields_add(struct http2_fields *f, struct span name,
    struct span value);

/* The head of a request or response; its spans live until the next reset.
 * Pseudo-header fields become members, the others headers. */
void http2_fields_head(struct http2_fields *f, uint8_t version,
    struct http_head *ret_head);

/* True if the list has a :status or :method, so that it is no trailer. */
bool http2_fields_is_head(const struct http2_fields *f);

struct nghttp2_hd_inflater;

struct hpack {
	struct nghttp2_hd_inflater *inflater;	/* made at the first block */
};

void hpack_clear(struct hpack *h);

/* What the decoder of these blocks allows, once the encoder knows it. */
int hpack_set_table_len(struct hpack *h, uint32_t len) must_check;

/* Reads one whole block; ERR_MALFORMED, after which the table is unknown. */
int hpack_read(struct hpack *h, const uint8_t *block, size_t len,
    struct http2_fields *fields) must_check;

#endif
