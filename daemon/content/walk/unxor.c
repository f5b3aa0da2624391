// SPDX-License-Identifier: Apache-2.0
#include "content/walk/unxor.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "content/scan_tree.h"
#include "content/walk/unxor_key.h"
#include "content/walk/unxor_packed.h"

#define PLACES		16
#define TRIES_MAX	4096	/* places that are compared */
#define OUT_LEN		4096

/* Bytes that all scans together keep for this. */
#define KEPT_MAX	(256u << 20)

static atomic_size_t kept_now;

static const char name[] = "xor";	/* as an encoding */

struct unxor {
	struct scan_node *node, *child;
	struct unxor_head b;	/* the first bytes, and the key */
	size_t cap;
	uint64_t offset;	/* of the bytes to come */
	int tries;
	bool text, decided, found;
};

struct unxor *
unxor_new(struct scan_node *n, bool text)
{
	struct unxor *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->node = n;
	x->b.known = n->s->known;
	x->text = text;
	return x;
}

/* Every other byte is the same a key's length on: zeros, or the like, under a
 * key of a few bytes. */
static bool
repeats(const struct unxor *x, size_t lag)
{
	size_t len = x->b.len < SCAN_HEAD ? x->b.len : SCAN_HEAD, same = 0;

	for (size_t i = lag; i < len; i++)
		same += x->b.head[i] == x->b.head[i - lag];
	return len > lag && same > (len - lag) / 2;
}

static void
drop_head(struct unxor *x)
{
	free(x->b.head);
	x->b.head = NULL;
	atomic_fetch_sub(&kept_now, x->cap);
	x->cap = x->b.len = 0;
}

void
unxor_free(struct unxor *x)
{
	if (!x)
		return;
	drop_head(x);
	free(x->b.key);
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

	while (cap < x->b.len + len)
		cap *= 2;
	if (cap > UNXOR_KEEP)
		cap = UNXOR_KEEP;
	if (cap == x->cap)
		return true;
	if (atomic_load(&kept_now) + cap > KEPT_MAX) {
		scan_limit(x->node->s, "too many items at once to look for XOR");
		return false;
	}
	head = realloc(x->b.head, cap);
	if (!head)
		return false;
	atomic_fetch_add(&kept_now, cap - x->cap);
	x->b.head = head;
	x->cap = cap;
	return true;
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
		if (unxor_is_plain(&x->b, at, &place[i]))
			continue;
		x->tries++;
		if (unxor_take_key(&x->b, at, &place[i]))
			return true;
	}
	return false;
}

static bool
try_lag(struct unxor *x, const struct known_index *index, uint8_t *diff)
{
	size_t len = x->b.len - x->b.lag, n;
	struct anchor found[32];
	struct anchor_hunt hunt;

	for (size_t i = 0; i < len; i++)
		diff[i] = x->b.head[i] ^ x->b.head[i + x->b.lag];
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
		size_t at = x->offset % x->b.lag;

		for (size_t i = 0; i < n; i++) {
			out[i] = p[i] ^ x->b.key[at];
			at = at + 1 == x->b.lag ? 0 : at + 1;
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

		uint64_t to = match_run_end(r) < x->b.len ? match_run_end(r) :
		    x->b.len;

		if (r->dead || to <= from)
			continue;
		known += to - from;
		reach = to;
	}
	return known > x->b.len / 2;
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
	uint8_t *diff = malloc(x->b.len + 1);
	bool found = false;

	for (int i = 0; diff && i < KNOWN_LAGS && !found; i++) {
		x->b.lag = known_lags[i];
		if (x->b.len < x->b.lag + ANCHOR_RUN)
			break;
		if (x->text && x->b.lag > 1 && !repeats(x, x->b.lag))
			continue;
		free(x->b.key);
		x->b.key = malloc(x->b.lag);
		if (!x->b.key)
			break;
		found = try_lag(x, k->xored[i], diff);
	}
	free(diff);
	return found;
}

/* Behind its first bytes what is packed looks like nothing. */
static bool
find_packed(struct unxor *x)
{
	uint8_t key[UNXOR_PACKED_KEY];
	size_t len = x->text ? 0 : unxor_packed_key(x->b.head, x->b.len, key);

	if (!len)
		return false;
	free(x->b.key);
	x->b.key = malloc(len);
	if (!x->b.key)
		return false;
	memcpy(x->b.key, key, len);
	x->b.lag = (uint32_t)len;
	return true;
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
	    !(x->node->walker && is_explained(x->node)) &&
	    (find_key(x) || find_packed(x));
	if (x->found) {
		node_forget_walk(x->node);
		x->child = node_open(x->node->s, x->node, &from);
		decode(x, x->b.head, x->b.len);
	}
	drop_head(x);
}

void
unxor_data(struct unxor *x, const uint8_t *p, size_t len)
{
	if (!x->decided) {
		size_t take = UNXOR_KEEP - x->b.len;

		take = take < len ? take : len;
		if (!make_room(x, take)) {
			x->decided = true;
			drop_head(x);
			return;
		}
		memcpy(x->b.head + x->b.len, p, take);
		x->b.len += take;
		p += take;
		len -= take;
		if (x->b.len == UNXOR_KEEP)
			decide(x);
	}
	if (x->found)
		decode(x, p, len);
}

/* Tables of numbers that rise differ from others by a key, too. No chance are all
 * of a file, what had to be unpacked first, and bytes that say much. */
static bool
is_certain(const struct unxor *x, size_t first)
{
	const struct scan *s = x->node->s;
	const struct scan_item *item = &s->items[first];

	for (size_t i = first + 1; i < s->item_count; i++)
		if (s->items[i].match_count && scan_is_of(s, i, first))
			return true;
	for (size_t i = 0; i < item->match_count; i++) {
		const struct scan_match *m = &item->matches[i];

		if (m->whole)
			return true;
		for (size_t r = 0; r < m->range_count; r++)
			if (unxor_says_much(s->known, m->content,
			    m->ranges[r].start, m->ranges[r].end, x->b.lag))
				return true;
	}
	return false;
}

/* What is under a key is known for a good part, or for certain, or it was none. */
static void
close_child(struct unxor *x, bool complete)
{
	struct scan *s = x->node->s;
	size_t first = x->child->item;
	const struct scan_item *item;

	node_close(x->child, complete);
	x->child = NULL;
	item = &s->items[first];
	if (item->known_bytes >= item->size / UNXOR_LEAST_PART ||
	    is_certain(x, first))
		return;
	for (size_t i = first; i < s->item_count; i++)
		if (scan_is_of(s, i, first))
			s->items[i].match_count = 0;
	(void)scan_forget(s, first);
	x->found = false;
}

void
unxor_end(struct unxor *x, bool complete)
{
	if (!x->decided && x->b.len >= UNXOR_MIN)
		decide(x);
	x->decided = true;
	drop_head(x);
	if (x->child)
		close_child(x, complete);
}
