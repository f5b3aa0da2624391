// SPDX-License-Identifier: Apache-2.0
#include "protocol/conn_lane.h"

#include <stdlib.h>

#include "base/slab.h"
#include "protocol/burst.h"
#include "protocol/conn_wait.h"
#include "protocol/tls/tls.h"

#define CONN_MAX_HOLD	(32 * 1024)
#define CONN_MAX_LOOKS	32	/* runs whose start is looked at */

static void
run_end(struct conn_full *f, struct lane_run *r, enum message_end why)
{
	if (r && r->message)
		f->c.env->ops->end(r->message, why, &r->burst.last);
	if (r)
		r->message = NULL;
}

/* NULL without memory. */
static struct lane_run *
run_of(struct conn_full *f, struct lane *l)
{
	if (!l->run)
		l->run = slab_zalloc(f->c.env->slab, sizeof(*l->run));
	return l->run;
}

/* Makes sure that the run these bytes belong to is open; NULL without memory. */
static struct message *
run_for(struct conn_full *f, struct lane *l, unsigned side,
    const struct when *when)
{
	bool outbound = side == f->c.endpoint_side;
	struct lane_run *r = run_of(f, l);

	if (!r)
		return NULL;
	if (burst_begins(&r->burst, outbound, when)) {
		run_end(f, r, MESSAGE_COMPLETE);
		burst_add(&r->burst, outbound, when);
		r->message = f->c.env->ops->begin(&f->c, MESSAGE_RUN, when);
		f->c.told = true;
	} else {
		burst_add(&r->burst, outbound, when);
	}
	return r->message;
}

static void
run_data(struct conn_full *f, unsigned n, unsigned side, const uint8_t *data,
    size_t len, const struct when *when)
{
	struct lane *l = conn_lane(f, n);
	struct message *m = run_for(f, l, side, when);

	l->any = true;
	if (n == 0) {
		conn_name_feed(f, side, data, len, when);
		conn_name_promise(f, side, data, len);
	}
	if (!m)
		return;
	f->c.env->ops->wire(m, side, len, when);
	f->c.env->ops->body(m, side, data, len, when);
}

static void
layer_data(struct conn_full *f, unsigned n, unsigned side,
    const uint8_t *data, size_t len, const struct when *when)
{
	struct layer *l = conn_lane(f, n)->layer;
	uint8_t depth = f->c.depth;

	f->c.depth = (uint8_t)n;
	l->ops->data(l, side, data, len, when);
	f->c.depth = depth;
}

static void
run_free(struct conn_full *f, struct lane *l, enum message_end why)
{
	run_end(f, l->run, why);
	slab_free(f->c.env->slab, l->run, sizeof(*l->run));
	l->run = NULL;
}

void
conn_lane_take(struct conn_full *f, unsigned n, struct layer *layer)
{
	struct lane *l = conn_lane(f, n);

	if (n == 0)
		conn_name_runs(f);
	run_free(f, l, MESSAGE_COMPLETE);
	l->layer = layer;
	if (n > 0)
		return;
	if (!f->c.protocol)
		f->c.protocol = layer->ops->name;
	f->c.named = true;
}

static void
hold_free(struct hold *h)
{
	if (!h)
		return;
	buf_clear(&h->side[0]);
	buf_clear(&h->side[1]);
	free(h);
}

/* Keeps bytes until more come; false if there is no room for them. */
static bool
hold_add(struct lane *l, unsigned side, const uint8_t *data, size_t len,
    const struct when *when)
{
	if (!l->hold) {
		l->hold = calloc(1, sizeof(*l->hold));
		if (!l->hold)
			return false;
		buf_init(&l->hold->side[0], CONN_MAX_HOLD);
		buf_init(&l->hold->side[1], CONN_MAX_HOLD);
	}
	buf_append(&l->hold->side[side], data, len);
	l->hold->when = *when;
	return !l->hold->side[side].failed;
}

/* The lane is decided: bytes that were held go where the others will go. */
static void
release_held(struct conn_full *f, unsigned n)
{
	struct lane *l = conn_lane(f, n);
	struct hold *h = l->hold;

	l->hold = NULL;
	for (unsigned side = 0; h && side < 2; side++) {
		const struct buf *b = &h->side[side];

		if (b->len && l->layer)
			layer_data(f, n, side, b->data, b->len, &h->when);
		else if (b->len)
			run_data(f, n, side, b->data, b->len, &h->when);
	}
	hold_free(h);
}

/* Nothing decided yet: look at the side's first bytes. */
static void
lane_decide(struct conn_full *f, unsigned n, unsigned side,
    const uint8_t *data, size_t len, const struct when *when)
{
	struct lane *l = conn_lane(f, n);
	const uint8_t *head = data;
	size_t head_len = len;
	struct layer *layer = NULL;
	bool more = false, held = l->hold && l->hold->side[side].len;

	if (held && hold_add(l, side, data, len, when)) {
		head = l->hold->side[side].data;
		head_len = l->hold->side[side].len;
		len = 0;		/* released with the others */
	}
	if (!held || !len)
		layer = conn_detect(f, n, side, head, head_len, &more);
	if (!layer && more && !(l->hold && l->hold->side[!side].len) &&
	    (!len || hold_add(l, side, data, len, when)))
		return;
	if (!layer && n == 0 && len && conn_wait_elsewhere(&f->c, data, len))
		return;
	if (layer)
		conn_lane_take(f, n, layer);
	else
		l->running = true;
	release_held(f, n);
	if (len)
		conn_lane_data(f, n, side, data, len, when);
}

/* Is this worth a look: does what is not known yet begin here? */
static bool
may_begin(const struct conn_full *f, const struct lane *l, unsigned n,
    unsigned side, const struct when *when)
{
	if (l->looks >= CONN_MAX_LOOKS)
		return false;
	/* any datagram may be the first of what the sides agreed on */
	if (n == 0 && f->c.proto != 6)
		return f->c.proto == 17;
	return !l->run || !l->run->message || burst_begins(&l->run->burst,
	    side == f->c.endpoint_side, when);
}

/* Does the wire turn out to be sealed, by a handshake that was not captured? The
 * layer that can go on without it, if there is one. */
static struct layer *
look_midway(struct conn_full *f, unsigned side, const uint8_t *data, size_t len)
{
	struct lane_run *r = run_of(f, &f->wire);

	if (!r)
		return NULL;
	if (f->c.proto == 17) {
		f->c.midway = midway_datagram(&r->midway, side, f->c.port,
		    data, len) ? MIDWAY_QUIC : MIDWAY_NOT;
		if (f->c.midway && !f->c.protocol)
			f->c.protocol = "quic";
		return NULL;
	}
	r->midway.late |= f->c.before == CONN_BEFORE_UNSEEN;
	if (f->c.proto != 6 || !r->midway.late ||
	    !midway_stream_data(&r->midway, side, data, len))
		return NULL;
	f->c.midway = MIDWAY_TLS;
	return tls_layer_join(&f->c);
}

/* Runs: the start of each may be that of a protocol we know. */
static void
lane_run(struct conn_full *f, unsigned n, unsigned side, const uint8_t *data,
    size_t len, const struct when *when)
{
	struct lane *l = conn_lane(f, n);
	struct layer *layer = NULL;

	if (may_begin(f, l, n, side, when)) {
		l->looks++;
		layer = conn_detect_later(f, n, side, data, len);
	} else if (!l->any) {
		layer = conn_detect_answer(f, n, data, len);
	}
	if (!layer && n == 0)
		layer = look_midway(f, side, data, len);
	if (layer) {
		conn_lane_take(f, n, layer);
		layer_data(f, n, side, data, len, when);
	} else {
		run_data(f, n, side, data, len, when);
	}
}

void
conn_lane_data(struct conn_full *f, unsigned n, unsigned side, const uint8_t *data,
    size_t len, const struct when *when)
{
	struct lane *l = conn_lane(f, n);

	if (l->layer)
		layer_data(f, n, side, data, len, when);
	else if (l->running)
		lane_run(f, n, side, data, len, when);
	else
		lane_decide(f, n, side, data, len, when);
}

void
conn_lane_gap(struct conn_full *f, unsigned n, unsigned side, uint64_t len,
    const struct when *when)
{
	struct lane *l = conn_lane(f, n);
	uint8_t depth = f->c.depth;
	struct message *m;

	if (!l->layer && !l->running) {
		l->running = true;
		release_held(f, n);
	}
	if (l->layer) {
		f->c.depth = (uint8_t)n;
		l->layer->ops->gap(l->layer, side, len, when);
		f->c.depth = depth;
		return;
	}
	m = run_for(f, l, side, when);
	if (n == 0 && l->run && f->c.proto == 6)
		midway_stream_gap(&l->run->midway, side);
	if (m)
		f->c.env->ops->gap(m, side, len, when);
}

void
conn_lane_finish(struct conn_full *f, unsigned n, enum message_end end,
    const struct when *when)
{
	struct lane *l = conn_lane(f, n);

	if (l->hold) {
		l->running = true;
		release_held(f, n);
	}
	f->c.depth = (uint8_t)n;
	if (l->layer)
		l->layer->ops->finish(l->layer, when);
	run_end(f, l->run, end);
	f->c.depth = 0;
}

void
conn_lane_clear(struct conn_full *f, struct lane *l)
{
	if (l->layer)
		l->layer->ops->free(l->layer);
	hold_free(l->hold);
	conn_name_drop(f, l->run);
	slab_free(f->c.env->slab, l->run, sizeof(*l->run));
	*l = (struct lane){ 0 };
}
