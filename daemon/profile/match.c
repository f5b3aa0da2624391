// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "profile/set.h"

#define MAX_HOST	253

/* '*' is any run of bytes, '?' one byte. The latest star alone is tried
 * again, so the work is bounded by the product of the lengths. */
static bool
glob(const char *p, size_t plen, const uint8_t *s, size_t slen)
{
	size_t pi = 0, si = 0, star = SIZE_MAX, from = 0;

	while (si < slen) {
		uint8_t a = pi < plen ? (uint8_t)p[pi] : 0, b = s[si];

		if (a == '*' && pi < plen) {
			star = pi++;
			from = si;
			continue;
		}
		if ((uint8_t)(a - 'A') < 26)
			a |= 0x20;
		if ((uint8_t)(b - 'A') < 26)
			b |= 0x20;
		if (pi < plen && (a == '?' || a == b)) {
			pi++;
			si++;
		} else if (star != SIZE_MAX) {
			pi = star + 1;
			si = ++from;
		} else {
			return false;
		}
	}
	while (pi < plen && p[pi] == '*')
		pi++;
	return pi == plen;
}

bool
profile_glob(const char *pattern, struct span text)
{
	return glob(pattern, strlen(pattern), text.p, text.len);
}

/* Where the last label of the first len bytes begins. */
static size_t
label_start(const void *name, size_t len)
{
	const uint8_t *dot = len ? memrchr(name, '.', len) : NULL;

	return dot ? (size_t)(dot + 1 - (const uint8_t *)name) : 0;
}

/* Label by label from the end; a first label "*" takes one or more. */
static bool
host_fits(const struct profile_name *n, const uint8_t *host, size_t len)
{
	size_t plen = n->pattern_len;

	for (;;) {
		size_t p = label_start(n->pattern, plen);
		size_t h = label_start(host, len);

		if (!p && plen == 1 && n->pattern[0] == '*')
			return len > 0;
		if (!glob(n->pattern + p, plen - p, host + h, len - h))
			return false;
		if (!p || !h)
			return !p && !h;
		plen = p - 1;
		len = h - 1;
	}
}

static bool
has_port(const struct profile_endpoint *e, uint16_t port)
{
	for (unsigned i = 0; i < e->ports_count; i++)
		if (e->ports[i] == port)
			return true;
	return false;
}

/* Takes the name's endpoints if it weighs as much as what was found, drops
 * what was found if it weighs more. */
static void
take(const struct profile_name *n, const struct profile *process,
    unsigned *weight, struct profile_match *m)
{
	struct profile_match own = { .count = 0 };

	for (size_t i = 0; i < n->count; i++)
		if (!n->endpoints[i]->with_process ||
		    n->endpoints[i]->profile == process)
			own.endpoints[own.count++] = n->endpoints[i];
	if (!own.count)
		return;
	if (n->weight > *weight)
		m->count = 0;
	*weight = n->weight;
	for (size_t i = 0; i < own.count && m->count < PROFILE_MATCH_MAX; i++)
		m->endpoints[m->count++] = own.endpoints[i];
}

static void
keep_port(struct profile_match *m, uint16_t port)
{
	struct profile_match own = { .count = 0 };

	for (size_t i = 0; i < m->count; i++)
		if (has_port(m->endpoints[i], port))
			own.endpoints[own.count++] = m->endpoints[i];
	if (own.count)
		*m = own;
}

bool
profile_match_host(const struct profiles *set, struct span host, uint16_t port,
    const struct profile *process, struct profile_match *ret_match)
{
	struct profile_match m = { .count = 0 };
	uint64_t hash = PROFILE_HASH_START;
	unsigned weight = 0;

	if (host.len && host.p[host.len - 1] == '.')
		host.len--;
	if (!set->slots || !host.len || host.len > MAX_HOST)
		return false;
	for (size_t i = host.len; i-- > 0;) {
		const struct profile_name *n;
		uint8_t bit, *bits;

		hash = profile_hash_byte(hash, host.p[i]);
		if (i && host.p[i - 1] != '.')
			continue;
		bits = profile_end_bit(set, hash, &bit);
		if (!(*bits & bit))
			break;
		n = set->slots[hash & (set->slot_count - 1)];
		for (; n; n = n->next)
			if (n->tail == hash && n->weight >= weight &&
			    host_fits(n, host.p, host.len))
				take(n, process, &weight, &m);
	}
	if (!m.count)
		return false;
	keep_port(&m, port);
	*ret_match = m;
	return true;
}

bool
profile_match_port(const struct profile *process, uint16_t port,
    struct profile_match *ret_match)
{
	struct profile_match m = { .count = 0 };

	for (unsigned i = 0; process && i < process->endpoints_count; i++) {
		const struct profile_endpoint *e = &process->endpoints[i];

		if (!strcmp(e->pattern, "*") && has_port(e, port) &&
		    m.count < PROFILE_MATCH_MAX)
			m.endpoints[m.count++] = e;
	}
	if (!m.count)
		return false;
	*ret_match = m;
	return true;
}

static void
add_address(const struct profile *p, const char *address, uint16_t port,
    struct profile_match *m)
{
	for (unsigned i = 0; i < p->endpoints_count; i++) {
		const struct profile_endpoint *e = &p->endpoints[i];

		if (!strcmp(e->pattern, address) && (!port ||
		    has_port(e, port)) && m->count < PROFILE_MATCH_MAX)
			m->endpoints[m->count++] = e;
	}
}

bool
profile_match_address(const struct profiles *set, const char *address,
    uint16_t port, const struct profile *process,
    struct profile_match *ret_match)
{
	struct profile_match m = { .count = 0 };

	if (process)
		add_address(process, address, port, &m);
	for (size_t i = 0; !process && i < profiles_count(set); i++)
		add_address(profiles_at(set, i), address, port, &m);
	if (!m.count)
		return false;
	*ret_match = m;
	return true;
}
