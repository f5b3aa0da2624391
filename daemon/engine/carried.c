// SPDX-License-Identifier: Apache-2.0
#include "engine/carried.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "engine/owners.h"
#include "engine/reason.h"
#include "telltap/telltap.h"
#include "verdict/carry.h"

#define MARKS_MIN	4u
#define ENTITY_MIN	32u
#define CONTENT_NS	(UINT64_C(600) * 1000000000)
#define HEAD_NS		(UINT64_C(60) * 1000000000)
/* Packets and the kernel's records are timed by two clocks. */
#define CLOCK_SLACK_NS	UINT64_C(20000)
#define WAYS		4u
#define TOP		8u	/* clients compared for one transfer */

struct connection_key {
	uint8_t local[16], remote[16];
	uint16_t local_port, remote_port;
	uint8_t proto, pad[3];
};

/* A port is used by one client after another, before the packets of the former
 * come to be looked at; the newest comes first. */
#define USES	16u

struct connection {
	UT_hash_handle hh;	/* keeps the order in which they came */
	struct connection_key key;
	struct {
		uint64_t since_ns;
		uint32_t client;
	} uses[USES];
	uint32_t use_count;
};

struct client_key {
	uint64_t pid, start_ns;
};

struct client {
	UT_hash_handle hh;
	struct client_key key;
	uint32_t number;
	struct engine_owner *owner;
};

struct mark {
	uint64_t value;		/* 0: free */
	uint64_t ts_ns;
	uint32_t client;	/* index */
	uint32_t uses;		/* of a head: requests not yet gone out */
};

struct carried {
	struct connection *connections;
	struct client *by_key;
	struct client **clients;
	uint32_t client_count, client_cap;
	struct mark *marks;	/* CARRIED_MARKS in sets of WAYS */
	uint64_t refused;
};

struct carried *
carried_new(void)
{
	return calloc(1, sizeof(struct carried));
}

void
carried_free(struct carried *c)
{
	struct connection *k, *next;

	if (!c)
		return;
	HASH_ITER(hh, c->connections, k, next) {
		HASH_DEL(c->connections, k);
		free(k);
	}
	HASH_CLEAR(hh, c->by_key);
	for (uint32_t i = 0; i < c->client_count; i++) {
		engine_owner_free(c->clients[i]->owner);
		free(c->clients[i]);
	}
	free(c->clients);
	free(c->marks);
	free(c);
}

/* They stay, since events that are held back point to them. */
static int
client_number(struct carried *c, const struct telltap_process *p,
    uint32_t *ret_number)
{
	struct client_key key = { p->pid, p->start_ns };
	struct client *found, **list;
	uint32_t cap = c->client_cap ? c->client_cap * 2 : 64;

	HASH_FIND(hh, c->by_key, &key, sizeof(key), found);
	if (found) {
		*ret_number = found->number;
		return 0;
	}
	if (c->client_count == CARRIED_CLIENTS)
		return ERR_LIMIT;
	if (c->client_count == c->client_cap) {
		list = realloc(c->clients, cap * sizeof(*list));
		if (!list)
			return -ENOMEM;
		c->clients = list;
		c->client_cap = cap;
	}
	found = calloc(1, sizeof(*found));
	if (found)
		found->owner = engine_owner_new(p);
	if (!found || !found->owner) {
		free(found);
		return -ENOMEM;
	}
	found->key = key;
	found->number = c->client_count;
	HASH_ADD(hh, c->by_key, key, sizeof(found->key), found);
	c->clients[c->client_count++] = found;
	*ret_number = found->number;
	return 0;
}

static struct connection *
connection_of(struct carried *c, const struct connection_key *key)
{
	struct connection *k;

	HASH_FIND(hh, c->connections, key, sizeof(*key), k);
	if (k)
		return k;
	if (HASH_COUNT(c->connections) >= CARRIED_CONNECTIONS) {
		k = c->connections;
		HASH_DEL(c->connections, k);
	} else {
		k = malloc(sizeof(*k));
	}
	if (!k)
		return NULL;
	memset(k, 0, sizeof(*k));
	k->key = *key;
	HASH_ADD(hh, c->connections, key, sizeof(k->key), k);
	return k;
}

int
carried_client(struct carried *c, const struct telltap_client *in)
{
	struct connection_key key = { .local_port = in->local_port,
		.remote_port = in->remote_port, .proto = in->proto };
	struct connection *k;
	uint32_t number;
	int err;

	if (!c->marks)
		c->marks = calloc(CARRIED_MARKS, sizeof(*c->marks));
	if (!c->marks)
		return -ENOMEM;
	err = client_number(c, in->process, &number);
	memcpy(key.local, in->local, 16);
	memcpy(key.remote, in->remote, 16);
	k = err ? NULL : connection_of(c, &key);
	if (!k) {
		c->refused++;
		return err == -ENOMEM ? err : 0;
	}
	memmove(&k->uses[1], &k->uses[0], sizeof(k->uses) - sizeof(k->uses[0]));
	k->uses[0].since_ns = in->since_ns;
	k->uses[0].client = number;
	if (k->use_count < USES)
		k->use_count++;
	return 0;
}

static struct mark *
set_of(const struct carried *c, uint64_t value)
{
	return &c->marks[(value >> 20 & (CARRIED_MARKS / WAYS - 1)) * WAYS];
}

static struct mark *
find(const struct carried *c, uint64_t value)
{
	struct mark *m = set_of(c, value);

	for (unsigned i = 0; i < WAYS; i++)
		if (m[i].value == value)
			return &m[i];
	return NULL;
}

/* What is too old goes first, then what there are more of. */
static bool
goes_before(const struct mark *a, const struct mark *b, uint64_t now_ns)
{
	bool old_a = !a->value || now_ns - a->ts_ns > CONTENT_NS;
	bool old_b = !b->value || now_ns - b->ts_ns > CONTENT_NS;
	unsigned rank_a = carry_rank(a->value), rank_b = carry_rank(b->value);

	if (old_a || old_b)
		return old_a && !old_b;
	return rank_a != rank_b ? rank_a < rank_b : a->ts_ns < b->ts_ns;
}

static void
enter(struct carried *c, uint64_t value, uint32_t client, uint64_t now_ns)
{
	struct mark *set = set_of(c, value), *m = find(c, value);

	if (!value)
		return;
	if (!m) {
		m = set;
		for (unsigned i = 1; i < WAYS; i++)
			if (goes_before(&set[i], m, now_ns))
				m = &set[i];
		m->uses = 0;
	}
	if (m->client != client)
		m->uses = 0;
	*m = (struct mark){ value, now_ns, client, m->uses + 1 };
}

/* That client's asking for that host. */
static uint64_t
host_of(uint64_t host, uint32_t client)
{
	return host ? (host ^ (client + 1)) * UINT64_C(0x9e3779b97f4a7c15) : 0;
}

/* Who had the connection then; false: it is not known. */
static bool
client_at(const struct connection *k, uint64_t ts_ns, uint32_t *ret_client)
{
	for (uint32_t i = 0; i < k->use_count; i++) {
		if (k->uses[i].since_ns > ts_ns + CLOCK_SLACK_NS)
			continue;
		*ret_client = k->uses[i].client;
		return true;
	}
	return false;
}

void
carried_came_in(struct carried *c, const struct record *r)
{
	const struct carry_marks *in = r->came_in;
	struct connection_key key = { .local_port = r->flow.local_port,
		.remote_port = r->flow.remote_port, .proto = r->flow.proto };
	uint64_t ts_ns = r->event.ts_ns;
	struct connection *k;
	uint32_t client;

	memcpy(key.local, r->flow.local.b, 16);
	memcpy(key.remote, r->flow.remote.b, 16);
	HASH_FIND(hh, c->connections, &key, sizeof(key), k);
	if (!k || !client_at(k, ts_ns, &client))
		return;
	for (size_t i = 0; i < in->count; i++)
		enter(c, in->marks[i], client, ts_ns);
	enter(c, in->head, client, ts_ns);
	enter(c, host_of(in->host, client), client, ts_ns);
	if (in->len)
		enter(c, in->whole, client, ts_ns);
}

static const struct mark *
seen(const struct carried *c, uint64_t value, uint64_t now_ns, uint64_t within)
{
	const struct mark *m = value ? find(c, value) : NULL;

	return m && now_ns >= m->ts_ns && now_ns - m->ts_ns <= within ? m
								      : NULL;
}

struct share {
	uint32_t client, count;
};

/* The client that most of the marks came in by. */
static struct share
most(const struct carried *c, const struct carry_marks *out, uint64_t now_ns)
{
	struct share top[TOP] = { 0 }, best = { 0 };

	for (size_t i = 0; i < out->count; i++) {
		const struct mark *m =
		    seen(c, out->marks[i], now_ns, CONTENT_NS);

		for (unsigned k = 0; m && k < TOP; k++) {
			if (top[k].count && top[k].client != m->client)
				continue;
			top[k].client = m->client;
			top[k].count++;
			break;
		}
	}
	for (unsigned k = 0; k < TOP; k++)
		if (top[k].count > best.count)
			best = top[k];
	return best;
}

/* What went out of it, or NULL. */
static const struct client *
carries(struct carried *c, const struct carry_marks *out, uint64_t now_ns)
{
	const struct mark *whole =
	    out->len ? seen(c, out->whole, now_ns, CONTENT_NS) : NULL;
	const struct mark *head = seen(c, out->head, now_ns, HEAD_NS);
	struct share share;

	if (whole && (out->len >= ENTITY_MIN ||
	    (head && head->client == whole->client)))
		return c->clients[whole->client];
	if (out->len || out->count) {
		share = most(c, out, now_ns);
		return share.count >= MARKS_MIN &&
		    share.count >= out->count - share.count ?
			   c->clients[share.client] : NULL;
	}
	return head ? c->clients[head->client] : NULL;
}

/* Whether the client itself had asked for whom it goes to: a product that is
 * handed a file, to look at it, and sends it elsewhere carries for nobody. What
 * it can't read itself it only passes on. */
static bool
was_asked_for(const struct carried *c, const struct event_transfer *t,
    const struct client *client, uint64_t now_ns)
{
	const struct carry_marks *out = t->carried;

	if (t->visibility == VISIBLE_ENCRYPTED)
		return true;
	return seen(c, host_of(out->host, client->number), now_ns, CONTENT_NS);
}

/* One request that came in is one that goes out. */
static void
use_head(struct carried *c, uint64_t value)
{
	struct mark *m = value ? find(c, value) : NULL;

	if (m && --m->uses == 0)
		*m = (struct mark){ 0 };
}

void
carried_reason(const struct event_process *p, bool of_request, char *ret_text,
    size_t max)
{
	snprintf(ret_text, max, "%s came in before, by a connection that %.*s "
	    "(process %" PRIu64 ") had opened to the product on this machine",
	    of_request ? "the same request" : "what was sent",
	    (int)p->name.len, (const char *)p->name.p, p->pid);
}

void
carried_lay(struct carried *c, struct record *r, struct carried_room *room)
{
	const struct carry_marks *out = r->event.transfer->carried;
	const struct event_process *p;
	const struct client *client;

	if (!c->marks || !out || (r->event.process && r->event.process->accepted))
		return;
	client = carries(c, out, r->event.transfer->end_ns);
	if (!client)
		return;
	r->event.behalf_asked = was_asked_for(c, r->event.transfer, client,
	    r->event.transfer->end_ns);
	use_head(c, out->head);
	p = engine_owner_process(client->owner);
	r->event.on_behalf_of = p;
	carried_reason(p, !out->len && !out->count, room->reason,
	    sizeof(room->reason));
	reason_add(r, &room->transfer, room->reasons,
	    sizeof(room->reasons) / sizeof(*room->reasons),
	    span_str(room->reason));
}

uint64_t
carried_refused(const struct carried *c)
{
	return c->refused;
}
