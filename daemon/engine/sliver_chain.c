// SPDX-License-Identifier: Apache-2.0
#include "engine/sliver_chain.h"

#include <stdlib.h>
#include <string.h>

#include "content/known/known_index.h"

#define KEY_LEN		8
#define SEED_LEN	768	/* bytes of a piece, again and again */
#define SEED_ANCHORS	64
#define JUNK_MAX	8	/* bytes before a piece that belong to no file */

struct chain_key {
	uint64_t key;
	uint32_t piece;
};

/* Where a piece was found last. */
struct chain_place {
	uint64_t offset;
	uint32_t content;
	bool is;
};

struct sliver_chain {
	const struct known *known;
	uint64_t *work;			/* that is left */
	struct chain_piece *pieces;
	struct chain_place *places;	/* one to each piece */
	size_t count, key_count;
	struct chain_key *first, *last;	/* by their first and last bytes */
	uint32_t *steps;		/* of the chain that is tried */
	uint64_t *step_offsets;
	size_t step_count;
};

static int
compare(const void *a, const void *b)
{
	const struct chain_key *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->piece < y->piece ? -1 : x->piece > y->piece;
}

static void
index_pieces(struct sliver_chain *c)
{
	for (size_t i = 0; i < c->count; i++) {
		struct span s = c->pieces[i].bytes;
		struct chain_key *f = &c->first[c->key_count];
		struct chain_key *l = &c->last[c->key_count];

		if (s.len < KEY_LEN)
			continue;
		memcpy(&f->key, s.p, KEY_LEN);
		memcpy(&l->key, s.p + s.len - KEY_LEN, KEY_LEN);
		f->piece = l->piece = (uint32_t)i;
		c->key_count++;
	}
	qsort(c->first, c->key_count, sizeof(*c->first), compare);
	qsort(c->last, c->key_count, sizeof(*c->last), compare);
}

struct sliver_chain *
sliver_chain_new(const struct known *known, struct chain_piece *pieces,
    size_t count, uint64_t *work)
{
	struct sliver_chain *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->known = known;
	c->work = work;
	c->pieces = pieces;
	c->count = count;
	c->places = calloc(count + 1, sizeof(*c->places));
	c->first = calloc(count + 1, sizeof(*c->first));
	c->last = calloc(count + 1, sizeof(*c->last));
	c->steps = calloc(count + 1, sizeof(*c->steps));
	c->step_offsets = calloc(count + 1, sizeof(*c->step_offsets));
	if (!c->places || !c->first || !c->last || !c->steps ||
	    !c->step_offsets) {
		sliver_chain_free(c);
		return NULL;
	}
	index_pieces(c);
	return c;
}

void
sliver_chain_free(struct sliver_chain *c)
{
	if (!c)
		return;
	free(c->places);
	free(c->first);
	free(c->last);
	free(c->steps);
	free(c->step_offsets);
	free(c);
}

/* The first of a list that is not below the key. */
static size_t
lower_bound(const struct chain_key *list, size_t count, uint64_t key)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (list[mid].key < key)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* One more piece to be compared. False: there have been enough. */
static bool
may_compare(const struct sliver_chain *c)
{
	if (!*c->work)
		return false;
	--*c->work;
	return true;
}

/* One byte over and over: where in a stretch of such it stands nobody can tell, so
 * it goes on from what is before it; and behind the last part that is there it need
 * not be of the file. */
static bool
is_uniform(struct span s)
{
	return !memcmp(s.p, s.p + 1, s.len - 1);
}

/* The longest piece of no less than that many bytes that is what the content holds
 * from offset on or, backwards, up to it; c->count: none. */
static size_t
next_piece(const struct sliver_chain *c, uint32_t content, uint64_t offset,
    bool backwards, size_t least)
{
	const struct chain_key *list = backwards ? c->last : c->first;
	uint64_t size = c->known->contents[content].size, key;
	size_t best = c->count, best_len = least - 1;

	if (backwards ? offset < KEY_LEN : size - offset < KEY_LEN)
		return best;
	if (!known_copy(c->known, content, backwards ? offset - KEY_LEN :
	    offset, (uint8_t *)&key, KEY_LEN))
		return best;
	for (size_t i = lower_bound(list, c->key_count, key); i < c->key_count &&
	    list[i].key == key && may_compare(c); i++) {
		const struct chain_piece *p = &c->pieces[list[i].piece];
		size_t len = p->bytes.len;

		if (p->used || len <= best_len ||
		    (backwards && is_uniform(p->bytes)) ||
		    (backwards ? len > offset : len > size - offset) ||
		    !known_holds(c->known, content, backwards ? offset - len :
			offset, p->bytes))
			continue;
		best = list[i].piece;
		best_len = len;
	}
	return best;
}

static void
add_step(struct sliver_chain *c, size_t piece, uint64_t offset)
{
	c->steps[c->step_count] = (uint32_t)piece;
	c->step_offsets[c->step_count++] = offset;
}

/* A run of its own for each step: what lies between them in the order in which
 * they came is of no chain. */
static bool
keep_chain(struct sliver_chain *c, struct matcher *m, uint32_t content)
{
	struct match_run *runs;

	if (m->run_count + c->step_count > MATCH_RUNS_MAX)
		return false;
	runs = reallocarray(m->runs, m->run_count + c->step_count,
	    sizeof(*runs));
	if (!runs)
		return false;
	m->runs = runs;
	for (size_t i = 0; i < c->step_count; i++) {
		size_t piece = c->steps[i];

		m->runs[m->run_count++] = (struct match_run){
			.content = content,
			.resumed = true,
			.file_off = c->step_offsets[i],
			.stream_off = c->pieces[piece].at,
			.len = c->pieces[piece].bytes.len,
		};
		c->places[piece] = (struct chain_place){
			c->step_offsets[i], content, true };
	}
	return true;
}

/* All that goes on from a piece, both ways. */
static bool
grow(struct sliver_chain *c, struct matcher *m, size_t piece, uint32_t content,
    uint64_t offset)
{
	const struct chain_place *was = &c->places[piece];
	uint64_t start = offset, end = offset + c->pieces[piece].bytes.len;
	size_t i;

	if (was->is && was->content == content && was->offset == offset)
		return true;
	c->step_count = 0;
	add_step(c, piece, offset);
	while (c->step_count < c->count &&
	    (i = next_piece(c, content, end, false,
	    KEY_LEN)) < c->count) {
		add_step(c, i, end);
		end += c->pieces[i].bytes.len;
	}
	while (c->step_count < c->count &&
	    (i = next_piece(c, content, start, true,
	    KEY_LEN)) < c->count) {
		start -= c->pieces[i].bytes.len;
		add_step(c, i, start);
	}
	return end - start < MATCH_MIN_RUN || keep_chain(c, m, content);
}

/*
 * Where all of a piece stands in a known file. Anchors are chosen in windows that
 * are longer than it is: it is looked at over and over, and of what is chosen in it
 * some may be what was chosen in the file.
 */
static bool
seed(struct sliver_chain *c, struct matcher *m, size_t piece)
{
	struct span s = c->pieces[piece].bytes;
	struct anchor found[SEED_ANCHORS];
	struct known_place place[KNOWN_PLACES_FEW];
	uint8_t again[SEED_LEN];
	struct anchor_hunt h;
	bool fine = true, more;
	size_t n, places;

	if (s.len < ANCHOR_CONTEXT || s.len >= MATCH_MIN_RUN)
		return true;
	for (size_t i = 0; i < sizeof(again); i++)
		again[i] = s.p[i % s.len];
	anchor_start(&h, 0);
	h.all = true;
	n = anchor_find(&h, again, 0, sizeof(again), found, SEED_ANCHORS);
	for (size_t i = 0; i < n && fine; i++) {
		uint64_t at = found[i].offset;

		if (at + ANCHOR_CONTEXT > s.len)
			continue;
		places = known_index_find(c->known, c->known->index,
		    found[i].key, NULL, place, KNOWN_PLACES_FEW, &more);
		for (size_t k = 0; k < places && fine; k++)
			if (place[k].offset >= at && known_holds(c->known,
			    place[k].content, place[k].offset - at, s))
				fine = grow(c, m, piece, place[k].content,
				    place[k].offset - at);
	}
	return fine;
}

struct matcher *
sliver_chain_find(struct sliver_chain *c)
{
	struct matcher *m = c->count > 1 ? matcher_new(c->known) : NULL;

	if (!m)
		return NULL;
	for (size_t i = 0; i < c->count && may_compare(c) && seed(c, m, i); i++)
		;
	if (m->run_count)
		return m;
	matcher_free(m);
	return NULL;
}

/* How many bytes at the end of a piece are those before offset. */
static uint64_t
same_before(const struct sliver_chain *c, uint32_t content, uint64_t offset,
    struct span s)
{
	uint64_t n = 0;
	size_t len;

	while (n < s.len && n < offset) {
		const uint8_t *p = known_read_back(c->known, content,
		    offset - n, &len);

		if (!p)
			break;
		for (; len && n < s.len && s.p[s.len - 1 - n] == p[-1]; len--) {
			n++;
			p--;
		}
		if (len)
			break;
	}
	return n;
}

/* A piece that ends where a gap does, and begins before it, or with a few bytes that
 * are none of the file's. */
static size_t
last_piece(const struct sliver_chain *c, uint32_t content,
    struct event_range gap, uint64_t *ret_len)
{
	uint64_t key;

	if (gap.end < KEY_LEN || !known_copy(c->known, content,
	    gap.end - KEY_LEN, (uint8_t *)&key, KEY_LEN))
		return c->count;
	for (size_t i = lower_bound(c->last, c->key_count, key);
	    i < c->key_count && c->last[i].key == key && may_compare(c); i++) {
		const struct chain_piece *p = &c->pieces[c->last[i].piece];
		uint64_t n = p->used || is_uniform(p->bytes) ? 0 :
		    same_before(c, content, gap.end, p->bytes);

		if (n < MATCH_MIN_RESUMED || (p->bytes.len - n > JUNK_MAX &&
		    gap.end - n > gap.start))
			continue;
		*ret_len = n;
		return c->last[i].piece;
	}
	return c->count;
}

/* A few bytes that are all that is missing at the end. */
static size_t
end_piece(const struct sliver_chain *c, uint32_t content, struct event_range gap)
{
	uint64_t len = gap.end - gap.start;

	for (size_t i = 0; i < c->count && len < MATCH_MIN_RESUMED &&
	    may_compare(c); i++)
		if (!c->pieces[i].used && c->pieces[i].bytes.len == len &&
		    known_holds(c->known, content, gap.start,
			c->pieces[i].bytes))
			return i;
	return c->count;
}

void
sliver_chain_fill(struct sliver_chain *c, uint32_t content,
    const struct event_range *ranges, size_t count,
    void (*told)(void *arg, const struct chain_piece *p,
    struct event_range of_file), void *arg)
{
	for (size_t i = 0; i < c->count; i++)
		c->pieces[i].used = c->pieces[i].told;
	for (size_t i = 0; i <= count; i++) {
		struct event_range gap = { i ? ranges[i - 1].end : 0,
			i < count ? ranges[i].start :
			c->known->contents[content].size };

		while (gap.start < gap.end) {
			struct event_range r = gap;
			uint64_t len;
			size_t p = next_piece(c, content, gap.start, false,
			    MATCH_MIN_RESUMED);

			if (p < c->count && i == count &&
			    is_uniform(c->pieces[p].bytes))
				break;
			if (p < c->count) {
				r.end = gap.start += c->pieces[p].bytes.len;
			} else if ((p = last_piece(c, content, gap, &len)) <
			    c->count) {
				r.start = gap.end -= len;
			} else if (i < count || (p = end_piece(c, content,
			    gap)) == c->count) {
				break;
			} else {
				gap.start = gap.end;
			}
			c->pieces[p].used = true;
			told(arg, &c->pieces[p], r);
		}
	}
}
