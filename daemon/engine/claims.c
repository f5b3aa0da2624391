// SPDX-License-Identifier: Apache-2.0
#include "engine/claims.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_SEC	UINT64_C(1000000000)
#define SLACK_NS	(5 * NS_PER_SEC)	/* between log and capture */
#define NEAR_NS		NS_PER_SEC		/* no telling which is meant */
#define OLD_NS		(3600 * NS_PER_SEC)	/* what was logged longer ago
						 * may be another's by now */
#define QUARTER_NS	(900 * NS_PER_SEC)	/* what time zones differ by */
#define LOOKED_AT_MAX	1024		/* claims of the same ports */

struct claim_query {
	char *name;		/* in small letters */
	uint64_t ts_ns;
	uint32_t owner;
};

static int
grow(void **list, size_t *cap, size_t count, size_t size)
{
	size_t more = *cap ? 2 * *cap : 64;
	void *p;

	if (count == CLAIMS_MAX)
		return ERR_LIMIT;
	if (count < *cap)
		return 0;
	p = realloc(*list, more * size);
	if (!p)
		return -ENOMEM;
	*list = p;
	*cap = more;
	return 0;
}

int
claims_add(struct claims *c, const struct claim *claim)
{
	int r = grow((void **)&c->list, &c->cap, c->count, sizeof(*c->list));

	if (!r)
		c->list[c->count++] = *claim;
	return r;
}

static char *
lower(struct span name)
{
	char *s;

	if (name.len && name.p[name.len - 1] == '.')
		name.len--;
	s = strndup((const char *)name.p, name.len);
	for (char *p = s; p && *p; p++)
		if ((unsigned char)(*p - 'A') < 26)
			*p |= 0x20;
	return s;
}

int
claims_add_query(struct claims *c, struct span name, uint64_t ts_ns,
    uint32_t owner)
{
	int r = grow((void **)&c->queries, &c->query_cap, c->query_count,
	    sizeof(*c->queries));
	char *s;

	if (r || !name.len)
		return r;
	s = lower(name);
	if (!s)
		return -ENOMEM;
	c->queries[c->query_count++] = (struct claim_query){ s, ts_ns, owner };
	return 0;
}

/* Ports first: an address may not be known. */
static int
compare_ports(const struct claim *a, const struct claim *b)
{
	if (a->proto != b->proto)
		return a->proto < b->proto ? -1 : 1;
	if (a->local_port != b->local_port)
		return a->local_port < b->local_port ? -1 : 1;
	if (a->remote_port != b->remote_port)
		return a->remote_port < b->remote_port ? -1 : 1;
	return 0;
}

static int
compare(const void *x, const void *y)
{
	const struct claim *a = x, *b = y;
	int r = compare_ports(a, b);

	if (!r && a->first_ns != b->first_ns)
		r = a->first_ns < b->first_ns ? -1 : 1;
	if (!r)
		r = memcmp(&a->local, &b->local, sizeof(a->local));
	if (!r)
		r = memcmp(&a->remote, &b->remote, sizeof(a->remote));
	if (!r)
		r = a->owner < b->owner ? -1 : a->owner > b->owner;
	return r;
}

static int
compare_query(const void *x, const void *y)
{
	const struct claim_query *a = x, *b = y;
	int r = strcmp(a->name, b->name);

	if (!r && a->ts_ns != b->ts_ns)
		r = a->ts_ns < b->ts_ns ? -1 : 1;
	if (!r)
		r = a->owner < b->owner ? -1 : a->owner > b->owner;
	return r;
}

void
claims_seal(struct claims *c)
{
	if (c->count)
		qsort(c->list, c->count, sizeof(*c->list), compare);
	if (c->query_count)
		qsort(c->queries, c->query_count, sizeof(*c->queries),
		    compare_query);
	c->sealed = true;
}

void
claims_clear(struct claims *c)
{
	for (size_t i = 0; i < c->query_count; i++)
		free(c->queries[i].name);
	free(c->queries);
	free(c->list);
	*c = (struct claims){ 0 };
}

static uint64_t
distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* How far apart on a clock face of which only the quarter counts. */
static uint64_t
quarter_distance(uint64_t first, uint64_t last, uint64_t ts)
{
	uint64_t since = (ts % QUARTER_NS + QUARTER_NS - first % QUARTER_NS) %
			 QUARTER_NS;

	if (last > first && (last - first >= QUARTER_NS ||
	    since <= last - first))
		return 0;
	if (last > first)
		since -= last - first;
	return since < QUARTER_NS - since ? since : QUARTER_NS - since;
}

/* True if the claim is one on the flow; *ret_off: how far its time is off. */
static bool
fits(const struct claim *c, const struct claim_flow *f, unsigned side,
    uint64_t *ret_off, bool *ret_unsure)
{
	uint64_t off;

	if ((!c->any_local &&
		memcmp(&c->local, f->addr[side], sizeof(c->local))) ||
	    (!c->any_remote &&
		memcmp(&c->remote, f->addr[!side], sizeof(c->remote))))
		return false;
	*ret_unsure = c->any_local || c->any_remote;
	if (c->day_time) {
		*ret_off = quarter_distance(c->first_ns, c->last_ns,
		    f->start_ns);
		/* a connection that was there before is not timed by this */
		if (c->opens && f->syn_side && *ret_off > SLACK_NS)
			return false;
		*ret_unsure |= *ret_off > SLACK_NS;
		return true;
	}
	if (c->first_ns > f->start_ns + SLACK_NS ||
	    (c->end_ns != UINT64_MAX && c->end_ns + SLACK_NS < f->start_ns))
		return false;
	off = f->start_ns > c->last_ns ? f->start_ns - c->last_ns : 0;
	if (f->start_ns < c->first_ns)
		off = distance(f->start_ns, c->first_ns);
	/* a flow whose first segment was captured was not there before */
	if (c->opens && f->syn_side && off > SLACK_NS)
		return false;
	*ret_unsure |= off > OLD_NS;
	*ret_off = off;
	return true;
}

/* The first claim with those ports. */
static size_t
lower_bound(const struct claims *c, const struct claim *key)
{
	size_t lo = 0, hi = c->count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (compare(&c->list[mid], key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct best {
	const struct claim *claim;
	uint64_t off;
	bool unsure;
	uint32_t other;		/* whose claim is as good */
};

/* Surer is better, then nearer in time. */
static void
consider(struct best *b, const struct claim *c, uint64_t off, bool unsure)
{
	if (b->claim && (b->unsure != unsure ? unsure : off >= b->off))
		return;
	b->claim = c;
	b->off = off;
	b->unsure = unsure;
}

static void
consider_other(struct best *b, const struct claim *c, uint64_t off, bool unsure)
{
	if (c->owner != b->claim->owner && unsure == b->unsure &&
	    off - b->off <= NEAR_NS)
		b->other = c->owner;
}

/* From the last claim that can have begun before the flow, backwards; those by
 * the time of day lie before all others. */
static void
look(const struct claims *c, const struct claim_flow *f, unsigned side,
    bool others, struct best *best)
{
	struct claim key = { .proto = f->proto, .local_port = f->port[side],
		.remote_port = f->port[!side],
		.first_ns = f->start_ns + SLACK_NS + 1 };
	size_t at = lower_bound(c, &key), looked = 0;
	uint64_t off;
	bool unsure;

	while (at-- > 0 && looked++ < LOOKED_AT_MAX &&
	       !compare_ports(&c->list[at], &key)) {
		if (!fits(&c->list[at], f, side, &off, &unsure))
			continue;
		if (others)
			consider_other(best, &c->list[at], off, unsure);
		else
			consider(best, &c->list[at], off, unsure);
	}
}

bool
claims_find(const struct claims *c, const struct claim_flow *f,
    struct claim_found *ret)
{
	struct best best[2] = { { .claim = NULL }, { .claim = NULL } };
	unsigned side;

	if (!c->count)
		return false;
	look(c, f, 0, false, &best[0]);
	look(c, f, 1, false, &best[1]);
	if (!best[0].claim && !best[1].claim)
		return false;
	/* both ends are of this machine: who opened it is the endpoint */
	side = f->syn_side ? f->syn_side - 1u : 0;
	if (!best[side].claim)
		side = !side;
	look(c, f, side, true, &best[side]);
	*ret = (struct claim_found){
		.owner = best[side].claim->owner,
		.other = best[side].other,
		.side = side,
		.unsure = best[side].unsure,
	};
	return true;
}

uint32_t
claims_find_query(const struct claims *c, struct span name, uint64_t ts_ns)
{
	struct claim_query key = { .ts_ns = ts_ns > SLACK_NS ?
		ts_ns - SLACK_NS : 0 };
	size_t lo = 0, hi = c->query_count;
	uint32_t owner = 0;

	if (!hi || !name.len)
		return 0;
	key.name = lower(name);
	if (!key.name)
		return 0;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (compare_query(&c->queries[mid], &key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < c->query_count && !strcmp(c->queries[lo].name, key.name) &&
	       c->queries[lo].ts_ns <= ts_ns + SLACK_NS; lo++) {
		if (owner && owner != c->queries[lo].owner) {
			owner = 0;
			break;
		}
		owner = c->queries[lo].owner;
	}
	free(key.name);
	return owner;
}
