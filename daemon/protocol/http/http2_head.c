// SPDX-License-Identifier: Apache-2.0
#include "protocol/http/http2_head.h"

#include <errno.h>
#include <stdint.h>

#include <nghttp2/nghttp2.h>

#include "base/cursor.h"

#define KEEP_LEN	4096
/* A table above this is not followed; what needs it can't be read. */
#define TABLE_MAX_LEN	(1024 * 1024)

void
http2_fields_init(struct http2_fields *f)
{
	*f = (struct http2_fields){ 0 };
	buf_init(&f->text, HTTP2_FIELDS_MAX_LEN);
	buf_init(&f->headers, 0);
}

void
http2_fields_clear(struct http2_fields *f)
{
	buf_clear(&f->text);
	buf_clear(&f->headers);
}

void
http2_fields_reset(struct http2_fields *f)
{
	struct buf text = f->text, headers = f->headers;

	if (text.cap > KEEP_LEN)
		buf_clear(&text);
	if (headers.cap > KEEP_LEN)
		buf_clear(&headers);
	buf_reset(&text);
	buf_reset(&headers);
	*f = (struct http2_fields){ .text = text, .headers = headers };
}

/* Until the head is made, p counts from the text's start: it may move. */
static struct span
keep(struct http2_fields *f, struct span s)
{
	struct span kept = { (const uint8_t *)(uintptr_t)f->text.len, s.len };

	buf_append(&f->text, s.p, s.len);
	return kept;
}

static struct span
kept_at(const struct http2_fields *f, struct span s)
{
	if (s.len == 0)
		return (struct span){ NULL, 0 };
	return (struct span){ f->text.data + (uintptr_t)s.p, s.len };
}

void
http2_fields_add(struct http2_fields *f, struct span name, struct span value)
{
	static const char *const pseudo[] = {
		":method", ":scheme", ":authority", ":path", ":status",
	};
	struct span *const member[] = {
		&f->method, &f->scheme, &f->authority, &f->path, &f->status,
	};
	struct http_header header;

	if (f->count >= HTTP2_FIELDS_MAX ||
	    name.len + value.len > HTTP2_FIELDS_MAX_LEN - f->text.len) {
		f->over = true;
		return;
	}
	for (size_t i = 0; name.len && name.p[0] == ':' && i < 5; i++)
		if (span_eq(name, span_str(pseudo[i]))) {
			*member[i] = keep(f, value);
			return;
		}
	header.name = keep(f, name);
	header.value = keep(f, value);
	buf_append(&f->headers, &header, sizeof(header));
	f->count++;
	if (f->text.failed || f->headers.failed)
		f->over = true;
}

bool
http2_fields_is_head(const struct http2_fields *f)
{
	return f->status.len || f->method.len;
}

/* "host" of "host", "host:port", "[v6]:port". */
static struct span
host_of(struct span authority)
{
	size_t colon = authority.len;

	for (size_t i = 0; i < authority.len; i++) {
		if (authority.p[i] == ':' && colon == authority.len)
			colon = i;
		if (authority.p[i] == ']')
			colon = authority.len;
	}
	authority.len = colon;
	return authority;
}

static uint64_t
number_of(struct span s, uint64_t otherwise)
{
	uint64_t n = 0;

	if (s.len == 0 || s.len > 18)
		return otherwise;
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return otherwise;
		n = n * 10 + s.p[i] - '0';
	}
	return n;
}

void
http2_fields_head(struct http2_fields *f, uint8_t version,
    struct http_head *ret_head)
{
	struct http_header *headers = (struct http_header *)f->headers.data;
	struct http_head head = { .version = version };
	uint64_t status = number_of(kept_at(f, f->status), 0);
	size_t count = f->headers.len / sizeof(*headers);

	for (size_t i = 0; i < count; i++) {
		headers[i].name = kept_at(f, headers[i].name);
		headers[i].value = kept_at(f, headers[i].value);
	}
	head.headers = headers;
	head.header_count = count;
	head.request = f->method.len != 0;
	head.method = kept_at(f, f->method);
	head.scheme = kept_at(f, f->scheme);
	head.target = kept_at(f, f->path);
	head.host = host_of(kept_at(f, f->authority));
	if (head.request && head.host.len == 0)
		head.host = host_of(http_head_get(&head, "host"));
	if (!head.request && status < 1000)
		head.status = (uint16_t)status;
	head.content_length = number_of(http_head_get(&head, "content-length"),
	    HTTP_NO_LENGTH);
	*ret_head = head;
}

void
hpack_clear(struct hpack *h)
{
	if (h->inflater)
		nghttp2_hd_inflate_del(h->inflater);
	h->inflater = NULL;
}

static int
hpack_start(struct hpack *h)
{
	if (h->inflater)
		return 0;
	return nghttp2_hd_inflate_new(&h->inflater) ? -ENOMEM : 0;
}

int
hpack_set_table_len(struct hpack *h, uint32_t len)
{
	int rc = hpack_start(h);

	if (rc)
		return rc;
	if (len > TABLE_MAX_LEN)
		len = TABLE_MAX_LEN;
	return nghttp2_hd_inflate_change_table_size(h->inflater, len) ?
	    ERR_MALFORMED : 0;
}

int
hpack_read(struct hpack *h, const uint8_t *block, size_t len,
    struct http2_fields *fields)
{
	struct cursor c = cur_init(block, len);
	int rc = hpack_start(h), flags;
	nghttp2_nv nv;
	ssize_t used;

	if (rc)
		return rc;
	do {
		flags = 0;
		used = nghttp2_hd_inflate_hd2(h->inflater, &nv, &flags,
		    cur_peek(&c), cur_left(&c), 1);
		if (used < 0)
			return ERR_MALFORMED;
		cur_skip(&c, (size_t)used);
		if (flags & NGHTTP2_HD_INFLATE_EMIT)
			http2_fields_add(fields,
			    (struct span){ nv.name, nv.namelen },
			    (struct span){ nv.value, nv.valuelen });
	} while (!(flags & NGHTTP2_HD_INFLATE_FINAL) && (used || flags));
	nghttp2_hd_inflate_end_headers(h->inflater);
	return flags & NGHTTP2_HD_INFLATE_FINAL ? 0 : ERR_MALFORMED;
}
