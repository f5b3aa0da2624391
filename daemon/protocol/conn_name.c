// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "protocol/conn_lane.h"
#include "protocol/ftp.h"
#include "protocol/message.h"
#include "protocol/naming.h"
#include "protocol/tls/tls.h"

/* The names of a connection's protocol, application and far end. */

void
conn_name_drop(struct conn_full *f, struct lane_run *r)
{
	if (!r)
		return;
	naming_flow_free(f->c.env->naming, r->naming);
	r->naming = NULL;
}

/* Others wanted its place. What is guessed may yet be told by a layer. */
static void
gave_up(void *owner, const struct naming_verdict *v)
{
	struct conn_full *f = owner;

	f->wire.run->naming = NULL;
	f->c.named = true;
	if (v->guessed)
		return;
	f->c.protocol = v->protocol;
	if (v->application)
		f->c.application = v->application;
}

static struct naming_flow *
naming_of(struct conn_full *f)
{
	struct naming_tuple t = { .proto = f->c.proto };

	if (f->wire.run->naming)
		return f->wire.run->naming;
	memcpy(t.addr, f->c.addr, sizeof(t.addr));
	memcpy(t.port, f->c.port, sizeof(t.port));
	f->wire.run->naming = naming_flow_new(f->c.env->naming, &t, gave_up, f);
	return f->wire.run->naming;
}

void
conn_name_feed(struct conn_full *f, unsigned side, const uint8_t *data,
    size_t len, const struct when *when)
{
	struct naming *n = f->c.env->naming;
	struct naming_verdict v = { 0 };

	if (f->c.named || !n || !f->wire.run)
		return;
	if (!naming_of(f)) {
		f->c.named = true;
		return;
	}
	if (!naming_feed(n, f->wire.run->naming, side, data, len, when->ts_ns,
		&v))
		return;
	f->c.protocol = v.protocol;
	f->c.guessed = v.protocol && v.guessed;
	if (v.application)
		f->c.application = v.application;
	conn_name_drop(f, f->wire.run);
	f->c.named = true;
}

void
conn_name_promise(struct conn_full *f, unsigned side, const uint8_t *data,
    size_t len)
{
	struct ftp_place place;

	if (f->c.proto != 6 || !f->c.env->promise ||
	    (f->c.port[0] != FTP_PORT && f->c.port[1] != FTP_PORT))
		return;
	if (ftp_find_place((struct span){ data, len }, &f->c.addr[side],
		&place))
		f->c.env->promise(&f->c, &place);
}

void
conn_name_runs(struct conn_full *f)
{
	struct naming_verdict v = { 0 };
	struct lane_run *r = f->wire.run;

	if (!r || !r->naming)
		return;
	naming_give_up(f->c.env->naming, r->naming, &v);
	conn_name_drop(f, r);
	if (!v.guessed && !f->c.protocol)
		f->c.protocol = v.protocol;
}

/* The host in a certificate's subject, "CN=*.example.org,O=...". */
static struct span
certified_host(struct span subject)
{
	const uint8_t *end = subject.p + subject.len;
	const uint8_t *cn = subject.len ?
	    memmem(subject.p, subject.len, "CN=", 3) : NULL;
	struct span host = { 0 };

	if (!cn)
		return host;
	host.p = cn + 3;
	while (host.p + host.len < end && host.p[host.len] != ',')
		host.len++;
	/* nDPI's names of whole domains begin with the dot */
	if (host.len > 2 && memcmp(host.p, "*.", 2) == 0) {
		host.p++;
		host.len--;
	}
	return host;
}

static const char *
name_of_use(uint8_t use)
{
	static const char *const names[] = {
		[CONN_USE_HTTP_CONNECT] = "http_connect",
		[CONN_USE_HTTP_PROXY] = "http_proxy",
		[CONN_USE_OCSP] = "ocsp",
		[CONN_USE_SSH] = "ssh",
		[CONN_USE_ANYDESK] = "anydesk",
		[CONN_USE_TOR] = "tor",
		[CONN_USE_DNS] = "doh_dot",	/* nDPI's for all of them */
		[CONN_USE_CISCOVPN] = "ciscovpn",
		[CONN_USE_SNAPCHAT_CALL] = "snapchatcall",
	};

	return use < sizeof(names) / sizeof(*names) ? names[use] : NULL;
}

void
conn_client_shows(struct conn *c, struct span subject)
{
	static const struct span anydesk = SPAN_LITERAL("CN=AnyDesk Client");

	if (!c->use && subject.len && memmem(subject.p, subject.len,
		anydesk.p, anydesk.len))
		c->use = CONN_USE_ANYDESK;
}

/* "www.", letters of base32, and that ending. */
static bool
is_drawn(struct span name, struct span ending)
{
	static const struct span www = SPAN_LITERAL("www.");
	size_t last = name.len - ending.len;

	if (name.len <= www.len + ending.len ||
	    memcmp(name.p, www.p, www.len) ||
	    memcmp(name.p + last, ending.p, ending.len))
		return false;
	for (size_t i = www.len; i < last; i++)
		if ((uint8_t)(name.p[i] - 'a') > 25 &&
		    (uint8_t)(name.p[i] - '2') > 5)
			return false;
	return true;
}

static struct span
common_name(struct span subject)
{
	static const struct span cn = SPAN_LITERAL("CN=");

	if (subject.len < cn.len || memcmp(subject.p, cn.p, cn.len))
		return (struct span){ 0 };
	return (struct span){ subject.p + cn.len, subject.len - cn.len };
}

/* Tor's relays draw three names for a connection: what the client asks for and
 * who issued the certificate end in .com, whose it is ends in .net; nothing else
 * is in the certificate's names. */
static bool
is_tor(const struct tls_info *t)
{
	static const struct span com = SPAN_LITERAL(".com"),
		net = SPAN_LITERAL(".net");
	struct span asked = tls_info_server_name(t);
	struct span issuer = common_name(tls_info_cert_issuer(t));

	return is_drawn(asked, com) && is_drawn(issuer, com) &&
	       is_drawn(common_name(tls_info_cert_subject(t)), net) &&
	       !span_eq(issuer, asked);
}

/* RFC 7858, and RFC 9250 with the drafts before it. */
static bool
is_resolver(const struct tls_info *t)
{
	static const struct span quic = SPAN_LITERAL("doq");
	struct span alpn = tls_info_alpn(t);

	return span_eq(alpn, SPAN_LITERAL("dot")) || (alpn.len >= quic.len &&
	    memcmp(alpn.p, quic.p, quic.len) == 0);
}

void
conn_http_is(struct conn *c, const struct http_head *head)
{
	static const struct span scheme = SPAN_LITERAL("http://"),
		ocsp = SPAN_LITERAL("application/ocsp-");
	struct span type;

	if (c->use)
		return;
	type = http_head_get(head, "content-type");
	if (type.len > ocsp.len && memcmp(type.p, ocsp.p, ocsp.len) == 0)
		c->use = CONN_USE_OCSP;
	else if (span_eq(head->method, SPAN_LITERAL("CONNECT")))
		c->use = CONN_USE_HTTP_CONNECT;
	else if (head->target.len > scheme.len &&
	    memcmp(head->target.p, scheme.p, scheme.len) == 0)
		c->use = CONN_USE_HTTP_PROXY;
}

void
conn_name_finish(struct conn_full *f)
{
	struct naming *n = f->c.env->naming;
	struct naming_verdict v = { 0 };
	struct lane_run *r = f->wire.run;

	if (r && r->naming) {
		naming_give_up(n, r->naming, &v);
		conn_name_drop(f, r);
		if (!f->c.protocol) {
			f->c.protocol = v.protocol;
			f->c.guessed = v.protocol && v.guessed;
		}
		if (!f->c.application)
			f->c.application = v.application;
	}
	if (!n || f->c.application || f->c.finished)
		return;
	f->c.finished = true;
	if (!f->c.use && f->c.tls && is_tor(f->c.tls))
		f->c.use = CONN_USE_TOR;
	if (!f->c.use && f->c.tls && is_resolver(f->c.tls))
		f->c.use = CONN_USE_DNS;
	if (f->c.tls)
		f->c.application = naming_host(n,
		    tls_info_server_name(f->c.tls));
	if (!f->c.application && f->c.tls)
		f->c.application = naming_host(n,
		    certified_host(tls_info_cert_subject(f->c.tls)));
	if (!f->c.application && f->c.tls)
		f->c.application = naming_certificate(n,
		    tls_info_cert_subject(f->c.tls));
	if (!f->c.application && f->c.tls)
		f->c.application = tls_info_cert_application(f->c.tls);
	if (!f->c.application)
		f->c.application =
		    naming_address(n, &f->c.addr[!f->c.endpoint_side]);
	/* Where the beginning was not captured the sides may be swapped. */
	if (!f->c.application)
		f->c.application =
		    naming_address(n, &f->c.addr[f->c.endpoint_side]);
	if (!f->c.application)
		f->c.application = name_of_use(f->c.use);
	if (f->c.tls && f->c.proto == 6)
		f->c.application = naming_tls_port(n, f->c.application,
		    f->c.port);
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
		c->host = shared_take(c->env->names, host);
}
