// SPDX-License-Identifier: Apache-2.0
/* What a scan has found: lists with ceilings, each thing once. */
#include <stdlib.h>
#include <string.h>

#include "content/scan_tree.h"

/* Room for one more in a list that doubles; NULL above max or out of memory. */
static void *
room(struct scan *s, void *list, size_t count, size_t *cap, size_t max,
    size_t item_len, const char *limit)
{
	size_t want = *cap ? *cap * 2 : 4;
	void *p;

	if (count >= max) {
		scan_limit(s, limit);
		return NULL;
	}
	if (count < *cap)
		return list;
	p = reallocarray(list, want, item_len);
	if (!p) {
		scan_limit(s, "out of memory");
		return NULL;
	}
	*cap = want;
	return p;
}

void
scan_add_hash(struct scan_node *n, const struct scan_hash *h)
{
	struct scan *s = n->s;
	struct scan_hash *list;

	for (size_t i = 0; i < s->hash_count; i++) {
		struct scan_hash *o = &s->hashes[i];

		if (o->algorithm != h->algorithm ||
		    !span_eq(o->value, h->value))
			continue;
		o->lookup_place |= h->lookup_place;
		if (o->item == n->item && o->offset > h->offset)
			o->offset = h->offset;
		return;
	}
	list = room(s, s->hashes, s->hash_count, &s->hash_cap, SCAN_MAX_HASHES,
	    sizeof(*list), "more hash values than are listed");
	if (!list)
		return;
	s->hashes = list;
	list += s->hash_count++;
	*list = *h;
	list->value = scan_keep(s, h->value);
	list->path = scan_keep(s, h->path);
	list->item = n->item;
	s->notes[n->item].worth = true;
}

static int
compare_hash(const void *a, const void *b)
{
	const struct scan_hash *x = a, *y = b;

	if (x->item != y->item)
		return x->item < y->item ? -1 : 1;
	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return x->algorithm - y->algorithm;
}

void
scan_sort_hashes(struct scan *s)
{
	if (s->hash_count > 1)
		qsort(s->hashes, s->hash_count, sizeof(*s->hashes),
		    compare_hash);
}

void
scan_add_url(struct scan *s, struct span url)
{
	struct span *list;

	for (size_t i = 0; i < s->url_count; i++) {
		if (span_eq(s->urls[i], url))
			return;
	}
	list = room(s, s->urls, s->url_count, &s->url_cap, SCAN_MAX_URLS,
	    sizeof(*list), "more URLs than are listed");
	if (!list)
		return;
	s->urls = list;
	s->urls[s->url_count++] = scan_keep(s, url);
}

bool
scan_is_of(const struct scan *s, size_t i, size_t item)
{
	while (i > item)
		i = s->items[i].parent < 0 ? 0 : (size_t)s->items[i].parent;
	return i == item;
}

/* Or others, which may still be open, stand among those of it. */
static bool
is_told_of(const struct scan *s, size_t item)
{
	for (size_t i = 0; i < s->hash_count; i++)
		if (s->hashes[i].item >= item)
			return true;
	for (size_t i = item; i < s->item_count; i++)
		if (s->items[i].match_count || s->items[i].shared_bytes ||
		    s->notes[i].kept || !scan_is_of(s, i, item))
			return true;
	return false;
}

bool
scan_forget(struct scan *s, size_t item)
{
	for (size_t i = item; i < s->item_count; i++)
		if (s->items[i].match_count && scan_is_of(s, i, item))
			return false;
	for (size_t i = item; i < s->item_count; i++)
		if (scan_is_of(s, i, item))
			s->items[i].file_format = s->items[i].declared_file =
			    false;
	if (!is_told_of(s, item))
		s->item_count = item;
	return true;
}

void
scan_wraps_add(struct scan_wraps *w, const char *name)
{
	if (!name)
		return;
	if (w->count == SCAN_WRAPS)
		memmove(w->name, w->name + 1,
		    --w->count * sizeof(*w->name));
	w->name[w->count++] = name;
}

struct scan_wraps
scan_wraps_of(const struct scan_node *n)
{
	struct scan_wraps w = { 0 };

	/* from the inside, and so the wrong way round */
	for (; n && w.count < SCAN_WRAPS; n = n->parent)
		if (n->from.encoding)
			w.name[w.count++] = n->from.encoding;
	for (size_t i = 0; i < w.count / 2; i++) {
		const char *name = w.name[i];

		w.name[i] = w.name[w.count - 1 - i];
		w.name[w.count - 1 - i] = name;
	}
	return w;
}

void
scan_add_sliver(struct scan *s, const struct scan_sliver *sliver)
{
	struct scan_sliver *list;

	if (!s->known || !s->known->content_count ||
	    !sliver->bytes.len ||
	    (sliver->bytes.len >= MATCH_MIN_RUN && !sliver->weak) ||
	    (sliver->weak && s->weak_count++ >= SCAN_MAX_WEAK) ||
	    (sliver->small && (sliver->bytes.len < SCAN_LEAST ||
	    s->small_count++ >= SCAN_MAX_SMALL)))
		return;
	list = room(s, s->slivers, s->sliver_count, &s->sliver_cap,
	    SCAN_MAX_SLIVERS, sizeof(*list),
	    "more short values than are put together");
	if (!list)
		return;
	s->slivers = list;
	list[s->sliver_count++] = (struct scan_sliver){
		.bytes = scan_keep(s, sliver->bytes),
		.path = scan_keep(s, sliver->path),
		.wraps = sliver->wraps,
		.small = sliver->small,
		.weak = sliver->weak,
	};
}

/* The same finding. An identifier found in bytes, and then in a field of them,
 * is told by its field. */
static bool
is_told(struct scan *s, struct scan_category *o, const struct scan_category *c)
{
	if (c->by_form && c->kind)
		/* an identifier of this machine there says more, and so does
		 * the name of the field */
		return span_eq(o->path, c->path) && (o->kind ?
		    !strcmp(o->kind, c->kind) :
		    !strcmp(o->category, c->category));
	if (c->kind) {
		if (o->by_form || !o->kind || strcmp(o->kind, c->kind) ||
		    !span_eq(o->value, c->value) || strcmp(o->form, c->form) ||
		    !o->encoding != !c->encoding || (c->encoding &&
			strcmp(o->encoding, c->encoding)))
			return false;
		if (!o->path.len && c->path.len) {
			o->path = scan_keep(s, c->path);
			o->offset = c->offset;
		}
		return true;
	}
	return !o->kind && !strcmp(o->category, c->category) &&
	       span_eq(o->path, c->path);
}

void
scan_add_finding(struct scan *s, const struct scan_category *c)
{
	struct scan_category *list;

	for (size_t i = 0; i < s->category_count; i++)
		if (is_told(s, &s->categories[i], c))
			return;
	list = room(s, s->categories, s->category_count, &s->category_cap,
	    SCAN_MAX_CATEGORIES, sizeof(*list),
	    "more kinds of data than are listed");
	if (!list)
		return;
	s->categories = list;
	list[s->category_count] = *c;
	list[s->category_count++].path = scan_keep(s, c->path);
}

void
scan_add_category(struct scan *s, const char *category, struct span path,
    const char *why)
{
	scan_add_finding(s, &(struct scan_category){ .category = category,
	    .path = path, .offset = UINT64_MAX, .why = why });
}
