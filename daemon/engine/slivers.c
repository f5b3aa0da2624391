// SPDX-License-Identifier: Apache-2.0
#include "engine/slivers.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "content/known/known_set.h"
#include "content/known/match.h"
#include "engine/sliver_ends.h"

#define LANES_MAX	4096
#define LOOK_AT_MAX	64		/* lanes, before none is dropped */
#define PIECES_MAX	(1u << 18)	/* of all lanes */
/* So far back in its lane a piece may still become part of a run; further back
 * only while there are runs already. */
#define REACH		4096

/* Where a piece lies in its lane, and what it came in. */
struct piece {
	uint64_t at;
	uint64_t flow, number, packet_first, packet_last, ts_ns;
	struct scan_wraps wraps;
};

struct lane_key {
	struct files_party party;
	uint64_t lane;
};

struct lane {
	UT_hash_handle hh;
	struct lane_key key;
	char *vendor, *network, *purpose, *source;
	char *executable, *process;
	uint64_t pid;
	bool has_process;
	const struct known *known;
	struct matcher *match;
	struct piece *pieces;
	size_t count, cap;
};

struct slivers {
	struct lane *lanes;
	size_t piece_count;
	struct sliver_ends ends;
	uint64_t refused;
};

struct slivers *
slivers_new(void)
{
	return calloc(1, sizeof(struct slivers));
}

static void
lane_free(struct lane *l)
{
	free(l->vendor);
	free(l->network);
	free(l->purpose);
	free(l->source);
	free(l->executable);
	free(l->process);
	matcher_free(l->match);
	known_free((struct known *)l->known);
	free(l->pieces);
	free(l);
}

void
slivers_free(struct slivers *s)
{
	struct lane *l, *next;

	if (!s)
		return;
	HASH_ITER(hh, s->lanes, l, next) {
		HASH_DEL(s->lanes, l);
		lane_free(l);
	}
	free(s);
}

uint64_t
slivers_refused(const struct slivers *s)
{
	return s->refused;
}

static char *
copy_text(struct span s)
{
	return strndup(s.len ? (const char *)s.p : "", s.len);
}

static struct lane *
lane_new(const struct lane_key *key, const struct known *known,
    const struct event *e)
{
	static const struct event_cloud none;
	static const struct event_process nobody;
	const struct event_cloud *cloud = e->cloud ? e->cloud : &none;
	const struct event_process *p = e->process ? e->process : &nobody;
	struct lane *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->key = *key;
	l->vendor = copy_text(cloud->vendor);
	l->network = copy_text(cloud->network);
	l->purpose = copy_text(cloud->purpose);
	l->source = copy_text(cloud->source);
	l->executable = copy_text(p->executable);
	l->process = copy_text(p->name);
	l->pid = p->pid;
	l->has_process = e->process != NULL;
	l->known = known_share(known);
	l->match = matcher_new(known);
	if (l->match && l->vendor && l->network && l->purpose && l->source &&
	    l->executable && l->process)
		return l;
	lane_free(l);
	return NULL;
}

/* The one that was used last goes behind all others. */
static void
move_back(struct slivers *s, struct lane *l)
{
	HASH_DEL(s->lanes, l);
	HASH_ADD(hh, s->lanes, key, sizeof(l->key), l);
}

/* The lane that was not used for longest goes, of those in which nothing was
 * found; few have been. */
static bool
drop_lane(struct slivers *s)
{
	struct lane *l = s->lanes;

	for (int i = 0; l->match->run_count; i++) {
		if (i == LOOK_AT_MAX)
			return false;
		move_back(s, l);
		l = s->lanes;
	}
	s->piece_count -= l->count;
	HASH_DEL(s->lanes, l);
	lane_free(l);
	return true;
}

/* make: where there is none, a new one. */
static struct lane *
lane_of(struct slivers *s, const struct known *known,
    const struct event *e, uint64_t number, bool make)
{
	struct lane_key key = { .lane = number };
	struct lane *l;

	files_party_of(e, &key.party);
	HASH_FIND(hh, s->lanes, &key, sizeof(key), l);
	if (l) {
		move_back(s, l);
		return l;
	}
	if (!make)
		return NULL;
	if (HASH_COUNT(s->lanes) == LANES_MAX && !drop_lane(s))
		return NULL;
	l = lane_new(&key, known, e);
	if (l)
		HASH_ADD(hh, s->lanes, key, sizeof(l->key), l);
	return l;
}

/* Pieces that no run can reach any more make room. */
static void
drop_pieces(struct slivers *s, struct lane *l)
{
	size_t n = 0;

	if (l->match->run_count)
		return;
	while (n < l->count && l->pieces[n].at + REACH < l->match->offset)
		n++;
	if (!n)
		return;
	memmove(l->pieces, l->pieces + n, (l->count - n) * sizeof(*l->pieces));
	l->count -= n;
	s->piece_count -= n;
}

static bool
put_behind(struct slivers *s, struct lane *l, const struct event *e,
    const struct event_sliver *sliver)
{
	size_t cap = l->cap ? 2 * l->cap : 4;
	struct piece *list;

	if (l->count == l->cap)
		drop_pieces(s, l);
	if (s->piece_count == PIECES_MAX)
		return false;
	if (l->count == l->cap) {
		list = reallocarray(l->pieces, cap, sizeof(*list));
		if (!list)
			return false;
		l->pieces = list;
		l->cap = cap;
	}
	l->pieces[l->count++] = (struct piece){
		.at = l->match->offset,
		.flow = e->flow->id,
		.number = e->transfer->number,
		.packet_first = e->transfer->packet_first,
		.packet_last = e->transfer->packet_last,
		.ts_ns = e->ts_ns,
		.wraps = sliver->wraps,
	};
	s->piece_count++;
	matcher_data(l->match, sliver->bytes.p, sliver->bytes.len);
	return true;
}

/* The path of the request, without its query. */
static uint64_t
path_mix(const struct event_http *http)
{
	uint64_t h = 0x9E3779B97F4A7C15u;

	for (size_t i = 0; i < http->target.len && http->target.p[i] != '?';
	    i++)
		h = (h ^ http->target.p[i]) * 0x100000001b3u;
	return h;
}

void
slivers_add(struct slivers *s, const struct known *known,
    const struct sliver_told *told, const struct event *e)
{
	const struct event_transfer *t = e->transfer;

	for (size_t i = 0; i < t->sliver_count; i++) {
		const struct event_sliver *v = &t->slivers[i];

		if (!v->bytes.len)
			continue;
		sliver_follow(&s->ends, known, told, e, v);
		for (int with_path = 0; with_path < 1 + (t->http != NULL);
		    with_path++) {
			struct lane *l = lane_of(s, known, e, with_path ?
			    v->lane ^ path_mix(t->http) : v->lane, !v->small);

			if (l ? !put_behind(s, l, e, v) : !v->small)
				s->refused++;
		}
	}
	sliver_keep_ends(&s->ends, e);
}

static bool
is_told(const struct scan_match *m, const struct match_run *r)
{
	for (size_t i = 0; i < m->range_count; i++)
		if (m->ranges[i].start <= r->file_off &&
		    r->file_off + r->len <= m->ranges[i].end)
			return true;
	return false;
}

/* The piece that holds the lane's byte at that offset. */
static size_t
piece_at(const struct lane *l, uint64_t at)
{
	size_t low = 0, high = l->count, mid;

	while (high - low > 1) {
		mid = low + (high - low) / 2;
		if (l->pieces[mid].at <= at)
			low = mid;
		else
			high = mid;
	}
	return low;
}

/* What each piece that a run goes through has of the file. */
static void
tell_run(const struct lane *l, const struct sliver_told *told,
    const struct scan_match *m, const struct match_run *r,
    const struct span *also)
{
	uint64_t end = match_run_end(r), from = r->stream_off, to;
	struct event_cloud cloud = { .vendor = span_str(l->vendor),
		.network = span_str(l->network),
		.purpose = span_str(l->purpose),
		.source = span_str(l->source),
		.key = span_str(l->key.party.cloud) };
	struct event_process process = { .pid = l->pid,
		.executable = span_str(l->executable),
		.name = span_str(l->process) };

	/* bytes that repeat may lie before what is kept */
	if (l->pieces[0].at > from)
		from = l->pieces[0].at;
	for (size_t i = piece_at(l, from); from < end; i++, from = to) {
		const struct piece *p = &l->pieces[i];
		struct event_flow flow = { .id = p->flow };
		struct event_transfer t = { .number = p->number,
			.packet_first = p->packet_first,
			.packet_last = p->packet_last };
		struct event e = { .action = EVENT_TRANSFER,
			.ts_ns = p->ts_ns, .flow = &flow, .transfer = &t,
			.cloud = &cloud,
			.process = l->has_process ? &process : NULL };
		uint64_t off = r->file_off + (from - r->stream_off);

		to = i + 1 < l->count && l->pieces[i + 1].at < end ?
		    l->pieces[i + 1].at : end;
		sliver_tell(told, l->known, &(struct sliver_part){
		    .file = m->file, .range = { off, off + (to - from) },
		    .wraps = &p->wraps, .also = also,
		    .also_count = m->also_count }, &e);
	}
}

static void
judge_lane(struct lane *l, const struct sliver_told *told,
    struct arena *arena)
{
	struct scan_match *list;
	size_t count;

	if (l->match->offset < MATCH_MIN_RUN)
		return;
	matcher_end(l->match);
	list = match_judge(l->match, arena, &count);
	for (size_t i = 0; i < count; i++) {
		const struct scan_match *m = &list[i];
		struct span *also = arena_zalloc(arena, (m->also_count + 1) *
		    sizeof(*also));

		for (size_t k = 0; also && k < m->also_count; k++)
			also[k] = span_str(known_get(l->known,
			    m->also[k])->name);
		for (size_t k = 0; also && k < l->match->run_count; k++) {
			const struct match_run *r = &l->match->runs[k];

			if (!r->dead && r->content == m->content &&
			    is_told(m, r))
				tell_run(l, told, m, r, also);
		}
	}
}

void
slivers_judge(struct slivers *s, const struct sliver_told *told)
{
	struct lane *l, *next;
	struct arena arena;

	arena_init(&arena);
	HASH_ITER(hh, s->lanes, l, next) {
		judge_lane(l, told, &arena);
		arena_reset(&arena, 65536);
	}
	arena_clear(&arena);
}
