// SPDX-License-Identifier: Apache-2.0
#include "engine/wait.h"

#include <errno.h>

#include "engine/engine.h"
#include "engine/keys.h"
#include "engine/moved.h"
#include "protocol/conn_again.h"

/* What a session that may be resumed waits in, until the batch is over. */
#define SESSION_WAIT_BYTES	(16u << 20)
/* How long the keys of a connection that may be over are waited for, behind its
 * last packet. */
#define OVER_NS			UINT64_C(15000000000)

void
engine_wait_set(struct telltap_engine *e)
{
	const struct telltap_keys *k = e->keys;
	bool sessions = k && (k->rsa || keylog_has_masters(k->log));

	for (unsigned i = 0; i < SHARD_COUNT; i++) {
		struct shard *s = &e->shards[i];

		s->wait.for_log = e->wait_ns != 0;
		s->wait.for_sessions = sessions;
		s->wait.max_bytes = e->wait_ns ?
		    e->wait_max_bytes / SHARD_COUNT : SESSION_WAIT_BYTES;
		s->env.wait = &s->wait;
		s->env.resume = sessions ? &s->resume : NULL;
	}
}

static bool
keys_came(const struct keylog *log, const struct conn_wanted *w)
{
	if (keylog_opens(log, w->client_random))
		return true;
	for (unsigned i = 0; i < w->session_count; i++)
		if (keylog_find(log, KEYLOG_SESSION, w->session[i]).len)
			return true;
	return false;
}

/* Somebody's keys may yet come. */
static bool
keys_awaited(const struct telltap_engine *e)
{
	for (unsigned i = 0; i < SHARD_COUNT; i++)
		if (e->shards[i].wait.for_keys)
			return true;
	return false;
}

/* Also where it lies as far ahead: the clock was set back. */
static bool
has_passed(uint64_t now_ns, uint64_t since_ns, uint64_t wait_ns)
{
	return (now_ns >= since_ns ? now_ns - since_ns : since_ns - now_ns) >=
	       wait_ns;
}

/* Closed by both ends, or of a protocol whose end is not told. */
static bool
may_be_over(const struct flow *f)
{
	return f->proto != 6 || f->fin == 3 || f->reset;
}

/* Who writes a key log does it in the handshake: behind the connection's end not
 * much is to be hoped for. But where the keys come with the packets (UINT64_MAX)
 * they may all lie behind them. */
static bool
is_due(const struct telltap_engine *e, const struct conn *c, uint64_t now_ns)
{
	const struct flow *f = c->owner;

	if (conn_wait_wanted(c)->again)
		return now_ns == UINT64_MAX || conn_again_is_due(c, now_ns);
	/* what another session could tell was told by now */
	if (!e->wait_ns || now_ns == UINT64_MAX ||
	    has_passed(now_ns, conn_wait_since(c).ts_ns, e->wait_ns))
		return true;
	return e->wait_ns != UINT64_MAX && may_be_over(f) &&
	    has_passed(now_ns, f->end_ns, OVER_NS);
}

static bool
any_due(const struct telltap_engine *e, const struct conn_wait *w,
    uint64_t now_ns)
{
	const struct conn *c = NULL;

	while ((c = conn_wait_next(w, c)))
		if (is_due(e, c, now_ns))
			return true;
	return false;
}

/* Is there anything to look for? */
static bool
is_worthwhile(const struct telltap_engine *e, uint64_t now_ns)
{
	bool changed = keylog_stats(e->keys->log)->secrets != e->wait_secrets;

	for (unsigned i = 0; i < SHARD_COUNT; i++) {
		const struct shard *s = &e->shards[i];

		if (s->resume.count || s->wait.for_connections ||
		    (s->wait.first && changed) ||
		    any_due(e, &s->wait, now_ns))
			return true;
	}
	return false;
}

/* The shard whose next connection began to wait first, or SHARD_COUNT. */
static unsigned
earliest(struct conn *const *at)
{
	unsigned first = SHARD_COUNT;

	for (unsigned i = 0; i < SHARD_COUNT; i++)
		if (at[i] && (first == SHARD_COUNT ||
		    conn_wait_since(at[i]).packet <
		    conn_wait_since(at[first]).packet))
			first = i;
	return first;
}

static void
wake(struct shard *s, struct conn *c)
{
	const struct flow *f = c->owner;
	struct when last = { f->end_ns, f->last_packet };

	s->packet = f->last_packet;
	conn_wait_release(c);
	if (f->fin == 3 && !c->waiting)
		conn_finish(c, &last);
}

int
engine_wait_over(struct telltap_engine *e, uint64_t now_ns)
{
	struct keylog *log = e->keys ? e->keys->log : NULL;
	struct conn *at[SHARD_COUNT];
	unsigned n;
	int r = 0;

	if (!log || (!is_worthwhile(e, now_ns) && now_ns != UINT64_MAX))
		return 0;
	for (unsigned i = 0; i < SHARD_COUNT && !r; i++) {
		struct shard *s = &e->shards[i];

		r = tls_resume_tell(&s->resume, log);
		at[i] = conn_wait_next(&s->wait, NULL);
		s->wait.settling = true;
	}
	while (!r && (n = earliest(at)) < SHARD_COUNT) {
		struct shard *s = &e->shards[n];
		struct conn *c = at[n];

		at[n] = conn_wait_next(&s->wait, c);
		if (conn_wait_wanted(c)->connection) {
			engine_moved_hand(e, s, c, is_due(e, c, now_ns) ||
			    !keys_awaited(e));
			continue;
		}
		if (!is_due(e, c, now_ns) && (conn_wait_wanted(c)->again ||
		    !keys_came(log, conn_wait_wanted(c))))
			continue;
		wake(s, c);
		r = tls_resume_tell(&s->resume, log);
	}
	for (unsigned i = 0; i < SHARD_COUNT; i++)
		e->shards[i].wait.settling = false;
	e->wait_secrets = keylog_stats(log)->secrets;
	if (now_ns == UINT64_MAX)
		engine_moved_end(e);
	return r;
}

int
telltap_engine_await_keys(struct telltap_engine *e, uint64_t wait_ns,
    size_t max_bytes)
{
	if (e->begun || !wait_ns)
		return -EINVAL;
	e->wait_ns = wait_ns;
	e->wait_max_bytes = max_bytes;
	return telltap_engine_keys(e, NULL, 0);
}
