// SPDX-License-Identifier: Apache-2.0
/*
 * A machine that stops wherever the input does: each step takes all the bits it
 * needs or none of them, and is tried again when another byte is there.
 *
 * BLOCK, the head of a block, goes to SIZE (stored), or, over COUNTS, ORDER and
 * LENGTHS, where a block describes its codes, to SYMBOL. A symbol is a byte, or
 * the end of the block, or a length, of which EXTRA, DISTANCE and FAR take the
 * rest before COPY writes it.
 */
#include "content/walk/inflate64.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "content/walk/prefix_code.h"

#define WINDOW		65536u
#define LITERALS	PREFIX_SYMBOLS_MAX
#define DISTANCES	32
#define END_OF_BLOCK	256

enum step {
	BLOCK,
	SIZE,
	STORED,
	COUNTS,
	ORDER,
	LENGTHS,
	SYMBOL,
	EXTRA,
	DISTANCE,
	FAR,
	COPY,
	ENDED,
	BROKEN,
};

struct inflate64 {
	enum step step;
	bool last;
	uint64_t bits;
	unsigned have;
	unsigned literals, distances, orders, at;
	uint32_t symbol, length, distance;
	uint64_t total;
	uint8_t lengths[LITERALS + DISTANCES];
	struct prefix_code literal, far;
	uint8_t window[WINDOW];
};

static const uint16_t length_base[29] = { 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15,
	17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
	3 };
static const uint8_t length_extra[29] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1,
	2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 16 };

struct inflate64 *
inflate64_new(void)
{
	return calloc(1, sizeof(struct inflate64));
}

void
inflate64_free(struct inflate64 *f)
{
	free(f);
}

/* False: they are not all there yet. */
static bool
take(struct inflate64 *f, unsigned n, uint32_t *ret)
{
	if (f->have < n)
		return false;
	*ret = (uint32_t)(f->bits & ((UINT64_C(1) << n) - 1));
	f->bits >>= n;
	f->have -= n;
	return true;
}

/* False: the code is not all there yet. A code that means nothing is
 * PREFIX_NOTHING. */
static bool
decode(struct inflate64 *f, const struct prefix_code *c, uint32_t *ret)
{
	unsigned len = prefix_code_read(c, f->bits, f->have, ret);

	f->bits >>= len;
	f->have -= len;
	return len || *ret == PREFIX_NOTHING;
}

static void
fixed_codes(struct inflate64 *f)
{
	for (unsigned i = 0; i < LITERALS; i++)
		f->lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
	(void)prefix_code_build(&f->literal, f->lengths, LITERALS);
	memset(f->lengths, 5, DISTANCES);
	(void)prefix_code_build(&f->far, f->lengths, DISTANCES);
}

static bool
begin_block(struct inflate64 *f)
{
	uint32_t head;

	if (!take(f, 3, &head))
		return false;
	f->last = head & 1;
	switch (head >> 1) {
	case 0:
		f->bits >>= f->have & 7;
		f->have &= ~7u;
		f->step = SIZE;
		break;
	case 1:
		fixed_codes(f);
		f->step = SYMBOL;
		break;
	case 2:
		f->step = COUNTS;
		break;
	default:
		f->step = BROKEN;
	}
	return true;
}

static void
end_block(struct inflate64 *f)
{
	f->step = f->last ? ENDED : BLOCK;
}

static bool
read_size(struct inflate64 *f)
{
	uint32_t v;

	if (!take(f, 32, &v))
		return false;
	f->length = v & 0xffff;
	f->step = (v >> 16) == (f->length ^ 0xffff) ? STORED : BROKEN;
	if (f->step == STORED && !f->length)
		end_block(f);
	return true;
}

static bool
read_counts(struct inflate64 *f)
{
	uint32_t v;

	if (!take(f, 14, &v))
		return false;
	f->literals = (v & 31) + 257;
	f->distances = (v >> 5 & 31) + 1;
	f->orders = (v >> 10) + 4;
	f->at = 0;
	memset(f->lengths, 0, sizeof(f->lengths));
	f->step = f->literals > LITERALS ? BROKEN : ORDER;
	return true;
}

static bool
read_order(struct inflate64 *f)
{
	static const uint8_t order[19] = { 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11,
		4, 12, 3, 13, 2, 14, 1, 15 };
	uint32_t v;

	if (!take(f, 3, &v))
		return false;
	f->lengths[order[f->at]] = (uint8_t)v;
	if (++f->at < f->orders)
		return true;
	f->step = prefix_code_build(&f->literal, f->lengths, 19) ? LENGTHS : BROKEN;
	f->at = 0;
	return true;
}

/* The lengths of both codes are there. */
static void
build_both(struct inflate64 *f)
{
	uint8_t *far = f->lengths + f->literals;

	f->step = f->lengths[END_OF_BLOCK] && prefix_code_build(&f->far, far,
	    f->distances) && prefix_code_build(&f->literal, f->lengths, f->literals) ?
	    SYMBOL : BROKEN;
}

static bool
broken(struct inflate64 *f)
{
	f->step = BROKEN;
	return true;
}

/* A length, or how often the last one, or none, comes again. */
static bool
read_lengths(struct inflate64 *f)
{
	static const uint8_t extra[3] = { 2, 3, 7 }, base[3] = { 3, 3, 11 };
	unsigned all = f->literals + f->distances, have = f->have;
	uint64_t bits = f->bits;
	uint32_t symbol, more = 1;
	uint8_t value;

	if (!decode(f, &f->literal, &symbol))
		return false;
	if (symbol > 18 || (symbol == 16 && !f->at))
		return broken(f);
	value = symbol < 16 ? (uint8_t)symbol : symbol == 16 ?
	    f->lengths[f->at - 1] : 0;
	if (symbol >= 16) {
		if (!take(f, extra[symbol - 16], &more)) {
			f->bits = bits;
			f->have = have;
			return false;
		}
		more += base[symbol - 16];
	}
	if (more > all - f->at)
		return broken(f);
	memset(f->lengths + f->at, value, more);
	f->at += more;
	if (f->at == all)
		build_both(f);
	return true;
}

static bool
read_extra(struct inflate64 *f)
{
	uint32_t more;

	if (!take(f, length_extra[f->symbol], &more))
		return false;
	f->length = length_base[f->symbol] + more;
	f->step = DISTANCE;
	return true;
}

static bool
read_distance(struct inflate64 *f)
{
	if (!decode(f, &f->far, &f->symbol))
		return false;
	f->step = f->symbol < DISTANCES ? FAR : BROKEN;
	return true;
}

static bool
read_far(struct inflate64 *f)
{
	unsigned bits = f->symbol < 4 ? 0 : f->symbol / 2 - 1;
	uint32_t more;

	if (!take(f, bits, &more))
		return false;
	f->distance = (f->symbol < 4 ? f->symbol : (2 + f->symbol % 2) << bits) +
	    more + 1;
	f->step = f->distance > f->total ? BROKEN : COPY;
	return true;
}

static void
put(struct inflate64 *f, uint32_t c, uint8_t *out, size_t *made)
{
	out[(*made)++] = f->window[f->total++ % WINDOW] = (uint8_t)c;
}

static bool
read_symbol(struct inflate64 *f, uint8_t *out, size_t *made)
{
	if (!decode(f, &f->literal, &f->symbol))
		return false;
	if (f->symbol < END_OF_BLOCK) {
		put(f, f->symbol, out, made);
	} else if (f->symbol == END_OF_BLOCK) {
		end_block(f);
	} else {
		f->symbol -= END_OF_BLOCK + 1;
		f->step = f->symbol < 29 ? EXTRA : BROKEN;
	}
	return true;
}

static void
copy(struct inflate64 *f, uint8_t *out, size_t room, size_t *made)
{
	while (f->length && *made < room) {
		put(f, f->window[(f->total - f->distance) % WINDOW], out, made);
		f->length--;
	}
	if (!f->length)
		f->step = SYMBOL;
}

static bool
stored(struct inflate64 *f, uint8_t *out, size_t *made)
{
	uint32_t c;

	if (!take(f, 8, &c))
		return false;
	put(f, c, out, made);
	if (!--f->length)
		end_block(f);
	return true;
}

/* False: it needs another byte. */
static bool
step(struct inflate64 *f, uint8_t *out, size_t room, size_t *made)
{
	switch (f->step) {
	case BLOCK:
		return begin_block(f);
	case SIZE:
		return read_size(f);
	case STORED:
		return stored(f, out, made);
	case COUNTS:
		return read_counts(f);
	case ORDER:
		return read_order(f);
	case LENGTHS:
		return read_lengths(f);
	case SYMBOL:
		return read_symbol(f, out, made);
	case EXTRA:
		return read_extra(f);
	case DISTANCE:
		return read_distance(f);
	case FAR:
		return read_far(f);
	case COPY:
		copy(f, out, room, made);
		return true;
	default:
		return true;
	}
}

enum inflate64_result
inflate64_some(struct inflate64 *f, const uint8_t *p, size_t len,
    size_t *ret_used, uint8_t *out, size_t room, size_t *ret_made)
{
	size_t used = 0, made = 0;

	while (f->step < ENDED && made < room) {
		if (step(f, out, room, &made))
			continue;
		if (used == len)
			break;
		f->bits |= (uint64_t)p[used++] << f->have;
		f->have += 8;
	}
	*ret_used = used;
	*ret_made = made;
	return f->step == ENDED ? INFLATE64_END : f->step == BROKEN ?
	    INFLATE64_BAD : INFLATE64_MORE;
}
