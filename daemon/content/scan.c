// SPDX-License-Identifier: Apache-2.0
#include "content/scan.h"

#include <stdlib.h>
#include <string.h>

#include "content/hash_finder.h"
#include "content/scan_tree.h"

#include <pthread.h>
#include "content/target.h"

#define POOL_MAX	256

/* Scans of this thread that are not in use, their first memory block kept. */
static __thread struct scan *pool;
static __thread unsigned pool_count;
static pthread_key_t pool_key;
static pthread_once_t pool_once = PTHREAD_ONCE_INIT;

static void
pool_thread_end(void *arg)
{
	scan_thread_end();
}

static void
pool_make_key(void)
{
	(void)pthread_key_create(&pool_key, pool_thread_end);
}

static struct scan *
take_scan(void)
{
	struct scan *s = pool;

	if (s) {
		pool = s->next_free;
		pool_count--;
		return s;
	}
	return calloc(1, sizeof(*s));
}

struct span
scan_keep(struct scan *s, struct span text)
{
	const char *p = text.len ? arena_strndup(&s->arena, text.p, text.len) :
	    NULL;

	return p ? (struct span){ (const uint8_t *)p, text.len } :
	    (struct span){ 0 };
}

void
scan_limit(struct scan *s, const char *what)
{
	for (size_t i = 0; i < s->limit_count; i++) {
		if (!strcmp(s->limits[i], what))
			return;
	}
	if (s->limit_count < sizeof(s->limits) / sizeof(*s->limits))
		s->limits[s->limit_count++] = what;
}

static bool
is_method(struct span method, const char *name)
{
	return span_eq(method, span_str(name));
}

struct scan *
scan_new(const struct known *known, const struct scan_hint *hint)
{
	static const struct scan_hint nothing;
	struct node_origin from = { 0 };
	struct scan *s = take_scan();

	if (!s)
		return NULL;
	if (!hint)
		hint = &nothing;
	s->known = known && known_total(known) ? known_share(known) : NULL;
	s->identity = hint->identity;
	s->passwords = hint->passwords;
	s->keep = hint->keep;
	s->outbound = hint->outbound;
	s->wants_uses = hint->uses && s->known;
	s->raw_stream = hint->raw_stream;
	from.declared_type = hint->content_type;
	from.coding = hint->content_encoding;
	from.declared_file = is_method(hint->method, "PUT");
	from.part = hint->upload_offset.len ||
	    range_is_part(hint->content_range) ||
	    (from.declared_file && target_is_part(hint->target));
	if (hint->content_disposition.len)
		disposition_name(hint->content_disposition, &s->arena,
		    &from.name, &from.declared_file);
	s->root = node_open(s, NULL, &from);
	if (!s->root) {
		scan_free(s);
		return NULL;
	}
	if (hint->outbound && hint->target.len)
		target_scan(s->root, hint->target);
	return s;
}

void
scan_free(struct scan *s)
{
	struct arena arena;

	if (!s)
		return;
	node_close(s->root, false);
	scan_keep_free(s);
	known_free((struct known *)s->known);
	free(s->items);
	free(s->notes);
	free(s->hashes);
	free(s->uses);
	free(s->urls);
	free(s->categories);
	free(s->slivers);
	arena = s->arena;
	if (pool_count >= POOL_MAX) {
		arena_clear(&arena);
		free(s);
		return;
	}
	arena_reset(&arena, pool_count < 16 ? 64 * 1024 : 0);
	*s = (struct scan){ .arena = arena, .next_free = pool };
	if (!pool) {
		/* so that a thread that ends leaves nothing behind */
		pthread_once(&pool_once, pool_make_key);
		(void)pthread_setspecific(pool_key, s);
	}
	pool = s;
	pool_count++;
}

void
scan_thread_end(void)
{
	while (pool) {
		struct scan *s = pool;

		pool = s->next_free;
		arena_clear(&s->arena);
		free(s);
	}
	pool_count = 0;
}

void
scan_data(struct scan *s, const uint8_t *data, size_t len)
{
	if (s->root && len)
		node_data(s->root, data, len);
}

void
scan_name(struct scan *s, struct span name)
{
	static const struct span path = SPAN_LITERAL("dns:question");

	if (s->root && hash_labels(s->root, name, path))
		scan_add_category(s, "file.hash", path,
		    "the hash of a known file in the labels of a name");
}

void
scan_records(struct scan *s, struct span bytes)
{
	struct hash_finder *f;

	if (!s->known || !s->root)
		return;
	f = hash_finder_new(s->root);
	if (!f)
		return;
	hash_finder_data(f, bytes.p, bytes.len);
	hash_finder_end(f);
	hash_finder_free(f);
}

void
scan_gap(struct scan *s, uint64_t len)
{
	if (s->root && len)
		node_gap(s->root, len);
}

void
scan_finish(struct scan *s, bool complete,
    const struct scan_findings **ret_findings)
{
	struct scan_findings *f = &s->findings;
	uint64_t lost;

	node_close(s->root, complete);
	s->root = NULL;
	scan_fill(s);
	scan_sort_hashes(s);
	for (size_t i = 0; s->wants_uses && i < s->hash_count; i++)
		scan_use_hash(s, s->hashes[i].file);
	lost = s->item_count ? s->notes[0].undeciphered : 0;
	*f = (struct scan_findings){
		.items = s->items,
		.item_count = s->item_count,
		.hashes = s->hashes,
		.hash_count = s->hash_count,
		.urls = s->urls,
		.url_count = s->url_count,
		.categories = s->categories,
		.category_count = s->category_count,
		.slivers = s->slivers,
		.sliver_count = s->sliver_count,
		.undeciphered_bytes = lost,
		.understood_bytes = s->item_count ? s->items[0].size - lost : 0,
		.limits = s->limits,
		.limit_count = s->limit_count,
		.uses = s->uses,
		.use_count = s->use_count,
	};
	*ret_findings = f;
}
