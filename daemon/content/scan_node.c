// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "content/entropy.h"
#include "content/format.h"
#include "content/format_cut.h"
#include "content/hash_finder.h"
#include "content/identity/identity.h"
#include "content/scan_tree.h"
#include "content/target.h"
#include "content/walk/unxor.h"

static bool
add_item(struct scan *s, const struct scan_item *item)
{
	size_t cap = s->item_cap ? s->item_cap * 2 : 4;
	struct item_note *notes;
	struct scan_item *items;

	if (s->item_count == s->item_cap) {
		items = reallocarray(s->items, cap, sizeof(*items));
		if (!items)
			return false;
		s->items = items;
		notes = reallocarray(s->notes, cap, sizeof(*notes));
		if (!notes)
			return false;
		s->notes = notes;
		s->item_cap = cap;
	}
	s->notes[s->item_count] = (struct item_note){ 0 };
	s->items[s->item_count++] = *item;
	return true;
}

struct scan_node *
node_open(struct scan *s, struct scan_node *parent,
    const struct node_origin *from)
{
	struct scan_node *n;
	struct scan_item item = {
		.parent = parent ? (int)parent->item : -1,
		.encoding = from->encoding,
		.declared_file = from->declared_file,
	};

	if (parent && parent->depth + 1 > SCAN_MAX_DEPTH) {
		scan_limit(s, "wrapped more than 16 deep");
		return NULL;
	}
	if (s->item_count >= SCAN_MAX_ITEMS) {
		scan_limit(s, "more items than are listed");
		return NULL;
	}
	n = calloc(1, sizeof(*n));
	if (!n || !add_item(s, &item)) {
		free(n);
		scan_limit(s, "out of memory");
		return NULL;
	}
	n->s = s;
	n->parent = parent;
	n->item = (uint32_t)(s->item_count - 1);
	n->depth = parent ? (uint8_t)(parent->depth + 1) : 0;
	n->from = *from;
	n->from.name = scan_keep(s, from->name);
	n->from.declared_type = scan_keep(s, from->declared_type);
	n->from.coding = scan_keep(s, from->coding);
	return n;
}

/* Looks at bytes that the walker has seen or will see. */
static void
node_look(struct scan_node *n, const uint8_t *p, size_t len)
{
	if (!len)
		return;
	if (n->match)
		matcher_data(n->match, p, len);
	for (int a = 0; a < KNOWN_HASH_COUNT; a++) {
		if (n->digest[a])
			EVP_DigestUpdate(n->digest[a], p, len);
	}
	if (n->entropy)
		entropy_data(n->entropy, p, len);
	if (n->hashes)
		hash_finder_data(n->hashes, p, len);
	node_beside_data(n, p, len);
	if (n->identity)
		identity_stream_data(n->identity, p, len);
	scan_pattern_data(n, p, len);
	if (n->keeps)
		node_keep(n, p, len);
	if (n->tail)
		node_keep_tail(n, p, len);
	if (n->walker && !n->stopped)
		n->walker->data(n, p, len);
}

bool
node_start_walker(struct scan_node *n, const struct walker *w)
{
	if (!w)
		return false;
	n->state = calloc(1, w->state_len);
	n->walker = w;
	if (n->state && w->open(n))
		return true;
	free(n->state);
	n->state = NULL;
	n->walker = NULL;
	return false;
}

/* SHA-256 of every item that could be a file; others only where the known files
 * include some that nothing else can name. Which items could be is settled by
 * settle_digests(). */
static void
start_digests(struct scan_node *n)
{
	unsigned wanted = 1u << KNOWN_SHA256;

	if (n->s->known)
		wanted |= n->s->known->hash_only;
	for (int a = 0; a < KNOWN_HASH_COUNT; a++) {
		if (!(wanted >> a & 1))
			continue;
		n->digest[a] = EVP_MD_CTX_new();
		if (n->digest[a])
			EVP_DigestInit_ex(n->digest[a],
			    known_hash_md((enum known_hash)a), NULL);
	}
}

/* So far every item is digested: SHA-256 is half of all that is done to a byte,
 * and of large items only files are listed by it. */
static void
settle_digests(struct scan_node *n)
{
	bool kept = n->from.declared_file || n->keeps ||
	    format_of(n->head, n->head_len).file ||
	    (n->s->known && n->s->known->hash_only);

	n->settled = true;
	if (kept || !n->digest[KNOWN_SHA256])
		return;
	EVP_MD_CTX_free(n->digest[KNOWN_SHA256]);
	n->digest[KNOWN_SHA256] = NULL;
}

/* Bytes without a message around them: only all of them can be a file. */
static bool
is_run(const struct scan_node *n)
{
	return n->s->raw_stream && !n->parent;
}

/* The first bytes are there, or all there are: decides what is looked for. */
static void
node_begin(struct scan_node *n, const uint8_t *p, size_t len, bool whole)
{
	struct scan *s = n->s;
	bool parts, bare;

	n->begun = true;
	if (!s->outbound || (whole && !len))
		return;
	(void)node_start_walker(n, walker_choose(n, p, len, whole));
	n->undecided = !n->walker && !whole && s->known &&
	    !format_of(p, len).mime_type && !format_is_text(p, len);
	parts = n->from.run || (n->walker && walker_splits(n->walker));
	if (!parts)
		scan_identify_begin(n);
	bare = !n->walker || walker_comes_late(n->walker);
	if (bare)
		scan_pattern_begin(n, p, len);
	if (s->known && s->known->content_count && !parts && (!whole || len >= MATCH_MIN_RUN))
		n->match = matcher_new(s->known);
	if (!parts && (!is_run(n) || (whole && s->known &&
	    known_has_size(s->known, len)))) {
		start_digests(n);
		node_keep_begin(n);
		if (!n->from.declared_file && format_of(p, len).file)
			n->tail = malloc(FORMAT_TAIL);
	}
	if (!parts)
		n->entropy = malloc(sizeof(*n->entropy));
	if (n->entropy)
		entropy_init(n->entropy);
	if (!s->known)
		return;
	if (bare)
		n->hashes = hash_finder_new(n);
	node_beside_begin(n, p, len, whole);
}

static bool
keep_head(struct scan_node *n, const uint8_t *p, size_t len)
{
	size_t want = n->head_len + len;
	uint8_t *head;

	if (want > SCAN_KEEP)
		want = SCAN_KEEP;
	len = want - n->head_len;
	if (!len)
		return true;
	if (want > n->head_cap) {
		size_t cap = want > SCAN_HEAD ? SCAN_KEEP : want < 128 ? 128 :
		    SCAN_HEAD;

		head = realloc(n->head, cap);
		if (!head)
			return false;
		n->head = head;
		n->head_cap = cap;
	}
	memcpy(n->head + n->head_len, p, len);
	n->head_len = want;
	return true;
}

void
node_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	size_t take;

	if (!len)
		return;
	n->size += len;
	if (n->begun) {
		if (n->s->outbound && n->head_len < SCAN_KEEP)
			(void)keep_head(n, p, len);
		if (n->size > KNOWN_DIGESTED && !n->settled)
			settle_digests(n);
		node_look(n, p, len);
		node_choose_late(n, p, len, false);
		return;
	}
	if (!n->head_len && len >= SCAN_HEAD) {
		(void)keep_head(n, p, len);
		node_begin(n, p, len < SCAN_HEAD ? len : SCAN_HEAD, false);
		node_look(n, p, len);
		node_choose_late(n, p, len, false);
		return;
	}
	take = SCAN_HEAD - n->head_len;
	take = take < len ? take : len;
	if (!keep_head(n, p, take)) {
		scan_limit(n->s, "out of memory");
		n->begun = true;
		return;
	}
	if (n->head_len < SCAN_HEAD)
		return;
	node_begin(n, n->head, n->head_len, false);
	node_look(n, n->head, n->head_len);
	if (take < len) {
		if (n->s->outbound)
			(void)keep_head(n, p + take, len - take);
		node_look(n, p + take, len - take);
		node_choose_late(n, p + take, len - take, false);
	}
}

static void
stop_walker(struct scan_node *n)
{
	if (!n->walker || n->stopped)
		return;
	n->stopped = true;
	n->walker->close(n);
	node_close(n->child, false);
	n->child = NULL;
}

void
node_forget_walk(struct scan_node *n)
{
	if (!n->walker)
		return;
	stop_walker(n);
	for (size_t i = n->item + 1; i < n->s->item_count; i++) {
		struct scan_item *item = &n->s->items[i];

		item->match_count = 0;
		item->declared_file = item->file_format = false;
	}
}

void
node_gap(struct scan_node *n, uint64_t len)
{
	if (!n->begun) {
		node_begin(n, n->head, n->head_len, n->head_len <
		    MATCH_MIN_RUN);
		node_look(n, n->head, n->head_len);
	}
	n->missing += len;
	n->s->has_gap = true;
	if (n->s->known && n->s->known->content_count && n->s->outbound &&
	    !n->match && !n->from.run &&
	    !(n->walker && walker_splits(n->walker))) {
		n->match = matcher_new(n->s->known);
		if (n->match)
			matcher_data(n->match, n->head, n->head_len);
	}
	if (n->match)
		matcher_gap(n->match, len);
	if (n->hashes)
		hash_finder_gap(n->hashes, len);
	node_beside_gap(n, len);
	if (n->identity)
		identity_stream_gap(n->identity, len);
	scan_pattern_gap(n, len);
	if (n->walker && !n->stopped && n->walker->gap)
		n->walker->gap(n, len);
	else
		stop_walker(n);
}

/* A guess that came to nothing: a few bytes are looked at once more, as what has
 * no structure. */
static void
look_again(struct scan_node *n)
{
	if (!walker_is_guess(n->walker) || n->parsed || n->missing ||
	    n->size != n->head_len)
		return;
	if (n->s->known && !n->hashes) {
		n->hashes = hash_finder_new(n);
		if (n->hashes)
			hash_finder_data(n->hashes, n->head, n->head_len);
	}
	if (!n->patterns)
		scan_pattern_begin(n, n->head, n->head_len);
	scan_pattern_data(n, n->head, n->head_len);
}

void
node_close(struct scan_node *n, bool complete)
{
	if (!n)
		return;
	n->complete = complete;
	if (!n->begun) {
		node_begin(n, n->head, n->head_len, true);
		node_look(n, n->head, n->head_len);
	}
	node_choose_late(n, NULL, 0, true);
	if (n->walker && !n->stopped) {
		n->stopped = true;
		n->walker->close(n);
		node_close(n->child, complete && n->parsed);
		n->child = NULL;
		look_again(n);
	}
	if (n->hashes)
		hash_finder_end(n->hashes);
	node_beside_end(n, complete);
	identity_stream_end(n->identity);
	n->identity = NULL;
	item_finish(n, complete);
	matcher_free(n->match);
	for (int a = 0; a < KNOWN_HASH_COUNT; a++)
		EVP_MD_CTX_free(n->digest[a]);
	hash_finder_free(n->hashes);
	unxor_free(n->xored);
	free(n->entropy);
	free(n->state);
	free(n->tail);
	free(n->head);
	free(n);
}
