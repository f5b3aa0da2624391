/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UNIT_PROTOCOL_HTTP1_BENCH_H
#define UNIT_PROTOCOL_HTTP1_BENCH_H

/* Pieces of a stream given to an HTTP/1 layer, for the tests of ordinary
 * messages and of odd ones. */

#include "layer_bench.h"
#include "protocol/http/http1.h"

static inline int
start(void **state)
{
	bench_open();
	layer = http1_layer_new(&record.conn);
	return layer ? 0 : -1;
}

static inline int
stop(void **state)
{
	bench_close();
	return 0;
}

static inline void
say(unsigned side, const char *text)
{
	bench_give(side, text, strlen(text), SIZE_MAX / 2);
}

#define GET_X "GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"
#define GET_Y "GET /y HTTP/1.1\r\nHost: a.example\r\n\r\n"
#define OK_3 "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"
#define X "GET http://a.example/x 1.1 complete < "
#define Y "GET http://a.example/y 1.1 complete < "

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

#endif
