// SPDX-License-Identifier: Apache-2.0
#include <zstd.h>

#include "content/walk/walkers.h"

#define OUT_LEN	(16 * 1024)
#define WINDOW_LOG_MAX	27	/* 128 MiB, what decoders must take at most */

struct zstd_state {
	ZSTD_DStream *d;
	bool done;
};

static bool
zstd_open(struct scan_node *n)
{
	struct zstd_state *st = n->state;

	st->d = ZSTD_createDStream();
	if (!st->d)
		return false;
	ZSTD_DCtx_setParameter(st->d, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
	return true;
}

static void
zstd_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct zstd_state *st = n->state;
	uint8_t out[OUT_LEN];
	ZSTD_inBuffer in = { p, len, 0 };
	ZSTD_outBuffer to = { out, sizeof(out), sizeof(out) };
	size_t r;

	while (!st->done && (in.pos < in.size || to.pos == to.size)) {
		to.pos = 0;
		r = ZSTD_decompressStream(st->d, &to, &in);
		if (to.pos && !node_emit(n, out, to.pos))
			st->done = true;
		if (ZSTD_isError(r)) {
			n->parsed = false;
			st->done = true;
			break;
		}
		n->parsed = !st->done && r == 0;
	}
}

static void
zstd_close(struct scan_node *n)
{
	struct zstd_state *st = n->state;

	ZSTD_freeDStream(st->d);
	st->d = NULL;
}

const struct walker walker_zstd = {
	.name = "zstd",
	.state_len = sizeof(struct zstd_state),
	.open = zstd_open,
	.data = zstd_data,
	.close = zstd_close,
};
