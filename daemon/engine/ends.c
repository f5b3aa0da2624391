// SPDX-License-Identifier: Apache-2.0
#include "engine/ends.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define ENDS_COUNT	4096u		/* a power of two */
#define ZOOM_PORT	8801

struct end {
	struct packet_addr addr;
	uint16_t port;
	uint8_t proto;
	const char *protocol, *application;	/* NULL both: unused */
};

struct ends {
	struct end list[ENDS_COUNT];
};

struct ends *
ends_new(void)
{
	return calloc(1, sizeof(struct ends));
}

void
ends_free(struct ends *e)
{
	free(e);
}

static struct end *
place_of(struct ends *e, const struct packet_addr *addr, uint16_t port,
    uint8_t proto)
{
	uint64_t h = addr->d[0] ^ addr->d[1] * UINT64_C(0x9e3779b97f4a7c15);

	h = (h ^ h >> 32 ^ port ^ (uint64_t)proto << 16) *
	    UINT64_C(0xd6e8feb86659fd93);
	return &e->list[h >> 52 & (ENDS_COUNT - 1)];
}

static void
learn(struct ends *e, const struct packet_addr *addr, uint16_t port,
    uint8_t proto, const char *protocol, const char *application)
{
	*place_of(e, addr, port, proto) = (struct end){ .addr = *addr,
		.port = port, .proto = proto, .protocol = protocol,
		.application = application };
}

static const struct end *
find(struct ends *e, const struct packet_addr *addr, uint16_t port,
    uint8_t proto)
{
	const struct end *found = place_of(e, addr, port, proto);

	return found->protocol && found->port == port &&
	    found->proto == proto &&
	    !memcmp(found->addr.b, addr->b, sizeof(addr->b)) ? found : NULL;
}

void
ends_expect(struct ends *e, const struct packet_addr *addr, uint16_t port,
    uint8_t proto, const char *protocol)
{
	learn(e, addr, port, proto, protocol, NULL);
}

static bool
is(const char *name, const char *word)
{
	return name && !strcmp(name, word);
}

/* Who speaks this by TCP takes something else of the same name by UDP: the place
 * that a connection shows. */
static void
learn_datagrams(struct ends *e, const struct event_flow *f)
{
	if (f->proto != IPPROTO_TCP)
		return;
	/* pictures and voices; a meeting's server gives them at one port */
	if (is(f->application, "zoom"))
		learn(e, &f->remote, ZOOM_PORT, IPPROTO_UDP, f->application,
		    NULL);
	/* what the tunnel carries, to where its keys were agreed on */
	else if (is(f->protocol, "tinc"))
		learn(e, &f->remote, f->remote_port, IPPROTO_UDP, f->protocol,
		    NULL);
}

/* Google's servers are asked by the calls of others, and count as its own: of a
 * socket that is known by what else it asked they say nothing. */
static void
learn_caller(struct ends *e, const struct event_flow *f)
{
	const struct end *known = find(e, &f->local, f->local_port, f->proto);

	if (known && known->application &&
	    is(f->application, "googlehangoutduo"))
		return;
	learn(e, &f->local, f->local_port, f->proto, f->protocol,
	    f->application);
}

static void
apply(const struct end *from, struct event_flow *f)
{
	if (!from)
		return;
	if (!f->protocol && !f->application) {
		f->protocol = from->protocol;
		f->protocol_by = "peer";
	}
	if (!f->application && is(f->protocol, from->protocol))
		f->application = from->application;
}

void
ends_follow(struct ends *e, struct event_flow *f, bool over)
{
	bool stun = is(f->protocol, "stun");

	learn_datagrams(e, f);
	/* a peer is asked by many, and is the same for each, at any port; of
	 * STUN only the socket that asks is an application's, its servers are
	 * anybody's */
	if (is(f->protocol, "bittorrent")) {
		learn(e, &f->local, f->local_port, f->proto, f->protocol, NULL);
		learn(e, &f->remote, 0, 0, f->protocol, NULL);
	} else if (stun && f->application) {
		learn_caller(e, f);
	} else if (over && (stun || !f->protocol) && !f->application) {
		apply(find(e, &f->local, f->local_port, f->proto), f);
		apply(find(e, &f->remote, f->remote_port, f->proto), f);
		apply(find(e, &f->remote, 0, 0), f);
	}
}
