// SPDX-License-Identifier: Apache-2.0
#include <lzma.h>

#include "content/walk/walkers.h"

#define OUT_LEN		(16 * 1024)
#define MEMORY_MAX	(128ull << 20)

struct xz_state {
	lzma_stream z;
	bool done;
};

static bool
xz_open(struct scan_node *n)
{
	struct xz_state *st = n->state;

	st->z = (lzma_stream)LZMA_STREAM_INIT;
	return lzma_stream_decoder(&st->z, MEMORY_MAX, LZMA_CONCATENATED) ==
	    LZMA_OK;
}

static void
xz_run(struct scan_node *n, lzma_action action)
{
	struct xz_state *st = n->state;
	uint8_t out[OUT_LEN];
	lzma_ret r = LZMA_OK;

	do {
		st->z.next_out = out;
		st->z.avail_out = sizeof(out);
		r = lzma_code(&st->z, action);
		if (st->z.avail_out < sizeof(out) &&
		    !node_emit(n, out, sizeof(out) - st->z.avail_out))
			st->done = true;
	} while (!st->done && r == LZMA_OK &&
	    (st->z.avail_in || !st->z.avail_out));
	if (r == LZMA_MEMLIMIT_ERROR)
		scan_limit(n->s, "xz wants more than 128 MiB to unwrap");
	n->parsed = !st->done && r == LZMA_STREAM_END;
	st->done |= r != LZMA_OK && r != LZMA_BUF_ERROR;
}

static void
xz_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct xz_state *st = n->state;

	st->z.next_in = p;
	st->z.avail_in = len;
	if (!st->done)
		xz_run(n, LZMA_RUN);
}

static void
xz_close(struct scan_node *n)
{
	struct xz_state *st = n->state;

	st->z.next_in = NULL;
	st->z.avail_in = 0;
	if (!st->done)
		xz_run(n, LZMA_FINISH);
	lzma_end(&st->z);
}

const struct walker walker_xz = {
	.name = "xz",
	.state_len = sizeof(struct xz_state),
	.open = xz_open,
	.data = xz_data,
	.close = xz_close,
};
