// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <string.h>

#include "engine/engine.h"
#include "engine/sessions.h"

/* What TLS libraries say: it waits with the packets, see hold.h, and comes to
 * its connection among them. Taken as told; no packet can show it again. */

static struct packet
packet_of(const struct session_note *tie)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct packet p = {
		.src = tie->local,
		.dst = tie->remote,
		.src_port = tie->local_port,
		.dst_port = tie->remote_port,
		.proto = 6,
	};

	p.ip_version = memcmp(p.src.b, mapped, sizeof(mapped)) ? 6 : 4;
	return p;
}

static struct shard *
shard_of(struct telltap_engine *e, const struct packet *p)
{
	struct shard *s = &e->shards[flow_shard(p, SHARD_COUNT)];

	s->packet = e->last_packet;
	return s;
}

static bool
on_tie(void *arg, const struct session_note *tie)
{
	struct telltap_engine *e = arg;
	struct packet p = packet_of(tie);

	return shard_hook(shard_of(e, &p), &p, tie->ambiguous);
}

static bool
on_data(void *arg, const struct session_note *tie,
    const struct session_piece *piece)
{
	struct telltap_engine *e = arg;
	struct packet p = packet_of(tie);
	struct when when = { piece->ts_ns, e->last_packet };

	return shard_plaintext(shard_of(e, &p), &p, piece, &when);
}

int
engine_note(void *arg, const void *note)
{
	struct telltap_engine *e = arg;
	const struct session_note *n = note;
	int r = engine_settle(e);

	if (!r)
		r = sessions_note(e->sessions, n,
		    (const uint8_t *)note + sizeof(*n));
	if (r)
		return r;
	engine_take(e);
	return engine_merge(e);
}

static int
add(struct telltap_engine *e, const struct session_note *n,
    const uint8_t *data, size_t len)
{
	const struct session_ops ops = { on_tie, on_data, e };

	if (e->finished || !e->hold.wait_ns)
		return -EINVAL;
	if (!e->sessions)
		e->sessions = sessions_new(&ops);
	e->shard_options.sessions = e->sessions;
	return e->sessions ? hold_add_note(&e->hold, n->ts_ns, n, sizeof(*n),
				 data, len, &e->hold_to)
			   : -ENOMEM;
}

int
telltap_engine_session(struct telltap_engine *e,
    const struct telltap_session *in)
{
	struct session_note n = {
		.kind = SESSION_TIED,
		.stream = in->stream,
		.ts_ns = in->ts_ns,
		.local_port = in->local_port,
		.remote_port = in->remote_port,
		.ambiguous = in->ambiguous,
	};

	if (in->size != sizeof(*in))
		return -EINVAL;
	memcpy(n.local.b, in->local, 16);
	memcpy(n.remote.b, in->remote, 16);
	return add(e, &n, NULL, 0);
}

int
telltap_engine_plaintext(struct telltap_engine *e,
    const struct telltap_plaintext *in)
{
	struct session_note n = {
		.kind = SESSION_PLAINTEXT,
		.stream = in->stream,
		.ts_ns = in->ts_ns,
		.offset = in->offset,
		.inbound = in->inbound,
		.early = in->early,
		.of_file = in->of_file,
		.len = in->len,
	};

	return in->size != sizeof(*in) ? -EINVAL :
	    add(e, &n, in->data, in->len);
}

int
telltap_engine_session_end(struct telltap_engine *e, uint64_t stream,
    uint64_t ts_ns, uint64_t out_len, uint64_t in_len)
{
	struct session_note n = {
		.kind = SESSION_ENDED,
		.stream = stream,
		.ts_ns = ts_ns,
		.offset = out_len,
		.in_len = in_len,
	};

	return add(e, &n, NULL, 0);
}

uint64_t
telltap_engine_unplaced(const struct telltap_engine *e)
{
	return e->sessions ? sessions_unplaced(e->sessions) : 0;
}
