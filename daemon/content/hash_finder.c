// SPDX-License-Identifier: Apache-2.0
#include "content/hash_finder.h"

#include <stdlib.h>
#include <string.h>

#include "content/known/byte_class.h"
#include "content/scan_tree.h"
#include "content/word_mask.h"

#define RAW_KEEP	(KNOWN_HASH_MAX_LEN - 1)

struct hash_finder {
	struct scan_node *node;
	uint64_t offset;	/* of the bytes to come */
	uint64_t raw_at;	/* offset of joint[0] */
	size_t joint_len;
	size_t word_len;	/* HASH_WORD_MAX + 1: longer */
	uint64_t word_at;
	uint8_t joint[2 * RAW_KEEP];
	uint8_t word[HASH_WORD_MAX];
};

struct hash_finder *
hash_finder_new(struct scan_node *n)
{
	struct hash_finder *f = malloc(sizeof(*f));

	if (!f)
		return NULL;
	f->node = n;
	f->offset = f->raw_at = 0;
	f->joint_len = f->word_len = 0;
	return f;
}

void
hash_finder_free(struct hash_finder *f)
{
	free(f);
}

/* Bytes at every offset of which a known hash may begin. */
struct raw_bytes {
	struct hash_finder *finder;
	const uint8_t *p;
	size_t len;
	uint64_t offset;	/* of p */
};

static void
raw_at(void *arg, size_t at)
{
	const struct raw_bytes *r = arg;
	struct scan_node *n = r->finder->node;

	hash_raw_at(n, (struct span){ r->p + at, r->len - at },
	    (struct span){ 0 }, r->offset + at);
}

/* Tries the first `tries` offsets of the len bytes at p. */
static void
raw_search(struct hash_finder *f, const uint8_t *p, size_t len, size_t tries,
    uint64_t offset)
{
	struct raw_bytes r = { f, p, len, offset };

	if (offset >= HASH_RAW_REACH || len < FILTER_BYTES)
		return;
	if (tries > HASH_RAW_REACH - offset)
		tries = (size_t)(HASH_RAW_REACH - offset);
	if (tries > len - FILTER_BYTES + 1)
		tries = len - FILTER_BYTES + 1;
	known_hash_each(f->node->s->known, p, tries, raw_at, &r);
}

/* Offsets are tried once KNOWN_HASH_MAX_LEN bytes from them are there. */
static void
raw_data(struct hash_finder *f, const uint8_t *p, size_t len)
{
	size_t head, keep;

	if (f->raw_at >= HASH_RAW_REACH)
		return;
	head = len < RAW_KEEP ? len : RAW_KEEP;
	memcpy(f->joint + f->joint_len, p, head);
	if (f->joint_len + head > RAW_KEEP)
		raw_search(f, f->joint, f->joint_len + head,
		    f->joint_len + head - RAW_KEEP, f->raw_at);
	if (len > RAW_KEEP) {
		raw_search(f, p, len, len - RAW_KEEP,
		    f->raw_at + f->joint_len);
		memcpy(f->joint, p + len - RAW_KEEP, RAW_KEEP);
		f->raw_at += f->joint_len + len - RAW_KEEP;
		f->joint_len = RAW_KEEP;
		return;
	}
	f->joint_len += head;
	keep = f->joint_len < RAW_KEEP ? f->joint_len : RAW_KEEP;
	f->raw_at += f->joint_len - keep;
	memmove(f->joint, f->joint + f->joint_len - keep, keep);
	f->joint_len = keep;
}

static void
word_done(struct hash_finder *f)
{
	if (f->word_len >= WORD_MIN && f->word_len <= HASH_WORD_MAX)
		hash_word(f->node, (struct span){ f->word, f->word_len },
		    (struct span){ 0 }, f->word_at, true);
	f->word_len = 0;
}

/* More of a word, which may be longer than what is kept of it. */
static void
word_take(struct hash_finder *f, const uint8_t *p, size_t len, uint64_t offset)
{
	size_t room = f->word_len < HASH_WORD_MAX ?
	    HASH_WORD_MAX - f->word_len : 0;

	if (!f->word_len)
		f->word_at = offset;
	if (room)
		memcpy(f->word + f->word_len, p, len < room ? len : room);
	f->word_len += len < room ? len : room;
	if (len > room)
		f->word_len = HASH_WORD_MAX + 1;
}

/* Where the word ends that goes on at i. */
static size_t
word_end(const uint8_t *p, size_t i, size_t len)
{
	while (i < len && byte_is(p[i], BYTE_WORD))
		i++;
	return i;
}

/* Words of WORD_MIN bytes or more; what may go on in the next piece is kept. */
static void
word_data(struct hash_finder *f, const uint8_t *p, size_t len)
{
	size_t i = 0, end;

	if (f->word_len) {
		i = word_end(p, 0, len);
		word_take(f, p, i, f->offset);
		if (i == len)
			return;
		word_done(f);
	}
	/* before i there is no byte of a word, or one that is too short */
	while (i < len) {
		i += word_find(p + i, len - i);
		end = word_end(p, i, len);
		if (end == len)
			word_take(f, p + i, end - i, f->offset + i);
		else if (end - i >= WORD_MIN && end - i <= HASH_WORD_MAX)
			hash_word(f->node, (struct span){ p + i, end - i },
			    (struct span){ 0 }, f->offset + i, true);
		i = end + 1;
	}
}

void
hash_finder_data(struct hash_finder *f, const uint8_t *p, size_t len)
{
	raw_data(f, p, len);
	word_data(f, p, len);
	f->offset += len;
}

static void
raw_end(struct hash_finder *f)
{
	if (f->raw_at < HASH_RAW_REACH)
		raw_search(f, f->joint, f->joint_len, f->joint_len, f->raw_at);
}

void
hash_finder_gap(struct hash_finder *f, uint64_t len)
{
	raw_end(f);
	word_done(f);
	f->offset += len;
	f->raw_at = f->offset;
	f->joint_len = 0;
}

void
hash_finder_end(struct hash_finder *f)
{
	raw_end(f);
	word_done(f);
}
