/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_QUIC_FRAMES_H
#define PROTOCOL_QUIC_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"
#include "base/err.h"
#include "base/span.h"

/*
 * The frames in an opened QUIC packet (RFC 9000, 19): bytes in, struct out.
 */

enum quic_frame_kind {
	QUIC_FRAME_OTHER,	/* read and passed over */
	QUIC_FRAME_CRYPTO,
	QUIC_FRAME_STREAM,
	QUIC_FRAME_RESET_STREAM,
	QUIC_FRAME_NEW_CONNECTION_ID,
	QUIC_FRAME_CLOSE,
};

struct quic_frame {
	enum quic_frame_kind kind;
	uint64_t stream;	/* STREAM, RESET_STREAM */
	uint64_t offset;	/* CRYPTO, STREAM; final size of RESET_STREAM */
	bool fin;
	struct span data;	/* CRYPTO, STREAM; the new connection ID */
	struct span token;	/* that goes with it */
};

/* A number of RFC 9000, 16. */
uint64_t quic_varint(struct cursor *c);

/* The next frame. 0, ERR_END, ERR_MALFORMED, or ERR_UNSUPPORTED for a type that
 * is not known; then the rest can't be read. */
int quic_frame_next(struct cursor *c, struct quic_frame *ret) must_check;

#endif
