// SPDX-License-Identifier: Apache-2.0
#include "content/walk/unxor.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "content/scan_tree.h"

#define PLACES		16
#define TRIES_MAX	4096	/* places that are compared */
#define OUT_LEN		4096

/* Bytes that all scans together keep for this. */
#define KEPT_MAX	(256u << 20)

static atomic_size_t kept_now;

static const char name[] = "xor";	/* as an encoding */

struct unxor {
	struct scan_node *node, *child;
	size_t len, cap;
	uint64_t offset;	/* of the bytes to come */
	uint32_t lag;
	int tries;
	bool text, decided, found;
	uint8_t *head;
	uint8_t *key;		/* by offset modulo lag */
};

struct unxor *
unxor_new(struct scan_node *n, bool text)
{
	struct unxor *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->node = n;
	x->text = text;
	return x;
}

/* Every other byte is the same a key's length on: zeros, or the like, under a
 * key of a few bytes. */
static bool
repeats(const struct unxor *x, size_t lag)
{
	size_t len = x->len < SCAN_HEAD ? x->len : SCAN_HEAD, same = 0;

	for (size_t i = lag; i < len; i++)
		same += x->head[i] == x->head[i - lag];
	return len > lag && same > (len - lag) / 2;
}

static void
drop_head(struct unxor *x)
{
	free(x->head);
	x->head = NULL;
	atomic_fetch_sub(&kept_now, x->cap);
	x->cap = x->len = 0;
}

void
unxor_free(struct unxor *x)
{
	if (!x)
		return;
	drop_head(x);
	free(x->key);
	free(x);
}

bool
unxor_found(const struct unxor *x)
{
	return x && x->found;
}

/* Room in the head for what is to come, growing with it. */
static bool
make_room(struct unxor *x, size_t len)
{
	size_t cap = x->cap ? x->cap : SCAN_HEAD * 2;
	uint8_t *head;

	while (cap < x->len + len)
		cap *= 2;
	if (cap > UNXOR_KEEP)
		cap = UNXOR_KEEP;
	if (cap == x->cap)
		return true;
	if (atomic_load(&kept_now) + cap > KEPT_MAX) {
		scan_limit(x->node->s, "too many items at once to look for XOR");
		return false;
	}
	head = realloc(x->head, cap);
	if (!head)
		return false;
	atomic_fetch_add(&kept_now, cap - x->cap);
	x->head = head;
	x->cap = cap;
	return true;
}

/* One byte of a content, or -1. */
static int
byte_at(const struct known *k, uint32_t content, uint64_t offset)
{
	size_t len;
	const uint8_t *p = known_read(k, content, offset, &len);

	return p ? *p : -1;
}

/*
 * How far, from stream offset at and content offset off, the key goes on
 * repeating: the bytes a lag apart, differenced, are the same in both.
 */
static size_t
agree_forward(const struct unxor *x, uint32_t content, size_t at, uint64_t off)
{
	const struct known *k = x->node->s->known;
	uint64_t size = k->contents[content].size;
	size_t n = 0;

	while (at + n + x->lag < x->len && off + n + x->lag < size) {
		size_t have, far, step;
		const uint8_t *p, *q;
		uint8_t first[256];

		p = known_read(k, content, off + n, &have);
		if (!p)
			return n;
		step = have < sizeof(first) ? have : sizeof(first);
		memcpy(first, p, step);
		q = known_read(k, content, off + n + x->lag, &far);
		if (!q)
			return n;
		step = step < far ? step : far;
		step = step < x->len - x->lag - at - n ? step :
		    x->len - x->lag - at - n;
		for (size_t i = 0; i < step; i++, n++) {
			if ((first[i] ^ q[i]) != (x->head[at + n] ^
			    x->head[at + n + x->lag]))
				return n;
		}
	}
	return n;
}

static size_t
agree_backward(const struct unxor *x, uint32_t content, size_t at, uint64_t off)
{
	const struct known *k = x->node->s->known;
	size_t n = 0;

	while (n < at && n < off && n < x->lag + UNXOR_PROOF) {
		size_t i = at - n - 1;
		int a = byte_at(k, content, off - n - 1);
		int b = byte_at(k, content, off - n - 1 + x->lag);

		if (a < 0 || b < 0 ||
		    (a ^ b) != (x->head[i] ^ x->head[i + x->lag]))
			break;
		n++;
	}
	return n;
}

/* What the differences that agree say, in bits: of zeros and of tables they say
 * little, however many there are. */
static double
agreed_bits(const struct unxor *x, size_t at, size_t len)
{
	uint32_t count[256] = { 0 };
	double bits = 0;

	len = len < SCAN_KEEP ? len : SCAN_KEEP;
	for (size_t i = at; i < at + len; i++)
		count[x->head[i] ^ x->head[i + x->lag]]++;
	for (int i = 0; i < 256; i++)
		if (count[i])
			bits += count[i] * log2((double)len / count[i]);
	return bits;
}

/* Takes the key from the place, if enough agrees and it is one. */
static bool
take_key(struct unxor *x, uint32_t content, size_t at, uint64_t off)
{
	const struct known *k = x->node->s->known;
	size_t back = agree_backward(x, content, at, off);
	size_t fore = agree_forward(x, content, at, off);
	uint8_t any = 0;

	if (back + fore < UNXOR_PROOF)
		return false;
	at -= back;
	off -= back;
	if (agreed_bits(x, at, back + fore) < UNXOR_PROOF_BITS)
		return false;
	for (size_t i = 0; i < x->lag; i++) {
		int c = byte_at(k, content, off + i);

		if (c < 0)
			return false;
		x->key[(at + i) % x->lag] = (uint8_t)c ^ x->head[at + i];
		any |= x->key[(at + i) % x->lag];
	}
	/* without a key the plain look has found it */
	return any != 0;
}

static bool
try_anchor(struct unxor *x, const struct known_index *index,
    const uint8_t *diff, size_t len, const struct anchor *a)
{
	const struct known *k = x->node->s->known;
	struct anchor_sides sides = { 0 };
	struct known_place place[PLACES];
	size_t at = (size_t)a->offset, n;
	bool more;

	if (!known_index_maybe(index, a->key))
		return false;
	if (at >= ANCHOR_SIDE) {
		sides.has_before = true;
		sides.before = anchor_side(diff + at - ANCHOR_SIDE);
	}
	if (len - at >= ANCHOR_CONTEXT + ANCHOR_SIDE) {
		sides.has_behind = true;
		sides.behind = anchor_side(diff + at + ANCHOR_CONTEXT);
	}
	n = known_index_find(k, index, a->key, &sides, place, PLACES, &more);
	for (size_t i = 0; i < n && x->tries < TRIES_MAX; i++) {
		x->tries++;
		if (take_key(x, place[i].content, at, place[i].offset))
			return true;
	}
	return false;
}

static bool
try_lag(struct unxor *x, const struct known_index *index, uint8_t *diff)
{
	size_t len = x->len - x->lag, n;
	struct anchor found[32];
	struct anchor_hunt hunt;

	for (size_t i = 0; i < len; i++)
		diff[i] = x->head[i] ^ x->head[i + x->lag];
	anchor_start(&hunt, 0);
	do {
		uint64_t base = anchor_need(&hunt);

		n = anchor_find(&hunt, diff + base, base, len - base, found,
		    32);
		for (size_t i = 0; i < n; i++) {
			if (try_anchor(x, index, diff, len, &found[i]))
				return true;
		}
	} while (n);
	return false;
}

static void
decode(struct unxor *x, const uint8_t *p, size_t len)
{
	uint8_t out[OUT_LEN];

	while (len && x->child) {
		size_t n = len < sizeof(out) ? len : sizeof(out);
		size_t at = x->offset % x->lag;

		for (size_t i = 0; i < n; i++) {
			out[i] = p[i] ^ x->key[at];
			at = at + 1 == x->lag ? 0 : at + 1;
		}
		node_data(x->child, out, n);
		x->offset += n;
		p += n;
		len -= n;
	}
}

/* Most of what was kept is known content as it stands. (A part that repeats
 * itself may look like another part under a key.) */
static bool
is_plain(const struct unxor *x)
{
	const struct matcher *m = x->node->match;
	uint64_t reach = 0, known = 0;

	for (size_t i = 0; m && i < m->run_count; i++) {
		const struct match_run *r = &m->runs[i];
		uint64_t from = r->stream_off > reach ? r->stream_off : reach;

		uint64_t to = match_run_end(r) < x->len ? match_run_end(r) :
		    x->len;

		if (r->dead || to <= from)
			continue;
		known += to - from;
		reach = to;
	}
	return known > x->len / 2;
}

/* Known content is in the item as it is, or in what the walker made of it and
 * read to its end; what was found there by a key of its own may otherwise be a
 * part of what one key opens. */
static bool
is_explained(const struct scan_node *n)
{
	const struct scan *s = n->s;

	for (size_t i = n->item + 1; i < s->item_count; i++) {
		const char *encoding = s->items[i].encoding;

		if (s->items[i].match_count && (n->parsed ||
		    !(encoding && !strcmp(encoding, name))))
			return true;
	}
	for (; n; n = n->child)
		if (n->match && n->match->run_count)
			return true;
	return false;
}

static bool
find_key(struct unxor *x)
{
	const struct known *k = x->node->s->known;
	uint8_t *diff = malloc(x->len + 1);
	bool found = false;

	for (int i = 0; diff && i < KNOWN_LAGS && !found; i++) {
		x->lag = known_lags[i];
		if (x->len < x->lag + ANCHOR_RUN)
			break;
		if (x->text && x->lag > 1 && !repeats(x, x->lag))
			continue;
		free(x->key);
		x->key = malloc(x->lag);
		if (!x->key)
			break;
		found = try_lag(x, k->xored[i], diff);
	}
	free(diff);
	return found;
}

static void
decide(struct unxor *x)
{
	struct node_origin from = {
		.encoding = name,
		.name = x->node->from.name,
		.whole_parent = true,
	};

	x->decided = true;
	x->found = !is_plain(x) &&
	    !(x->node->walker && is_explained(x->node)) && find_key(x);
	if (x->found) {
		node_forget_walk(x->node);
		x->child = node_open(x->node->s, x->node, &from);
		decode(x, x->head, x->len);
	}
	drop_head(x);
}

void
unxor_data(struct unxor *x, const uint8_t *p, size_t len)
{
	if (!x->decided) {
		size_t take = UNXOR_KEEP - x->len;

		take = take < len ? take : len;
		if (!make_room(x, take)) {
			x->decided = true;
			drop_head(x);
			return;
		}
		memcpy(x->head + x->len, p, take);
		x->len += take;
		p += take;
		len -= take;
		if (x->len == UNXOR_KEEP)
			decide(x);
	}
	if (x->found)
		decode(x, p, len);
}

void
unxor_end(struct unxor *x, bool complete)
{
	if (!x->decided && x->len >= UNXOR_MIN)
		decide(x);
	x->decided = true;
	drop_head(x);
	node_close(x->child, complete);
	x->child = NULL;
}
