// SPDX-License-Identifier: Apache-2.0
/* Bytes as hex digits of either case, with white space between them, or as
 * AA:BB, AA-BB, 0xAA, \xAA. */
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
		if (byte_is(p[i], BYTE_SPACE) || p[i] == ':' || p[i] == ',' ||
		    p[i] == '-' || p[i] == '\\')
			continue;
		if ((p[i] | 0x20) == 'x' && (!st->half || !st->high)) {
			st->half = false;
			continue;
		}
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

/* What stands between digits is white space; or colons, dashes or commas between
 * bytes, each of two digits; or a prefix to each byte, or to all of them. */
static size_t
count_digits(const uint8_t *p, size_t len)
{
	size_t digits = 0, zeros = 0, group = 0, prefixes = 0, marks = 0;
	size_t letters = 0;

	for (size_t i = 0; i < len; i++) {
		zeros += p[i] == 'A';
		if (byte_is(p[i], BYTE_HEX)) {
			letters += !byte_is(p[i], BYTE_DIGIT);
			digits++;
			group++;
		} else if (byte_is(p[i], BYTE_SPACE)) {
			group = 0;
		} else if (p[i] == ':' || p[i] == ',' || p[i] == '-') {
			if (group != 2)
				return 0;
			marks += p[i] == ',';
			group = 0;
		} else if ((p[i] | 0x20) == 'x' && ((group == 1 &&
		    p[i - 1] == '0') || (!group && i && p[i - 1] == '\\'))) {
			digits -= group;
			group = 0;
			prefixes++;
		} else if (p[i] == '\\') {
			group = 0;
		} else {
			return 0;
		}
	}
	/* nothing but A is more often zeros in base64; numbers with commas
	 * between them are decimal unless they say otherwise */
	return zeros < digits && (marks <= prefixes || letters) ? digits : 0;
}

bool
hex_fits(const uint8_t *p, size_t len)
{
	return count_digits(p, len) >= FIT_MIN;
}

size_t
hex_len(const uint8_t *p, size_t len)
{
	size_t digits = count_digits(p, len);

	return digits % 2 ? 0 : digits / 2;
}

const struct walker walker_hex = {
	.name = "hex",
	.state_len = sizeof(struct hex_state),
	.open = hex_open,
	.data = hex_data,
	.close = hex_close,
};
