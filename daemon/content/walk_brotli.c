// SPDX-License-Identifier: Apache-2.0
#include <brotli/decode.h>

#include "content/walkers.h"

#define OUT_LEN	(16 * 1024)

struct brotli_state {
	BrotliDecoderState *d;
	bool done;
};

static bool
brotli_open(struct scan_node *n)
{
	struct brotli_state *st = n->state;

	st->d = BrotliDecoderCreateInstance(NULL, NULL, NULL);
	return st->d != NULL;
}

static void
brotli_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct brotli_state *st = n->state;
	BrotliDecoderResult r = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
	uint8_t out[OUT_LEN], *to;
	size_t room;

	if (n->parsed) {	/* bytes behind the end */
		n->parsed = false;
		st->done = true;
	}
	while (!st->done && (len ||
	    r == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT)) {
		to = out;
		room = sizeof(out);
		r = BrotliDecoderDecompressStream(st->d, &len, &p, &room, &to,
		    NULL);
		if (room < sizeof(out) &&
		    !node_emit(n, out, sizeof(out) - room))
			st->done = true;
		if (r == BROTLI_DECODER_RESULT_ERROR)
			st->done = true;
		if (r == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT)
			break;
		if (r == BROTLI_DECODER_RESULT_SUCCESS) {
			n->parsed = !st->done && !len;
			st->done |= len > 0;
			break;
		}
	}
}

static void
brotli_close(struct scan_node *n)
{
	struct brotli_state *st = n->state;

	BrotliDecoderDestroyInstance(st->d);
	st->d = NULL;
}

bool
brotli_fits(const uint8_t *p, size_t len)
{
	BrotliDecoderState *d = BrotliDecoderCreateInstance(NULL, NULL, NULL);
	BrotliDecoderResult r = BROTLI_DECODER_RESULT_ERROR;
	uint8_t out[256], *to = out;
	size_t room = sizeof(out);

	if (d)
		r = BrotliDecoderDecompressStream(d, &len, &p, &room, &to,
		    NULL);
	BrotliDecoderDestroyInstance(d);
	return r != BROTLI_DECODER_RESULT_ERROR;
}

const struct walker walker_brotli = {
	.name = "br",
	.state_len = sizeof(struct brotli_state),
	.open = brotli_open,
	.data = brotli_data,
	.close = brotli_close,
};
