// SPDX-License-Identifier: Apache-2.0
#include "content/known/match_extend.h"

#include <stdlib.h>
#include <string.h>

#define BATCH	KNOWN_SIFT_MAX
#define BATCH_FIRST	4
#define PLACES	256
#define TRIED_MAX	64	/* of them compared, but for the begin of files */
#define VERIFIED_MAX	KNOWN_PLACES_FEW

struct matcher *
matcher_new(const struct known *known)
{
	struct matcher *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->known = known;
	anchor_stream_init_all(&m->stream);
	return m;
}

void
matcher_free(struct matcher *m)
{
	if (!m)
		return;
	free(m->runs);
	free(m);
}

static struct match_run *
push_run(struct matcher *m)
{
	if (m->run_count == m->run_cap) {
		size_t cap = m->run_cap ? 2 * m->run_cap : 8;
		struct match_run *runs;

		if (cap > MATCH_RUNS_MAX) {
			m->limited = true;
			return NULL;
		}
		runs = reallocarray(m->runs, cap, sizeof(*runs));
		if (!runs) {
			m->limited = true;
			return NULL;
		}
		m->runs = runs;
		m->run_cap = cap;
	}
	return &m->runs[m->run_count++];
}

void
match_settle(struct matcher *m)
{
	size_t stop = m->run_count;
	uint64_t reach = m->settled ? m->runs[m->settled - 1].reach : 0;

	for (unsigned i = 0; i < m->active_count; i++)
		stop = m->active[i] < stop ? m->active[i] : stop;
	for (; m->settled < stop; m->settled++) {
		struct match_run *r = &m->runs[m->settled];

		if (match_run_end(r) > reach)
			reach = match_run_end(r);
		r->reach = reach;
	}
}

/* True if a run says already that place's bytes lie at stream offset at. */
static bool
is_followed(const struct matcher *m, const struct known_place *place,
    uint64_t at)
{
	for (size_t i = m->run_count; i-- > 0;) {
		const struct match_run *r = &m->runs[i];

		if (i < m->settled && r->reach <= at)
			break;
		if (!r->dead && r->content == place->content &&
		    at - r->stream_off == place->offset - r->file_off &&
		    at >= r->stream_off && at < match_run_end(r))
			return true;
	}
	return false;
}

/* Compares the bytes around an anchor with a place. 1: they are the file's. */
static int
propose(struct matcher *m, const struct anchor *a,
    const struct known_place *place)
{
	struct match_run r = {
		.content = place->content,
		.file_off = place->offset,
		.stream_off = a->offset,
		.seed = a->offset,
	};
	uint64_t from, to, end = m->stream.offset + m->stream.piece_len;
	struct match_run *kept;
	const uint8_t *p;
	bool goes_on;

	if (is_followed(m, place, a->offset))
		return 1;
	do {
		p = anchor_stream_view(&m->stream, match_run_end(&r), &from, &to);
		goes_on = p && match_follow(m, &r, p, (size_t)(to - match_run_end(&r)));
	} while (goes_on && match_run_end(&r) < end);
	if (r.len < ANCHOR_CONTEXT)
		return 0;
	match_back(m, &r, a);
	if (!goes_on && r.len < MATCH_MIN_RUN)
		return 0;
	if (goes_on && m->active_count == MATCH_ACTIVE_MAX) {
		m->limited = true;
		return 0;
	}
	kept = push_run(m);
	if (!kept)
		return 0;
	*kept = r;
	if (goes_on)
		m->active[m->active_count++] = (uint32_t)(m->run_count - 1);
	return 1;
}

/*
 * A run that covers more than ANCHOR_RUN bytes behind its seed stands for all
 * that begins within it: hunting resumes near its end, and what was proposed
 * meanwhile goes, as if those anchors had not been looked at. (Where a piece
 * ends soon behind an anchor, it is not yet known how far its run goes.)
 */
static bool
is_cover(const struct match_run *r)
{
	uint64_t end = match_run_end(r);

	return end >= ANCHOR_RUN && end - (ANCHOR_RUN - 1) > r->seed + 1;
}

static void
cover(struct matcher *m, const struct match_run *r)
{
	uint64_t end = match_run_end(r);

	if (r->dead || !is_cover(r))
		return;
	end -= ANCHOR_RUN - 1;
	if (end > m->skip_to)
		m->skip_to = end;
	for (size_t i = m->run_count; i-- > 0;) {
		struct match_run *o = &m->runs[i];

		if (o->seed < r->seed)
			break;
		if (o->seed > r->seed)
			o->dead = true;
	}
}

static void
drop_dead(struct matcher *m)
{
	unsigned n = 0;

	for (unsigned i = 0; i < m->active_count; i++) {
		if (!m->runs[m->active[i]].dead)
			m->active[n++] = m->active[i];
	}
	m->active_count = n;
}

/* Follows the active runs, which are in the order of their seeds. */
static void
advance(struct matcher *m, const uint8_t *p, size_t len)
{
	uint32_t active[MATCH_ACTIVE_MAX];
	unsigned count = m->active_count, n = 0;

	memcpy(active, m->active, count * sizeof(*active));
	for (unsigned i = 0; i < count; i++) {
		struct match_run *r = &m->runs[active[i]];
		bool goes_on = match_follow(m, r, p, len);
		size_t least = r->resumed ? MATCH_MIN_RESUMED : MATCH_MIN_RUN;

		if (goes_on)
			m->active[n++] = active[i];
		else if (r->len < least)
			r->dead = true;
	}
	m->active_count = n;
	for (unsigned i = 0; i < count; i++)
		cover(m, &m->runs[active[i]]);
	drop_dead(m);
}

/* True while an active run covers the stream. */
static bool
is_covered(const struct matcher *m)
{
	for (unsigned i = 0; i < m->active_count; i++) {
		if (is_cover(&m->runs[m->active[i]]))
			return true;
	}
	return false;
}

/*
 * A file that repeats itself has the anchor in many places, more than are
 * compared, and nearly as much fits at each of them: first that one is tried at
 * which the stream begins as the file does.
 */
static void
propose_begin(struct matcher *m, const struct anchor *a,
    const struct known_place *place, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		uint32_t content = place[i].content;

		if (content == place[i - 1].content &&
		    (i < 2 || content != place[i - 2].content) &&
		    a->offset < m->known->contents[content].size)
			(void)propose(m, a, &(struct known_place){ content,
			    a->offset });
	}
}

static void
look_up(struct matcher *m, const struct anchor *a)
{
	struct anchor_sides sides = anchor_stream_sides(&m->stream, a->offset);
	struct known_place place[PLACES];
	size_t first = m->run_count;
	int verified = 0;
	bool more;
	size_t n = known_index_find(m->known, m->known->index, a->key, &sides,
	    place, PLACES, &more);

	match_settle(m);
	propose_begin(m, a, place, n);
	for (size_t i = 0; i < n && i < TRIED_MAX && verified < VERIFIED_MAX;
	    i++)
		verified += propose(m, a, &place[i]);
	for (size_t i = first; i < m->run_count; i++)
		cover(m, &m->runs[i]);
	drop_dead(m);
}

/*
 * Behind a run that was found the next file may begin: few anchors are taken
 * there, for the first that is known makes the others needless, and twice as
 * many while none is. Once no run can be kept, nothing is looked for.
 */
static void
hunt(struct matcher *m, bool last)
{
	struct anchor found[BATCH];
	size_t n, most = BATCH;

	while (!is_covered(m)) {
		if (m->run_count == MATCH_RUNS_MAX) {
			m->limited = true;
			return;
		}
		if (m->skip_to) {
			anchor_stream_restart(&m->stream, m->skip_to);
			m->skip_to = 0;
			most = BATCH_FIRST;
		}
		n = anchor_stream_next(&m->stream, last, found, most);
		if (!n)
			return;
		most = 2 * most < BATCH ? 2 * most : BATCH;
		n = known_index_sift(m->known->index, found, n);
		for (size_t i = 0; i < n && !m->skip_to; i++)
			look_up(m, &found[i]);
	}
}

void
matcher_data(struct matcher *m, const uint8_t *p, size_t len)
{
	if (!len)
		return;
	if (m->active_count)
		advance(m, p, len);
	anchor_stream_open(&m->stream, p, len);
	hunt(m, false);
	anchor_stream_close(&m->stream);
	m->offset += len;
}

void
matcher_end(struct matcher *m)
{
	anchor_stream_open(&m->stream, NULL, 0);
	hunt(m, true);
	anchor_stream_close(&m->stream);
	for (size_t i = 0; i < m->run_count; i++) {
		struct match_run *r = &m->runs[i];

		if (r->len < (r->resumed ? MATCH_MIN_RESUMED : MATCH_MIN_RUN))
			r->dead = true;
	}
}

void
matcher_gap(struct matcher *m, uint64_t len)
{
	uint32_t active[MATCH_ACTIVE_MAX];
	unsigned n, kept = 0;

	matcher_end(m);
	n = m->active_count;
	memcpy(active, m->active, n * sizeof(*active));
	m->offset += len;
	m->active_count = 0;
	m->skip_to = 0;
	anchor_stream_jump(&m->stream, m->offset);
	for (unsigned i = 0; i < n; i++) {
		struct match_run old = m->runs[active[i]], *r;

		if (old.dead || m->known->contents[old.content].size -
		    old.file_off - old.len <= len)
			continue;
		r = push_run(m);
		if (!r)
			return;
		*r = (struct match_run){
			.content = old.content,
			.resumed = true,
			.file_off = old.file_off + old.len + len,
			.stream_off = m->offset,
			.seed = m->offset,
		};
		m->active[kept++] = (uint32_t)(m->run_count - 1);
	}
	m->active_count = kept;
}
