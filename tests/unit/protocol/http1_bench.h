/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UNIT_PROTOCOL_HTTP1_BENCH_H
#define UNIT_PROTOCOL_HTTP1_BENCH_H

/* Pieces of a stream given to an HTTP/1 layer, for the tests of ordinary
 * messages and of odd ones. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocol/http1.h"
#include "record.h"

static struct layer *layer;
static uint64_t sent[2];
static const struct when now = { 1000, 1 };

static inline int
start(void **state)
{
	record_clear();
	sent[0] = sent[1] = 0;
	layer = http1_layer_new(&record.conn);
	return layer ? 0 : -1;
}

static inline int
stop(void **state)
{
	layer->ops->free(layer);
	record_clear();
	return 0;
}

static inline void
say(unsigned side, const char *text)
{
	layer->ops->data(layer, side, (const uint8_t *)text, strlen(text), &now);
	sent[side] += strlen(text);
}

static inline void
over(void)
{
	layer->ops->finish(layer, &now);
	assert_int_equal(record.ended, record.count);
	assert_int_equal(record_bytes(0), sent[0]);
	assert_int_equal(record_bytes(1), sent[1]);
}

#define GET_X "GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"
#define GET_Y "GET /y HTTP/1.1\r\nHost: a.example\r\n\r\n"
#define OK_3 "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"
#define X "GET http://a.example/x 1.1 complete < "
#define Y "GET http://a.example/y 1.1 complete < "

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

#endif
