// SPDX-License-Identifier: Apache-2.0
#include "protocol/conn_lane.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/slab.h"
#include "protocol/tls.h"

struct conn *
conn_new(const struct conn *init)
{
	struct conn_full *f = slab_zalloc(init->env->slab, sizeof(*f));

	if (!f)
		return NULL;
	f->c = *init;
	f->lanes[0] = &f->wire;
	return &f->c;
}

void
conn_data(struct conn *c, unsigned side, const uint8_t *data, size_t len,
    const struct when *when)
{
	conn_lane_data(conn_full_of(c), 0, side, data, len, when);
}

void
conn_gap(struct conn *c, unsigned side, uint64_t len, const struct when *when)
{
	conn_lane_gap(conn_full_of(c), 0, side, len, when);
}

void
conn_eof(struct conn *c, unsigned side, const struct when *when)
{
	struct conn_full *f = conn_full_of(c);

	f->eof[side] = true;
	for (unsigned n = 0; n < CONN_MAX_LANES && f->lanes[n]; n++) {
		struct layer *l = f->lanes[n]->layer;

		f->depth = (uint8_t)n;
		if (l && l->ops->eof)
			l->ops->eof(l, side, when);
	}
	f->depth = 0;
}

static struct lane *
upper_lane(struct conn_full *f)
{
	unsigned n = f->depth + 1u;

	if (n >= CONN_MAX_LANES)
		return NULL;
	if (!f->lanes[n]) {
		f->lanes[n] = calloc(1, sizeof(*f->lanes[n]));
		if (!f->lanes[n])
			return NULL;
	}
	return f->lanes[n];
}

/* Application data that keys opened; what a tunnel carries is none. */
static void
count_plaintext(struct conn_full *f, unsigned side, const uint8_t *data,
    size_t len)
{
	const struct layer *from = f->lanes[f->depth]->layer;
	EVP_MD_CTX **digest = &f->c.plaintext_digest[side];

	if (!f->c.decrypted || !from || strcmp(from->ops->name, "tls"))
		return;
	f->c.plaintext[side] += len;
	if (!f->c.env->digests)
		return;
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
		conn_lane_data(f, f->depth + 1u, side, data, len, when);
}

void
conn_plain_gap(struct conn *c, unsigned side, uint64_t len,
    const struct when *when)
{
	struct conn_full *f = conn_full_of(c);

	if (len && upper_lane(f))
		conn_lane_gap(f, f->depth + 1u, side, len, when);
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
	if (c->endpoint_by != ENDPOINT_BY_FIRST_PACKET)
		return;
	c->endpoint_by = ENDPOINT_BY_HELLO;
	c->endpoint_side = (uint8_t)side;
}

void
conn_finish(struct conn *c, const struct when *when)
{
	struct conn_full *f = conn_full_of(c);
	/* a stream that was not closed may have gone on */
	bool whole = c->proto == 17 || f->eof[c->endpoint_side];

	for (unsigned n = 0; n < CONN_MAX_LANES && f->lanes[n]; n++)
		conn_lane_finish(f, n,
		    whole ? MESSAGE_COMPLETE : MESSAGE_CUT, when);
	for (unsigned n = 0; n < CONN_MAX_LANES && f->lanes[n]; n++) {
		conn_lane_clear(f->lanes[n]);
		if (n == 0)
			continue;
		free(f->lanes[n]);
		f->lanes[n] = NULL;
	}
	conn_name_finish(f);
}

void
conn_free(struct conn *c)
{
	struct conn_full *f = c ? conn_full_of(c) : NULL;

	if (!f)
		return;
	for (unsigned n = 0; n < CONN_MAX_LANES && f->lanes[n]; n++) {
		conn_lane_clear(f->lanes[n]);
		if (n > 0)
			free(f->lanes[n]);
	}
	if (c->tls)
		tls_info_free(c->tls);
	EVP_MD_CTX_free(c->plaintext_digest[0]);
	EVP_MD_CTX_free(c->plaintext_digest[1]);
	free(c->host);
	slab_free(c->env->slab, f, sizeof(*f));
}
