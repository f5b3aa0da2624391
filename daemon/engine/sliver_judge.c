// SPDX-License-Identifier: Apache-2.0
/* What the pieces in lanes were of: as they came, one behind the other; as files
 * go on from one to another; and what is missing of files that are named. */
#include <stdlib.h>
#include <string.h>

#include "content/known/known_set.h"
#include "engine/sliver_chain.h"
#include "engine/sliver_lane.h"
#include "engine/slivers.h"

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

/* What a piece has of a known file. */
static void
tell_piece(const struct lane *l, struct piece *p,
    const struct sliver_told *told, struct sliver_part *part)
{
	struct event_cloud cloud = { .vendor = span_str(l->vendor),
		.network = span_str(l->network),
		.purpose = span_str(l->purpose),
		.source = span_str(l->source),
		.key = span_str(l->key.party.cloud) };
	struct event_process process = { .pid = l->pid,
		.executable = span_str(l->executable),
		.name = span_str(l->process) };

	struct event_flow flow = { .id = p->flow };
	struct event_transfer t = { .number = p->number,
		.packet_first = p->packet_first,
		.packet_last = p->packet_last };
	struct event e = { .action = EVENT_TRANSFER, .ts_ns = p->ts_ns,
		.flow = &flow, .transfer = &t, .cloud = &cloud,
		.process = l->has_process ? &process : NULL };

	p->told |= part->range.end - part->range.start == p->len;
	part->wraps = &p->wraps;
	sliver_tell(told, l->known, part, &e);
}

/* What each piece that a run goes through has of the file. */
static void
tell_run(const struct lane *l, const struct sliver_told *told,
    const struct scan_match *m, const struct match_run *r,
    const struct span *also)
{
	uint64_t end = match_run_end(r), from = r->stream_off, to;

	/* bytes that repeat may lie before what is kept */
	if (l->pieces[0].at > from)
		from = l->pieces[0].at;
	for (size_t i = piece_at(l, from); from < end; i++, from = to) {
		uint64_t off = r->file_off + (from - r->stream_off);

		to = i + 1 < l->count && l->pieces[i + 1].at < end ?
		    l->pieces[i + 1].at : end;
		tell_piece(l, &l->pieces[i], told, &(struct sliver_part){
		    .file = m->file, .range = { off, off + (to - from) },
		    .also = also, .also_count = m->also_count });
	}
}

/* Runs of a lane, in its order or in chains. */
static void
judge_runs(const struct lane *l, const struct matcher *runs,
    const struct sliver_told *told, struct arena *arena)
{
	struct scan_match *list;
	size_t count;

	list = match_judge(runs, arena, &count);
	for (size_t i = 0; i < count; i++) {
		const struct scan_match *m = &list[i];
		struct span *also = arena_zalloc(arena, (m->also_count + 1) *
		    sizeof(*also));

		for (size_t k = 0; also && k < m->also_count; k++)
			also[k] = span_str(known_get(l->known,
			    m->also[k])->name);
		for (size_t k = 0; also && k < runs->run_count; k++) {
			const struct match_run *r = &runs->runs[k];

			if (!r->dead && r->content == m->content &&
			    is_told(m, r))
				tell_run(l, told, m, r, also);
		}
	}
}

/* Pieces that are compared with known files at the end, in all: what repeats itself
 * is compared over and over. */
#define WORK_MAX	(8u << 20)

/* Puts a lane's pieces behind those that are there. */
static bool
gather(const struct lane *l, struct chain_piece **list, size_t *count)
{
	struct chain_piece *more = reallocarray(*list, *count + l->count + 1,
	    sizeof(*more));

	if (!more)
		return false;
	*list = more;
	for (size_t i = 0; i < l->count; i++)
		if (l->pieces[i].bytes)
			more[(*count)++] = (struct chain_piece){
				.bytes = { l->pieces[i].bytes, l->pieces[i].len },
				.at = l->pieces[i].at,
				.owner = l,
				.index = i,
				.told = l->pieces[i].told,
			};
	return true;
}

static void
judge_chains(const struct lane *l, const struct sliver_told *told,
    struct arena *arena, uint64_t *work)
{
	struct chain_piece *list = NULL;
	struct sliver_chain *c = NULL;
	struct matcher *m = NULL;
	size_t count = 0;

	if (l->match->offset >= MATCH_MIN_RUN && gather(l, &list, &count))
		c = sliver_chain_new(l->known, list, count, work);
	if (c)
		m = sliver_chain_find(c);
	if (m)
		judge_runs(l, m, told, arena);
	matcher_free(m);
	sliver_chain_free(c);
	free(list);
}

static void
judge_lane(struct lane *l, const struct sliver_told *told,
    struct arena *arena, uint64_t *work)
{
	if (l->match->offset >= MATCH_MIN_RUN) {
		matcher_end(l->match);
		judge_runs(l, l->match, told, arena);
	}
	judge_chains(l, told, arena, work);
}

/* Whoever fills files: of the last sender all pieces, whatever their lanes. */
struct filler {
	struct slivers *s;
	const struct sliver_told *told;
	const struct files_party *party;
	const struct known *known;
	struct chain_piece *pieces;
	struct sliver_chain *chain;
	uint32_t file;		/* that is filled */
	uint64_t work;		/* left */
};

static void
end_party(struct filler *f)
{
	sliver_chain_free(f->chain);
	free(f->pieces);
	f->chain = NULL;
	f->pieces = NULL;
}

static void
begin_party(struct filler *f, const struct files_party *party)
{
	struct lane *l, *next;
	size_t count = 0, cost;

	end_party(f);
	f->party = party;
	HASH_ITER(hh, f->s->lanes, l, next) {
		if (memcmp(&l->key.party, party, sizeof(*party)))
			continue;
		f->known = l->known;
		if (!gather(l, &f->pieces, &count))
			return;
	}
	cost = count + HASH_COUNT(f->s->lanes);
	f->work -= cost < f->work ? cost : f->work;
	if (count && f->work)
		f->chain = sliver_chain_new(f->known, f->pieces, count, &f->work);
}

static void
fill(void *arg, const struct chain_piece *p, struct event_range of_file)
{
	struct filler *f = arg;
	const struct lane *l = p->owner;

	tell_piece(l, &l->pieces[p->index], f->told, &(struct sliver_part){
	    .file = f->file, .range = of_file });
}

static void
fill_file(void *arg, const struct files_part *part)
{
	struct filler *f = arg;
	struct event_range *ranges;
	uint32_t content;

	/* files come in the order of first sight, most often by sender */
	if (f->work && (!f->party ||
	    memcmp(f->party, part->party, sizeof(*f->party))))
		begin_party(f, part->party);
	if (!f->work || !f->chain || part->known_index >= known_count(f->known) ||
	    !known_content_of(f->known, part->known_index, &content))
		return;
	ranges = calloc(part->range_count, sizeof(*ranges));
	if (!ranges)
		return;
	memcpy(ranges, part->ranges, part->range_count * sizeof(*ranges));
	f->file = part->known_index;
	sliver_chain_fill(f->chain, content, ranges, part->range_count, fill, f);
	free(ranges);
}

void
slivers_judge(struct slivers *s, const struct sliver_told *told)
{
	struct filler f = { .s = s, .told = told, .work = WORK_MAX };
	uint64_t work = WORK_MAX;
	struct lane *l, *next;
	struct arena arena;

	arena_init(&arena);
	HASH_ITER(hh, s->lanes, l, next) {
		judge_lane(l, told, &arena, &work);
		arena_reset(&arena, 65536);
	}
	arena_clear(&arena);
	files_each_part(told->files, fill_file, &f);
	end_party(&f);
	s->refused += !work + !f.work;
}
