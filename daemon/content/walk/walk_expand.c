// SPDX-License-Identifier: Apache-2.0
/* Files under bzip2 and LZMA that are no archives. */
#include <string.h>

#include "content/walk/expand.h"
#include "content/walk/walkers.h"

#define OUT_LEN		(16 * 1024)
#define LZMA_HEAD	13
#define LZMA_TRIAL	256	/* what the first bytes must unpack to */

struct expand_state {
	struct expand *u;
	unsigned method;
	bool done;
};

static bool
open_method(struct scan_node *n, unsigned method)
{
	struct expand_state *st = n->state;

	st->method = method;
	st->u = expand_new(method, UINT64_MAX);
	return st->u != NULL;
}

static bool
bzip2_open(struct scan_node *n)
{
	return open_method(n, EXPAND_BZIP2);
}

static bool
lzma_open(struct scan_node *n)
{
	return open_method(n, EXPAND_LZMA_ALONE);
}

/* Behind the end: bzip2 files may be put one behind the other. */
static bool
begin_again(struct scan_node *n, struct expand_state *st, uint8_t c)
{
	n->parsed = false;
	if (st->method != EXPAND_BZIP2 || c != 'B')
		return false;
	expand_free(st->u);
	st->u = expand_new(st->method, UINT64_MAX);
	return st->u != NULL;
}

static void
expand_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct expand_state *st = n->state;
	uint8_t out[OUT_LEN];
	size_t used, made = sizeof(out);

	while (!st->done && (len || made == sizeof(out))) {
		enum expand_result r;

		if (n->parsed && !len)
			break;
		if (n->parsed && !begin_again(n, st, *p)) {
			st->done = true;
			break;
		}
		r = expand_some(st->u, p, len, &used, out, sizeof(out), &made);
		p += used;
		len -= used;
		if (made && !node_emit(n, out, made))
			st->done = true;
		if (r == EXPAND_HUGE)
			scan_limit(n->s,
			    "LZMA wants more than 128 MiB to unwrap");
		n->parsed = !st->done && r == EXPAND_END;
		st->done |= r == EXPAND_BAD || r == EXPAND_HUGE;
		if (!used && !made)
			break;
	}
}

static void
expand_close(struct scan_node *n)
{
	struct expand_state *st = n->state;

	expand_free(st->u);
	st->u = NULL;
}

bool
bzip2_fits(const uint8_t *p, size_t len)
{
	return len >= 14 && !memcmp(p, "BZh", 3) && p[3] >= '1' &&
	    p[3] <= '9' && !memcmp(p + 4, "1AY&SY", 6);
}

/* Properties of an encoder, a dictionary of 2^n or 2^n + 2^(n-1), and a range
 * coder that begins with nought and decodes. */
bool
lzma_fits(const uint8_t *p, size_t len)
{
	uint8_t out[LZMA_TRIAL];
	enum expand_result r;
	struct expand *u;
	size_t used, made;
	uint32_t dict, low;

	if (len < 24 || p[0] != 0x5d || p[LZMA_HEAD])
		return false;
	dict = (uint32_t)p[1] | (uint32_t)p[2] << 8 | (uint32_t)p[3] << 16 |
	    (uint32_t)p[4] << 24;
	low = dict & -dict;
	if (dict < 4096 || (dict != low && dict != 3 * low))
		return false;
	u = expand_new(EXPAND_LZMA_ALONE, UINT64_MAX);
	if (!u)
		return false;
	r = expand_some(u, p, len, &used, out, sizeof(out), &made);
	expand_free(u);
	return r == EXPAND_END || (r == EXPAND_MORE && made);
}

const struct walker walker_bzip2 = {
	.name = "bzip2",
	.state_len = sizeof(struct expand_state),
	.open = bzip2_open,
	.data = expand_data,
	.close = expand_close,
};

const struct walker walker_lzma = {
	.name = "lzma",
	.state_len = sizeof(struct expand_state),
	.open = lzma_open,
	.data = expand_data,
	.close = expand_close,
};
