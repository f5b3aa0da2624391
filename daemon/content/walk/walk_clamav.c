// SPDX-License-Identifier: Apache-2.0
/* ClamAV's databases: 512 bytes of text, and a tar in gzip or not (.cvd, .cld). */
#include "content/walk/walkers.h"

#define HEAD_LEN	512u

struct clamav_state {
	size_t skipped;
	bool done;
};

static bool
clamav_open(struct scan_node *n)
{
	return true;
}

static void
clamav_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct clamav_state *st = n->state;
	size_t skip = HEAD_LEN - st->skipped < len ? HEAD_LEN - st->skipped :
	    len;

	st->skipped += skip;
	if (len > skip && !st->done)
		st->done = !node_emit(n, p + skip, len - skip);
}

static void
clamav_close(struct scan_node *n)
{
	n->parsed = true;
}

const struct walker walker_clamav = {
	.name = "clamav",
	.state_len = sizeof(struct clamav_state),
	.open = clamav_open,
	.data = clamav_data,
	.close = clamav_close,
};
