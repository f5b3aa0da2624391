// SPDX-License-Identifier: Apache-2.0
#include "engine/shard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/claims.h"
#include "engine/flow_record.h"
#include "engine/sessions.h"
#include "protocol/conn_again.h"
#include "protocol/conn_hook.h"
#include "protocol/ftp.h"
#include "protocol/naming.h"
#include "protocol/tls/tls.h"

#define ARENA_KEEP	(1024 * 1024)
#define KEPT_FILE_MAX	(16u << 20)
#define KEPT_MAX	(32u << 20)	/* open, and laid, each */
#define CONFLICTS_TOLD	16	/* anomaly events a flow; all are counted */

/* It was there before the capture began, and is told of before its first packet
 * came. */
static void
hook_at_once(const struct shard *s, struct conn *c)
{
	unsigned side = c->endpoint_side;
	const struct session_note *tie = sessions_waiting(s->options->sessions,
	    &c->addr[side], c->port[side], &c->addr[!side], c->port[!side]);

	if (tie)
		(void)!conn_hook(c, tie->ambiguous);
}

struct conn *
shard_conn_of(struct shard *s, struct flow *f)
{
	struct flow_user *u = flow_user_of(f);
	struct conn init = { .env = &s->env, .owner = f, .proto = f->proto };

	if (!u)
		return NULL;
	if (u->conn || u->refused)
		return u->conn;
	shard_orient(s, f, u);
	init.endpoint_by = u->endpoint_by;
	init.endpoint_side = u->endpoint_side;
	init.addr = f->addr;
	memcpy(init.port, f->port, sizeof(init.port));
	init.before = flow_record_joined(f) ? CONN_BEFORE_UNSEEN :
	    CONN_BEFORE_KNOWN;
	init.accepted = s->options->carries && shard_is_accepted(s, f);
	u->conn = conn_new(&init);
	u->refused = !u->conn;
	if (u->conn && s->options->sessions)
		hook_at_once(s, u->conn);
	return u->conn;
}

/* Whose the flow is, by a log beside the capture. */
static void
claim(const struct shard *s, struct flow *f, const struct packet *pkt)
{
	struct claim_flow key = { .addr = { &f->addr[0], &f->addr[1] },
		.port = { f->port[0], f->port[1] }, .proto = f->proto,
		.start_ns = f->start_ns };
	struct claim_found found;

	if (f->proto == 6 && pkt->tcp_flags & TCP_SYN)
		key.syn_side = pkt->tcp_flags & TCP_ACK ? 2 : 1;
	if (!claims_find(s->options->claims, &key, &found))
		return;
	f->owner = found.owner;
	f->other_owner = found.other;
	f->owner_side = (uint8_t)(1 + found.side);
	f->owner_unsure = found.unsure;
	f->owner_told = true;
}

static void
on_begin(void *arg, struct flow *f, const struct packet *pkt)
{
	struct shard *s = arg;

	if (s->options->claims)
		claim(s, f, pkt);
	if (flow_user_init(flow_user_of(f), s->options->digests))
		return;
	f->has_user = false;
	s->lost++;
}

/* Only these carry transfers. */
static bool
has_transfers(const struct flow *f)
{
	return f->proto == 6 || f->proto == 17;
}

static void
on_data(void *arg, struct flow *f, unsigned side, const uint8_t *data,
    size_t len, uint64_t ts_ns, uint64_t packet)
{
	struct when when = { ts_ns, packet };
	struct flow_user *u = flow_user_of(f);
	struct conn *c;

	if (u && u->digested)
		flow_user_digest(u, side, data, len);
	if (!has_transfers(f))
		return;
	c = shard_conn_of(arg, f);
	if (!c)
		return;
	conn_data(c, side, data, len, &when);
	if (((struct shard *)arg)->options->carries)
		shard_carry_data(arg, f, side, c, data, len, ts_ns);
	/* sealed, and no key: no one will read these bytes, nor need be told
	 * that a retransmission had others */
	if (f->proto == 6 && c->tls && c->tls->complete[side] && !c->decrypted &&
	    c->tls->keys == TLS_KEYS_NONE)
		tcp_half_forget(&f->half[side]);
}

static void
on_gap(void *arg, struct flow *f, unsigned side, uint64_t len, uint64_t ts_ns,
    uint64_t packet)
{
	struct when when = { ts_ns, packet };
	struct conn *c = has_transfers(f) ? shard_conn_of(arg, f) : NULL;

	if (c)
		conn_gap(c, side, len, &when);
}

static void
on_eof(void *arg, struct flow *f, unsigned side, uint64_t ts_ns,
    uint64_t packet)
{
	struct when when = { ts_ns, packet };
	struct flow_user *u = flow_user_of(f);

	if (!u || !u->conn)
		return;
	conn_eof(u->conn, side, &when);
	/* closed by both: what it holds is worth more than its linger, but for
	 * keys that may come */
	if (f->fin == 3 && !u->conn->waiting)
		conn_finish(u->conn, &when);
}

struct record *
shard_record(struct shard *s, enum event_action action, const struct flow *f,
    uint64_t ts_ns)
{
	struct record *r = arena_zalloc(s->arena, sizeof(*r));

	if (!r) {
		s->lost++;
		return NULL;
	}
	r->packet = s->ending ? f->id : s->packet;
	r->event.action = action;
	r->event.ts_ns = ts_ns;
	r->event.flow = &r->flow;
	*s->last = r;
	s->last = &r->next;
	return r;
}

static void
on_again(void *arg, struct flow *f, unsigned side, uint64_t back,
    const uint8_t *data, size_t len)
{
	const struct flow_user *u = flow_user_of(f);
	struct when last = { f->end_ns, f->last_packet };

	if (!u || !u->conn)
		return;
	conn_again(u->conn, side, back, data, len, f->end_ns);
	if (f->fin == 3 && !u->conn->waiting)
		conn_finish(u->conn, &last);
}

static void
on_conflict(void *arg, struct flow *f, unsigned side, uint64_t offset,
    uint64_t len, uint64_t ts_ns, uint64_t packet)
{
	struct shard *s = arg;
	struct flow_user *u = flow_user_of(f);
	struct record *r;
	unsigned out;

	if (!u || f->conflicts_told == CONFLICTS_TOLD)
		return;
	f->conflicts_told++;
	r = shard_record(s, EVENT_ANOMALY, f, ts_ns);
	if (!r)
		return;
	if (!u->conn)
		shard_orient(s, f, u);
	flow_record_fill(f, s->arena, false, &r->flow);
	out = u->conn ? u->conn->endpoint_side : u->endpoint_side;
	r->anomaly = (struct event_anomaly){
		.what = "overlap-conflict",
		.detail = SPAN_LITERAL("two segments carry different bytes for "
		    "the same place in the stream; the bytes seen first were "
		    "kept, the receiver may have taken the others"),
		.packet = packet,
		.offset = offset,
		.len = len,
		.direction = side == out ? "out" : "in",
	};
	r->event.anomaly = &r->anomaly;
}

static void
on_transfer(void *arg, struct conn *conn, struct event_transfer *t)
{
	struct shard *s = arg;
	struct flow *f = conn->owner;
	struct flow_user *u = flow_user_of(f);
	struct record *r = shard_record(s, EVENT_TRANSFER, f, t->start_ns);

	u->understood_out += t->understood_out;
	u->undeciphered_out += t->undeciphered_out;
	u->encrypted_out += t->encrypted_out;
	t->number = ++u->transfers;
	if (t->answer_of)
		conn->answer_of = t->answer_of;
	if (!r)
		return;
	flow_record_fill(f, s->arena, false, &r->flow);
	/* The packets do not give it once more. */
	r->event.input = t->visibility == VISIBLE_HOOKED;
	r->event.transfer = t;
	if (s->options->carries)
		shard_carry_transfer(s, conn, t);
}

static void
on_promise(struct conn *conn, const struct ftp_place *place)
{
	struct transfer_sink *sink = conn->env->sink;
	struct shard *s = sink->arg;
	struct ftp_place *copy = arena_alloc(s->arena, sizeof(*copy));
	struct record *r = copy ? shard_record(s, EVENT_ACTION_COUNT,
	    conn->owner, 0) : NULL;

	if (!r)
		return;
	*copy = *place;
	r->promised = copy;
}

static void
on_end(void *arg, struct flow *f, enum flow_end why)
{
	static const char *const reasons[] = {
		[FLOW_END_FIN] = "fin",
		[FLOW_END_RST] = "rst",
		[FLOW_END_TIMEOUT] = "timeout",
		[FLOW_END_EVICTED] = "evicted",
		[FLOW_END_REUSED] = "reused",
		[FLOW_END_CAPTURE] = "end",
	};
	struct when when = { f->end_ns, f->last_packet };
	struct shard *s = arg;
	struct flow_user *u = flow_user_of(f);
	struct record *r;

	if (!u)
		return;
	if (u->conn)
		conn_finish(u->conn, &when);
	else
		shard_orient(s, f, u);
	r = shard_record(s, EVENT_FLOW, f, f->end_ns);
	if (r) {
		flow_record_fill(f, s->arena, true, &r->flow);
		flow_record_name(f, s->env.naming, &r->flow);
		r->flow.end_reason = reasons[why];
	}
	flow_user_clear(u);
	f->has_user = false;
	shard_carry_end(s, f);
}

static const struct flow_ops flow_ops = {
	.begin = on_begin,
	.data = on_data,
	.gap = on_gap,
	.eof = on_eof,
	.conflict = on_conflict,
	.again = on_again,
	.end = on_end,
	.fetch = shard_fetch_end,
};

int
shard_init(struct shard *s, const struct shard_options *o)
{
	*s = (struct shard){ .options = o };
	s->last = &s->first;
	s->keep = (struct scan_keep){ .each_max = KEPT_FILE_MAX,
		.all_max = KEPT_MAX };
	arena_init(&s->arenas[0]);
	arena_init(&s->arenas[1]);
	s->arena = &s->arenas[0];
	s->sink = (struct transfer_sink){
		.known = o->known,
		.slab = &s->slab,
		.identity = o->identity,
		.passwords = o->passwords,
		.show_values = o->show_values,
		.uses = o->keep_prints,
		.keep = o->keep_objects ? &s->keep : NULL,
		.arena = s->arena,
		.emit = on_transfer,
		.carries = &o->carries,
		.came_in = shard_came_in,
		.gives_updates = o->profiles ? shard_gives_updates : NULL,
		.arg = s,
	};
	s->env.ops = &transfer_ops;
	s->env.sink = &s->sink;
	s->env.slab = &s->slab;
	s->env.names = &s->names;
	s->env.told_len = &s->told_len;
	s->env.digests = o->digests;
	s->env.promise = on_promise;
	s->env.paths = &s->paths;
	if (!o->no_dpi) {
		s->env.naming = naming_new();
		if (!s->env.naming)
			return -ENOMEM;
	}
	s->table = flow_table_new(o->max_flows, o->max_stream_len,
	    flow_user_len(o->digests), &flow_ops, s);
	return s->table ? 0 : -ENOMEM;
}

void
shard_clear(struct shard *s)
{
	if (s->table)
		flow_table_each(s->table, flow_record_drop);
	flow_table_free(s->table);
	transfer_sink_clear(&s->sink);
	naming_free(s->env.naming);
	arena_clear(&s->arenas[0]);
	arena_clear(&s->arenas[1]);
	key_uses_clear(&s->uses);
	tls_resume_clear(&s->resume);
	quic_paths_clear(&s->paths);
	shard_carry_clear(s);
	shared_table_clear(&s->names);
	slab_clear(&s->slab);
}

void
shard_packet(struct shard *s, const struct packet *pkt, uint32_t fetched,
    uint64_t clock_ns)
{
	s->packet = pkt->number;
	flow_table_packet_fetched(s->table, pkt, fetched, clock_ns);
}

size_t
shard_end(struct shard *s, uint64_t bound, uint64_t clock_ns)
{
	s->ending = true;
	return flow_table_end(s->table, bound, clock_ns);
}

void
shard_take(struct shard *s)
{
	s->taken = s->first;
	s->first = NULL;
	s->last = &s->first;
	s->arena = &s->arenas[s->arena == &s->arenas[0]];
	s->sink.arena = s->arena;
	s->keep.laid = 0;
}

void
shard_reset(struct shard *s)
{
	arena_reset(&s->arenas[s->arena == &s->arenas[0]], ARENA_KEEP);
	s->taken = NULL;
}
