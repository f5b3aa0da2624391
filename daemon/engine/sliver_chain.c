// SPDX-License-Identifier: Apache-2.0
#include "engine/sliver_chain.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "content/known/known_index.h"
#include "engine/sliver_index.h"

#define SEED_LEN	768	/* bytes of a piece, again and again */
#define SEED_ANCHORS	64
#define JUNK_MAX	8	/* bytes before a piece that belong to no file */
#define COMPARED_LEN	64	/* bytes that cost as much as a look */

/* A piece that has its place in a content. */
struct chain_place {
	UT_hash_handle hh;
	struct {
		uint32_t content, piece;
	} key;
};

struct sliver_chain {
	const struct known *known;
	uint64_t *work;			/* that is left */
	struct chain_piece *pieces;
	struct chain_place *places;	/* of the chains that are kept */
	size_t count;
	struct sliver_index index;
	uint32_t *steps;		/* of the chain that is tried */
	uint64_t *step_offsets;
	size_t step_count;
};

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
	c->steps = calloc(count + 1, sizeof(*c->steps));
	c->step_offsets = calloc(count + 1, sizeof(*c->step_offsets));
	if (c->steps && c->step_offsets &&
	    sliver_index_make(&c->index, pieces, count))
		return c;
	sliver_chain_free(c);
	return NULL;
}

void
sliver_chain_free(struct sliver_chain *c)
{
	struct chain_place *p, *next;

	if (!c)
		return;
	HASH_ITER(hh, c->places, p, next) {
		HASH_DEL(c->places, p);
		free(p);
	}
	sliver_index_clear(&c->index);
	free(c->steps);
	free(c->step_offsets);
	free(c);
}

/* One more piece to be looked at. False: there have been enough. */
static bool
may_look(const struct sliver_chain *c)
{
	if (!*c->work)
		return false;
	--*c->work;
	return true;
}

/* True if these are the content's bytes from offset on. */
static bool
holds(const struct sliver_chain *c, uint32_t content, uint64_t offset,
    struct span s)
{
	uint64_t cost = s.len / COMPARED_LEN;

	*c->work -= cost < *c->work ? cost : *c->work;
	return known_holds(c->known, content, offset, s);
}

static bool
has_place(const struct sliver_chain *c, uint32_t content, size_t piece)
{
	struct chain_place *p, k = { .key = { content, (uint32_t)piece } };

	HASH_FIND(hh, c->places, &k.key, sizeof(k.key), p);
	return p;
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
 * from offset on or, backwards, up to it, and has no other place in it;
 * c->count: none. */
static size_t
next_piece(const struct sliver_chain *c, uint32_t content, uint64_t offset,
    bool backwards, size_t least)
{
	const struct sliver_key *list = backwards ? c->index.last :
	    c->index.first;
	uint64_t size = c->known->contents[content].size, key;

	if (backwards ? offset < SLIVER_KEY_LEN : size - offset < SLIVER_KEY_LEN)
		return c->count;
	if (!known_copy(c->known, content, backwards ? offset - SLIVER_KEY_LEN :
	    offset, (uint8_t *)&key, SLIVER_KEY_LEN))
		return c->count;
	for (size_t i = sliver_index_find(list, c->index.count, key);
	    i < c->index.count && list[i].key == key &&
	    list[i].len >= least && may_look(c); i++) {
		const struct chain_piece *p = &c->pieces[list[i].piece];
		size_t len = p->bytes.len;

		if (!p->used && !has_place(c, content, list[i].piece) &&
		    !((backwards || p->told) && is_uniform(p->bytes)) &&
		    (backwards ? len <= offset : len <= size - offset) &&
		    holds(c, content, backwards ? offset - len : offset,
			p->bytes))
			return list[i].piece;
	}
	return c->count;
}

static void
add_step(struct sliver_chain *c, size_t piece, uint64_t offset)
{
	c->steps[c->step_count] = (uint32_t)piece;
	c->step_offsets[c->step_count++] = offset;
	c->pieces[piece].used = true;
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
		struct chain_place *p = calloc(1, sizeof(*p));

		if (!p)
			return false;
		p->key.content = content;
		p->key.piece = (uint32_t)piece;
		HASH_ADD(hh, c->places, key, sizeof(p->key), p);
		m->runs[m->run_count++] = (struct match_run){
			.content = content,
			.resumed = true,
			.file_off = c->step_offsets[i],
			.stream_off = c->pieces[piece].at,
			.len = c->pieces[piece].bytes.len,
		};
	}
	return true;
}

static void
forget_step(struct sliver_chain *c)
{
	c->pieces[c->steps[--c->step_count]].used = false;
}

/* What goes on behind a piece. One byte over and over at the end of it may stand
 * anywhere, but for where it reaches to the end of the file. */
static uint64_t
grow_behind(struct sliver_chain *c, uint32_t content, uint64_t end)
{
	struct span s;
	size_t i;

	while ((i = next_piece(c, content, end, false, SLIVER_KEY_LEN)) < c->count) {
		add_step(c, i, end);
		end += c->pieces[i].bytes.len;
	}
	while (c->step_count > 1 && end < c->known->contents[content].size) {
		s = c->pieces[c->steps[c->step_count - 1]].bytes;
		if (!is_uniform(s))
			break;
		end -= s.len;
		forget_step(c);
	}
	return end;
}

/* All that goes on from a piece, both ways. */
static bool
grow(struct sliver_chain *c, struct matcher *m, size_t piece, uint32_t content,
    uint64_t offset)
{
	uint64_t start = offset, end;
	bool fine = true;
	size_t i;

	if (has_place(c, content, piece))
		return true;
	add_step(c, piece, offset);
	end = grow_behind(c, content, offset + c->pieces[piece].bytes.len);
	while ((i = next_piece(c, content, start, true, SLIVER_KEY_LEN)) < c->count) {
		start -= c->pieces[i].bytes.len;
		add_step(c, i, start);
	}
	if (end - start >= MATCH_MIN_RUN)
		fine = keep_chain(c, m, content);
	while (c->step_count)
		forget_step(c);
	return fine;
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
			if (place[k].offset >= at && holds(c,
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
	for (size_t i = 0; i < c->count && may_look(c) && seed(c, m, i); i++)
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
	const struct sliver_key *last = c->index.last;
	uint64_t key;

	if (gap.end < SLIVER_KEY_LEN || !known_copy(c->known, content,
	    gap.end - SLIVER_KEY_LEN, (uint8_t *)&key, SLIVER_KEY_LEN))
		return c->count;
	for (size_t i = sliver_index_find(last, c->index.count, key);
	    i < c->index.count && last[i].key == key && may_look(c); i++) {
		const struct chain_piece *p = &c->pieces[last[i].piece];
		uint64_t n = p->used || is_uniform(p->bytes) ? 0 :
		    same_before(c, content, gap.end, p->bytes);

		if (n < MATCH_MIN_RESUMED || (p->bytes.len - n > JUNK_MAX &&
		    gap.end - n > gap.start))
			continue;
		*ret_len = n;
		return last[i].piece;
	}
	return c->count;
}

/* A few bytes that are all that is missing at the end. */
static size_t
end_piece(const struct sliver_chain *c, uint32_t content, struct event_range gap)
{
	uint64_t len = gap.end - gap.start;

	for (size_t i = 0; i < c->count && len < MATCH_MIN_RESUMED &&
	    may_look(c); i++)
		if (!c->pieces[i].used && c->pieces[i].bytes.len == len &&
		    holds(c, content, gap.start, c->pieces[i].bytes))
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
			c->pieces[p].told |= r.end - r.start ==
			    c->pieces[p].bytes.len;
			told(arg, &c->pieces[p], r);
		}
	}
}
