/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_INFERENCE_TRAFFIC_H
#define BENCH_INFERENCE_TRAFFIC_H

/* What clients and a day's other traffic look like to tests/bench/inference:
 * transfers as their sizes alone, drawn at random. */

#include <math.h>
#include <string.h>

#include "inference/inference.h"

#define COUNT		60
#define ITEMS_MAX	1024
#define GROUPS_MAX	4

static uint64_t state;

static inline uint64_t
draw(void)
{
	uint64_t z = (state += 0x9e3779b97f4a7c15u);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static inline uint64_t
below(uint64_t n)
{
	return draw() % n;
}

static inline double
uniform(void)
{
	return ((double)(draw() >> 11) + 0.5) / 9007199254740992.0;
}

static inline double
normal(void)
{
	return sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform());
}

enum padding { PAD_NONE, PAD_RECORD, PAD_FRAME, PAD_JSON, PAD_COUNT };

struct sent {
	struct inference_item items[ITEMS_MAX];
	int canary[ITEMS_MAX];		/* -1: none */
	size_t count;
	struct inference_group groups[GROUPS_MAX];
	bool beside[COUNT];		/* canaries that went in a group */
	size_t group_count;
};

struct client {
	unsigned carrier, wrap, padding;
	uint32_t far_end;
	uint32_t head;			/* bytes of its headers but for what varies */
	unsigned jitter;
	unsigned packet_extra;		/* QUIC: bytes of a packet beside the body */
	unsigned riding;		/* and acknowledgements, in 64ths of a byte */
	bool own_record;		/* headers in a record of their own */
	bool cuts_body;			/* into full records, whatever headers are */
	bool writes_frames;		/* one by one */
};

static inline void
pad(struct inference_item *i, unsigned padding)
{
	uint64_t more = 0;

	if (padding == PAD_RECORD)
		more = 512 - i->max % 512;
	else if (padding == PAD_FRAME)
		for (uint64_t n = 0; n <= i->max / 16384; n++)
			more += 1 + below(255);
	else if (padding == PAD_JSON)
		more = below(2048);
	i->min += more;
	i->max += more;
}

/* The last record: of the body alone, where the client cuts that into full ones,
 * else of headers and body; any length where a window cut a frame. */
static inline void
add_end(struct inference_item *i, const struct client *c, uint64_t head,
    uint64_t body)
{
	uint64_t left = (c->cuts_body ? body : head + body) % 16384;

	if (c->carrier == INFERENCE_QUIC || c->padding)
		return;
	if (c->carrier == INFERENCE_HTTP2)
		left = !below(4) ? below(16384) : body % 16384 + 9;
	i->end = (uint16_t)(left > 64 && left < 16384 ? left : 0);
}

static inline void
add(struct sent *s, const struct client *c, uint64_t body, int canary)
{
	struct inference_item *i = &s->items[s->count];
	uint64_t head = c->head + below(c->jitter + 1);

	if (s->count == ITEMS_MAX)
		return;
	*i = (struct inference_item){
		.far_end = c->far_end,
		.carrier = (uint8_t)c->carrier,
	};
	i->min = i->max = head + body;
	if (c->carrier == INFERENCE_HTTP2) {
		uint64_t frames = (body + 16383) / 16384;

		/* Windows that end within a frame cut it in two. */
		frames += below(frames / 8 + 1);
		i->min = i->max += 9 * frames + 9;
		i->packets = c->writes_frames ? frames + 1 : 1 + below(frames);
	} else if (c->carrier == INFERENCE_QUIC) {
		/* Numbers of two bytes where many packets are under way. */
		i->packets = (body + head) / 1170 + 1;
		i->min = i->max += i->packets * c->packet_extra + below(120) +
		    i->packets * c->riding / 64 + below(i->packets / 32 + 1) +
		    (below(4) ? 0 : below(i->packets + 1));
	} else if (c->own_record) {
		i->starts[i->start_count++] = (uint32_t)head;
	}
	if (!c->own_record)
		i->starts[i->start_count++] = 16384;
	add_end(i, c, head, body);
	pad(i, c->padding);
	s->canary[s->count++] = canary;
}

static inline struct client
draw_client(uint32_t far_end, unsigned padding)
{
	return (struct client){
		.carrier = (unsigned)below(3),
		.far_end = far_end,
		.head = 120 + (uint32_t)below(900),
		.jitter = (unsigned)below(40),
		.packet_extra = below(2) ? 6 : 8,
		.riding = (unsigned)below(17),
		.own_record = below(2),
		.cuts_body = below(2),
		.writes_frames = below(2),
		.padding = padding,
	};
}

/* Bodies that go out side by side on one connection of HTTP/2, in one run of
 * bytes or a few. */
static inline void
add_beside(struct sent *s, uint32_t far_end, const uint64_t *bodies, size_t n,
    unsigned padding)
{
	struct inference_group *g = &s->groups[s->group_count++];
	unsigned runs = 1 + (unsigned)below(3);
	size_t first = s->count;

	*g = (struct inference_group){ 0 };
	for (unsigned i = 0; i < runs; i++) {
		s->items[s->count] = (struct inference_item){
			.far_end = far_end,
			.carrier = INFERENCE_HTTP2,
			.group = (uint32_t)s->group_count,
		};
		s->canary[s->count++] = -1;
	}
	for (size_t i = 0; i < n; i++) {
		size_t in = first + (runs > 1 ? below(runs) : 0);
		uint64_t frames = (bodies[i] + 16383) / 16384;
		uint64_t len = bodies[i] + 9 * frames + 40 + below(300);
		uint64_t end = bodies[i] % 16384 + 9 + !below(12);

		if (padding == PAD_FRAME)
			for (uint64_t k = 0; k < frames; k++)
				len += 1 + below(255);
		if (padding == PAD_FRAME || !below(30))
			end = below(16384);	/* or windows cut it elsewhere */
		g->total += len;
		s->items[in].min = s->items[in].max += len;
		if (end > 64 && end < 16384)
			g->ends[g->end_count++] = (struct inference_end){
				(uint32_t)in, (uint16_t)end };
		if (!below(3))
			g->ends[g->end_count++] = (struct inference_end){
				(uint32_t)in, (uint16_t)(65 + below(300)) };
	}
}

static inline double
draw_size(double middle)
{
	return exp(middle + 1.3 * normal());
}

/* Reports that grow until they are sent: as long as a limit, or just below it. */
static inline void
add_batches(struct sent *s, const struct client *c)
{
	static const uint32_t limits[] = { 65536, 262144, 524288, 1000000,
		1048576, 4194304 };
	uint64_t limit = limits[below(sizeof(limits) / sizeof(*limits))];
	unsigned n = (unsigned)below(30);
	bool exact = below(2);

	for (unsigned i = 0; i < n; i++)
		add(s, c, limit - (exact ? 0 : below(900)), -1);
}

/* The same report again and again, with a few bytes that vary. */
static inline void
add_heartbeats(struct sent *s, const struct client *c)
{
	uint64_t size = 12 * 1024 + (uint64_t)draw_size(log(30000));
	unsigned n = (unsigned)below(100), vary = 1 + (unsigned)below(40);

	for (unsigned i = 0; i < n; i++)
		add(s, c, size + below(vary), -1);
}

/* A day's telemetry and reports to a few far ends: sizes over four decades,
 * most small, some sent again as they were, some side by side. */
static inline void
add_noise(struct sent *s, unsigned padding)
{
	unsigned ends = 1 + (unsigned)below(5);

	s->count = s->group_count = 0;
	memset(s->beside, 0, sizeof(s->beside));
	if (below(2)) {
		uint64_t bodies[20];
		size_t n = 2 + below(19);

		for (size_t i = 0; i < n; i++)
			bodies[i] = 20000 + (uint64_t)draw_size(log(300000));
		add_beside(s, 0, bodies, n, padding);
	}
	for (unsigned e = 0; e < ends; e++) {
		struct client c = draw_client(e, padding);
		double middle = log(20000) + normal();
		unsigned n = (unsigned)below(60);

		if (!below(4))
			add_batches(s, &c);
		if (!below(4))
			add_heartbeats(s, &c);
		for (unsigned k = 0; k < n; k++) {
			double size = draw_size(middle);

			if (size < 12 * 1024 || size > 1e8)
				continue;
			add(s, &c, (uint64_t)size, -1);
			if (!below(8))
				add(s, &c, (uint64_t)size, -1);
		}
	}
}

static inline void
add_uploads(struct sent *s, const struct inference_set *set,
    const struct model *m, const struct client *c, size_t count)
{
	bool taken[COUNT] = { false };

	while (count) {
		unsigned k = (unsigned)below(COUNT);

		if (taken[k])
			continue;
		taken[k] = true;
		count--;
		add(s, c, model_body(m, set->sizes[k], set->types[k],
		    (enum model_wrap)c->wrap), (int)k);
	}
}

/* form: with so many bytes around each, and its name. */
static inline void
add_uploads_beside(struct sent *s, const struct inference_set *set,
    const struct model *m, const struct client *c, size_t count, unsigned form)
{
	uint64_t bodies[COUNT];
	size_t n = 0;

	while (n < count) {
		unsigned k = (unsigned)below(COUNT);

		if (s->beside[k])
			continue;
		s->beside[k] = true;
		bodies[n++] = model_body(m, set->sizes[k], set->types[k],
		    (enum model_wrap)c->wrap) +
		    (form ? form + set->name_lens[k] : 0);
	}
	add_beside(s, c->far_end, bodies, n, c->padding);
}

#endif
