// SPDX-License-Identifier: Apache-2.0
#include "flow/defrag.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/*
 * A datagram is a table of pages, allocated as fragments touch them, with a bit
 * for each 8-byte block that has come and one for each block that began a
 * fragment. The second tells a duplicate from an overlap, as long as there is
 * no overlap. Only the last block of a datagram may be shorter than 8 bytes.
 */
#define BLOCK_LEN	8u
#define PAGE_LEN	2048u
#define PAGE_BLOCKS	(PAGE_LEN / BLOCK_LEN)
#define MAX_LEN		65536u
#define MAX_PAGES	(MAX_LEN / PAGE_LEN)

#define TIMEOUT_IP4_NS	30000000000ull
#define TIMEOUT_IP6_NS	60000000000ull

struct page {
	uint64_t came[PAGE_BLOCKS / 64];
	uint64_t begins[PAGE_BLOCKS / 64];
	uint8_t data[PAGE_LEN];
};

struct datagram {
	struct defrag_key key;
	struct datagram *chain;			/* same bucket */
	struct datagram *older, *newer;		/* by first fragment */
	uint64_t first_ns;
	uint64_t pieces;			/* fragments taken */
	uint32_t total_len;			/* 0: end not seen yet */
	uint32_t came_len;			/* bytes of blocks that came */
	uint32_t end;				/* of the furthest fragment */
	uint32_t cut_at;			/* first byte not captured */
	uint32_t header_len;
	uint8_t next_proto;
	bool differing;
	struct page *pages[MAX_PAGES];
};

struct defrag {
	struct datagram **buckets;
	size_t mask;
	uint64_t seed;		/* keeps senders from choosing collisions */
	struct datagram *oldest, *newest;
	size_t bytes, max_bytes;
	struct defrag_stats stats;
};

struct defrag *
defrag_new(size_t max_bytes)
{
	struct defrag *f = calloc(1, sizeof(*f));
	size_t n = 64;

	if (!f)
		return NULL;
	while (n < max_bytes / sizeof(struct page) && n < 65536)
		n *= 2;
	f->buckets = calloc(n, sizeof(struct datagram *));
	if (!f->buckets) {
		free(f);
		return NULL;
	}
	f->mask = n - 1;
	f->max_bytes = max_bytes;
	/* Without randomness only the speed under attack suffers. */
	if (getrandom(&f->seed, sizeof(f->seed), GRND_NONBLOCK) < 0)
		f->seed = (uintptr_t)f;
	return f;
}

static size_t
bucket_of(const struct defrag *f, const struct defrag_key *key)
{
	uint64_t h = f->seed ^ key->id ^ (uint64_t)key->scope << 32;
	const uint64_t w[] = { key->src.d[0], key->src.d[1], key->dst.d[0],
		key->dst.d[1], (uint64_t)key->version << 8 | key->proto };

	for (size_t i = 0; i < sizeof(w) / sizeof(w[0]); i++) {
		h = (h ^ w[i]) * 0x9fb21c651e98df25ull;
		h ^= h >> 29 ^ f->seed;
	}
	return (h ^ h >> 32) & f->mask;
}

/* Takes a datagram out of the table and frees it. */
static void
drop(struct defrag *f, struct datagram *g)
{
	struct datagram **at = &f->buckets[bucket_of(f, &g->key)];

	while (*at != g)
		at = &(*at)->chain;
	*at = g->chain;
	*(g->older ? &g->older->newer : &f->oldest) = g->newer;
	*(g->newer ? &g->newer->older : &f->newest) = g->older;
	f->bytes -= sizeof(*g);
	for (unsigned i = 0; i < MAX_PAGES; i++) {
		if (g->pages[i])
			f->bytes -= sizeof(struct page);
		free(g->pages[i]);
	}
	free(g);
}

static void
give_up(struct defrag *f, struct datagram *g)
{
	f->stats.expired += g->pieces;
	f->stats.datagrams_expired++;
	drop(f, g);
}

void
defrag_flush(struct defrag *f)
{
	while (f->oldest)
		give_up(f, f->oldest);
}

void
defrag_free(struct defrag *f)
{
	if (!f)
		return;
	defrag_flush(f);
	free(f->buckets);
	free(f);
}

static bool
is_expired(const struct datagram *g, uint64_t now_ns)
{
	uint64_t limit = g->key.version == 4 ? TIMEOUT_IP4_NS : TIMEOUT_IP6_NS;

	return now_ns > g->first_ns && now_ns - g->first_ns > limit;
}

/* Makes room for len more bytes; keep is not given up. */
static bool
make_room(struct defrag *f, size_t len, const struct datagram *keep)
{
	while (f->bytes + len > f->max_bytes) {
		struct datagram *g = f->oldest;

		if (g == keep && g)
			g = g->newer;
		if (!g)
			return false;
		give_up(f, g);
	}
	return true;
}

static struct datagram *
find(struct defrag *f, const struct defrag_key *key)
{
	struct datagram *g = f->buckets[bucket_of(f, key)];

	while (g && memcmp(&g->key, key, sizeof(*key)) != 0)
		g = g->chain;
	return g;
}

static struct datagram *
begin(struct defrag *f, const struct defrag_key *key, uint64_t ts_ns)
{
	struct datagram **bucket, *g;

	if (!make_room(f, sizeof(*g) + sizeof(struct page), NULL))
		return NULL;
	g = calloc(1, sizeof(*g));
	if (!g)
		return NULL;
	bucket = &f->buckets[bucket_of(f, key)];
	g->key = *key;
	g->first_ns = ts_ns;
	g->cut_at = UINT32_MAX;
	g->chain = *bucket;
	*bucket = g;
	g->older = f->newest;
	*(f->newest ? &f->newest->newer : &f->oldest) = g;
	f->newest = g;
	f->bytes += sizeof(*g);
	return g;
}

/* Refuses what contradicts the datagram's end, or IP's own. */
static int
check_end(const struct datagram *g, const struct defrag_piece *p)
{
	uint32_t end = p->offset + p->len;

	if (g->total_len && (p->more ? end >= g->total_len :
	    end != g->total_len))
		return ERR_MALFORMED;
	return !p->more && end < g->end ? ERR_MALFORMED : 0;
}

static bool
get_bit(const uint64_t *set, unsigned i)
{
	return set[i / 64] >> i % 64 & 1;
}

/* True if a fragment, once taken, began at this block, or none has it. */
static bool
is_border(const struct datagram *g, uint32_t block)
{
	const struct page *page;

	if (block / PAGE_BLOCKS >= MAX_PAGES)
		return true;
	page = g->pages[block / PAGE_BLOCKS];
	return !page || !get_bit(page->came, block % PAGE_BLOCKS) ||
	    get_bit(page->begins, block % PAGE_BLOCKS);
}

static bool
get_pages(struct defrag *f, struct datagram *g, const struct defrag_piece *p)
{
	uint32_t last = (p->offset + p->len - 1) / PAGE_LEN;

	for (uint32_t i = p->offset / PAGE_LEN; i <= last; i++) {
		if (g->pages[i])
			continue;
		if (!make_room(f, sizeof(struct page), g))
			return false;
		g->pages[i] = calloc(1, sizeof(struct page));
		if (!g->pages[i])
			return false;
		f->bytes += sizeof(struct page);
	}
	return true;
}

struct overlap {
	uint32_t blocks;	/* that had come before */
	bool differing;
	bool inner_border;	/* another fragment begins inside */
};

/* Copies the blocks that are new and compares the others. Bytes that were cut
 * off are neither. */
static struct overlap
take_blocks(struct datagram *g, const struct defrag_piece *p)
{
	struct overlap o = { 0 };

	for (uint32_t in = 0; in < p->len; in += BLOCK_LEN) {
		uint32_t at = p->offset + in;
		uint32_t n = p->len - in < BLOCK_LEN ? p->len - in : BLOCK_LEN;
		uint32_t have = in >= p->cap_len ? 0 : p->cap_len - in;
		struct page *page = g->pages[at / PAGE_LEN];
		unsigned i = at % PAGE_LEN / BLOCK_LEN;

		have = have < n ? have : n;
		if (get_bit(page->came, i)) {
			o.blocks++;
			o.inner_border |= in && get_bit(page->begins, i);
			o.differing |= at + have <= g->cut_at &&
			    memcmp(page->data + i * BLOCK_LEN, p->data + in,
			    have) != 0;
			continue;
		}
		memcpy(page->data + i * BLOCK_LEN, p->data + in, have);
		page->came[i / 64] |= 1ull << i % 64;
		g->came_len += n;
		if (have < n && at + have < g->cut_at)
			g->cut_at = at + have;
	}
	return o;
}

/* Takes the bytes and tells how they agree with those that came before. */
static void
take(struct defrag *f, struct datagram *g, const struct defrag_piece *p)
{
	uint32_t end = p->offset + p->len, first = p->offset / BLOCK_LEN;
	uint32_t behind = (end + BLOCK_LEN - 1) / BLOCK_LEN;
	struct page *page = g->pages[p->offset / PAGE_LEN];
	bool known = get_bit(page->begins, first % PAGE_BLOCKS);
	struct overlap o = take_blocks(g, p);
	bool duplicate = known && !o.inner_border && !o.differing &&
	    o.blocks == behind - first && is_border(g, behind);

	page->begins[first % PAGE_BLOCKS / 64] |= 1ull << first % 64;
	g->pieces++;
	if (end > g->end)
		g->end = end;
	if (!p->more)
		g->total_len = end;
	if (!p->offset && !known) {
		g->next_proto = p->next_proto;
		g->header_len = p->header_len;
	}
	g->differing |= o.differing;
	f->stats.overlapping += o.blocks && !duplicate;
	f->stats.differing += o.differing;
}

/* Lays the whole datagram into the arena. */
static int
finish(struct defrag *f, struct datagram *g, struct arena *arena,
    struct defrag_whole *ret_whole)
{
	uint32_t len = g->total_len < g->cut_at ? g->total_len : g->cut_at;
	uint8_t *data = arena_alloc(arena, len ? len : 1);

	if (!data) {
		give_up(f, g);
		return ERR_LIMIT;
	}
	for (uint32_t at = 0; at < len; at += PAGE_LEN)
		memcpy(data + at, g->pages[at / PAGE_LEN]->data,
		    len - at < PAGE_LEN ? len - at : PAGE_LEN);
	*ret_whole = (struct defrag_whole){ data, len, g->total_len,
		g->next_proto, g->differing };
	drop(f, g);
	return 0;
}

/* The fragment itself counts with those of the datagrams given up. */
static int
refuse(struct defrag *f)
{
	f->stats.expired++;
	return ERR_LIMIT;
}

int
defrag_add(struct defrag *f, const struct defrag_key *key,
    const struct defrag_piece *p, struct arena *arena,
    struct defrag_whole *ret_whole)
{
	struct datagram *g;
	int r;

	if (!p->len || p->cap_len > p->len || p->offset % BLOCK_LEN ||
	    (p->more && p->len % BLOCK_LEN) ||
	    (uint64_t)p->offset + p->len + p->header_len > 65535)
		return ERR_MALFORMED;
	while (f->oldest && is_expired(f->oldest, p->ts_ns))
		give_up(f, f->oldest);
	g = find(f, key);
	if (g && is_expired(g, p->ts_ns)) {
		give_up(f, g);
		g = NULL;
	}
	if (g) {
		r = check_end(g, p);
		if (r)
			return r;
	} else {
		g = begin(f, key, p->ts_ns);
		if (!g)
			return refuse(f);
	}
	if (!get_pages(f, g, p)) {
		give_up(f, g);
		return refuse(f);
	}
	take(f, g, p);
	if (g->total_len && g->came_len == g->total_len)
		return finish(f, g, arena, ret_whole);
	*ret_whole = (struct defrag_whole){ 0 };
	return 0;
}

const struct defrag_stats *
defrag_get_stats(const struct defrag *f)
{
	return &f->stats;
}

size_t
defrag_bytes(const struct defrag *f)
{
	return f->bytes;
}
