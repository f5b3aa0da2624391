// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>

#include "engine/engine.h"

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
}

/* One shard's packets of the batch that is run. */
static void
run_shard(void *arg, unsigned piece)
{
	struct telltap_engine *e = arg;
	const struct engine_batch *b = &e->batches[!e->filling];

	for (uint32_t i = 0; i < b->counts[piece]; i++) {
		uint32_t n = b->order[piece][i];

		shard_packet(&e->shards[piece], &b->packets[n],
		    b->clocks[n]);
	}
}

/* The batch being run is done and its records set apart; those of the one
 * before are merged meanwhile. */
static int
finish_batch(struct telltap_engine *e)
{
	int r = engine_merge(e);

	if (!e->running)
		return r;
	pool_join(e->pool);
	e->running = false;
	arena_reset(&e->batches[!e->filling].arena, 1024 * 1024);
	engine_take(e);
	return r;
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

static int
feed_alone(struct telltap_engine *e, const struct telltap_packet *packets,
    size_t count)
{
	struct arena *arena = &e->batches[0].arena;
	struct packet p;

	for (size_t i = 0; i < count; i++) {
		uint64_t clock_ns;

		count_packet(e, &packets[i]);
		clock_ns = flow_clock_tick(&e->clock, packets[i].ts_ns);
		if (packet_decode(e->decoder, &packets[i], arena, &p))
			continue;
		shard_packet(&e->shards[flow_shard(&p, SHARD_COUNT)], &p,
		    clock_ns);
	}
	arena_reset(arena, 1024 * 1024);
	engine_take(e);
	return engine_merge(e);
}

static int
feed(void *arg, const struct telltap_packet *packets, size_t count)
{
	struct telltap_engine *e = arg;

	return e->pool ? feed_threaded(e, packets, count) :
			 feed_alone(e, packets, count);
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
	return e->hold.wait_ns ? hold_add(&e->hold, packets, count, feed, e) :
	    feed(e, packets, count);
}

int
telltap_engine_hold(struct telltap_engine *e, uint64_t wait_ns,
    size_t max_bytes)
{
	if (e->begun)
		return -EINVAL;
	hold_init(&e->hold, wait_ns, max_bytes);
	return 0;
}

int
telltap_engine_tick(struct telltap_engine *e, uint64_t now_ns)
{
	return e->finished ? -EINVAL : hold_release(&e->hold, now_ns, feed, e);
}

/* How many packets' worth of flows end before their records are merged. */
#define END_SLICES	64

int
telltap_engine_finish(struct telltap_engine *e)
{
	int r;

	if (e->finished)
		return -EINVAL;
	r = engine_begin(e);
	if (!r)
		r = hold_release(&e->hold, UINT64_MAX, feed, e);
	if (!r)
		r = engine_settle(e);
	e->finished = true;
	packet_decoder_flush(e->decoder);
	for (uint64_t slice = 1; !r && slice <= END_SLICES; slice++) {
		uint64_t bound = slice == END_SLICES ? UINT64_MAX :
		    e->last_packet / END_SLICES * slice + 1;
		size_t left = 0;

		for (unsigned i = 0; i < SHARD_COUNT; i++)
			left += shard_end(&e->shards[i], bound);
		engine_take(e);
		r = engine_merge(e);
		if (!left && slice < END_SLICES)
			break;
	}
	return r ? r : engine_conclude(e);
}
