// SPDX-License-Identifier: Apache-2.0
#include <lz4frame.h>

#include "content/walk/walkers.h"

#define OUT_LEN	(16 * 1024)

struct lz4_state {
	LZ4F_dctx *d;
	bool done;
};

static bool
lz4_open(struct scan_node *n)
{
	struct lz4_state *st = n->state;

	return !LZ4F_isError(LZ4F_createDecompressionContext(&st->d,
	    LZ4F_VERSION));
}

static void
lz4_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct lz4_state *st = n->state;
	uint8_t out[OUT_LEN];
	size_t in, room = 0, r;

	do {
		in = len;
		room = sizeof(out);
		if (st->done)
			return;
		r = LZ4F_decompress(st->d, out, &room, p, &in, NULL);
		if (LZ4F_isError(r) ||
		    (room && !node_emit(n, out, room))) {
			st->done = true;
			n->parsed = false;
			return;
		}
		n->parsed = r == 0;
		p += in;
		len -= in;
	} while (len || room == sizeof(out));
}

static void
lz4_close(struct scan_node *n)
{
	struct lz4_state *st = n->state;

	LZ4F_freeDecompressionContext(st->d);
	st->d = NULL;
}

const struct walker walker_lz4 = {
	.name = "lz4",
	.state_len = sizeof(struct lz4_state),
	.open = lz4_open,
	.data = lz4_data,
	.close = lz4_close,
};
