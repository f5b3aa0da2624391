// SPDX-License-Identifier: Apache-2.0
/* What libhtp read of a head, in words of ours: its fields, and how the body
 * that follows is framed. */
#include "protocol/http/http1_head.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <htp/htp.h>

#include "base/cursor.h"

static struct span
span_of(const bstr *b)
{
	if (!b)
		return (struct span){ NULL, 0 };
	return (struct span){ bstr_ptr(b), bstr_len(b) };
}

static uint8_t
version_of(int number)
{
	switch (number) {
	case HTP_PROTOCOL_0_9:
		return 9;
	case HTP_PROTOCOL_1_0:
		return 10;
	case HTP_PROTOCOL_1_1:
		return 11;
	default:
		return 0;
	}
}

/* Chunked is one of the transfer codings; libhtp refuses lists in requests. A
 * body that turns out not to be chunked is kept as it comes. */
static bool
names_chunked(const struct http_head *head)
{
	struct span te = http_head_get(head, "transfer-encoding");
	struct cursor c = cur_init(te.p, te.len);
	struct span word = { NULL, 0 };

	while (cur_left(&c)) {
		const uint8_t *p = cur_bytes(&c, 1);

		if (*p != ',' && *p != ';' && *p != ' ' && *p != '\t') {
			word.p = word.len ? word.p : p;
			word.len++;
			if (cur_left(&c))
				continue;
		}
		if (span_caseeq(word, SPAN_LITERAL("chunked")))
			return true;
		word.len = 0;
	}
	return false;
}

static enum http1_framing
request_framing(const htp_tx_t *tx, const struct http_head *head)
{
	if (tx->is_protocol_0_9)
		return HTTP1_NO_BODY;
	switch (tx->request_transfer_coding) {
	case HTP_CODING_CHUNKED:
		return HTTP1_CHUNKED;
	case HTP_CODING_IDENTITY:
		return HTTP1_LENGTH;
	case HTP_CODING_NO_BODY:
		return HTTP1_NO_BODY;
	default:
		return names_chunked(head) ? HTTP1_CHUNKED : HTTP1_UNKNOWN;
	}
}

/* libhtp takes a body of a 204 that declares a length, as browsers do; but then
 * the next response would be taken for it. A 304 declares the length of what it
 * does not send (RFC 9110, 15.4.5). */
static enum http1_framing
response_framing(const htp_tx_t *tx, const struct http_head *head)
{
	if (head->status / 100 == 1 || head->status == 204 ||
	    head->status == 304)
		return HTTP1_NO_BODY;
	switch (tx->response_transfer_coding) {
	case HTP_CODING_CHUNKED:
		return HTTP1_CHUNKED;
	case HTP_CODING_IDENTITY:
		return tx->response_content_length >= 0 ? HTTP1_LENGTH :
		    HTTP1_UNTIL_CLOSE;
	case HTP_CODING_NO_BODY:
		return HTTP1_NO_BODY;
	default:
		return HTTP1_UNTIL_CLOSE;
	}
}

static uint16_t
status_of(const htp_tx_t *tx)
{
	struct span s = span_of(tx->response_status);
	uint16_t status = 0;

	if (tx->response_status_number < 0)
		return 0;
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] >= '0' && s.p[i] <= '9' && status < 1000)
			status = (uint16_t)(status * 10 + s.p[i] - '0');
	return status < 1000 ? status : 0;
}

static int
get_headers(struct http1_head *h, const htp_table_t *table,
    struct http_head *ret_head)
{
	size_t count = htp_table_size(table);

	ret_head->headers = NULL;
	ret_head->header_count = 0;
	free(h->headers);
	h->headers = NULL;
	if (count == 0)
		return 0;
	h->headers = malloc(count * sizeof(*h->headers));
	if (!h->headers)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const htp_header_t *f = htp_table_get_index(table, i, NULL);

		h->headers[i].name = span_of(f->name);
		h->headers[i].value = span_of(f->value);
	}
	ret_head->headers = h->headers;
	ret_head->header_count = count;
	return 0;
}

static void
get_request(const htp_tx_t *tx, struct http_head *ret_head)
{
	ret_head->version = tx->is_protocol_0_9 ? 9 :
	    version_of(tx->request_protocol_number);
	ret_head->method = span_of(tx->request_method);
	ret_head->target = span_of(tx->request_uri);
	ret_head->host = span_of(tx->request_hostname);
	if (tx->parsed_uri_raw)
		ret_head->scheme = span_of(tx->parsed_uri_raw->scheme);
	if (tx->request_content_length >= 0)
		ret_head->content_length =
		    (uint64_t)tx->request_content_length;
}

static void
get_response(const htp_tx_t *tx, struct http_head *ret_head)
{
	ret_head->version = version_of(tx->response_protocol_number);
	ret_head->status = status_of(tx);
	if (tx->response_content_length >= 0)
		ret_head->content_length =
		    (uint64_t)tx->response_content_length;
}

int
http1_head_get(struct http1_head *h, bool request, struct http_head *ret_head,
    enum http1_framing *ret_framing)
{
	const htp_tx_t *tx = h->tx;
	struct http_head head = {
		.request = request,
		.content_length = HTTP_NO_LENGTH,
	};
	int rc;

	if (h->plain) {
		*ret_head = h->plain_head;
		*ret_framing = h->framing;
		return 0;
	}
	rc = get_headers(h, request ? tx->request_headers :
	    tx->response_headers, &head);

	if (rc)
		return rc;
	if (request) {
		get_request(tx, &head);
		*ret_framing = request_framing(tx, &head);
	} else {
		get_response(tx, &head);
		*ret_framing = response_framing(tx, &head);
	}
	*ret_head = head;
	return 0;
}

struct span
http1_head_line(const struct http1_head *h)
{
	return span_of(h->tx->request_line);
}
