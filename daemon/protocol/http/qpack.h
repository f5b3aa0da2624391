/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_QPACK_H
#define PROTOCOL_QPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "protocol/http/http2_head.h"

/*
 * Header blocks of HTTP/3 (RFC 9204) read by libnghttp3: one decoder for what
 * one side sends. Used by the HTTP/3 layer, in caller storage.
 */

/* A table above this is not followed. */
#define QPACK_TABLE_MAX	(1024 * 1024)

struct nghttp3_qpack_decoder;

struct qpack {
	struct nghttp3_qpack_decoder *decoder;
	uint64_t table_len;	/* what the other side allows */
	bool lost;		/* the table is not known any more */
};

void qpack_clear(struct qpack *q);

/* The other side's SETTINGS came: the table may be as long. */
void qpack_allow(struct qpack *q, uint64_t table_len);

/* Bytes of the side's encoder stream, in order. ERR_MALFORMED: lost. */
int qpack_read_encoder(struct qpack *q, const uint8_t *data, size_t len)
	must_check;

/* One whole block. 1: it waits for bytes of the encoder stream; ERR_MALFORMED,
 * then the table is lost. */
int qpack_read_block(struct qpack *q, int64_t stream, const uint8_t *block,
    size_t len, struct http2_fields *fields) must_check;

#endif
