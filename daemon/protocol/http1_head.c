// SPDX-License-Identifier: Apache-2.0
#include "protocol/http1_head.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <htp/htp.h>

#include "base/cursor.h"
#include "protocol/http1_plain.h"

/* A line that straddles segments is held up to this. */
#define LINE_MAX_LEN (64 * 1024)

static htp_cfg_t *config;
static pthread_once_t config_once = PTHREAD_ONCE_INIT;

static int
stop_at(htp_tx_t *tx, bool bare)
{
	struct http1_head *h = htp_connp_get_user_data(tx->connp);

	h->tx = tx;
	h->bare = bare;
	return HTP_STOP;
}

static int
on_request_line(htp_tx_t *tx)
{
	if (!tx->is_protocol_0_9)
		return HTP_OK;
	return stop_at(tx, true);
}

static int
on_request_headers(htp_tx_t *tx)
{
	return stop_at(tx, false);
}

/* libhtp made up a request for this response; it decides by its method whether
 * a body follows. */
static int
on_response_start(htp_tx_t *tx)
{
	const struct http1_head *h = htp_connp_get_user_data(tx->connp);

	tx->request_method_number = h->to_head_method ? HTP_M_HEAD : HTP_M_GET;
	tx->is_protocol_0_9 = 0;
	return HTP_OK;
}

/* libhtp swallows a 100 with its headers: any other interim code comes back
 * through on_response_headers(). */
static int
on_response_line(htp_tx_t *tx)
{
	struct http1_head *h = htp_connp_get_user_data(tx->connp);

	if (tx->response_status_number == 100)
		tx->response_status_number = 102;
	h->line_tx = tx;
	return HTP_OK;
}

static int
on_response_headers(htp_tx_t *tx)
{
	return stop_at(tx, false);
}

/* A body before its head: libhtp saw no status line. */
static int
on_response_body(htp_tx_data_t *d)
{
	return HTP_ERROR;
}

static void
config_init(void)
{
	htp_cfg_t *cfg = htp_config_create();

	if (!cfg)
		return;
	htp_config_set_server_personality(cfg, HTP_SERVER_MINIMAL);
	htp_config_set_log_level(cfg, HTP_LOG_NONE);
	htp_config_set_response_decompression(cfg, 0);
	htp_config_set_request_decompression(cfg, 0);
	htp_config_set_parse_request_cookies(cfg, 0);
	htp_config_set_parse_request_auth(cfg, 0);
	htp_config_set_field_limits(cfg, LINE_MAX_LEN, LINE_MAX_LEN);
	htp_config_set_number_headers_limit(cfg, HTTP1_HEAD_MAX_HEADERS);
	htp_config_register_request_line(cfg, on_request_line);
	htp_config_register_request_headers(cfg, on_request_headers);
	htp_config_register_response_start(cfg, on_response_start);
	htp_config_register_response_line(cfg, on_response_line);
	htp_config_register_response_headers(cfg, on_response_headers);
	htp_config_register_response_body_data(cfg, on_response_body);
	config = cfg;
}

static bool
head_start(struct http1_head *h, bool to_head_method)
{
	pthread_once(&config_once, config_init);
	if (!config)
		return false;
	h->connp = htp_connp_create(config);
	if (!h->connp)
		return false;
	htp_connp_set_user_data(h->connp, h);
	h->to_head_method = to_head_method;
	buf_init(&h->partial, LINE_MAX_LEN);
	return true;
}

static bool
is_empty_line(const uint8_t *line, size_t len)
{
	return len == 1 || (len == 2 && line[0] == '\r');
}

/* One whole line, so that what libhtp sees does not depend on the segments. */
static enum http1_head_result
feed_line(struct http1_head *h, bool request, const uint8_t *line, size_t len)
{
	int rc;

	if (h->fed_len + len > HTTP1_HEAD_MAX_LEN)
		return HTTP1_HEAD_FAILED;
	h->fed_len += (uint32_t)len;
	rc = request ? htp_connp_req_data(h->connp, NULL, line, len) :
	    htp_connp_res_data(h->connp, NULL, line, len);
	if (h->tx)
		return h->bare ? HTTP1_HEAD_BARE : HTTP1_HEAD_DONE;
	if (rc == HTP_STREAM_DATA)
		return HTTP1_HEAD_MORE;
	/* libhtp gives up on a response that it has read but whose length it
	 * can't make out */
	if (h->line_tx && is_empty_line(line, len)) {
		h->tx = h->line_tx;
		return HTTP1_HEAD_DONE;
	}
	return HTTP1_HEAD_FAILED;
}

/* The headers are kept where get_headers() keeps those of libhtp. */
static bool
read_plain(struct http1_head *h, bool request, bool to_head_method,
    const uint8_t *data, size_t len, size_t *ret_used)
{
	struct http_header headers[HTTP1_PLAIN_MAX_HEADERS];
	size_t size;

	if (!http1_plain_read(data, len, request, to_head_method, headers,
	    &h->plain_head, &h->framing, ret_used))
		return false;
	size = h->plain_head.header_count * sizeof(*headers);
	free(h->headers);
	h->headers = malloc(size + 1);
	if (!h->headers)
		return false;
	memcpy(h->headers, headers, size);
	h->plain_head.headers = h->headers;
	h->plain = true;
	return true;
}

enum http1_head_result
http1_head_feed(struct http1_head *h, bool request, bool to_head_method,
    const uint8_t *data, size_t len, size_t *ret_used)
{
	struct cursor c = cur_init(data, len);
	enum http1_head_result result = HTTP1_HEAD_MORE;

	*ret_used = 0;
	if (!h->connp && read_plain(h, request, to_head_method, data, len,
	    ret_used))
		return HTTP1_HEAD_DONE;
	if (!h->connp && !head_start(h, to_head_method))
		return HTTP1_HEAD_FAILED;
	while (result == HTTP1_HEAD_MORE && cur_left(&c)) {
		const uint8_t *line = cur_peek(&c);
		const uint8_t *lf = memchr(line, '\n', cur_left(&c));
		size_t line_len = lf ? (size_t)(lf - line) + 1 : cur_left(&c);

		cur_skip(&c, line_len);
		if (!lf || h->partial.len) {
			buf_append(&h->partial, line, line_len);
			if (h->partial.failed)
				return HTTP1_HEAD_FAILED;
			line = h->partial.data;
			line_len = h->partial.len;
		}
		if (lf) {
			result = feed_line(h, request, line, line_len);
			buf_reset(&h->partial);
		}
		if (result != HTTP1_HEAD_FAILED)
			*ret_used = len - cur_left(&c);
	}
	return result;
}

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

void
http1_head_reset(struct http1_head *h)
{
	if (h->connp)
		htp_connp_destroy_all(h->connp);
	free(h->headers);
	buf_clear(&h->partial);
	*h = (struct http1_head){ 0 };
}
