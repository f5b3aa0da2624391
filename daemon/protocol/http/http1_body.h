/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_HTTP1_BODY_H
#define PROTOCOL_HTTP1_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "protocol/http/http1_head.h"

/*
 * Walks one HTTP/1 body: tells entity bytes from chunk framing, holds nothing
 * but part of a chunk-size line. Whatever the segments, the same bytes come
 * out. Used by the HTTP/1 layer, in caller storage.
 *
 * Chunked goes line, data, end, line, ..., and after the chunk of length zero
 * trailer lines up to an empty one. A line without a length breaks the body:
 * all that follows, that line too, is entity, since a reader is shown rather
 * too much than too little.
 */

enum http1_body_state {
	HTTP1_BODY_LENGTH,	/* left bytes */
	HTTP1_BODY_CLOSE,	/* all bytes */
	HTTP1_BODY_LINE,	/* chunk length */
	HTTP1_BODY_EXTENSION,	/* the rest of its line */
	HTTP1_BODY_DATA,	/* left bytes of a chunk */
	HTTP1_BODY_DATA_END,
	HTTP1_BODY_TRAILER,
	HTTP1_BODY_DONE,
	HTTP1_BODY_BROKEN,	/* all bytes, as they come */
};

#define HTTP1_BODY_LINE_MAX_LEN 32

struct http1_body {
	uint64_t left;
	uint8_t state;			/* enum http1_body_state */
	bool digits;			/* the line has some */
	bool line_empty;		/* of the trailer */
	uint8_t line_len;
	uint8_t line[HTTP1_BODY_LINE_MAX_LEN];
};

void http1_body_init(struct http1_body *b, enum http1_framing framing,
    uint64_t length);

/*
 * http1_body_step - takes some of len > 0 bytes; not to be called when done.
 *
 * Returns how many, 0 only if the state changed; *ret_entity is what the step
 * gave of the entity, in data or in b, until the next step.
 */
size_t http1_body_step(struct http1_body *b, const uint8_t *data, size_t len,
    struct span *ret_entity);

/*
 * http1_body_gap - len bytes are missing from the stream.
 *
 * Returns how many of them are of the entity, by the framing; what is left over
 * lies behind the body, which then is done, unless the gap broke it.
 */
uint64_t http1_body_gap(struct http1_body *b, uint64_t len);

#endif
