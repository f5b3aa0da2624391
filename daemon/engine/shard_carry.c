// SPDX-License-Identifier: Apache-2.0
#include "engine/shard.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "engine/owners.h"
#include "verdict/carry.h"

/* Of a sealed stream the first marks stay, since they tell of all of it: what is
 * behind them goes with the transfer. */
#define KEPT	64u
#define UDP	17

/* At most one for each flow of the shard's table. */
struct carry_flow {
	UT_hash_handle hh;
	uint64_t id;
	struct carry carry;
};

bool
shard_is_accepted(const struct shard *s, const struct flow *f)
{
	const struct event_process *p =
	    engine_owners_find(s->options->owners, f->owner);

	return p && p->accepted;
}

static struct carry_flow *
carry_of(struct shard *s, uint64_t id, bool make)
{
	struct carry_flow *cf;

	HASH_FIND(hh, s->carry_flows, &id, sizeof(id), cf);
	if (cf || !make)
		return cf;
	cf = calloc(1, sizeof(*cf));
	if (!cf) {
		s->lost++;
		return NULL;
	}
	cf->id = id;
	HASH_ADD(hh, s->carry_flows, id, sizeof(cf->id), cf);
	return cf;
}

void
shard_came_in(void *arg, struct conn *conn, const struct carry_marks *in,
    uint64_t ts_ns)
{
	unsigned near = conn->endpoint_side, far = !near;
	struct carry_marks *copy;
	struct shard *s = arg;
	struct record *r;

	copy = arena_zalloc(s->arena, sizeof(*copy));
	r = copy ? shard_record(s, EVENT_ACTION_COUNT, conn->owner, ts_ns)
		 : NULL;
	if (!r)
		return;
	*copy = *in;
	r->came_in = copy;
	r->flow.local = conn->addr[near];
	r->flow.remote = conn->addr[far];
	r->flow.local_port = conn->port[near];
	r->flow.remote_port = conn->port[far];
	r->flow.proto = conn->proto;
}

/* One datagram may be all that there is, and may go on as it came. */
static void
datagram_came_in(struct shard *s, const struct conn *c, const uint8_t *data,
    size_t len, uint64_t ts_ns)
{
	struct carry one = { 0 };
	struct carry_marks *marks;

	carry_data(&one, data, len);
	marks = carry_keep(&one, s->arena);
	if (marks)
		shard_came_in(s, (struct conn *)c, marks, ts_ns);
	carry_clear(&one);
}

void
shard_carry_data(struct shard *s, const struct flow *f, unsigned side,
    const struct conn *c, const uint8_t *data, size_t len, uint64_t ts_ns)
{
	bool in = c->accepted && side != c->endpoint_side;
	bool sealed = !c->accepted && side == c->endpoint_side && c->tls &&
		      !c->decrypted;
	struct carry_marks *marks;
	struct carry_flow *cf;

	if (!in && !sealed)
		return;
	if (in && f->proto == UDP) {
		datagram_came_in(s, c, data, len, ts_ns);
		return;
	}
	cf = carry_of(s, f->id, true);
	if (!cf)
		return;
	carry_data(&cf->carry, data, len);
	if (!in || !cf->carry.count)
		return;
	marks = carry_keep(&cf->carry, s->arena);
	/* The stream as a whole is no entity. */
	if (marks) {
		marks->len = 0;
		shard_came_in(s, (struct conn *)c, marks, ts_ns);
	}
	carry_cut(&cf->carry, 0);
	cf->carry.rank = 0;
}

void
shard_carry_transfer(struct shard *s, const struct conn *conn,
    struct event_transfer *t)
{
	const struct flow *f = conn->owner;
	struct carry_flow *cf;

	if (t->carried || conn->accepted)
		return;
	cf = carry_of(s, f->id, false);
	if (!cf)
		return;
	t->carried = carry_keep(&cf->carry, s->arena);
	if (t->carried)
		((struct carry_marks *)t->carried)->len = 0;
	carry_cut(&cf->carry, KEPT);
}

void
shard_carry_end(struct shard *s, const struct flow *f)
{
	struct carry_flow *cf =
	    s->carry_flows ? carry_of(s, f->id, false) : NULL;

	if (!cf)
		return;
	HASH_DEL(s->carry_flows, cf);
	carry_clear(&cf->carry);
	free(cf);
}

void
shard_carry_clear(struct shard *s)
{
	struct carry_flow *cf, *next;

	HASH_ITER(hh, s->carry_flows, cf, next) {
		HASH_DEL(s->carry_flows, cf);
		carry_clear(&cf->carry);
		free(cf);
	}
}
