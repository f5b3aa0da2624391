// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "content/entropy.h"
#include "content/format.h"
#include "content/hash_finder.h"
#include "content/scan_tree.h"
#include "content/target.h"

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
		scan_limit(s, "wrapped more than 8 deep");
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
	if (n->sha256)
		EVP_DigestUpdate(n->sha256, p, len);
	if (n->entropy)
		entropy_data(n->entropy, p, len);
	if (n->hashes)
		hash_finder_data(n->hashes, p, len);
	if (n->walker && !n->stopped)
		n->walker->data(n, p, len);
}

static void
start_walker(struct scan_node *n, const uint8_t *p, size_t len, bool whole)
{
	const struct walker *w = walker_choose(n, p, len, whole);

	if (!w)
		return;
	n->state = calloc(1, w->state_len);
	n->walker = w;
	if (n->state && w->open(n))
		return;
	free(n->state);
	n->state = NULL;
	n->walker = NULL;
}

/* The first bytes are there, or all there are: decides what is looked for. */
static void
node_begin(struct scan_node *n, const uint8_t *p, size_t len, bool whole)
{
	struct scan *s = n->s;
	bool parts;

	n->begun = true;
	if (!s->outbound)
		return;
	start_walker(n, p, len, whole);
	parts = n->walker && walker_splits(n->walker);
	if (s->known && !parts && (!whole || len >= MATCH_MIN_RUN))
		n->match = matcher_new(s->known);
	if (!parts && !(s->raw_stream && !n->parent)) {
		n->sha256 = EVP_MD_CTX_new();
		if (n->sha256)
			EVP_DigestInit_ex(n->sha256, EVP_sha256(), NULL);
	}
	if (!parts)
		n->entropy = malloc(sizeof(*n->entropy));
	if (n->entropy)
		entropy_init(n->entropy);
	if (s->known && !n->walker)
		n->hashes = hash_finder_new(n);
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
		node_look(n, p, len);
		return;
	}
	if (!n->head_len && len >= SCAN_HEAD) {
		(void)keep_head(n, p, len);
		node_begin(n, p, len < SCAN_HEAD ? len : SCAN_HEAD, false);
		node_look(n, p, len);
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
node_gap(struct scan_node *n, uint64_t len)
{
	if (!n->begun) {
		node_begin(n, n->head, n->head_len, n->head_len <
		    MATCH_MIN_RUN);
		node_look(n, n->head, n->head_len);
	}
	n->missing += len;
	n->s->has_gap = true;
	if (n->s->known && n->s->outbound && !n->match &&
	    !(n->walker && walker_splits(n->walker))) {
		n->match = matcher_new(n->s->known);
		if (n->match)
			matcher_data(n->match, n->head, n->head_len);
	}
	if (n->match)
		matcher_gap(n->match, len);
	if (n->hashes)
		hash_finder_gap(n->hashes, len);
	if (n->walker && !n->stopped && n->walker->gap)
		n->walker->gap(n, len);
	else
		stop_walker(n);
}

bool
node_emit(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct node_origin from = {
		.encoding = n->walker->name,
		.name = n->from.name,
		.declared_type = n->from.declared_type,
		.whole_parent = true,
	};

	n->output += len;
	n->s->output += len;
	if (n->output > SCAN_RATIO_FREE &&
	    n->output / SCAN_MAX_RATIO > n->size) {
		scan_limit(n->s, "unwraps to more than 1000 times its size");
		return false;
	}
	if (n->s->output > SCAN_MAX_OUTPUT) {
		scan_limit(n->s, "unwraps to more than 16 GiB");
		return false;
	}
	if (!n->child) {
		if (n->output > len)
			return false;
		from.coding = coding_rest(n->from.coding);
		n->child = node_open(n->s, n, &from);
		if (!n->child)
			return false;
	}
	node_data(n->child, p, len);
	return true;
}

/* A known file by the hash of the whole item; a finding of its own. */
static void
match_by_hash(struct scan_node *n, struct scan_item *item)
{
	struct scan *s = n->s;
	struct scan_range *range;
	struct scan_match *m;
	size_t same;
	long file;

	if (!s->known || !item->has_sha256 || item->missing || !n->complete ||
	    item->size < SCAN_SMALL)
		return;
	file = known_find_hash(s->known, KNOWN_SHA256, item->sha256, &same);
	if (file < 0)
		return;
	m = arena_zalloc(&s->arena, sizeof(*m));
	range = arena_zalloc(&s->arena, sizeof(*range));
	if (!m || !range)
		return;
	range->end = item->size;
	*m = (struct scan_match){
		.file = (uint32_t)file,
		.whole = true,
		.exact = true,
		.sent_bytes = item->size,
		.ranges = range,
		.range_count = 1,
	};
	item->matches = m;
	item->match_count = 1;
}

/* What lies open in a container (stored, not compressed) is found in the item
 * below it as well, and belongs there. */
static bool
is_found_below(const struct scan_node *n, const struct scan_match *m)
{
	const struct scan *s = n->s;

	for (size_t i = n->item + 1; i < s->item_count; i++) {
		const struct scan_item *o = &s->items[i];

		for (size_t j = 0; j < o->match_count; j++) {
			if (o->matches[j].file == m->file &&
			    o->matches[j].sent_bytes >= m->sent_bytes)
				return true;
		}
	}
	return false;
}

static void
finish_matches(struct scan_node *n, struct scan_item *item)
{
	struct scan_match *list;
	size_t count, kept = 0;

	if (n->match) {
		matcher_end(n->match);
		list = match_judge(n->match, &n->s->arena, &count);
		for (size_t i = 0; i < count; i++) {
			list[i].exact = list[i].whole && n->complete &&
			    !n->missing && item->size == known_get(n->s->known,
			    list[i].file)->size;
			if (list[i].exact || !n->output ||
			    !is_found_below(n, &list[i]))
				list[kept++] = list[i];
		}
		item->matches = list;
		item->match_count = kept;
		if (n->match->limited)
			scan_limit(n->s, "more matches than are followed");
		if (n->match->unsure)
			scan_limit(n->s,
			    "a known file has changed: content uncertain");
	}
	match_by_hash(n, item);
}

/* How much of the item nobody can read. */
static uint64_t
undeciphered(const struct scan_node *n, const struct scan_item *item,
    const struct item_note *note)
{
	uint64_t lost;

	if (n->walker && note->undeciphered) {
		lost = note->undeciphered;
		return lost < item->size ? lost : item->size;
	}
	return item->high_entropy ? item->size : 0;
}

/* Hands the child's loss up: a decoded child's in proportion. */
static void
account(struct scan_node *n, const struct scan_item *item,
    struct item_note *note)
{
	uint64_t stands = n->from.whole_parent ? n->parent->size :
	    n->parent_bytes;
	double share = (double)note->undeciphered / (double)item->size;

	n->s->notes[n->parent->item].undeciphered +=
	    (uint64_t)(share * (double)stands + 0.5);
}

static bool
is_worth(const struct scan_node *n, const struct scan_item *item,
    const struct item_note *note)
{
	return !n->parent || !n->from.field || note->worth ||
	    item->match_count || item->high_entropy || item->file_format ||
	    item->declared_file;
}

static void
finish_item(struct scan_node *n, bool complete)
{
	struct scan *s = n->s;
	struct scan_item *item = &s->items[n->item];
	struct item_note *note = &s->notes[n->item];

	item->complete = complete && !n->missing;
	item->size = n->size;
	item->missing = n->missing;
	item->name = n->from.name;
	item->declared_type = n->from.declared_type;
	item->container = n->walker && (n->output || walker_splits(n->walker));
	if (n->sha256) {
		EVP_DigestFinal_ex(n->sha256, item->sha256, NULL);
		item->has_sha256 = true;
	}
	finish_matches(n, item);
	if (n->hashes && n->size > HASH_RAW_REACH && !item->match_count)
		scan_limit(s, "raw hashes: only in the first 1 MiB of an item");
	format_item(n, item);
	note->undeciphered = undeciphered(n, item, note);
	if (n->parent && item->size)
		account(n, item, note);
	if (is_worth(n, item, note)) {
		item->path = scan_keep(s, n->from.path);
		for (struct scan_node *p = n->parent; p; p = p->parent)
			s->notes[p->item].worth = true;
	} else if (n->item == s->item_count - 1) {
		s->item_count--;
	}
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
	if (n->walker && !n->stopped) {
		n->stopped = true;
		n->walker->close(n);
		node_close(n->child, complete && n->parsed);
		n->child = NULL;
	}
	if (n->hashes)
		hash_finder_end(n->hashes);
	finish_item(n, complete);
	matcher_free(n->match);
	EVP_MD_CTX_free(n->sha256);
	hash_finder_free(n->hashes);
	free(n->entropy);
	free(n->state);
	free(n->head);
	free(n);
}
