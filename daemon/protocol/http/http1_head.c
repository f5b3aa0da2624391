// SPDX-License-Identifier: Apache-2.0
#include "protocol/http/http1_head.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <htp/htp.h>

#include "base/cursor.h"
#include "protocol/http/http1_plain.h"

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

void
http1_head_reset(struct http1_head *h)
{
	if (h->connp)
		htp_connp_destroy_all(h->connp);
	free(h->headers);
	buf_clear(&h->partial);
	*h = (struct http1_head){ 0 };
}
