// SPDX-License-Identifier: Apache-2.0
#include "protocol/conn_lane.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/slab.h"
#include "protocol/conn_hook.h"
#include "protocol/conn_wait.h"
#include "protocol/tls/tls.h"

struct conn *
conn_new(const struct conn *init)
{
	static const struct packet_addr nowhere[2];
	struct conn_full *f = slab_zalloc(init->env->slab, sizeof(*f));

	if (!f)
		return NULL;
	f->c = *init;
	if (!f->c.addr)
		f->c.addr = nowhere;
	return &f->c;
}

#define FETCHED_LEN	256	/* of a layer, about */

void
conn_fetch(const struct conn *c)
{
	const char *layer =
	    (const char *)((const struct conn_full *)c)->wire.layer;

	for (size_t at = 0; layer && at < FETCHED_LEN; at += 64)
		__builtin_prefetch(layer + at, 1);
}

void
conn_fetch_end(const struct conn *c)
{
	const char *tls = (const char *)c->tls;

	for (size_t at = 0; tls && at < sizeof(*c->tls); at += 64)
		__builtin_prefetch(tls + at, 1);
	conn_fetch(c);
}

void
conn_data(struct conn *c, unsigned side, const uint8_t *data, size_t len,
    const struct when *when)
{
	struct conn_wait *w = c->env->wait;
	size_t rest = 0;

	if (c->waiting && conn_wait_take(c, side, data, len, when))
		return;
	if (w)
		w->fed_len = len;
	conn_lane_data(conn_full_of(c), 0, side, data, len, when);
	if (c->hook)
		conn_hook_seen(c);
	if (w) {
		rest = w->unread_len;
		w->unread_len = 0;
	}
	if (rest)
		conn_data(c, side, data + (len - rest), rest, when);
}

void
conn_gap(struct conn *c, unsigned side, uint64_t len, const struct when *when)
{
	if (c->waiting && conn_wait_take(c, side, NULL, len, when))
		return;
	if (c->hook)
		c->hook->missing[side] += len;
	conn_lane_gap(conn_full_of(c), 0, side, len, when);
	if (c->hook)
		conn_hook_seen(c);
}

void
conn_eof(struct conn *c, unsigned side, const struct when *when)
{
	struct conn_full *f = conn_full_of(c);

	if (c->waiting && conn_wait_take(c, side, NULL, 0, when))
		return;
	f->c.eof[side] = true;
	for (unsigned n = 0; conn_lane(f, n); n++) {
		struct layer *l = conn_lane(f, n)->layer;

		f->c.depth = (uint8_t)(n & 15);
		/* Who tells what is above may be late: that is not over yet. */
		if (c->hook && l && !strcmp(l->ops->name, "tls"))
			break;
		if (l && l->ops->eof)
			l->ops->eof(l, side, when);
	}
	f->c.depth = 0;
}

/* Nothing more is told, and the ends that were put off come. */
static void
finish_hook(struct conn_full *f, const struct when *when)
{
	bool above = false;

	conn_hook_finish(&f->c);
	for (unsigned n = 0; conn_lane(f, n); n++) {
		struct layer *l = conn_lane(f, n)->layer;

		f->c.depth = (uint8_t)(n & 15);
		f->c.hook->feeding = above;
		for (unsigned side = 0; above && side < 2; side++)
			if (f->c.eof[side] && l && l->ops->eof)
				l->ops->eof(l, side, when);
		above |= l && !strcmp(l->ops->name, "tls");
	}
	f->c.hook->feeding = false;
	f->c.depth = 0;
}

static struct lane *
upper_lane(struct conn_full *f)
{
	unsigned n = f->c.depth + 1u;

	if (n >= CONN_MAX_LANES)
		return NULL;
	if (!f->upper)
		f->upper = calloc(CONN_MAX_LANES - 1, sizeof(*f->upper));
	if (!f->upper)
		return NULL;
	if (f->c.upper_count < n)
		f->c.upper_count = (uint8_t)(n & 15);
	return &f->upper[n - 1];
}

void
conn_plain_read(struct conn *c, unsigned side, uint64_t len)
{
	if (!c->plaintext)
		c->plaintext = calloc(1, sizeof(*c->plaintext));
	if (c->plaintext)
		c->plaintext->len[side] += len;
}

/* Application data that keys opened; what a tunnel carries is none. */
static void
count_plaintext(struct conn_full *f, unsigned side, const uint8_t *data,
    size_t len)
{
	const struct layer *from = conn_lane(f, f->c.depth)->layer;
	EVP_MD_CTX **digest;

	if ((!f->c.decrypted && !conn_is_hooked(&f->c)) || !from ||
	    strcmp(from->ops->name, "tls"))
		return;
	conn_plain_read(&f->c, side, len);
	if (!f->c.plaintext || !f->c.env->digests)
		return;
	digest = &f->c.plaintext->digest[side];
	if (!*digest) {
		*digest = EVP_MD_CTX_new();
		if (!*digest ||
		    !EVP_DigestInit_ex(*digest, EVP_sha256(), NULL))
			return;
	}
	EVP_DigestUpdate(*digest, data, len);
}

void
conn_plain(struct conn *c, unsigned side, const uint8_t *data, size_t len,
    const struct when *when)
{
	struct conn_full *f = conn_full_of(c);

	count_plaintext(f, side, data, len);
	if (len && upper_lane(f))
		conn_lane_data(f, f->c.depth + 1u, side, data, len, when);
}

void
conn_plain_gap(struct conn *c, unsigned side, uint64_t len,
    const struct when *when)
{
	struct conn_full *f = conn_full_of(c);

	if (len && upper_lane(f))
		conn_lane_gap(f, f->c.depth + 1u, side, len, when);
}

void
conn_plain_refused(struct conn *c, const struct when *when)
{
	struct conn_full *f = conn_full_of(c);
	unsigned above = c->depth + 1u, n;

	c->refused = true;
	for (n = above; conn_lane(f, n); n++)
		conn_lane_finish(f, n, MESSAGE_CUT, when);
	c->refused = false;
	while (n-- > above)
		conn_lane_clear(f, conn_lane(f, n));
	c->depth = (uint8_t)((above - 1) & 15);
	c->upper_count = c->depth;
}

void
conn_add_overhead(struct conn *c, unsigned side, enum conn_overhead what,
    uint64_t len)
{
	c->overhead[side][what] += len;
}

void
conn_client_is(struct conn *c, unsigned side)
{
	if (c->endpoint_by != ENDPOINT_BY_FIRST_PACKET || c->told)
		return;
	c->endpoint_by = ENDPOINT_BY_HELLO;
	c->endpoint_side = (uint8_t)side;
}

static void
lanes_clear(struct conn_full *f)
{
	for (unsigned n = 0; conn_lane(f, n); n++)
		conn_lane_clear(f, conn_lane(f, n));
	free(f->upper);
	f->upper = NULL;
	f->c.upper_count = 0;
}

void
conn_finish(struct conn *c, const struct when *when)
{
	struct conn_full *f = conn_full_of(c);
	bool whole;

	while (c->waiting)
		conn_wait_release(c);
	/* a stream that was not closed may have gone on */
	whole = c->proto == 17 || f->c.eof[c->endpoint_side];
	if (c->hook && !c->hook->finished)
		finish_hook(f, when);
	for (unsigned n = 0; conn_lane(f, n); n++) {
		const struct layer *l = conn_lane(f, n)->layer;

		conn_lane_finish(f, n,
		    whole ? MESSAGE_COMPLETE : MESSAGE_CUT, when);
		if (c->hook && l && !strcmp(l->ops->name, "tls"))
			c->hook->feeding = true;
	}
	if (c->hook)
		c->hook->feeding = false;
	conn_name_finish(f);
	lanes_clear(f);
}

void
conn_free(struct conn *c)
{
	struct conn_full *f = c ? conn_full_of(c) : NULL;

	if (!f)
		return;
	lanes_clear(f);
	tls_info_free(c->tls, c->env);
	if (c->plaintext) {
		EVP_MD_CTX_free(c->plaintext->digest[0]);
		EVP_MD_CTX_free(c->plaintext->digest[1]);
		free(c->plaintext);
	}
	conn_wait_drop(c);
	conn_hook_free(c);
	shared_drop(c->env->names, c->host);
	slab_free(c->env->slab, f, sizeof(*f));
}
