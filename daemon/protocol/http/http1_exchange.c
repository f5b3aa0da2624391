// SPDX-License-Identifier: Apache-2.0
#include "protocol/http/http1_exchange.h"

#include "base/slab.h"
#include "protocol/conn.h"

static const struct message_ops *
ops(const struct http1_exchanges *e)
{
	return e->conn->env->ops;
}

static unsigned
side_of(const struct http1_exchanges *e, enum http1_role role)
{
	return role == HTTP1_REQUEST ? e->client : e->client ^ 1u;
}

static void
unlink_exchange(struct http1_exchanges *e, struct http1_exchange *x)
{
	struct http1_exchange **at = &e->first;

	while (*at && *at != x)
		at = &(*at)->next;
	if (*at) {
		*at = x->next;
		e->count--;
	}
}

static void
end_exchange(struct http1_exchanges *e, struct http1_exchange *x,
    enum message_end how, const struct when *when)
{
	unlink_exchange(e, x);
	if (x->message) {
		for (unsigned role = 0; role < 2; role++)
			if (x->body_open[role])
				ops(e)->body_end(x->message,
				    side_of(e, role), false, when);
		ops(e)->end(x->message, how, when);
	}
	slab_free(e->conn->env->slab, x, sizeof(*x));
}

static struct http1_exchange *
new_exchange(struct http1_exchanges *e, const struct when *when)
{
	struct http1_exchange *x =
	    slab_zalloc(e->conn->env->slab, sizeof(*x));

	if (x) {
		x->message = ops(e)->begin(e->conn, MESSAGE_HTTP, when);
		e->count++;
	}
	return x;
}

struct http1_exchange *
http1_exchange_waiting(const struct http1_exchanges *e)
{
	struct http1_exchange *x = e->first;

	while (x && x->started[HTTP1_RESPONSE])
		x = x->next;
	return x;
}

struct http1_exchange *
http1_exchange_request(struct http1_exchanges *e, const struct when *when)
{
	struct http1_exchange **at = &e->first, *x;

	if (e->count >= HTTP1_EXCHANGES_MAX) {
		x = http1_exchange_waiting(e);
		if (x) {
			if (x->message && ops(e)->limit)
				ops(e)->limit(x->message,
				    "too many requests wait for a response");
			end_exchange(e, x, MESSAGE_CUT, when);
			e->evicted++;
		}
	}
	x = new_exchange(e, when);
	if (!x)
		return NULL;
	x->started[HTTP1_REQUEST] = true;
	while (*at)
		at = &(*at)->next;
	*at = x;
	return x;
}

struct http1_exchange *
http1_exchange_response(struct http1_exchanges *e, const struct when *when)
{
	struct http1_exchange *x = NULL;

	if (e->evicted)
		e->evicted--;
	else
		x = http1_exchange_waiting(e);
	if (!x) {
		x = new_exchange(e, when);
		if (!x)
			return NULL;
		x->done[HTTP1_REQUEST] = true;
		x->next = e->first;
		e->first = x;
	}
	x->started[HTTP1_RESPONSE] = true;
	return x;
}

void
http1_exchange_done(struct http1_exchanges *e, struct http1_exchange *x,
    enum http1_role role, bool complete, const struct when *when)
{
	if (x->body_open[role] && x->message)
		ops(e)->body_end(x->message, side_of(e, role), complete, when);
	x->body_open[role] = false;
	x->done[role] = true;
	if (x->done[role ^ 1])
		end_exchange(e, x, x->broken ? MESSAGE_BROKEN :
		    MESSAGE_COMPLETE, when);
}

struct message *
http1_exchange_detach(struct http1_exchanges *e, struct http1_exchange *x)
{
	struct message *m = x->message;

	unlink_exchange(e, x);
	slab_free(e->conn->env->slab, x, sizeof(*x));
	return m;
}

void
http1_exchange_clear(struct http1_exchanges *e, const struct when *when)
{
	while (e->first)
		end_exchange(e, e->first, e->first->broken ? MESSAGE_BROKEN :
		    MESSAGE_CUT, when);
}

void
http1_exchange_wire(struct http1_exchanges *e, struct http1_exchange *x,
    enum http1_role role, uint64_t len, const struct when *when)
{
	if (x && x->message)
		ops(e)->wire(x->message, side_of(e, role), len, when);
	else
		conn_add_overhead(e->conn, side_of(e, role), CONN_UNDERSTOOD,
		    len);
}

void
http1_exchange_head(struct http1_exchanges *e, struct http1_exchange *x,
    enum http1_role role, const struct http_head *head,
    const struct when *when)
{
	if (x->message)
		ops(e)->http_head(x->message, side_of(e, role), head, when);
	if (head->request || head->status / 100 != 1 || head->status == 101)
		x->body_open[role] = true;
}

void
http1_exchange_body(struct http1_exchanges *e, struct http1_exchange *x,
    enum http1_role role, struct span bytes, const struct when *when)
{
	x->body_open[role] = true;
	if (x->message)
		ops(e)->body(x->message, side_of(e, role), bytes.p, bytes.len,
		    when);
}

void
http1_exchange_gap(struct http1_exchanges *e, struct http1_exchange *x,
    enum http1_role role, uint64_t len, const struct when *when)
{
	if (x->message)
		ops(e)->gap(x->message, side_of(e, role), len, when);
}

void
http1_exchange_break(struct http1_exchanges *e, struct http1_exchange *x,
    const char *why)
{
	if (!x->broken && x->message && ops(e)->limit)
		ops(e)->limit(x->message, why);
	x->broken = true;
}
