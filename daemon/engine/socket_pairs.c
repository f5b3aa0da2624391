// SPDX-License-Identifier: Apache-2.0
#include "engine/socket_pairs.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "telltap/telltap.h"

struct ends {
	uint8_t near[16], far[16];
	uint16_t near_port, far_port;
	uint32_t proto;
};

/* A socket whose other end was not told yet. */
struct lone {
	UT_hash_handle hh;
	struct ends ends;
	struct socket_sums counted;
	bool accepted, kept;
};

struct socket_pairs {
	struct lone *lones;
	unsigned next;		/* the place that is taken next */
	struct lone places[SOCKET_PAIRS_MAX];
};

struct socket_pairs *
socket_pairs_new(void)
{
	return calloc(1, sizeof(struct socket_pairs));
}

void
socket_pairs_free(struct socket_pairs *p)
{
	if (p)
		HASH_CLEAR(hh, p->lones);
	free(p);
}

static void
forget(struct socket_pairs *p, struct lone *l)
{
	HASH_DEL(p->lones, l);
	l->kept = false;
}

static void
remember(struct socket_pairs *p, const struct ends *ends, bool accepted,
    struct socket_sums counted)
{
	struct lone *l = &p->places[p->next++ % SOCKET_PAIRS_MAX];

	if (l->kept)
		forget(p, l);
	l->ends = *ends;
	l->counted = counted;
	l->accepted = accepted;
	l->kept = true;
	HASH_ADD(hh, p->lones, ends, sizeof(l->ends), l);
}

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* What the connection counts as, of which both ends are known. */
static struct socket_sums
both(const struct lone *l, struct socket_sums other, bool accepted)
{
	if (l->accepted != accepted)
		return accepted ? l->counted : other;
	return (struct socket_sums){ least(l->counted.out, other.out),
		least(l->counted.in, other.in) };
}

void
socket_pairs_add(struct socket_pairs *p, const struct telltap_socket_count *c,
    bool accepted, struct socket_sums *sums)
{
	struct socket_sums counted = { c->payload_out + c->pending_out,
		c->payload_in };
	struct ends ends = { .near_port = c->local_port,
		.far_port = c->remote_port, .proto = c->proto };
	struct ends mirrored = { .near_port = c->remote_port,
		.far_port = c->local_port, .proto = c->proto };
	struct lone *l;

	memcpy(ends.near, c->local, 16);
	memcpy(ends.far, c->remote, 16);
	memcpy(mirrored.near, c->remote, 16);
	memcpy(mirrored.far, c->local, 16);
	HASH_FIND(hh, p->lones, &mirrored, sizeof(mirrored), l);
	if (l) {
		sums->out -= l->counted.out;
		sums->in -= l->counted.in;
		counted = both(l, counted, accepted);
		forget(p, l);
	} else {
		remember(p, &ends, accepted, counted);
	}
	sums->out += counted.out;
	sums->in += counted.in;
}
