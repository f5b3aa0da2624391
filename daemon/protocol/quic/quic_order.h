/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_QUIC_ORDER_H
#define PROTOCOL_QUIC_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Puts the pieces of one QUIC stream, or of one level's CRYPTO, in order. What
 * comes in order is passed on without a copy. Bytes seen first win. Used by the
 * QUIC layer, in caller storage.
 *
 * Ceiling: QUIC_ORDER_MAX_LEN bytes or QUIC_ORDER_MAX_PIECES pieces wait; above
 * it the oldest hole becomes a gap.
 */

#define QUIC_ORDER_MAX_LEN	(512 * 1024)
#define QUIC_ORDER_MAX_PIECES	512

struct quic_piece;

struct quic_order {
	uint64_t next;			/* offset of the next byte */
	struct quic_piece *pieces;	/* waiting, by offset */
	size_t held_len, held_count;
};

struct quic_order_sink {
	void (*data)(void *arg, const uint8_t *data, size_t len);
	/* len > 0 bytes are missing. */
	void (*gap)(void *arg, uint64_t len);
};

void quic_order_data(struct quic_order *o, uint64_t offset,
    const uint8_t *data, size_t len, const struct quic_order_sink *sink,
    void *arg);

/* No more pieces: holes become gaps, what waits is passed on. */
void quic_order_flush(struct quic_order *o, const struct quic_order_sink *sink,
    void *arg);

/* Frees what waits. */
void quic_order_clear(struct quic_order *o);

#endif
