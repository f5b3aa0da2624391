// SPDX-License-Identifier: Apache-2.0
#include "protocol/quic/quic_paths.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/cursor.h"

#define BUCKETS	4096u		/* a power of two */

/* Seeded, for peers choose the IDs. */
static uint32_t
bucket_of(const struct quic_paths *p, const uint8_t *id, size_t len)
{
	uint64_t h = p->seed ^ len;

	for (size_t i = 0; i < len; i++) {
		h = (h ^ id[i]) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29 ^ p->seed;
	}
	return (uint32_t)(h >> 32) & (BUCKETS - 1);
}

static bool
begin(struct quic_paths *p)
{
	if (p->buckets)
		return true;
	if (getrandom(&p->seed, sizeof(p->seed), GRND_NONBLOCK) < 0)
		p->seed = (uintptr_t)p;
	p->buckets = calloc(BUCKETS, sizeof(*p->buckets));
	return p->buckets;
}

static bool
is_of(const struct quic_path *path, const uint8_t *id, size_t len)
{
	return path->len == len && !memcmp(path->id, id, len);
}

void
quic_paths_add(struct quic_paths *p, struct quic_path **own,
    struct quic_session *session, unsigned to, struct span id,
    struct span token)
{
	struct quic_path **at, *path;
	size_t count = 0, same = 0;

	if (!id.len || id.len > QUIC_CID_MAX || p->count >= QUIC_PATHS_MAX ||
	    !begin(p))
		return;
	for (path = *own; path; path = path->sibling) {
		if (path->to == to && is_of(path, id.p, id.len))
			return;
		if (++count == QUIC_PATHS_EACH)
			return;
	}
	at = &p->buckets[bucket_of(p, id.p, id.len)];
	for (; *at; at = &(*at)->next)
		same += is_of(*at, id.p, id.len);
	path = same < QUIC_PATHS_SAME ? calloc(1, sizeof(*path)) : NULL;
	if (!path)
		return;
	path->session = session;
	path->to = (uint8_t)to;
	path->len = (uint8_t)id.len;
	memcpy(path->id, id.p, id.len);
	path->has_token = token.len == QUIC_TOKEN_LEN;
	if (path->has_token)
		memcpy(path->token, token.p, QUIC_TOKEN_LEN);
	path->sibling = *own;
	*own = path;
	*at = path;
	p->lens |= 1u << id.len;
	p->count++;
}

void
quic_paths_drop(struct quic_paths *p, struct quic_path **own)
{
	while (*own) {
		struct quic_path *path = *own;
		struct quic_path **at =
		    &p->buckets[bucket_of(p, path->id, path->len)];

		while (*at != path)
			at = &(*at)->next;
		*at = path->next;
		*own = path->sibling;
		p->count--;
		free(path);
	}
}

size_t
quic_paths_find(const struct quic_paths *p, struct span datagram, size_t max,
    const struct quic_path **ret)
{
	size_t n = 0;

	for (size_t len = QUIC_CID_MAX; p->count && len; len--) {
		struct cursor c = cur_init(datagram.p, datagram.len);
		const struct quic_path *path;
		const uint8_t *id;

		if (!(p->lens >> len & 1))
			continue;
		cur_skip(&c, 1);
		id = cur_bytes(&c, len);
		if (cur_failed(&c))
			continue;
		path = p->buckets[bucket_of(p, id, len)];
		for (; path && n < max; path = path->next)
			if (is_of(path, id, len))
				ret[n++] = path;
	}
	return n;
}

void
quic_paths_clear(struct quic_paths *p)
{
	free(p->buckets);
	*p = (struct quic_paths){ 0 };
}

struct quic_home *
quic_home_new(struct quic_session *session)
{
	struct quic_home *h = calloc(1, sizeof(*h));

	if (h) {
		atomic_init(&h->holders, 1);
		h->session = session;
	}
	return h;
}

struct quic_home *
quic_home_hold(struct quic_home *h)
{
	atomic_fetch_add(&h->holders, 1);
	return h;
}

void
quic_home_drop(struct quic_home *h)
{
	if (h && atomic_fetch_sub(&h->holders, 1) == 1)
		free(h);
}
