// SPDX-License-Identifier: Apache-2.0
#include "protocol/conn_lane.h"
#include "protocol/dns/dns.h"
#include "protocol/dtls.h"
#include "protocol/http/http1.h"
#include "protocol/http/http2.h"
#include "protocol/naming.h"
#include "protocol/quic/quic_detect.h"
#include "protocol/tls/tls.h"

/* Within TLS the name of the application may stand for the port (RFC 7858). */
static uint16_t
dns_port(const struct conn *c, bool within)
{
	if (within && c->tls &&
	    span_eq(tls_info_alpn(c->tls), SPAN_LITERAL("dot")))
		return 853;
	return c->port[0];
}

static struct layer *
detect_stream(struct conn *c, bool within, unsigned side,
    const uint8_t *data, size_t len, bool *ret_more)
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
		side = request ? side : !side;
		conn_client_is(c, side);
		return http1_layer_of(c, side);
	}
	more |= r < 0;
	r = dns_detect(data, len, true, dns_port(c, within),
	    c->port[1]);
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
		return dtls_layer_new(c);
	c->protocol = naming_datagram(data, len, c->port[side],
	    c->port[!side]);
	c->named = c->protocol != NULL;
	return NULL;
}

struct layer *
conn_detect(struct conn_full *f, unsigned n, unsigned side, const uint8_t *data,
    size_t len, bool *ret_more)
{
	*ret_more = false;
	if (f->c.proto == 6 || n > 0)
		return detect_stream(&f->c, n > 0, side, data, len,
		    ret_more);
	if (f->c.proto == 17)
		return layer_for_datagram(&f->c, side, data, len);
	return NULL;
}

struct layer *
conn_detect_later(struct conn_full *f, unsigned n, unsigned side,
    const uint8_t *data, size_t len)
{
	bool more;

	if (f->c.proto == 6 || n > 0)
		return detect_stream(&f->c, n > 0, side, data, len, &more);
	return quic_detect(data, len) ? quic_layer_new(&f->c) : NULL;
}

/* A server's hello and certificate tell by themselves; of a response whose
 * request was not captured nothing could be judged. */
struct layer *
conn_detect_answer(struct conn_full *f, unsigned n, const uint8_t *data,
    size_t len)
{
	if (f->c.proto != 6 && n == 0)
		return NULL;
	return tls_detect(data, len) == 1 ? tls_layer_new(&f->c) : NULL;
}

bool
conn_turns_quic(struct conn *c)
{
	struct conn_full *f = conn_full_of(c);
	struct layer *l = f->wire.layer ? NULL : quic_layer_new(c);

	if (l)
		conn_lane_take(f, 0, l);
	return l || f->wire.layer;
}
