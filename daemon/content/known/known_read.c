// SPDX-License-Identifier: Apache-2.0
/*
 * Bytes of known contents. Those on disk go through a cache of blocks, one per
 * thread, which forgets the block that was used longest ago. A block that no
 * longer has the hash it had is not given out.
 */
#include "content/known/known_set.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define CACHE_BLOCKS	64
#define CACHE_WAYS	4

struct block {
	uint64_t set;		/* struct known's id; 0: free */
	uint64_t number;
	uint64_t used;
	uint32_t content;
	bool good;
	uint8_t *data;
};

struct cache {
	uint64_t clock;
	struct block block[CACHE_BLOCKS];
};

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static __thread struct cache *mine;

static void
cache_free(void *p)
{
	struct cache *c = p;

	for (int i = 0; i < CACHE_BLOCKS; i++)
		free(c->block[i].data);
	free(c);
}

static void
make_key(void)
{
	(void)pthread_key_create(&key, cache_free);
}

static struct cache *
cache_get(void)
{
	if (mine)
		return mine;
	(void)pthread_once(&once, make_key);
	mine = calloc(1, sizeof(*mine));
	if (mine)
		(void)pthread_setspecific(key, mine);
	return mine;
}

static int
open_again(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

size_t
known_hold(struct known *k, size_t max)
{
	size_t held = 0, left = 0;

	for (size_t i = 0; i < k->content_count; i++) {
		struct known_content *c = &k->contents[i];

		if (!c->path || c->held)
			continue;
		if (held < max)
			c->held = open_again(c->path) + 1;
		held += c->held != 0;
		left += c->held == 0;
	}
	return left;
}

static bool
load(const struct known_content *c, uint64_t number, uint8_t *ret_data)
{
	uint64_t at = number * KNOWN_BLOCK;
	size_t want = c->size - at < KNOWN_BLOCK ? (size_t)(c->size - at) :
	    KNOWN_BLOCK;
	int fd = c->held ? c->held - 1 : open_again(c->path);
	size_t have = 0;
	ssize_t n = 1;

	if (fd < 0)
		return false;
	while (have < want && n) {
		n = pread(fd, ret_data + have, want - have,
		    (off_t)(at + have));
		if (n < 0 && errno != EINTR)
			break;
		have += n > 0 ? (size_t)n : 0;
	}
	if (!c->held)
		close(fd);
	return have == want &&
	    known_block_hash(ret_data, want) == c->block_hash[number];
}

/* The block's place in its set of CACHE_WAYS: where it is, or where it may go. */
static struct block *
find_block(struct cache *cache, uint64_t set, uint32_t content,
    uint64_t number, bool *ret_hit)
{
	size_t line = (size_t)((content * 0x9E3779B1u + number) %
	    (CACHE_BLOCKS / CACHE_WAYS)) * CACHE_WAYS;
	struct block *oldest = &cache->block[line];

	for (size_t i = line; i < line + CACHE_WAYS; i++) {
		struct block *b = &cache->block[i];

		if (b->set == set && b->content == content &&
		    b->number == number) {
			*ret_hit = true;
			return b;
		}
		if (b->used < oldest->used)
			oldest = b;
	}
	*ret_hit = false;
	return oldest;
}

/* The last part that begins at or before offset. */
static const struct known_part *
part_at(const struct known_print *p, uint64_t offset)
{
	size_t low = 0, high = p->part_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (p->parts[middle].start <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &p->parts[low - 1] : NULL;
}

/* *ret_len comes as what lies in the block, and is cut to what is there. */
static const uint8_t *
read_part(const struct known_print *p, uint64_t offset, size_t *ret_len)
{
	const struct known_part *part = part_at(p, offset);
	uint64_t in = part ? offset - part->start : 0;

	if (!part || in >= part->len)
		return NULL;
	if (part->len - in < *ret_len)
		*ret_len = (size_t)(part->len - in);
	return part->bytes + in;
}

bool
known_holds(const struct known *k, uint32_t content, uint64_t offset,
    struct span bytes)
{
	uint64_t size = k->contents[content].size;
	const uint8_t *p;
	size_t len;

	if (offset > size || bytes.len > size - offset)
		return false;
	for (; bytes.len; bytes.p += len, bytes.len -= len, offset += len) {
		p = known_read(k, content, offset, &len);
		if (!p)
			return false;
		len = len < bytes.len ? len : bytes.len;
		if (memcmp(p, bytes.p, len))
			return false;
	}
	return true;
}

const uint8_t *
known_read_back(const struct known *k, uint32_t content, uint64_t offset,
    size_t *ret_len)
{
	const struct known_print *print = k->contents[content].print;
	uint64_t from = (offset - 1) / KNOWN_BLOCK * KNOWN_BLOCK;
	const struct known_part *part;
	const uint8_t *p;

	if (print) {
		part = part_at(print, offset - 1);
		if (part && part->start > from)
			from = part->start;
	}
	p = known_read(k, content, from, ret_len);
	if (!p || *ret_len < offset - from)
		return NULL;
	*ret_len = (size_t)(offset - from);
	return p + *ret_len;
}

const uint8_t *
known_read(const struct known *k, uint32_t content, uint64_t offset,
    size_t *ret_len)
{
	const struct known_content *c = &k->contents[content];
	uint64_t number = offset / KNOWN_BLOCK, left = c->size - offset;
	size_t in = (size_t)(offset % KNOWN_BLOCK);
	struct cache *cache;
	struct block *b;
	bool hit;

	if (offset >= c->size)
		return NULL;
	*ret_len = left < KNOWN_BLOCK - in ? (size_t)left : KNOWN_BLOCK - in;
	if (c->bytes)
		return c->bytes + offset;
	if (c->print)
		return read_part(c->print, offset, ret_len);
	cache = cache_get();
	if (!cache)
		return NULL;
	b = find_block(cache, k->id, content, number, &hit);
	if (!hit) {
		if (!b->data)
			b->data = malloc(KNOWN_BLOCK);
		if (!b->data)
			return NULL;
		b->set = k->id;
		b->content = content;
		b->number = number;
		b->good = load(c, number, b->data);
	}
	b->used = ++cache->clock;
	return b->good ? b->data + in : NULL;
}

bool
known_copy(const struct known *k, uint32_t content, uint64_t offset,
    uint8_t *ret_bytes, size_t len)
{
	size_t have;

	for (; len; len -= have, ret_bytes += have, offset += have) {
		const uint8_t *p = known_read(k, content, offset, &have);

		if (!p || !have)
			return false;
		have = have < len ? have : len;
		memcpy(ret_bytes, p, have);
	}
	return true;
}
