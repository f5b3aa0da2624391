// SPDX-License-Identifier: Apache-2.0
/* What is said of an item once its last byte has been seen. */
#include <string.h>

#include "content/walk/dns_message.h"
#include "content/entropy.h"
#include "content/format.h"
#include "content/format_cut.h"
#include "content/hash_finder.h"
#include "content/scan_tree.h"
#include "content/target.h"
#include "content/walk/unxor.h"
#include "content/walk/walkers.h"

#define PADDING_MAX	(64u << 10)
#define WEAK_BITS	1400.0	/* twice what has to be said to name a file */

/* The known file that all of the item is, by its hashes; -1 if none. */
static long
file_by_hash(const struct scan_node *n, const uint8_t *const *hash)
{
	size_t same;
	long file = -1;

	for (int a = 0; a < KNOWN_HASH_COUNT && file < 0; a++) {
		if (hash[a])
			file = known_find_hash(n->s->known, (enum known_hash)a,
			    hash[a], &same);
	}
	return file;
}

static void
match_by_hash(struct scan_node *n, struct scan_item *item,
    const uint8_t *const *hash)
{
	struct scan *s = n->s;
	struct scan_range *range;
	struct scan_match *m;
	long file;

	if (!s->known || item->missing || !n->complete ||
	    item->size < SCAN_SMALL)
		return;
	file = file_by_hash(n, hash);
	m = file < 0 ? NULL : arena_zalloc(&s->arena, sizeof(*m));
	range = m ? arena_zalloc(&s->arena, sizeof(*range)) : NULL;
	if (!range)
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

static bool
are_zero(const struct known *k, uint32_t content, struct scan_range r)
{
	const uint8_t *p;
	size_t len;

	for (; r.start < r.end; r.start += len) {
		p = known_read(k, content, r.start, &len);
		if (!p)
			return false;
		len = len < r.end - r.start ? len : (size_t)(r.end - r.start);
		if (p[0] || memcmp(p, p + 1, len - 1))
			return false;
	}
	return true;
}

/* All that m has and o has not is zeros, such as a container pads with. */
static bool
is_padding_beyond(const struct known *k, const struct scan_match *m,
    const struct scan_match *o)
{
	size_t j = 0;

	if (m->sent_bytes - o->sent_bytes > PADDING_MAX)
		return false;
	for (size_t i = 0; i < m->range_count; i++) {
		struct scan_range r = m->ranges[i];

		for (; j < o->range_count && o->ranges[j].start < r.end; j++) {
			struct scan_range before = { r.start,
				o->ranges[j].start };

			if (!are_zero(k, m->content, before))
				return false;
			if (o->ranges[j].end > r.start)
				r.start = o->ranges[j].end;
			if (r.start >= r.end)
				break;
		}
		if (!are_zero(k, m->content, r))
			return false;
	}
	return true;
}

/* What lies open in a container (stored, not compressed) is found in the item
 * below it as well, and belongs there. */
static bool
is_found_below(const struct scan_node *n, const struct scan_match *m)
{
	const struct scan *s = n->s;
	/* what stands behind a value may by chance go on as the file does */
	uint64_t slack = n->parsed && m->sent_bytes < n->size ?
	    MATCH_MIN_OWN - 1 : 0;

	for (size_t i = n->item + 1; i < s->item_count; i++) {
		const struct scan_item *o = &s->items[i];

		/* and says nothing there */
		if (o->shared_bytes && o->shared_file == m->file &&
		    o->shared_bytes + slack >= m->sent_bytes)
			return true;
		for (size_t j = 0; j < o->match_count; j++) {
			if (o->matches[j].file == m->file &&
			    (o->matches[j].sent_bytes + slack >=
			    m->sent_bytes ||
			    is_padding_beyond(s->known, m, &o->matches[j])))
				return true;
		}
	}
	return false;
}

/* All that came out of it is known content: what stands in it as it is, as
 * literals of a compression do, is a part of that. */
static bool
is_of_known_below(const struct scan_node *n, const struct scan_item *item,
    const struct scan_match *m)
{
	return !m->whole && n->parsed && item->known_bytes >= n->size;
}

static void
note_shared(struct scan_item *item, const struct scan_match *m)
{
	if (m->sent_bytes <= item->shared_bytes)
		return;
	item->shared_bytes = m->sent_bytes;
	item->shared_file = m->file;
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
			if (!list[i].exact && (is_found_below(n, &list[i]) ||
			    is_of_known_below(n, item, &list[i])))
				continue;
			if (scan_is_shared(n, &list[i]))
				note_shared(item, &list[i]);
			else
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
}

/* An item that is a known file byte by byte has that file's digest. */
static void
take_digest(const struct scan_node *n, struct scan_item *item)
{
	const struct known_file *f;

	if (item->has_sha256 || n->from.enciphered || !item->match_count ||
	    !item->matches[0].exact)
		return;
	f = known_get(n->s->known, item->matches[0].file);
	if (!(f->has_hash >> KNOWN_SHA256 & 1))
		return;
	memcpy(item->sha256, f->hash[KNOWN_SHA256], 32);
	item->has_sha256 = true;
}

/* How much of the item nobody can read. */
static uint64_t
undeciphered(const struct scan_node *n, const struct scan_item *item,
    const struct item_note *note)
{
	uint64_t lost;

	if ((n->walker || item->container) && note->undeciphered) {
		lost = note->undeciphered;
		return lost < item->size ? lost : item->size;
	}
	return item->high_entropy ? item->size : 0;
}

static uint64_t
in_proportion(uint64_t part, uint64_t of, uint64_t whole)
{
	return (uint64_t)((double)part / (double)of * (double)whole + 0.5);
}

/* What known content explains: in the item itself, or in those below it; the
 * framing of an archive goes with its members. */
static void
explain(const struct scan_node *n, struct scan_item *item,
    const struct item_note *note)
{
	if (walker_is_archive(n->walker) && note->members)
		item->known_bytes = in_proportion(item->known_bytes,
		    note->members, item->size);
	for (size_t i = 0; i < item->match_count; i++)
		if (item->matches[i].sent_bytes > item->known_bytes)
			item->known_bytes = item->matches[i].sent_bytes;
	if (item->known_bytes > item->size)
		item->known_bytes = item->size;
}

/* Hands the child's loss and gain up: a decoded child's in proportion. */
static void
account(struct scan_node *n, const struct scan_item *item,
    struct item_note *note)
{
	uint64_t stands = n->from.whole_parent && !n->parent->trails ?
	    n->parent->size : n->parent_bytes;

	n->s->notes[n->parent->item].undeciphered +=
	    in_proportion(note->undeciphered, item->size, stands);
	n->s->notes[n->parent->item].members += stands;
	n->s->items[n->parent->item].known_bytes +=
	    in_proportion(item->known_bytes, item->size, stands);
}

static bool
is_worth(const struct scan_node *n, const struct scan_item *item,
    const struct item_note *note)
{
	return !n->parent || !n->from.field || note->worth ||
	    item->match_count || item->high_entropy || item->file_format ||
	    item->declared_file;
}

/* Zeros, heads of pages, a table that counts: such name no file, however many
 * they are. */
static bool
says_little(const struct scan_node *n)
{
	return n->match && (n->match->run_count ||
	    (n->entropy && entropy_bits(n->entropy) < WEAK_BITS));
}

/* An item all of whose few bytes are there and say nothing alone, whatever they
 * look like. (Short values of fields are told as they are read.) */
static void
tell_sliver(struct scan_node *n, const struct scan_item *item)
{
	struct scan_sliver sliver = { .path = n->from.path };
	uint8_t raw[SCAN_FIELD];
	const char *encoding;
	size_t len;

	if (!n->s->outbound || item->match_count ||
	    n->missing || n->head_len != n->size || !n->size)
		return;
	sliver.weak = n->size >= MATCH_MIN_RUN;
	/* what is known within it, or shared with others, is told */
	if (sliver.weak ? item->known_bytes || item->shared_bytes ||
	    !says_little(n) : n->from.field)
		return;
	sliver.bytes = (struct span){ n->head, n->head_len };
	sliver.wraps = scan_wraps_of(n);
	scan_add_sliver(n->s, &sliver);
	if (sliver.weak)
		return;
	/* or it is what it decodes to; walkers want more of it to do so */
	len = n->walker ? 0 : value_decode(text_trim(sliver.bytes), raw,
	    sizeof(raw), &encoding);
	if (len < SCAN_SMALL)
		return;
	sliver.bytes = (struct span){ raw, len };
	scan_wraps_add(&sliver.wraps, encoding);
	scan_add_sliver(n->s, &sliver);
}

void
item_finish(struct scan_node *n, bool complete)
{
	struct scan *s = n->s;
	struct scan_item *item = &s->items[n->item];
	struct item_note *note = &s->notes[n->item];
	uint8_t value[KNOWN_HASH_COUNT][KNOWN_HASH_MAX_LEN];
	const uint8_t *hash[KNOWN_HASH_COUNT] = { NULL };

	item->complete = complete && !n->missing;
	item->size = n->size;
	item->missing = n->missing;
	item->name = n->from.name;
	item->declared_type = n->from.declared_type;
	item->container = unxor_found(n->xored) || (n->walker && !n->trails &&
	    (n->output || walker_splits(n->walker)));
	for (int a = 0; a < KNOWN_HASH_COUNT; a++) {
		if (!n->digest[a])
			continue;
		EVP_DigestFinal_ex(n->digest[a], value[a], NULL);
		hash[a] = value[a];
	}
	if (hash[KNOWN_SHA256] && !n->from.enciphered) {
		memcpy(item->sha256, value[KNOWN_SHA256], 32);
		item->has_sha256 = true;
	}
	finish_matches(n, item);
	match_by_hash(n, item, hash);
	take_digest(n, item);
	tell_sliver(n, item);
	if (n->s->outbound && n->head_len == n->size && span_caseeq(
	    header_main(n->from.declared_type),
	    SPAN_LITERAL("application/dns-message")))
		dns_question_scan(n, (struct span){ n->head, n->head_len },
		    SPAN_LITERAL("dns:question"));
	if (n->hashes && n->size > HASH_RAW_REACH && !item->match_count)
		scan_limit(s, "raw hashes: only in the first 1 MiB of an item");
	format_item(n, item);
	item->cut = n->from.part || (n->tail && format_is_cut(
	    (struct span){ n->head, n->head_len },
	    (struct span){ n->tail, n->tail_len }, n->size));
	scan_pattern_end(n, item);
	node_keep_end(n, item);
	if (s->wants_uses)
		scan_use_matches(n, item);
	note->undeciphered = undeciphered(n, item, note);
	explain(n, item, note);
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
