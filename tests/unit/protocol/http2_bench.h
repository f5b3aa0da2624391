/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UNIT_PROTOCOL_HTTP2_BENCH_H
#define UNIT_PROTOCOL_HTTP2_BENCH_H

/* Frames put together and given to an HTTP/2 layer, for the tests of ordinary
 * streams and of odd ones. */

#include "h2_frames.h"
#include "layer_bench.h"
#include "protocol/http/http2.h"
#include "protocol/http/http2_conn.h"

static nghttp2_hd_deflater *deflater[2];
static struct buf out;

#define HEADERS_END (HTTP2_END_HEADERS | HTTP2_END_STREAM)

static inline int
start(void **state)
{
	bench_open();
	buf_init(&out, 0);
	layer = http2_layer_new(&record.conn);
	return nghttp2_hd_deflate_new(&deflater[0], 4096) ||
	    nghttp2_hd_deflate_new(&deflater[1], 4096) || !layer ? -1 : 0;
}

static inline int
stop(void **state)
{
	bench_close();
	nghttp2_hd_deflate_del(deflater[0]);
	nghttp2_hd_deflate_del(deflater[1]);
	buf_clear(&out);
	return 0;
}

/* Sends what was written, in pieces of at most step bytes. */
static inline void
send_in(unsigned side, size_t step)
{
	bench_give(side, out.data, out.len, step);
	buf_reset(&out);
}

static inline void
send_out(unsigned side)
{
	send_in(side, SIZE_MAX / 2);
}

static inline void
lose(unsigned side, uint64_t len)
{
	layer->ops->gap(layer, side, len, &now);
}

static inline void
say_hello(void)
{
	buf_str(&out, H2_PREFACE);
	h2_frame(&out, HTTP2_SETTINGS, 0, 0, "\0\3\0\0\0\144", 6);
	send_out(0);
	h2_frame(&out, HTTP2_SETTINGS, 0, 0, "", 0);
	h2_frame(&out, HTTP2_SETTINGS, HTTP2_ACK, 0, "", 0);
	send_out(1);
}

static inline void
write_head(unsigned side, unsigned flags, uint32_t id,
    const char *const *fields)
{
	uint8_t block[1024];
	size_t len = h2_block(deflater[side], block, sizeof(block), fields);

	h2_frame(&out, HTTP2_HEADERS, flags, id, block, len);
}

static inline void
request(uint32_t id, unsigned flags, const char *method, const char *path)
{
	write_head(0, flags, id, (const char *[]){ ":method", method,
	    ":scheme", "https", ":authority", "a.example:8443", ":path", path,
	    "x-app", "telltap test", NULL });
}

static inline void
response(uint32_t id, unsigned flags, const char *status)
{
	write_head(1, flags, id, (const char *[]){ ":status", status,
	    "server", "s", NULL });
}

static inline void
write_data(uint32_t id, unsigned flags, const char *text)
{
	h2_frame(&out, HTTP2_DATA, flags, id, text, strlen(text));
}

#define URL "https://a.example"

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

#endif
