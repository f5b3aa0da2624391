// SPDX-License-Identifier: Apache-2.0
/*
 * From runs to findings. Each content claims bytes of the stream. One that
 * claims all that another claims, and enough beside it, explains the other
 * away; one that claims enough bytes that no other claims is named; what is
 * left could be any of several files, and is reported as such.
 *
 * Bytes that repeat at the ends of a run (padding, zeros) speak for nobody. Nor
 * does a part of a file that says too little: a header of mostly zeros, which
 * thousands of files share that are not known here, must not name the one that
 * is. What a part says is measured in bits, by the entropy of its bytes; what the
 * file says over and over (the heads of an archive's entries) is counted once.
 */
#include "content/known/match.h"

#include <stdlib.h>
#include <string.h>

#include "content/known/match_say.h"

#define CLAIMS_MAX	256
#define MATCHES_MAX	64
#define NEIGHBOURS	64	/* runs, in the order in which they were found */

struct claim {
	uint32_t content;
	bool whole;
	bool gone;		/* explained by another */
	bool listed;
	struct scan_range *file, *stream;	/* stream: what speaks for it */
	size_t file_count, stream_count;
	uint64_t file_bytes, stream_bytes;
	struct match_say says;
};

struct court {
	const struct matcher *m;
	struct arena *arena;
	struct claim claim[CLAIMS_MAX];
	size_t count;
};

static struct claim *
claim_of(struct court *c, uint32_t content)
{
	for (size_t i = 0; i < c->count; i++) {
		if (c->claim[i].content == content)
			return &c->claim[i];
	}
	if (c->count == CLAIMS_MAX)
		return NULL;
	c->claim[c->count] = (struct claim){ .content = content };
	return &c->claim[c->count++];
}

/* Bytes that another run of the same content holds, and more: the file repeats
 * itself, and where it does so was not sent. */
static bool
repeats(const struct matcher *m, size_t i)
{
	const struct match_run *r = &m->runs[i];
	size_t from = i > NEIGHBOURS ? i - NEIGHBOURS : 0;

	for (size_t j = from; j < m->run_count && j - from <= 2 * NEIGHBOURS;
	    j++) {
		const struct match_run *o = &m->runs[j];

		if (!o->dead && o->content == r->content && o->len > r->len &&
		    o->stream_off <= r->stream_off &&
		    match_run_end(o) >= match_run_end(r))
			return true;
	}
	return false;
}

/* First counts, then fills the range lists of each claim. */
static bool
gather(struct court *c, bool fill)
{
	for (size_t i = 0; i < c->m->run_count; i++) {
		const struct match_run *r = &c->m->runs[i];
		struct claim *cl = r->dead ? NULL : claim_of(c, r->content);
		uint64_t head, tail;

		if (!cl || repeats(c->m, i))
			continue;
		head = match_say_head(c->m->known, r);
		tail = head == r->len ? 0 : match_say_tail(c->m->known, r);
		if (!r->resumed && r->len - head - tail < MATCH_MIN_OWN)
			continue;
		if (fill) {
			cl->file[cl->file_count] = (struct scan_range){
				r->file_off, r->file_off + r->len };
			cl->stream[cl->stream_count] = (struct scan_range){
				r->stream_off + head,
				r->stream_off + r->len - tail };
			match_say_hear(&cl->says, c->m->known, r);
		}
		cl->file_count++;
		cl->stream_count++;
	}
	for (size_t i = 0; !fill && i < c->count; i++) {
		struct claim *cl = &c->claim[i];
		size_t len = (cl->file_count + 1) * sizeof(*cl->file);

		cl->file = arena_alloc(c->arena, len);
		cl->stream = arena_alloc(c->arena, len);
		if (!cl->file || !cl->stream)
			return false;
		cl->file_count = cl->stream_count = 0;
	}
	return true;
}

static void
tidy(struct court *c)
{
	for (size_t i = 0; i < c->count; i++) {
		struct claim *cl = &c->claim[i];

		cl->file_count = ranges_normalize(cl->file, cl->file_count);
		cl->stream_count = ranges_normalize(cl->stream,
		    cl->stream_count);
		cl->file_bytes = ranges_bytes(cl->file, cl->file_count);
		cl->stream_bytes = ranges_bytes(cl->stream, cl->stream_count);
		cl->whole = cl->file_bytes ==
		    c->m->known->contents[cl->content].size;
		cl->gone = !cl->file_count ||
		    (!cl->whole && !match_say_is_enough(&cl->says));
	}
}

/* Bytes that a claims and b does not. */
static uint64_t
beyond(const struct claim *a, const struct claim *b)
{
	return ranges_bytes_outside(a->stream, a->stream_count, b->stream,
	    b->stream_count);
}

static bool
explains(const struct claim *a, const struct claim *b)
{
	uint64_t more;

	if (beyond(b, a))
		return false;
	more = beyond(a, b);
	if (more >= MATCH_MIN_OWN || (a->whole && !b->whole))
		return true;
	/* a file, and the same with padding behind it */
	return a->whole && a->file_bytes > b->file_bytes;
}

static void
dismiss_explained(struct court *c)
{
	bool gone[CLAIMS_MAX];

	for (size_t i = 0; i < c->count; i++) {
		gone[i] = c->claim[i].gone;
		for (size_t j = 0; j < c->count && !gone[i]; j++)
			gone[i] = i != j && !c->claim[j].gone &&
			    explains(&c->claim[j], &c->claim[i]);
	}
	for (size_t i = 0; i < c->count; i++)
		c->claim[i].gone = gone[i];
}

/* Bytes of claim i outside of all the others that stand and, if only_listed,
 * are named already. */
static uint64_t
own_bytes(struct court *c, size_t i, bool only_listed)
{
	const struct claim *cl = &c->claim[i];
	struct scan_range *all;
	size_t n = 0;

	for (size_t j = 0; j < c->count; j++)
		n += j == i ? 0 : c->claim[j].stream_count;
	all = malloc((n + 1) * sizeof(*all));
	if (!all)
		return 0;
	n = 0;
	for (size_t j = 0; j < c->count; j++) {
		const struct claim *o = &c->claim[j];

		if (j == i || o->gone || (only_listed && !o->listed))
			continue;
		memcpy(all + n, o->stream, o->stream_count * sizeof(*all));
		n += o->stream_count;
	}
	n = ranges_normalize(all, n);
	n = (size_t)ranges_bytes_outside(cl->stream, cl->stream_count, all, n);
	free(all);
	return n;
}

static int
compare_match(const void *a, const void *b)
{
	const struct scan_match *x = a, *y = b;

	if (x->whole != y->whole)
		return x->whole ? -1 : 1;
	if (!x->also_count != !y->also_count)
		return x->also_count ? 1 : -1;
	if (x->sent_bytes != y->sent_bytes)
		return x->sent_bytes > y->sent_bytes ? -1 : 1;
	return x->file < y->file ? -1 : x->file > y->file;
}

static void
report(struct court *c, size_t i, bool alone, struct scan_match *ret)
{
	struct claim *cl = &c->claim[i];
	uint32_t *also = NULL;
	size_t n = 0;

	for (size_t j = 0; !alone && j < c->count; j++) {
		struct claim *o = &c->claim[j];

		if (j == i || o->gone || o->listed ||
		    beyond(cl, o) + MATCH_MIN_OWN > cl->stream_bytes)
			continue;
		if (!also)
			also = arena_alloc(c->arena, c->count * sizeof(*also));
		if (!also)
			break;
		also[n++] = c->m->known->contents[o->content].file;
		if (beyond(o, cl) < MATCH_MIN_OWN)
			o->gone = true;
	}
	*ret = (struct scan_match){
		.file = c->m->known->contents[cl->content].file,
		.content = cl->content,
		.whole = cl->whole,
		.sent_bytes = cl->file_bytes,
		.ranges = cl->file,
		.range_count = cl->file_count,
		.also = also,
		.also_count = n,
	};
}

/* The claim not yet settled with the most bytes; of equals the first file. */
static size_t
largest_open(const struct court *c)
{
	const struct known_content *contents = c->m->known->contents;
	size_t best = c->count;

	for (size_t i = 0; i < c->count; i++) {
		const struct claim *x = &c->claim[i], *y = &c->claim[best];

		if (x->gone || x->listed)
			continue;
		if (best == c->count || x->stream_bytes > y->stream_bytes ||
		    (x->stream_bytes == y->stream_bytes &&
		    contents[x->content].file < contents[y->content].file))
			best = i;
	}
	return best;
}

static size_t
judge(struct court *c, struct scan_match *list, size_t max)
{
	bool named[CLAIMS_MAX];
	size_t n = 0, i;

	for (i = 0; i < c->count; i++)
		named[i] = !c->claim[i].gone &&
		    own_bytes(c, i, false) >= MATCH_MIN_OWN;
	for (i = 0; i < c->count; i++)
		c->claim[i].listed = named[i];
	for (i = 0; i < c->count && n < max; i++) {
		if (named[i])
			report(c, i, true, &list[n++]);
	}
	while (n < max && (i = largest_open(c)) < c->count) {
		if (own_bytes(c, i, true) < MATCH_MIN_OWN) {
			c->claim[i].gone = true;
			continue;
		}
		c->claim[i].listed = true;
		report(c, i, false, &list[n++]);
	}
	qsort(list, n, sizeof(*list), compare_match);
	return n;
}

struct scan_match *
match_judge(const struct matcher *m, struct arena *a, size_t *ret_count)
{
	struct scan_match *list;
	struct court *c;

	*ret_count = 0;
	if (!m->run_count)
		return NULL;
	c = malloc(sizeof(*c));
	list = arena_alloc(a, MATCHES_MAX * sizeof(*list));
	if (!c || !list) {
		free(c);
		return NULL;
	}
	c->m = m;
	c->arena = a;
	c->count = 0;
	if (gather(c, false) && gather(c, true)) {
		tidy(c);
		dismiss_explained(c);
		*ret_count = judge(c, list, MATCHES_MAX);
	}
	free(c);
	return list;
}
