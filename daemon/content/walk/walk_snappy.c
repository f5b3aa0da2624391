// SPDX-License-Identifier: Apache-2.0
/* Snappy's framing format: chunks of at most 64 KiB unpacked. */
#include <snappy-c.h>
#include <stdlib.h>
#include <string.h>

#include "content/walk/walkers.h"

#define PLAIN_MAX	65536
#define CHUNK_MAX	(4 + 76490)	/* checksum, and the worst case */

struct snappy_state {
	size_t have, want;
	bool in_chunk, done;
	uint8_t type;
	uint8_t head[4];
	uint8_t *chunk, *plain;
};

static bool
snappy_open(struct scan_node *n)
{
	struct snappy_state *st = n->state;

	st->chunk = malloc(CHUNK_MAX);
	st->plain = malloc(PLAIN_MAX);
	st->want = sizeof(st->head);
	n->parsed = true;
	if (st->chunk && st->plain)
		return true;
	free(st->chunk);
	free(st->plain);
	return false;
}

static void
chunk_end(struct scan_node *n, struct snappy_state *st)
{
	size_t len = PLAIN_MAX;
	bool fine = true;

	if (st->type == 0 && st->have > 4)
		fine = snappy_uncompress((const char *)st->chunk + 4,
		    st->have - 4, (char *)st->plain, &len) == SNAPPY_OK &&
		    (!len || node_emit(n, st->plain, len));
	else if (st->type == 1 && st->have > 4)
		fine = node_emit(n, st->chunk + 4, st->have - 4);
	else if (st->type >= 2 && st->type < 0x80)
		fine = false;
	st->done |= !fine;
	n->parsed &= fine;
	st->in_chunk = false;
	st->have = 0;
	st->want = sizeof(st->head);
}

static void
snappy_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct snappy_state *st = n->state;

	while (!st->done && (len || (st->in_chunk && !st->want))) {
		size_t take = st->want - st->have;

		take = take < len ? take : len;
		if (take)
			memcpy((st->in_chunk ? st->chunk : st->head) +
			    st->have, p, take);
		st->have += take;
		p += take;
		len -= take;
		if (st->have < st->want)
			break;
		if (st->in_chunk) {
			chunk_end(n, st);
			continue;
		}
		st->type = st->head[0];
		st->want = (size_t)st->head[1] | (size_t)st->head[2] << 8 |
		    (size_t)st->head[3] << 16;
		st->in_chunk = true;
		st->have = 0;
		if (st->want > CHUNK_MAX) {
			st->done = true;
			n->parsed = false;
		}
	}
}

static void
snappy_close(struct scan_node *n)
{
	struct snappy_state *st = n->state;

	if (st->in_chunk || st->have)
		n->parsed = false;
	free(st->chunk);
	free(st->plain);
}

const struct walker walker_snappy = {
	.name = "snappy",
	.state_len = sizeof(struct snappy_state),
	.open = snappy_open,
	.data = snappy_data,
	.close = snappy_close,
};
