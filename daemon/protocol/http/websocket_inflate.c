// SPDX-License-Identifier: Apache-2.0
#include "protocol/http/websocket_inflate.h"

#include <errno.h>
#include <stdlib.h>

#include <zlib.h>

#define PIECE_LEN 8192

static int
start(struct websocket_inflate *w)
{
	if (w->lost)
		return ERR_MALFORMED;
	if (w->z)
		return 0;
	w->z = calloc(1, sizeof(*w->z));
	if (!w->z)
		return -ENOMEM;
	/* the largest window reads every smaller one */
	if (inflateInit2(w->z, -15) != Z_OK) {
		free(w->z);
		w->z = NULL;
		return -ENOMEM;
	}
	return 0;
}

int
websocket_inflate_data(struct websocket_inflate *w, const uint8_t *data,
    size_t len, websocket_inflate_out *out, void *arg)
{
	uint8_t piece[PIECE_LEN];
	int rc = start(w);

	if (rc)
		return rc;
	w->z->next_in = (Bytef *)(uintptr_t)data;
	w->z->avail_in = (uInt)len;
	do {
		w->z->next_out = piece;
		w->z->avail_out = sizeof(piece);
		rc = inflate(w->z, Z_SYNC_FLUSH);
		if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR) {
			w->lost = true;
			return ERR_MALFORMED;
		}
		w->message_len += sizeof(piece) - w->z->avail_out;
		if (w->message_len > WEBSOCKET_INFLATE_MAX_LEN) {
			w->lost = true;
			return ERR_LIMIT;
		}
		if (w->z->avail_out < sizeof(piece))
			out(arg, piece, sizeof(piece) - w->z->avail_out);
		if (rc == Z_STREAM_END && inflateReset(w->z) != Z_OK)
			return ERR_MALFORMED;
	} while (rc != Z_BUF_ERROR &&
	    (w->z->avail_in || w->z->avail_out == 0));
	return 0;
}

void
websocket_inflate_begin(struct websocket_inflate *w)
{
	w->message_len = 0;
	if (!w->alone)
		return;
	w->lost = w->z && inflateReset(w->z) != Z_OK;
}

int
websocket_inflate_end(struct websocket_inflate *w, websocket_inflate_out *out,
    void *arg)
{
	/* RFC 7692, 7.2.2: the sender took these off */
	static const uint8_t tail[] = { 0, 0, 0xff, 0xff };

	return websocket_inflate_data(w, tail, sizeof(tail), out, arg);
}

void
websocket_inflate_lose(struct websocket_inflate *w)
{
	w->lost = true;
}

void
websocket_inflate_clear(struct websocket_inflate *w)
{
	if (w->z)
		inflateEnd(w->z);
	free(w->z);
	w->z = NULL;
}
