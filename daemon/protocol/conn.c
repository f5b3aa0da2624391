// SPDX-License-Identifier: Apache-2.0
/*
 * A connection is a stack of lanes: lane 0 carries the bytes on the wire, lane
 * n + 1 what the layer of lane n decrypted or took out of a tunnel. In each
 * lane the first bytes of a side decide which layer parses it; until then they
 * are held. A lane that no layer knows is cut into runs, and looked at again
 * at the start of each run for a while, for protocols upgrade in mid-stream
 * (STARTTLS) and captures begin in mid-stream.
 */
#include "protocol/conn.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/buf.h"
#include "base/slab.h"
#include "protocol/burst.h"
#include "protocol/dns.h"
#include "protocol/http1.h"
#include "protocol/http2.h"
#include "protocol/naming.h"
#include "protocol/quic_detect.h"
#include "protocol/tls.h"

#define CONN_MAX_LANES	4
#define CONN_MAX_HOLD	(32 * 1024)
#define CONN_MAX_LOOKS	32	/* runs whose start is looked at */

/* First bytes of each side, while nothing is decided yet. */
struct hold {
	struct buf side[2];
	struct when when;		/* of the last of them */
};

struct lane {
	struct layer *layer;
	struct message *run;
	struct burst burst;
	struct hold *hold;		/* NULL: nothing is held */
	uint8_t looks;
	bool running;			/* decided: runs */
};

struct conn_full {
	struct conn c;
	struct lane *lanes[CONN_MAX_LANES];
	struct lane wire;
	struct naming_flow *naming;
	uint8_t depth;			/* lane whose layer is being fed */
	bool eof[2];
	bool named;			/* nDPI is done */
	bool finished;			/* names are final */
};

static void lane_data(struct conn_full *f, unsigned n, unsigned side,
    const uint8_t *data, size_t len, const struct when *when);

static struct conn_full *
full(struct conn *c)
{
	return (struct conn_full *)c;
}

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

/* nDPI sees what no layer of ours knows, until it is sure. */
static void
name_feed(struct conn_full *f, unsigned side, const uint8_t *data, size_t len,
    const struct when *when)
{
	struct naming *n = f->c.env->naming;
	struct naming_verdict v = { 0 };

	if (f->named || !n)
		return;
	if (!f->naming) {
		struct naming_tuple t = { .proto = f->c.proto };

		memcpy(t.addr, f->c.addr, sizeof(t.addr));
		memcpy(t.port, f->c.port, sizeof(t.port));
		f->naming = naming_flow_new(n, &t);
		if (!f->naming) {
			f->named = true;
			return;
		}
	}
	if (!naming_feed(n, f->naming, side, data, len, when->ts_ns, &v))
		return;
	f->c.protocol = v.protocol;
	if (v.application)
		f->c.application = v.application;
	naming_flow_free(n, f->naming);
	f->naming = NULL;
	f->named = true;
}

/* The runs are over: what upgraded to TLS keeps the name it had before. */
static void
name_runs(struct conn_full *f)
{
	struct naming_verdict v = { 0 };

	if (!f->naming)
		return;
	naming_give_up(f->c.env->naming, f->naming, &v);
	naming_flow_free(f->c.env->naming, f->naming);
	f->naming = NULL;
	if (!v.guessed && !f->c.protocol)
		f->c.protocol = v.protocol;
}

/* The host in a certificate's subject, "CN=*.example.org,O=...". */
static struct span
certified_host(struct span subject)
{
	const uint8_t *end = subject.p + subject.len;
	const uint8_t *cn = memmem(subject.p, subject.len, "CN=", 3);
	struct span host = { 0 };

	if (!cn)
		return host;
	host.p = cn + 3;
	while (host.p + host.len < end && host.p[host.len] != ',')
		host.len++;
	if (host.len > 2 && memcmp(host.p, "*.", 2) == 0) {
		host.p += 2;
		host.len -= 2;
	}
	return host;
}

static void
name_finish(struct conn_full *f)
{
	struct naming *n = f->c.env->naming;
	struct naming_verdict v = { 0 };

	if (f->naming) {
		naming_give_up(n, f->naming, &v);
		naming_flow_free(n, f->naming);
		f->naming = NULL;
		if (!f->c.protocol)
			f->c.protocol = v.protocol;
		if (!f->c.application)
			f->c.application = v.application;
	}
	if (!n || f->c.application || f->finished)
		return;
	f->finished = true;
	if (f->c.tls && f->c.tls->server_name.len)
		f->c.application = naming_host(n, f->c.tls->server_name);
	if (!f->c.application && f->c.tls && f->c.tls->cert_subject.len)
		f->c.application = naming_host(n,
		    certified_host(f->c.tls->cert_subject));
	if (!f->c.application)
		f->c.application =
		    naming_address(n, &f->c.addr[!f->c.endpoint_side]);
	/* Where the beginning was not captured the sides may be swapped. */
	if (!f->c.application)
		f->c.application =
		    naming_address(n, &f->c.addr[f->c.endpoint_side]);
}

static void
run_end(struct conn_full *f, struct lane *l, enum message_end why)
{
	if (l->run)
		f->c.env->ops->end(l->run, why, &l->burst.last);
	l->run = NULL;
}

/* Makes sure that the run these bytes belong to is open. */
static struct message *
run_for(struct conn_full *f, struct lane *l, unsigned side,
    const struct when *when)
{
	bool outbound = side == f->c.endpoint_side;

	if (burst_begins(&l->burst, outbound, when)) {
		run_end(f, l, MESSAGE_COMPLETE);
		burst_add(&l->burst, outbound, when);
		l->run = f->c.env->ops->begin(&f->c, MESSAGE_RUN, when);
	} else {
		burst_add(&l->burst, outbound, when);
	}
	return l->run;
}

static void
run_data(struct conn_full *f, unsigned n, unsigned side, const uint8_t *data,
    size_t len, const struct when *when)
{
	struct lane *l = f->lanes[n];
	struct message *m = run_for(f, l, side, when);

	if (n == 0)
		name_feed(f, side, data, len, when);
	if (!m)
		return;
	f->c.env->ops->wire(m, side, len, when);
	f->c.env->ops->body(m, side, data, len, when);
}

static struct layer *
layer_for_stream(struct conn *c, unsigned side, const uint8_t *data,
    size_t len, bool *ret_more)
{
	bool more = false, request = false;
	int r;

	r = tls_detect(data, len);
	if (r == 1)
		return tls_layer_new(c);
	more |= r < 0;
	r = http2_detect(data, len);
	if (r == 1)
		return http2_layer_new(c);
	more |= r < 0;
	r = http1_detect(data, len, &request);
	if (r == 1) {
		conn_client_is(c, request ? side : !side);
		return http1_layer_new(c);
	}
	more |= r < 0;
	r = dns_detect(data, len, true, c->port[0], c->port[1]);
	if (r == 1)
		return dns_layer_new(c);
	more |= r < 0;
	*ret_more = more;
	return NULL;
}

static struct layer *
layer_for_datagram(struct conn *c, unsigned side, const uint8_t *data,
    size_t len)
{
	if (dns_detect(data, len, false, c->port[0], c->port[1]) == 1)
		return dns_layer_new(c);
	if (quic_detect(data, len))
		return quic_layer_new(c);
	if (dtls_detect(data, len))
		c->protocol = "dtls";
	else
		c->protocol = naming_datagram(data, len, c->port[side],
		    c->port[!side]);
	full(c)->named = c->protocol != NULL;
	return NULL;
}

static struct layer *
detect(struct conn_full *f, unsigned n, unsigned side, const uint8_t *data,
    size_t len, bool *ret_more)
{
	*ret_more = false;
	if (f->c.proto == 6 || n > 0)
		return layer_for_stream(&f->c, side, data, len, ret_more);
	if (f->c.proto == 17)
		return layer_for_datagram(&f->c, side, data, len);
	return NULL;
}

static void
layer_data(struct conn_full *f, unsigned n, unsigned side,
    const uint8_t *data, size_t len, const struct when *when)
{
	struct layer *l = f->lanes[n]->layer;
	uint8_t depth = f->depth;

	f->depth = (uint8_t)n;
	l->ops->data(l, side, data, len, when);
	f->depth = depth;
}

static void
take_layer(struct conn_full *f, unsigned n, struct layer *layer)
{
	struct lane *l = f->lanes[n];

	run_end(f, l, MESSAGE_COMPLETE);
	l->layer = layer;
	if (n > 0)
		return;
	name_runs(f);
	if (!f->c.protocol)
		f->c.protocol = layer->ops->name;
	f->named = true;
}

static void
hold_free(struct hold *h)
{
	if (!h)
		return;
	buf_clear(&h->side[0]);
	buf_clear(&h->side[1]);
	free(h);
}

/* Keeps bytes until more come; false if there is no room for them. */
static bool
hold_add(struct lane *l, unsigned side, const uint8_t *data, size_t len,
    const struct when *when)
{
	if (!l->hold) {
		l->hold = calloc(1, sizeof(*l->hold));
		if (!l->hold)
			return false;
		buf_init(&l->hold->side[0], CONN_MAX_HOLD);
		buf_init(&l->hold->side[1], CONN_MAX_HOLD);
	}
	buf_append(&l->hold->side[side], data, len);
	l->hold->when = *when;
	return !l->hold->side[side].failed;
}

/* The lane is decided: bytes that were held go where the others will go. */
static void
release_held(struct conn_full *f, unsigned n)
{
	struct lane *l = f->lanes[n];
	struct hold *h = l->hold;

	l->hold = NULL;
	for (unsigned side = 0; h && side < 2; side++) {
		const struct buf *b = &h->side[side];

		if (b->len && l->layer)
			layer_data(f, n, side, b->data, b->len, &h->when);
		else if (b->len)
			run_data(f, n, side, b->data, b->len, &h->when);
	}
	hold_free(h);
}

/* Nothing decided yet: look at the side's first bytes. */
static void
lane_decide(struct conn_full *f, unsigned n, unsigned side,
    const uint8_t *data, size_t len, const struct when *when)
{
	struct lane *l = f->lanes[n];
	const uint8_t *head = data;
	size_t head_len = len;
	struct layer *layer = NULL;
	bool more = false, held = l->hold && l->hold->side[side].len;

	if (held && hold_add(l, side, data, len, when)) {
		head = l->hold->side[side].data;
		head_len = l->hold->side[side].len;
		len = 0;		/* released with the others */
	}
	if (!held || !len)
		layer = detect(f, n, side, head, head_len, &more);
	if (!layer && more && !(l->hold && l->hold->side[!side].len) &&
	    (!len || hold_add(l, side, data, len, when)))
		return;
	if (layer)
		take_layer(f, n, layer);
	else
		l->running = true;
	release_held(f, n);
	if (len)
		lane_data(f, n, side, data, len, when);
}

/* Runs: the start of each may be that of a protocol we know. */
static void
lane_run(struct conn_full *f, unsigned n, unsigned side, const uint8_t *data,
    size_t len, const struct when *when)
{
	struct lane *l = f->lanes[n];
	struct layer *layer = NULL;
	bool more;

	if (l->looks < CONN_MAX_LOOKS && (f->c.proto == 6 || n > 0) &&
	    (!l->run ||
		burst_begins(&l->burst, side == f->c.endpoint_side, when))) {
		l->looks++;
		layer = layer_for_stream(&f->c, side, data, len, &more);
	}
	if (layer) {
		take_layer(f, n, layer);
		layer_data(f, n, side, data, len, when);
	} else {
		run_data(f, n, side, data, len, when);
	}
}

static void
lane_data(struct conn_full *f, unsigned n, unsigned side, const uint8_t *data,
    size_t len, const struct when *when)
{
	struct lane *l = f->lanes[n];

	if (l->layer)
		layer_data(f, n, side, data, len, when);
	else if (l->running)
		lane_run(f, n, side, data, len, when);
	else
		lane_decide(f, n, side, data, len, when);
}

static void
lane_gap(struct conn_full *f, unsigned n, unsigned side, uint64_t len,
    const struct when *when)
{
	struct lane *l = f->lanes[n];
	uint8_t depth = f->depth;
	struct message *m;

	if (!l->layer && !l->running) {
		l->running = true;
		release_held(f, n);
	}
	if (l->layer) {
		f->depth = (uint8_t)n;
		l->layer->ops->gap(l->layer, side, len, when);
		f->depth = depth;
		return;
	}
	m = run_for(f, l, side, when);
	if (m)
		f->c.env->ops->gap(m, side, len, when);
}

void
conn_data(struct conn *c, unsigned side, const uint8_t *data, size_t len,
    const struct when *when)
{
	lane_data(full(c), 0, side, data, len, when);
}

void
conn_gap(struct conn *c, unsigned side, uint64_t len, const struct when *when)
{
	lane_gap(full(c), 0, side, len, when);
}

void
conn_eof(struct conn *c, unsigned side, const struct when *when)
{
	struct conn_full *f = full(c);

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
	struct conn_full *f = full(c);

	count_plaintext(f, side, data, len);
	if (len && upper_lane(f))
		lane_data(f, f->depth + 1u, side, data, len, when);
}

void
conn_plain_gap(struct conn *c, unsigned side, uint64_t len,
    const struct when *when)
{
	struct conn_full *f = full(c);

	if (len && upper_lane(f))
		lane_gap(f, f->depth + 1u, side, len, when);
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

/* Without port and brackets; empty for an address. */
static struct span
host_name(struct span host)
{
	const uint8_t *colon = memchr(host.p, ':', host.len);
	bool address = true;

	if (colon)
		host.len = (size_t)(colon - host.p);
	if (host.len && host.p[0] == '[')
		host.len = 0;
	for (size_t i = 0; i < host.len && address; i++)
		address = host.p[i] == '.' || (uint8_t)(host.p[i] - '0') < 10;
	if (address)
		host.len = 0;
	return host;
}

void
conn_host_is(struct conn *c, struct span host, bool keep)
{
	if (!host.len)
		return;
	host = host_name(host);
	if (!host.len || host.len > 253)
		return;
	if (!c->application && c->env->naming)
		c->application = naming_host(c->env->naming, host);
	if (keep && !c->host)
		c->host = strndup((const char *)host.p, host.len);
}

static void
lane_clear(struct lane *l)
{
	if (l->layer)
		l->layer->ops->free(l->layer);
	hold_free(l->hold);
	*l = (struct lane){ 0 };
}

void
conn_finish(struct conn *c, const struct when *when)
{
	struct conn_full *f = full(c);
	/* a stream that was not closed may have gone on */
	bool whole = c->proto == 17 || f->eof[c->endpoint_side];

	for (unsigned n = 0; n < CONN_MAX_LANES && f->lanes[n]; n++) {
		struct lane *l = f->lanes[n];

		if (l->hold) {
			l->running = true;
			release_held(f, n);
		}
		f->depth = (uint8_t)n;
		if (l->layer)
			l->layer->ops->finish(l->layer, when);
		run_end(f, l, whole ? MESSAGE_COMPLETE : MESSAGE_CUT);
	}
	f->depth = 0;
	for (unsigned n = 0; n < CONN_MAX_LANES && f->lanes[n]; n++) {
		lane_clear(f->lanes[n]);
		if (n == 0)
			continue;
		free(f->lanes[n]);
		f->lanes[n] = NULL;
	}
	name_finish(f);
}

void
conn_free(struct conn *c)
{
	struct conn_full *f = c ? full(c) : NULL;

	if (!f)
		return;
	for (unsigned n = 0; n < CONN_MAX_LANES && f->lanes[n]; n++) {
		lane_clear(f->lanes[n]);
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
