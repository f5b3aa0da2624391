// SPDX-License-Identifier: Apache-2.0
#include "protocol/http/http1_plain.h"

#include <string.h>

#include "base/cursor.h"

/* RFC 9110, 5.6.2 */
static inline bool
is_token_char(uint8_t c)
{
	static const char special[] = "!#$%&'*+-.^_`|~";

	return (uint8_t)((c | 0x20) - 'a') < 26 || c == '-' ||
	    (uint8_t)(c - '0') < 10 || (c && strchr(special, c));
}

/* The bytes up to a delimiter that has to come, without it. */
static struct span
until(struct cursor *c, uint8_t delimiter)
{
	const uint8_t *p = cur_peek(c), *end;
	size_t len;

	end = cur_left(c) ? memchr(p, delimiter, cur_left(c)) : NULL;
	if (!end) {
		cur_skip(c, SIZE_MAX);
		return (struct span){ NULL, 0 };
	}
	len = (size_t)(end - p);
	cur_skip(c, len + 1);
	return (struct span){ p, len };
}

/* A line without its CRLF; fails at a lone LF. */
static struct span
line(struct cursor *c)
{
	struct span s = until(c, '\n');

	if (!s.len || s.p[s.len - 1] != '\r') {
		cur_skip(c, SIZE_MAX);
		return (struct span){ NULL, 0 };
	}
	s.len--;
	return s;
}

#define ONES	UINT64_C(0x0101010101010101)
#define HIGHS	UINT64_C(0x8080808080808080)

/* Has one of eight bytes a value below 0x20, or is it DEL? Bytes above DEL
 * may be told to be so wrongly, never the other way round. */
static inline bool
may_have_control(uint64_t w)
{
	uint64_t del = w ^ ONES * 0x7f;

	return ((w - ONES * 0x20) | (del - ONES) | w) & HIGHS;
}

/* The bytes at the front that are plainly printable, eight at a time. */
static size_t
printable_len(struct span s)
{
	struct cursor c = cur_init(s.p, s.len);
	size_t n = 0;

	while (cur_left(&c) >= 8 && !may_have_control(cur_le64(&c)))
		n += 8;
	return n;
}

static bool
is_text(struct span s)
{
	for (size_t i = printable_len(s); i < s.len; i++)
		if ((s.p[i] < 0x20 && s.p[i] != '\t') || s.p[i] == 0x7f)
			return false;
	return true;
}

static bool
is_path(struct span s)
{
	if (!s.len || s.p[0] != '/' || memchr(s.p, ' ', s.len))
		return false;
	for (size_t i = printable_len(s); i < s.len; i++)
		if (s.p[i] <= 0x20 || s.p[i] >= 0x7f)
			return false;
	return true;
}

static bool
read_version(struct span s, uint8_t *ret)
{
	if (s.len != 8 || memcmp(s.p, "HTTP/1.", 7) ||
	    (s.p[7] != '0' && s.p[7] != '1'))
		return false;
	*ret = (uint8_t)(10 + s.p[7] - '0');
	return true;
}

static bool
read_request_line(struct cursor *c, struct http_head *head)
{
	struct span l = line(c);
	struct cursor words = cur_init(l.p, l.len);
	struct span version;

	head->method = until(&words, ' ');
	head->target = until(&words, ' ');
	version.len = cur_left(&words);
	version.p = cur_bytes(&words, version.len);
	if (cur_failed(&words) || !head->method.len || head->method.len > 16)
		return false;
	for (size_t i = 0; i < head->method.len; i++)
		if ((uint8_t)(head->method.p[i] - 'A') >= 26)
			return false;
	return !span_eq(head->method, SPAN_LITERAL("CONNECT")) &&
	    is_path(head->target) && read_version(version, &head->version);
}

static bool
read_status_line(struct cursor *c, struct http_head *head)
{
	struct span l = line(c);
	struct cursor words = cur_init(l.p, l.len);
	struct span version = until(&words, ' ');
	uint16_t status = 0;

	for (int i = 0; i < 3; i++) {
		uint8_t digit = (uint8_t)(cur_u8(&words) - '0');

		if (digit > 9)
			return false;
		status = (uint16_t)(status * 10 + digit);
	}
	/* an interim response, or none at all, is not plain */
	if (cur_u8(&words) != ' ' || cur_failed(&words) || status < 200 ||
	    status > 599)
		return false;
	head->status = status;
	l.p = cur_peek(&words);
	l.len = cur_left(&words);
	return is_text(l) && read_version(version, &head->version);
}

static struct span
trim(struct span s)
{
	while (s.len && (s.p[0] == ' ' || s.p[0] == '\t')) {
		s.p++;
		s.len--;
	}
	while (s.len && (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\t'))
		s.len--;
	return s;
}

static bool
read_header(struct span l, struct http_header *ret)
{
	struct cursor c = cur_init(l.p, l.len);

	ret->name = until(&c, ':');
	if (cur_failed(&c) || !ret->name.len)
		return false;
	for (size_t i = 0; i < ret->name.len; i++)
		if (!is_token_char(ret->name.p[i]))
			return false;
	ret->value.len = cur_left(&c);
	ret->value.p = cur_peek(&c);
	ret->value = trim(ret->value);
	return is_text(ret->value);
}

/* All headers and the empty line. */
static bool
read_headers(struct cursor *c, struct http_header *headers,
    struct http_head *head)
{
	size_t n = 0;

	for (;;) {
		struct span l = line(c);

		if (cur_failed(c))
			return false;
		if (!l.len)
			break;
		if (n == HTTP1_PLAIN_MAX_HEADERS ||
		    !read_header(l, &headers[n]))
			return false;
		for (size_t i = 0; i < n; i++)
			if (span_caseeq(headers[i].name, headers[n].name))
				return false;
		n++;
	}
	head->headers = headers;
	head->header_count = n;
	return true;
}

/* Lower-case name or address, and perhaps a port. */
static bool
read_host(struct http_head *head)
{
	struct span h = http_head_get(head, "host");
	size_t n = 0;

	while (n < h.len && ((uint8_t)(h.p[n] - 'a') < 26 ||
	    (uint8_t)(h.p[n] - '0') < 10 || h.p[n] == '-' || h.p[n] == '.'))
		n++;
	if (!n || h.p[n - 1] == '.')
		return false;
	head->host = (struct span){ h.p, n };
	if (n == h.len)
		return true;
	if (h.p[n++] != ':' || n == h.len || h.len - n > 5)
		return false;
	for (; n < h.len; n++)
		if ((uint8_t)(h.p[n] - '0') > 9)
			return false;
	return true;
}

static bool
read_length(struct span s, uint64_t *ret)
{
	uint64_t v = 0;

	if (!s.len || s.len > 15)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if ((uint8_t)(s.p[i] - '0') > 9)
			return false;
		v = v * 10 + (uint64_t)(s.p[i] - '0');
	}
	*ret = v;
	return true;
}

/* RFC 9112, 6.3, where it leaves no doubt. */
static bool
read_framing(struct http_head *head, bool to_head_method,
    enum http1_framing *ret)
{
	struct span te = http_head_get(head, "transfer-encoding");
	struct span cl = http_head_get(head, "content-length");
	struct span type = http_head_get(head, "content-type");

	if (te.p && cl.p)
		return false;
	if (cl.p && !read_length(cl, &head->content_length))
		return false;
	if (te.p && (!span_eq(te, SPAN_LITERAL("chunked")) ||
	    head->version != 11))
		return false;
	if (!head->request && (to_head_method || head->status == 204 ||
	    head->status == 304)) {
		*ret = HTTP1_NO_BODY;
		return true;
	}
	if (te.p)
		*ret = HTTP1_CHUNKED;
	else if (cl.p)
		*ret = HTTP1_LENGTH;
	else
		*ret = head->request ? HTTP1_NO_BODY : HTTP1_UNTIL_CLOSE;
	/* a body that ends itself (RFC 2616, 4.4) is libhtp's */
	return *ret != HTTP1_UNTIL_CLOSE || type.len < 10 ||
	    !span_caseeq((struct span){ type.p, 10 },
	    SPAN_LITERAL("multipart/"));
}

bool
http1_plain_read(const uint8_t *data, size_t len, bool request,
    bool to_head_method, struct http_header headers[HTTP1_PLAIN_MAX_HEADERS],
    struct http_head *ret_head, enum http1_framing *ret_framing,
    size_t *ret_used)
{
	struct cursor c = cur_init(data, len);
	struct http_head head = {
		.request = request,
		.content_length = HTTP_NO_LENGTH,
	};

	if (request ? !read_request_line(&c, &head) :
	    !read_status_line(&c, &head))
		return false;
	if (!read_headers(&c, headers, &head) ||
	    (request && !read_host(&head)) ||
	    !read_framing(&head, to_head_method, ret_framing))
		return false;
	*ret_head = head;
	*ret_used = len - cur_left(&c);
	return true;
}
