// SPDX-License-Identifier: Apache-2.0
#include "engine/slivers.h"

#include <stdlib.h>
#include <string.h>

#include "content/known/known_set.h"
#include "engine/sliver_lane.h"

#define LANES_MAX	4096
#define LOOK_AT_MAX	64		/* lanes, before none is dropped */
#define PIECES_MAX	(1u << 18)	/* of all lanes */
#define BYTES_MAX	(32u << 20)	/* of all pieces */
/* Where there are half as many, pieces are dropped: so far back in its lane one
 * may still become part of a run in the order in which they came. */
#define REACH		4096

struct slivers *
slivers_new(void)
{
	return calloc(1, sizeof(struct slivers));
}

/* The first n of a lane. */
static void
forget(struct slivers *s, struct lane *l, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		s->byte_count -= l->pieces[i].bytes ? l->pieces[i].len : 0;
		free(l->pieces[i].bytes);
	}
	memmove(l->pieces, l->pieces + n, (l->count - n) * sizeof(*l->pieces));
	l->count -= n;
	s->piece_count -= n;
}

static void
lane_free(struct slivers *s, struct lane *l)
{
	forget(s, l, l->count);
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
		lane_free(s, l);
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
lane_new(struct slivers *s, const struct lane_key *key,
    const struct known *known, const struct event *e)
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
	lane_free(s, l);
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
	HASH_DEL(s->lanes, l);
	lane_free(s, l);
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
	l = lane_new(s, &key, known, e);
	if (l)
		HASH_ADD(hh, s->lanes, key, sizeof(l->key), l);
	return l;
}

/* Where there are many, pieces that no run can reach any more make room. */
static void
drop_pieces(struct slivers *s, struct lane *l)
{
	size_t n = 0;

	if (l->match->run_count || (s->piece_count < PIECES_MAX / 2 &&
	    s->byte_count < BYTES_MAX / 2))
		return;
	while (n < l->count && l->pieces[n].at + REACH < l->match->offset)
		n++;
	forget(s, l, n);
}

/* A copy, as long as there is room for it. */
static uint8_t *
keep_bytes(struct slivers *s, struct span bytes)
{
	uint8_t *copy = bytes.len > BYTES_MAX - s->byte_count ? NULL :
	    malloc(bytes.len);

	if (copy) {
		memcpy(copy, bytes.p, bytes.len);
		s->byte_count += bytes.len;
	}
	return copy;
}

static bool
put_behind(struct slivers *s, struct lane *l, const struct event *e,
    const struct event_sliver *sliver, bool told_of)
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
		.bytes = l->with_path ? NULL : keep_bytes(s, sliver->bytes),
		.len = sliver->bytes.len,
		.told = told_of,
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
		bool followed;

		if (!v->bytes.len)
			continue;
		followed = sliver_follow(&s->ends, known, told, e, v);
		for (int with_path = 0; with_path < 1 + (t->http != NULL);
		    with_path++) {
			struct lane *l = lane_of(s, known, e, with_path ?
			    v->lane ^ path_mix(t->http) : v->lane, !v->small);

			if (l)
				l->with_path = with_path;
			if (l ? !put_behind(s, l, e, v, followed) : !v->small)
				s->refused++;
		}
	}
	sliver_keep_ends(&s->ends, e);
}
