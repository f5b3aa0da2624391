/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UNIT_PROTOCOL_LAYER_BENCH_H
#define UNIT_PROTOCOL_LAYER_BENCH_H

/* One layer, what it was given each way, and the record of what it told: what
 * the benches of single protocols stand on. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "record.h"

static struct layer *layer;
static uint64_t sent[2];
static struct when now;

static inline void
bench_open(void)
{
	record_clear();
	sent[0] = sent[1] = 0;
	now = (struct when){ 1000, 1 };
}

static inline void
bench_close(void)
{
	layer->ops->free(layer);
	record_clear();
}

/* Gives the layer bytes in pieces of at most piece bytes. */
static inline void
bench_give(unsigned side, const void *data, size_t len, size_t piece)
{
	const uint8_t *p = data;

	for (size_t at = 0; at < len; at += piece)
		layer->ops->data(layer, side, p + at,
		    len - at < piece ? len - at : piece, &now);
	sent[side] += len;
}

/* The end: every message ended, and every byte given is one of a message. */
static inline void
over(void)
{
	layer->ops->finish(layer, &now);
	assert_int_equal(record.ended, record.count);
	assert_int_equal(record_bytes(0), sent[0]);
	assert_int_equal(record_bytes(1), sent[1]);
}

#endif
