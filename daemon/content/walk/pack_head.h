/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_PACK_HEAD_H
#define CONTENT_PACK_HEAD_H

#include <stdint.h>

/*
 * The first bytes of values in MessagePack and CBOR: what they mean, for the
 * machine that walks both.
 */

#define PACK_OPEN_ENDED	UINT64_MAX

enum pack_kind {
	PACK_NUMBER,		/* and all else of no content */
	PACK_TEXT,
	PACK_BYTES,
	PACK_ARRAY,
	PACK_MAP,
	PACK_TAG,		/* CBOR: says something of the next value */
	PACK_BREAK,
	PACK_BAD,
};

/* What a first byte means. */
struct pack_head {
	enum pack_kind kind;
	unsigned more;		/* bytes of length or count that follow */
	unsigned skip;		/* then bytes without interest */
	uint64_t count;		/* if none follow */
};

struct pack_head pack_head_msgpack(uint8_t c);
struct pack_head pack_head_cbor(uint8_t c);

#endif
