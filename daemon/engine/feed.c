// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>

#include "engine/engine.h"
#include "engine/sessions.h"
#include "engine/wait.h"

/* So many packets' flows the cache fetches before the first of them is looked
 * at: flows lie anywhere, and one after the other each would be waited for. */
#define GROUP	32

/* Of a batch, at most, where there are keys: a fraction of how long a flow may be
 * silent. */
#define BATCH_NS	UINT64_C(30000000000)

static void
count_packet(struct telltap_engine *e, const struct telltap_packet *raw)
{
	struct event_totals *t = &e->totals;

	t->packets++;
	t->bytes += raw->wire_len;
	if (!t->first_ns || raw->ts_ns < t->first_ns)
		t->first_ns = raw->ts_ns;
	if (raw->ts_ns > t->last_ns)
		t->last_ns = raw->ts_ns;
	e->last_packet = raw->number;
	e->last_ts_ns = raw->ts_ns;
}

static int
batch_reserve(struct engine_batch *b, size_t count)
{
	if (count <= b->cap)
		return 0;
	free(b->packets);
	free(b->clocks);
	b->packets = malloc(count * sizeof(*b->packets));
	b->clocks = malloc(count * sizeof(*b->clocks));
	b->cap = b->packets && b->clocks ? count : 0;
	for (unsigned i = 0; i < SHARD_COUNT; i++) {
		free(b->order[i]);
		b->order[i] = malloc(count * sizeof(uint32_t));
		if (!b->order[i])
			b->cap = 0;
	}
	return b->cap ? 0 : -ENOMEM;
}

static void
batch_decode(struct telltap_engine *e, struct engine_batch *b,
    const struct telltap_packet *packets, size_t count)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < SHARD_COUNT; i++)
		b->counts[i] = 0;
	for (size_t i = 0; i < count; i++) {
		struct packet *p = &b->packets[n];
		unsigned shard;

		count_packet(e, &packets[i]);
		b->clocks[n] = flow_clock_tick(&e->clock, packets[i].ts_ns);
		if (packet_decode(e->decoder, &packets[i], &b->arena, p))
			continue;
		shard = flow_shard(p, SHARD_COUNT);
		b->order[shard][b->counts[shard]++] = n++;
	}
	b->last_ts_ns = e->last_ts_ns;
}

/* One shard's packets of the batch that is run. */
static void
run_shard(void *arg, unsigned piece)
{
	struct telltap_engine *e = arg;
	const struct engine_batch *b = &e->batches[!e->filling];
	struct shard *s = &e->shards[piece];
	uint32_t fetched[GROUP], n;

	for (uint32_t at = 0; at < b->counts[piece]; at += n) {
		const uint32_t *order = b->order[piece] + at;

		n = b->counts[piece] - at;
		n = n < GROUP ? n : GROUP;
		for (uint32_t i = 0; i < n; i++)
			fetched[i] = flow_table_fetch(s->table,
			    &b->packets[order[i]]);
		for (uint32_t i = 0; i < n; i++)
			shard_fetch_flow(s, fetched[i]);
		for (uint32_t i = 0; i < n; i++)
			shard_fetch_conn(s, fetched[i]);
		for (uint32_t i = 0; i < n; i++)
			shard_fetch_layer(s, fetched[i]);
		for (uint32_t i = 0; i < n; i++)
			shard_packet(s, &b->packets[order[i]], fetched[i],
			    b->clocks[order[i]]);
	}
}

/* The batch being run is done and its records set apart; those of the one
 * before are merged meanwhile. */
static int
finish_batch(struct telltap_engine *e)
{
	int r = engine_merge(e), waited;

	if (!e->running)
		return r;
	pool_join(e->pool);
	e->running = false;
	arena_reset(&e->batches[!e->filling].arena, 1024 * 1024);
	/* the next one is decoded already */
	waited = engine_wait_over(e, e->batches[!e->filling].last_ts_ns);
	engine_take(e);
	return r ? r : waited;
}

int
engine_settle(struct telltap_engine *e)
{
	int r = finish_batch(e), merged = engine_merge(e);

	return r ? r : merged;
}

static int
feed_threaded(struct telltap_engine *e, const struct telltap_packet *packets,
    size_t count)
{
	struct engine_batch *b = &e->batches[e->filling];
	int r = batch_reserve(b, count);

	if (r)
		return r;
	batch_decode(e, b, packets, count);
	r = finish_batch(e);
	e->filling = !e->filling;
	e->running = true;
	pool_start(e->pool, run_shard, e, SHARD_COUNT);
	return r;
}

struct group {
	struct packet packets[GROUP];
	uint64_t clocks[GROUP];
	uint32_t fetched[GROUP];
	struct shard *shards[GROUP];
};

static size_t
group_decode(struct telltap_engine *e, struct group *g,
    const struct telltap_packet *packets, size_t count)
{
	struct arena *arena = &e->batches[0].arena;
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		struct packet *p = &g->packets[n];

		count_packet(e, &packets[i]);
		g->clocks[n] = flow_clock_tick(&e->clock, packets[i].ts_ns);
		if (packet_decode(e->decoder, &packets[i], arena, p))
			continue;
		g->shards[n] = &e->shards[flow_shard(p, SHARD_COUNT)];
		g->fetched[n] = flow_table_fetch(g->shards[n]->table, p);
		n++;
	}
	return n;
}

static int
feed_alone(struct telltap_engine *e, const struct telltap_packet *packets,
    size_t count)
{
	struct group g;
	int r;

	for (size_t at = 0; at < count; at += GROUP) {
		size_t n = group_decode(e, &g, packets + at,
		    count - at < GROUP ? count - at : GROUP);

		for (size_t i = 0; i < n; i++)
			shard_fetch_flow(g.shards[i], g.fetched[i]);
		for (size_t i = 0; i < n; i++)
			shard_fetch_conn(g.shards[i], g.fetched[i]);
		for (size_t i = 0; i < n; i++)
			shard_fetch_layer(g.shards[i], g.fetched[i]);
		for (size_t i = 0; i < n; i++)
			shard_packet(g.shards[i], &g.packets[i], g.fetched[i],
			    g.clocks[i]);
	}
	arena_reset(&e->batches[0].arena, 1024 * 1024);
	r = engine_wait_over(e, e->last_ts_ns);
	engine_take(e);
	return r ? r : engine_merge(e);
}

static int
feed_some(struct telltap_engine *e, const struct telltap_packet *packets,
    size_t count)
{
	int r = e->pool ? feed_threaded(e, packets, count) :
			  feed_alone(e, packets, count);

	if (r || !e->sessions)
		return r;
	r = engine_settle(e);
	sessions_retry(e->sessions);
	engine_take(e);
	return r ? r : engine_merge(e);
}

/* How many of them make a batch: what a QUIC connection gets by other addresses
 * keeps it from being over, and is told between batches. */
static size_t
batch_len(const struct telltap_engine *e, const struct telltap_packet *packets,
    size_t count)
{
	size_t n = 1;

	while (n < count && (!e->keys ||
	    packets[n].ts_ns < packets[0].ts_ns ||
	    packets[n].ts_ns - packets[0].ts_ns < BATCH_NS))
		n++;
	return n;
}

static int
feed(void *arg, const struct telltap_packet *packets, size_t count)
{
	int r = 0;

	for (size_t at = 0, n; at < count && !r; at += n) {
		n = batch_len(arg, packets + at, count - at);
		r = feed_some(arg, packets + at, n);
	}
	return r;
}

int
telltap_engine_feed(struct telltap_engine *e,
    const struct telltap_packet *packets, size_t count)
{
	int r;

	if (e->finished || count > UINT32_MAX)
		return -EINVAL;
	if (!e->begun && count)
		e->last_ts_ns = packets[0].ts_ns;
	r = engine_begin(e);
	if (r || !count)
		return r;
	return e->hold.wait_ns ? hold_add(&e->hold, packets, count,
	    &e->hold_to) :
	    feed(e, packets, count);
}

int
telltap_engine_hold(struct telltap_engine *e, uint64_t wait_ns,
    size_t max_bytes)
{
	if (e->begun)
		return -EINVAL;
	hold_init(&e->hold, wait_ns, max_bytes);
	e->hold_to = (struct hold_to){ feed, engine_note, e };
	return 0;
}

int
telltap_engine_tick(struct telltap_engine *e, uint64_t now_ns)
{
	int r = e->finished ? -EINVAL :
	    hold_release(&e->hold, now_ns, &e->hold_to);

	if (!r)
		r = engine_settle(e);
	if (!r)
		r = engine_wait_over(e, now_ns);
	engine_take(e);
	return r ? r : engine_merge(e);
}

/* How many packets' worth of flows end before their records are merged. */
#define END_SLICES	256

int
telltap_engine_finish(struct telltap_engine *e)
{
	int r;

	if (e->finished)
		return -EINVAL;
	r = engine_begin(e);
	if (!r)
		r = hold_release(&e->hold, UINT64_MAX, &e->hold_to);
	if (!r)
		r = engine_settle(e);
	if (!r)
		r = engine_wait_over(e, UINT64_MAX);
	engine_take(e);
	if (!r)
		r = engine_merge(e);
	e->finished = true;
	packet_decoder_flush(e->decoder);
	for (uint64_t slice = 1; !r && slice <= END_SLICES; slice++) {
		uint64_t bound = slice == END_SLICES ? UINT64_MAX :
		    e->last_packet / END_SLICES * slice + 1;
		size_t left = 0;

		for (unsigned i = 0; i < SHARD_COUNT; i++)
			left += shard_end(&e->shards[i], bound,
			    e->clock.clock_ns);
		engine_take(e);
		r = engine_merge(e);
		if (!left && slice < END_SLICES)
			break;
	}
	return r ? r : engine_conclude(e);
}
