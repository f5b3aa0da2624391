// SPDX-License-Identifier: Apache-2.0
#include <ctype.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "protocol/naming_tables.h"

/*
 * What the tables said of hosts and addresses: all shards see the same ones again
 * and again, and a search costs as much as the parsing of a short connection.
 * Four that share a hash lie side by side, the latest first.
 */
#define WAYS		4
#define HOSTS		(65536 / WAYS)
#define ADDRESSES	(65536 / WAYS)

/* A host stands for itself by a hash of 64 bits, seeded so that nobody can
 * choose two names that share one. */
struct host_entry {
	const char *application;
	uint64_t hash;			/* 0: free */
};

struct address_entry {
	const char *application;
	uint32_t ipv4;
	bool known;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* Under the lock; live as long as the program. */
static struct ndpi_detection_module_struct *tables;
static const char **names;
static unsigned name_count;
static struct host_entry hosts[HOSTS][WAYS] __attribute__((aligned(64)));
static uint64_t hosts_seed;
static struct address_entry addresses[ADDRESSES][WAYS]
    __attribute__((aligned(64)));

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
		/* without one, names are looked up under 0 */
		(void)!getrandom(&hosts_seed, sizeof(hosts_seed), 0);
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

struct ndpi_detection_module_struct *
naming_module_new(void)
{
	struct ndpi_detection_module_struct *m = NULL;

	/* The names are needed for any verdict. */
	if (!tables_lock())
		return NULL;
	m = module_new();
	tables_unlock();
	return m;
}

void
naming_module_free(struct ndpi_detection_module_struct *m)
{
	if (!m)
		return;
	pthread_mutex_lock(&lock);
	ndpi_exit_detection_module(m);
	pthread_mutex_unlock(&lock);
}

/*
 * nDPI says "application" for whatever it knows one name of. It is one if a
 * network or a host told it, a protocol if a port did; then, too, the network
 * tells the application.
 */
void
naming_verdict_of(ndpi_protocol p, const struct naming_tuple *tuple,
    struct naming_verdict *ret)
{
	const char *by_network = naming_address(NULL, &tuple->addr[1]);
#if NDPI_MAJOR > 4 || (NDPI_MAJOR == 4 && NDPI_MINOR >= 10)
	unsigned master = p.proto.master_protocol, app = p.proto.app_protocol;
#else
	unsigned master = p.master_protocol, app = p.app_protocol;
#endif

	if (!by_network)
		by_network = naming_address(NULL, &tuple->addr[0]);
	if (master && master != app) {
		ret->protocol = name_of(master);
		ret->application = name_of(app);
	} else if (name_of(app) != by_network) {
		ret->protocol = name_of(app);
	}
	if (!ret->application)
		ret->application = by_network;
}

/* nDPI's port tables want IPv4 in host order; 0 for none. */
static uint32_t
ipv4_of(const struct packet_addr *a)
{
	return naming_is_ipv4(a) ? ntohl(a->w[3]) : 0;
}

/* Under the lock. Multicast groups stand for protocols (mDNS), other networks
 * for whose they are. */
static const char *
search_address(const struct packet_addr *addr)
{
	struct in_addr in;

	in.s_addr = addr->w[3];
	if (IN_MULTICAST(ntohl(in.s_addr)))
		return NULL;
	return name_of(ndpi_network_ptree_match(tables, &in));
}

/* Under the lock. What stands for ports in other protocols, types of ICMP, are
 * none. */
static ndpi_protocol
guess(const struct naming_tuple *t)
{
	bool ports = t->proto == IPPROTO_TCP || t->proto == IPPROTO_UDP;
	uint16_t a = ports ? t->port[0] : 0, b = ports ? t->port[1] : 0;

#if NDPI_MAJOR > 4 || (NDPI_MAJOR == 4 && NDPI_MINOR >= 10)
	return ndpi_guess_undetected_protocol_v4(tables, NULL, t->proto,
	    ipv4_of(&t->addr[0]), a, ipv4_of(&t->addr[1]), b);
#else
	return ndpi_guess_undetected_protocol(tables, NULL, t->proto,
	    ipv4_of(&t->addr[0]), a, ipv4_of(&t->addr[1]), b);
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
	naming_verdict_of(p, tuple, &v);
	*ret_verdict = v;
}

/* Under the lock: the pointer that stands for an equal name, else itself. */
static const char *
same_name(const char *name)
{
	for (unsigned i = 1; name && i < name_count; i++)
		if (names[i] && !strcmp(names[i], name))
			return names[i];
	return name;
}

/* Under the lock: what nDPI's search would say, which walks an automaton. */
static const char *
search_host(struct span host)
{
	ndpi_protocol_match_result match;
	char text[256];
	int id;

	for (size_t i = 0; i < host.len; i++)
		text[i] = (char)tolower(host.p[i]);
	text[host.len] = '\0';
	id = ndpi_match_string_subprotocol(tables, text, (u_int)host.len,
	    &match);
	return id > 0 ? name_of((unsigned)id) :
	    same_name(naming_own_host(text, host.len));
}

/* Under the lock. */
static const char *
find_host(struct span host)
{
	uint64_t hash = XXH3_64bits_withSeed(host.p, host.len, hosts_seed);
	struct host_entry *e = hosts[hash % HOSTS];

	for (unsigned i = 0; i < WAYS; i++)
		if (e[i].hash == hash)
			return e[i].application;
	memmove(e + 1, e, (WAYS - 1) * sizeof(*e));
	e->application = search_host(host);
	e->hash = hash;
	return e->application;
}

const char *
naming_host(struct naming *n, struct span host)
{
	const char *name;

	if (!host.len || host.len > 255 || !tables_lock())
		return NULL;
	name = find_host(host);
	tables_unlock();
	return name;
}

/* Under the lock. */
static const char *
find_address(const struct packet_addr *addr)
{
	uint32_t h = addr->w[3] * 0x9e3779b1u;
	struct address_entry *e = addresses[(h ^ h >> 16) % ADDRESSES];

	for (unsigned i = 0; i < WAYS; i++)
		if (e[i].known && e[i].ipv4 == addr->w[3])
			return e[i].application;
	memmove(e + 1, e, (WAYS - 1) * sizeof(*e));
	*e = (struct address_entry){ search_address(addr), addr->w[3], true };
	return e->application;
}

const char *
naming_address(struct naming *n, const struct packet_addr *addr)
{
	const char *name;

	if (!naming_is_ipv4(addr) || !tables_lock())
		return NULL;
	name = find_address(addr);
	tables_unlock();
	return name;
}

const char *
naming_name(unsigned id)
{
	const char *name;

	if (!tables_lock())
		return NULL;
	name = name_of(id);
	tables_unlock();
	return name;
}
