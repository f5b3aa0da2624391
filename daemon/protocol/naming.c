// SPDX-License-Identifier: Apache-2.0
#include "protocol/naming.h"

#include <netinet/in.h>
#include <stdlib.h>

#include "protocol/naming_tables.h"

/*
 * nDPI keeps caches across flows, so that every shard needs a module of its
 * own to give the same answers with any number of threads. A module costs 26
 * ms and 6 MB: a shard makes its own at the first flow that no layer knows.
 * What only reads nDPI's tables (host names, networks, ports) goes to one
 * module of the program, behind a lock, with a cache in front.
 *
 * nDPI reads packets, not streams: each payload gets a header of IP and TCP or
 * UDP, made up from the flow's tuple.
 */
#define PAYLOAD_MAX	1460
#define POOL_MAX	64

struct naming_flow {
	struct naming_flow *next;	/* in the pool, or the next newer one */
	struct naming_flow *older;
	naming_gave_up_fn gave_up;
	void *owner;
	struct naming_tuple tuple;
	uint32_t seq[2];
	unsigned packets;
	struct ndpi_flow_struct *ndpi;
};

struct naming *
naming_new(void)
{
	return calloc(1, sizeof(struct naming));
}

void
naming_free(struct naming *n)
{
	if (!n)
		return;
	while (n->pool) {
		struct naming_flow *f = n->pool;

		n->pool = f->next;
		free(f->ndpi);
		free(f);
	}
	naming_module_free(n->module);
	free(n);
}

static bool
have_module(struct naming *n)
{
	if (n->module || n->failed)
		return n->module;
	n->module = naming_module_new();
	n->failed = !n->module;
	return n->module;
}

static void
unlink_flow(struct naming *n, struct naming_flow *f)
{
	*(f->older ? &f->older->next : &n->oldest) = f->next;
	*(f->next ? &f->next->older : &n->newest) = f->older;
}

static void
link_newest(struct naming *n, struct naming_flow *f)
{
	f->next = NULL;
	f->older = n->newest;
	*(n->newest ? &n->newest->next : &n->oldest) = f;
	n->newest = f;
}

static void
give_up_oldest(struct naming *n)
{
	struct naming_flow *f = n->oldest;
	struct naming_verdict v;

	naming_give_up(n, f, &v);
	f->gave_up(f->owner, &v);
	naming_flow_free(n, f);
}

/* From the pool, or new; NULL if memory is out. */
static struct naming_flow *
take(struct naming *n)
{
	struct naming_flow *f = n->pool;

	if (f) {
		n->pool = f->next;
		n->pool_count--;
		return f;
	}
	f = calloc(1, sizeof(*f));
	if (!f)
		return NULL;
	f->ndpi = calloc(1, ndpi_detection_get_sizeof_ndpi_flow_struct());
	if (!f->ndpi) {
		free(f);
		return NULL;
	}
	return f;
}

struct naming_flow *
naming_flow_new(struct naming *n, const struct naming_tuple *tuple,
    naming_gave_up_fn gave_up, void *owner)
{
	struct naming_flow *f;

	if (!have_module(n))
		return NULL;
	if (n->live == NAMING_FLOWS_MAX)
		give_up_oldest(n);
	f = take(n);
	if (!f)
		return NULL;
	n->live++;
	link_newest(n, f);
	f->gave_up = gave_up;
	f->owner = owner;
	f->tuple = *tuple;
	f->packets = 0;
	f->seq[0] = f->seq[1] = 1;
	return f;
}

void
naming_flow_free(struct naming *n, struct naming_flow *f)
{
	if (!f)
		return;
	n->live--;
	unlink_flow(n, f);
	ndpi_free_flow_data(f->ndpi);
	if (n->pool_count == POOL_MAX) {
		free(f->ndpi);
		free(f);
		return;
	}
	memset(f->ndpi, 0, ndpi_detection_get_sizeof_ndpi_flow_struct());
	f->next = n->pool;
	n->pool = f;
	n->pool_count++;
}

static uint8_t *
put16(uint8_t *p, unsigned v)
{
	*p++ = (uint8_t)(v >> 8);
	*p++ = (uint8_t)v;
	return p;
}

static uint8_t *
put32(uint8_t *p, uint32_t v)
{
	return put16(put16(p, v >> 16), v & 0xffff);
}

static uint8_t *
put_ip(uint8_t *p, const struct naming_tuple *t, unsigned side, size_t len)
{
	const struct packet_addr *src = &t->addr[side], *dst = &t->addr[!side];

	if (naming_is_ipv4(src) && naming_is_ipv4(dst)) {
		*p++ = 0x45;
		*p++ = 0;
		p = put16(p, (unsigned)(20 + len));
		p = put32(p, 0x00004000);	/* do not fragment */
		*p++ = 64;
		*p++ = t->proto;
		p = put16(p, 0);
		memcpy(p, src->b + 12, 4);
		memcpy(p + 4, dst->b + 12, 4);
		return p + 8;
	}
	p = put32(p, 0x60000000);
	p = put16(p, (unsigned)len);
	*p++ = t->proto;
	*p++ = 64;
	memcpy(p, src->b, 16);
	memcpy(p + 16, dst->b, 16);
	return p + 32;
}

/* Returns the packet's length. */
static size_t
build_packet(struct naming *n, struct naming_flow *f, unsigned side,
    const uint8_t *payload, size_t len)
{
	bool tcp = f->tuple.proto == IPPROTO_TCP;
	uint8_t *p = put_ip(n->packet, &f->tuple, side, len + (tcp ? 20 : 8));

	p = put16(p, f->tuple.port[side]);
	p = put16(p, f->tuple.port[!side]);
	if (tcp) {
		p = put32(p, f->seq[side]);
		p = put32(p, f->seq[!side]);
		p = put32(p, 0x5018ffff);	/* 20 bytes, PSH and ACK */
		p = put32(p, 0);
		f->seq[side] += (uint32_t)len;
	} else {
		p = put16(p, (unsigned)(8 + len));
		p = put16(p, 0);
	}
	memcpy(p, payload, len);
	return (size_t)(p - n->packet) + len;
}

static ndpi_protocol
process(struct naming *n, struct naming_flow *f, size_t len, uint64_t ts_ns)
{
#if NDPI_MAJOR > 4 || (NDPI_MAJOR == 4 && NDPI_MINOR >= 4)
	return ndpi_detection_process_packet(n->module, f->ndpi, n->packet,
	    (unsigned short)len, ts_ns / 1000000, NULL);
#else
	return ndpi_detection_process_packet(n->module, f->ndpi, n->packet,
	    (unsigned short)len, ts_ns / 1000000);
#endif
}

bool
naming_feed(struct naming *n, struct naming_flow *f, unsigned side,
    const uint8_t *payload, size_t len, uint64_t ts_ns,
    struct naming_verdict *ret_verdict)
{
	struct naming_verdict v = { 0 };
	ndpi_protocol p;

	if (!len || (f->tuple.proto != IPPROTO_TCP &&
	    f->tuple.proto != IPPROTO_UDP))
		return false;
	if (len > PAYLOAD_MAX)
		len = PAYLOAD_MAX;
	unlink_flow(n, f);
	link_newest(n, f);
	p = process(n, f, build_packet(n, f, side, payload, len), ts_ns);
	naming_verdict_of(p, &f->tuple, &v);
	if (v.protocol) {
		*ret_verdict = v;
		return true;
	}
	if (++f->packets < NAMING_PACKETS_MAX)
		return false;
	naming_give_up(n, f, ret_verdict);
	return true;
}

void
naming_give_up(struct naming *n, struct naming_flow *f,
    struct naming_verdict *ret_verdict)
{
	struct naming_verdict v = { 0 };
	u_int8_t guessed = 0;
	ndpi_protocol p;

#if NDPI_MAJOR > 4
	p = ndpi_detection_giveup(n->module, f->ndpi);
#elif NDPI_MINOR >= 10
	p = ndpi_detection_giveup(n->module, f->ndpi, &guessed);
#else
	p = ndpi_detection_giveup(n->module, f->ndpi, 1, &guessed);
#endif
	naming_verdict_of(p, &f->tuple, &v);
	v.guessed = guessed;
	*ret_verdict = v;
}

