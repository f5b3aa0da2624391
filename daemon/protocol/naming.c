// SPDX-License-Identifier: Apache-2.0
#include "protocol/naming.h"

#include <ctype.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <ndpi_api.h>

#include "base/cursor.h"

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
#define HOSTS		256
#define HOST_LEN	64

struct naming_flow {
	struct naming_flow *next;	/* in the pool */
	struct naming_tuple tuple;
	uint32_t seq[2];
	unsigned packets;
	struct ndpi_flow_struct *ndpi;
};

struct host_entry {
	const char *application;
	uint8_t len;		/* 0: free */
	char host[HOST_LEN];
};

struct naming {
	struct ndpi_detection_module_struct *module;	/* made when needed */
	bool failed;
	struct naming_flow *pool;
	unsigned pool_count;
	uint8_t packet[60 + PAYLOAD_MAX];
	struct host_entry hosts[HOSTS];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* Under the lock; live as long as the program. */
static struct ndpi_detection_module_struct *tables;
static const char **names;
static unsigned name_count;

/* Only one at a time may be set up: under the lock. */
static struct ndpi_detection_module_struct *
module_new(void)
{
	struct ndpi_detection_module_struct *m;
	NDPI_PROTOCOL_BITMASK all;

#if NDPI_MAJOR > 4 || (NDPI_MAJOR == 4 && NDPI_MINOR >= 10)
	m = ndpi_init_detection_module(NULL);
#else
	m = ndpi_init_detection_module(ndpi_no_prefs);
#endif
	if (!m)
		return NULL;
	NDPI_BITMASK_SET_ALL(all);
	ndpi_set_protocol_detection_bitmask2(m, &all);
	ndpi_finalize_initialization(m);
	return m;
}

static const char *
lower_name(struct ndpi_detection_module_struct *m, unsigned id)
{
	const char *name = ndpi_get_proto_name(m, (u_int16_t)id);
	char *copy = name ? strdup(name) : NULL;

	for (char *p = copy; p && *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return copy;
}

/* The tables, locked; NULL (and not locked) if they can't be had. */
static struct ndpi_detection_module_struct *
tables_lock(void)
{
	pthread_mutex_lock(&lock);
	if (!tables) {
		unsigned count;

		tables = module_new();
		count = tables ? ndpi_get_num_supported_protocols(tables) : 0;
		names = calloc(count + 1, sizeof(*names));
		for (unsigned i = 1; names && i < count; i++)
			names[i] = lower_name(tables, i);
		name_count = names ? count : 0;
	}
	if (!tables)
		pthread_mutex_unlock(&lock);
	return tables;
}

static void
tables_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

/* Under the lock, or after tables_lock() succeeded once. */
static const char *
name_of(unsigned id)
{
	return id && id < name_count ? names[id] : NULL;
}

/* An application has no dissector: hosts and networks tell it. */
static bool
is_application(unsigned id)
{
	ndpi_proto_defaults_t *all = ndpi_get_proto_defaults(tables);

	if (!all || id >= name_count)
		return false;
#if NDPI_MAJOR > 4
	return all[id].isAppProtocol;
#else
	return !all[id].func;
#endif
}

static void
verdict_of(ndpi_protocol p, struct naming_verdict *ret)
{
#if NDPI_MAJOR > 4 || (NDPI_MAJOR == 4 && NDPI_MINOR >= 10)
	unsigned master = p.proto.master_protocol, app = p.proto.app_protocol;
#else
	unsigned master = p.master_protocol, app = p.app_protocol;
#endif

	if (!master && is_application(app)) {
		ret->application = name_of(app);
	} else if (!master || master == app) {
		ret->protocol = name_of(app);
	} else {
		ret->protocol = name_of(master);
		ret->application = name_of(app);
	}
}

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
	if (n->module) {
		pthread_mutex_lock(&lock);
		ndpi_exit_detection_module(n->module);
		pthread_mutex_unlock(&lock);
	}
	free(n);
}

static bool
have_module(struct naming *n)
{
	if (n->module || n->failed)
		return n->module;
	if (!tables_lock()) {
		n->failed = true;
		return false;
	}
	n->module = module_new();
	tables_unlock();
	n->failed = !n->module;
	return n->module;
}

struct naming_flow *
naming_flow_new(struct naming *n, const struct naming_tuple *tuple)
{
	struct naming_flow *f = n->pool;

	if (!have_module(n))
		return NULL;
	if (f) {
		n->pool = f->next;
		n->pool_count--;
	} else {
		f = calloc(1, sizeof(*f));
		if (!f)
			return NULL;
		f->ndpi = calloc(1, ndpi_detection_get_sizeof_ndpi_flow_struct());
		if (!f->ndpi) {
			free(f);
			return NULL;
		}
	}
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

static bool
is_ipv4(const struct packet_addr *a)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(a->b, mapped, 12) == 0;
}

static uint8_t *
put_ip(uint8_t *p, const struct naming_tuple *t, unsigned side, size_t len)
{
	const struct packet_addr *src = &t->addr[side], *dst = &t->addr[!side];

	if (is_ipv4(src) && is_ipv4(dst)) {
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
	p = process(n, f, build_packet(n, f, side, payload, len), ts_ns);
	verdict_of(p, &v);
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
	verdict_of(p, &v);
	v.guessed = guessed;
	*ret_verdict = v;
}

/* nDPI's port tables want IPv4 in host order; 0 for none. */
static uint32_t
ipv4_of(const struct packet_addr *a)
{
	return is_ipv4(a) ? ntohl(a->w[3]) : 0;
}

/* Under the lock. */
static ndpi_protocol
guess(const struct naming_tuple *t)
{
#if NDPI_MAJOR > 4 || (NDPI_MAJOR == 4 && NDPI_MINOR >= 10)
	return ndpi_guess_undetected_protocol_v4(tables, NULL, t->proto,
	    ipv4_of(&t->addr[0]), t->port[0], ipv4_of(&t->addr[1]), t->port[1]);
#else
	return ndpi_guess_undetected_protocol(tables, NULL, t->proto,
	    ipv4_of(&t->addr[0]), t->port[0], ipv4_of(&t->addr[1]), t->port[1]);
#endif
}

void
naming_guess(struct naming *n, const struct naming_tuple *tuple,
    struct naming_verdict *ret_verdict)
{
	struct naming_verdict v = { .guessed = true };
	ndpi_protocol p;

	if (!tables_lock())
		return;
	p = guess(tuple);
	tables_unlock();
	verdict_of(p, &v);
	*ret_verdict = v;
}

static const char *
find_host(struct span host)
{
	ndpi_protocol_match_result match;
	const char *name = NULL;
	char text[256];
	int id;

	if (!host.len || host.len >= sizeof(text) || !tables_lock())
		return NULL;
	for (size_t i = 0; i < host.len; i++)
		text[i] = (char)tolower(host.p[i]);
	text[host.len] = '\0';
	id = ndpi_match_string_subprotocol(tables, text, (u_int)host.len,
	    &match);
	if (id > 0)
		name = name_of((unsigned)id);
	tables_unlock();
	return name;
}

const char *
naming_host(struct naming *n, struct span host)
{
	uint32_t h = 2166136261u;
	struct host_entry *e;

	if (!host.len || host.len > HOST_LEN)
		return find_host(host);
	for (size_t i = 0; i < host.len; i++)
		h = (h ^ host.p[i]) * 16777619u;
	e = &n->hosts[(h ^ h >> 16) % HOSTS];
	if (e->len != host.len || memcmp(e->host, host.p, host.len) != 0) {
		e->application = find_host(host);
		e->len = (uint8_t)host.len;
		memcpy(e->host, host.p, host.len);
	}
	return e->application;
}

const char *
naming_address(struct naming *n, const struct packet_addr *addr)
{
	struct in_addr in;
	const char *name;

	if (!is_ipv4(addr) || !tables_lock())
		return NULL;
	in.s_addr = addr->w[3];
	name = name_of(ndpi_network_ptree_match(tables, &in));
	tables_unlock();
	return name;
}
