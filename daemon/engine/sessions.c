// SPDX-License-Identifier: Apache-2.0
#include "engine/sessions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define uthash_fatal(msg) abort()
#include <uthash.h>

/* Above it the session that is longest without a word is forgotten. */
#define SESSIONS_MAX	65536
/* What waits, over all sessions; what comes above it is lost to its session. */
#define WAITING_MAX	(64u << 20)

struct waiting {
	struct waiting *next;
	uint64_t offset, ts_ns;
	size_t len;
	bool inbound, early, of_file;
	uint8_t data[];
};

struct session {
	UT_hash_handle hh;		/* in the order of their last words */
	uint64_t stream;
	struct session_note tie;	/* once tied */
	uint64_t next[2];		/* offset after what was handed on */
	uint64_t len[2];		/* once ended: of all there was */
	struct waiting *first, **end;
	struct session *waits_next, **waits_at;	/* list of those that wait */
	bool tied, placed, ended;
};

struct sessions {
	struct session_ops ops;
	struct session *by_stream;
	struct session *waiting;
	size_t waiting_bytes;
	uint64_t unplaced;
};

struct sessions *
sessions_new(const struct session_ops *ops)
{
	struct sessions *s = calloc(1, sizeof(*s));

	if (s)
		s->ops = *ops;
	return s;
}

static void
stop_waiting(struct session *x)
{
	if (!x->waits_at)
		return;
	*x->waits_at = x->waits_next;
	if (x->waits_next)
		x->waits_next->waits_at = x->waits_at;
	x->waits_at = NULL;
	x->waits_next = NULL;
}

static void
start_waiting(struct sessions *s, struct session *x)
{
	if (x->waits_at)
		return;
	x->waits_next = s->waiting;
	x->waits_at = &s->waiting;
	if (s->waiting)
		s->waiting->waits_at = &x->waits_next;
	s->waiting = x;
}

static void
session_drop(struct sessions *s, struct session *x)
{
	struct waiting *w, *next;

	for (w = x->first; w; w = next) {
		next = w->next;
		s->unplaced += w->len;
		s->waiting_bytes -= w->len;
		free(w);
	}
	stop_waiting(x);
	HASH_DEL(s->by_stream, x);
	free(x);
}

void
sessions_free(struct sessions *s)
{
	while (s && s->by_stream)
		session_drop(s, s->by_stream);
	free(s);
}

/* uthash keeps the order of additions. */
static struct session *
session_of(struct sessions *s, uint64_t stream)
{
	struct session *x;

	HASH_FIND(hh, s->by_stream, &stream, sizeof(stream), x);
	if (x) {
		HASH_DEL(s->by_stream, x);
	} else {
		if (HASH_COUNT(s->by_stream) >= SESSIONS_MAX)
			session_drop(s, s->by_stream);
		x = calloc(1, sizeof(*x));
		if (!x)
			return NULL;
		x->stream = stream;
		x->end = &x->first;
	}
	HASH_ADD(hh, s->by_stream, stream, sizeof(x->stream), x);
	return x;
}

static void
hand_on(struct sessions *s, struct session *x, uint64_t offset,
    struct session_piece piece)
{
	uint64_t *next = &x->next[piece.inbound];

	piece.gap = offset > *next ? offset - *next : 0;
	*next = offset + piece.len;
	if (!s->ops.data(s->ops.arg, &x->tie, &piece))
		s->unplaced += piece.len;
}

static int
wait(struct sessions *s, struct session *x, const struct session_note *n,
    const uint8_t *bytes)
{
	struct waiting *w;

	if (s->waiting_bytes + n->len > WAITING_MAX) {
		s->unplaced += n->len;
		return 0;
	}
	w = malloc(sizeof(*w) + n->len);
	if (!w)
		return -ENOMEM;
	*w = (struct waiting){ .offset = n->offset, .ts_ns = n->ts_ns,
		.len = n->len, .inbound = n->inbound, .early = n->early,
		.of_file = n->of_file };
	memcpy(w->data, bytes, n->len);
	*x->end = w;
	x->end = &w->next;
	s->waiting_bytes += n->len;
	start_waiting(s, x);
	return 0;
}

/* What was lost at the end, too. */
static void
finish(struct sessions *s, struct session *x)
{
	for (unsigned in = 0; in < 2; in++)
		if (x->len[in] > x->next[in])
			hand_on(s, x, x->len[in], (struct session_piece){
			    .ts_ns = x->tie.ts_ns, .inbound = in });
	session_drop(s, x);
}

/* Tries once more to find its connection. */
static void
place(struct sessions *s, struct session *x)
{
	struct waiting *w;

	if (!x->placed && x->tied)
		x->placed = s->ops.tie(s->ops.arg, &x->tie);
	if (!x->placed)
		return;
	while ((w = x->first)) {
		x->first = w->next;
		hand_on(s, x, w->offset, (struct session_piece){
		    .ts_ns = w->ts_ns, .data = w->data, .len = w->len,
		    .inbound = w->inbound, .early = w->early,
		    .of_file = w->of_file });
		s->waiting_bytes -= w->len;
		free(w);
	}
	x->end = &x->first;
	stop_waiting(x);
	if (x->ended)
		finish(s, x);
}

int
sessions_note(struct sessions *s, const struct session_note *n,
    const uint8_t *bytes)
{
	struct session *x = session_of(s, n->stream);
	int err = 0;

	if (!x)
		return -ENOMEM;
	switch (n->kind) {
	case SESSION_TIED:
		x->tie = *n;
		x->tied = true;
		x->placed = false;
		start_waiting(s, x);
		place(s, x);
		break;
	case SESSION_PLAINTEXT:
		if (x->placed)
			hand_on(s, x, n->offset, (struct session_piece){
			    .ts_ns = n->ts_ns, .data = bytes, .len = n->len,
			    .inbound = n->inbound, .early = n->early,
			    .of_file = n->of_file });
		else
			err = wait(s, x, n, bytes);
		break;
	case SESSION_ENDED:
		x->ended = true;
		x->len[0] = n->offset;
		x->len[1] = n->in_len;
		x->tie.ts_ns = n->ts_ns;
		if (x->placed)
			finish(s, x);
		break;
	}
	return err;
}

static bool
is_between(const struct session_note *tie, const struct packet_addr *local,
    uint16_t local_port, const struct packet_addr *remote,
    uint16_t remote_port)
{
	return tie->local_port == local_port &&
	       tie->remote_port == remote_port &&
	       memcmp(tie->local.b, local->b, 16) == 0 &&
	       memcmp(tie->remote.b, remote->b, 16) == 0;
}

const struct session_note *
sessions_waiting(const struct sessions *s, const struct packet_addr *local,
    uint16_t local_port, const struct packet_addr *remote,
    uint16_t remote_port)
{
	for (const struct session *x = s->waiting; x; x = x->waits_next)
		if (x->tied && is_between(&x->tie, local, local_port, remote,
			remote_port))
			return &x->tie;
	return NULL;
}

void
sessions_retry(struct sessions *s)
{
	struct session *x, *next;

	for (x = s->waiting; x; x = next) {
		next = x->waits_next;
		place(s, x);
	}
}

uint64_t
sessions_unplaced(const struct sessions *s)
{
	return s->unplaced + s->waiting_bytes;
}
