// SPDX-License-Identifier: Apache-2.0
/* Bytes as hex digits of either case, white space between them allowed. */
#include "content/known/byte_class.h"
#include "content/walk/walkers.h"

#define OUT_LEN		(8 * 1024)
#define FIT_MIN		256	/* shorter ones are hashes and numbers */

struct hex_state {
	uint8_t high;
	bool half, done;
	size_t out_len;
	uint8_t out[OUT_LEN];
};

static bool
hex_open(struct scan_node *n)
{
	n->parsed = true;
	return true;
}

static void
flush(struct scan_node *n, struct hex_state *st)
{
	if (st->out_len && !node_emit(n, st->out, st->out_len))
		st->done = true;
	st->out_len = 0;
}

static void
hex_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct hex_state *st = n->state;

	for (size_t i = 0; i < len && !st->done; i++) {
		if (byte_is(p[i], BYTE_SPACE))
			continue;
		if (!byte_is(p[i], BYTE_HEX)) {
			n->parsed = false;
			st->done = true;
			break;
		}
		if (!st->half) {
			st->high = hex_digit(p[i]);
			st->half = true;
			continue;
		}
		st->half = false;
		if (st->out_len == OUT_LEN)
			flush(n, st);
		st->out[st->out_len++] = (uint8_t)(st->high << 4 |
		    hex_digit(p[i]));
	}
	flush(n, st);
}

static void
hex_close(struct scan_node *n)
{
	struct hex_state *st = n->state;

	if (st->half)
		n->parsed = false;
}

bool
hex_fits(const uint8_t *p, size_t len)
{
	size_t digits = 0, zeros = 0;

	for (size_t i = 0; i < len; i++) {
		zeros += p[i] == 'A';
		if (byte_is(p[i], BYTE_HEX))
			digits++;
		else if (!byte_is(p[i], BYTE_SPACE))
			return false;
	}
	/* nothing but A is more often zeros in base64 */
	return digits >= FIT_MIN && zeros < digits;
}

const struct walker walker_hex = {
	.name = "hex",
	.state_len = sizeof(struct hex_state),
	.open = hex_open,
	.data = hex_data,
	.close = hex_close,
};
