// SPDX-License-Identifier: Apache-2.0
/*
 * Files and parts of files that a message carried out.
 *
 * A file that is known is named by its bytes. One that is not is taken for a
 * file only where the sender declared it one, or where the bytes are a complete
 * container of a file format; content that a known file explains is that
 * file's, however it was declared.
 */
#include <string.h>

#include "verdict/judge.h"

static const char *
origin_name(uint8_t origin)
{
	switch (origin) {
	case KNOWN_PRODUCT:
		return "product";
	case KNOWN_CANARY:
		return "canary";
	}
	return "user";
}

/* How the item was wrapped, outermost first. */
static void
lay_encodings(struct draft *d, const struct scan_item *item,
    struct event_file *e)
{
	const struct scan_item *i;
	const char **list;
	size_t n = 0;

	for (i = item; i->parent >= 0; i = &d->f->items[i->parent])
		n += i->encoding != NULL;
	if (!n)
		return;
	list = draft_alloc(d, n * sizeof(*list));
	if (!list)
		return;
	e->encodings = list;
	e->encoding_count = n;
	for (i = item; i->parent >= 0; i = &d->f->items[i->parent])
		if (i->encoding)
			list[--n] = i->encoding;
}

static void
lay_ranges(struct draft *d, const struct scan_range *ranges, size_t n,
    struct event_file *e)
{
	struct event_range *r = draft_alloc(d, (n + 1) * sizeof(*r));

	if (!r)
		return;
	for (size_t i = 0; i < n; i++)
		r[i] = (struct event_range){ ranges[i].start, ranges[i].end };
	e->ranges = r;
	e->range_count = n;
}

static void
lay_also(struct draft *d, const struct scan_match *match, struct event_file *e)
{
	struct span *names;

	if (!match->also_count)
		return;
	names = draft_alloc(d, match->also_count * sizeof(*names));
	if (!names)
		return;
	for (size_t i = 0; i < match->also_count; i++)
		names[i] = span_str(
		    known_get(message_sink(d->m)->known, match->also[i])->name);
	e->also = names;
	e->also_count = match->also_count;
	e->ambiguous = true;
}

/* The bytes of a whole file, where they are to be kept. */
static void
lay_object(struct draft *d, const struct scan_item *item, struct event_file *e)
{
	struct scan_keep *k = message_sink(d->m)->keep;
	uint8_t *copy;

	if (!k || !e->has_sha256)
		return;
	e->kept = EVENT_LEFT_OUT;
	if (!item->bytes || item->size > k->all_max - k->laid)
		return;
	copy = draft_alloc(d, item->size);
	if (!copy)
		return;
	memcpy(copy, item->bytes, item->size);
	k->laid += item->size;
	e->object = copy;
}

static void
lay_known(struct draft *d, const struct scan_item *item,
    const struct scan_match *match, struct event_file *e)
{
	const struct known_file *k = known_get(message_sink(d->m)->known,
	    match->file);

	e->name = span_str(k->name);
	e->known = true;
	e->known_index = match->file;
	e->size = k->size;
	e->sent_bytes = match->sent_bytes;
	e->has_sha256 = k->has_hash & 1 << KNOWN_SHA256;
	if (e->has_sha256)
		memcpy(e->sha256, k->hash[KNOWN_SHA256], 32);
	e->coverage = match->whole	  ? 1.0 :
	    k->size && k->size != UINT64_MAX ?
			 (double)match->sent_bytes / (double)k->size :
			 0.0;
	e->declared = item->declared_file;
	e->origin = origin_name(k->origin);
	if (item->mime_type)
		e->mime_type = draft_span(d, span_str(item->mime_type));
	lay_ranges(d, match->ranges, match->range_count, e);
	lay_encodings(d, item, e);
	lay_also(d, match, e);
	if (match->exact)
		lay_object(d, item, e);
}

static void
judge_known(struct draft *d, const struct event_file *e)
{
	const char *how = d->m->hooked ? "read at the TLS library" :
	    d->m->decrypted ? "decrypted" : "clear text";

	if (e->coverage >= 1.0) {
		judge_better(&d->upload, GRADE_PROVEN);
		draft_reason(d, "%s: all %llu bytes of %.*s match", how,
		    (unsigned long long)e->sent_bytes,
		    (int)(e->name.len < 200 ? e->name.len : 200), e->name.p);
	} else {
		judge_better(&d->fragment, GRADE_PROVEN);
		draft_reason(d, "%s: %llu of %llu bytes of %.*s match", how,
		    (unsigned long long)e->sent_bytes,
		    (unsigned long long)e->size,
		    (int)(e->name.len < 200 ? e->name.len : 200), e->name.p);
	}
	if (e->also_count)
		draft_reason(d, "%zu other known file%s the same bytes: which "
		    "of them was sent can't be told", e->also_count,
		    e->also_count == 1 ? " holds" : "s hold");
}

/* Known content explains the item when at least half of it is known, be it
 * that it lies in an envelope which was declared a file. */
static bool
is_explained(const struct scan_item *item)
{
	return item->known_bytes && item->known_bytes >= item->size / 2;
}

/* What is inside a known file is no file beside it. */
static bool
is_inside_known(const struct draft *d, const struct scan_item *item)
{
	while (item->parent >= 0) {
		item = &d->f->items[item->parent];
		if (item->match_count && is_explained(item))
			return true;
	}
	return false;
}

static bool
is_unknown_file(const struct draft *d, const struct scan_item *item)
{
	if (item->container || !item->size || is_explained(item) ||
	    is_inside_known(d, item))
		return false;
	if (item->declared_file)
		return true;
	return item->file_format && item->complete;
}

static void
lay_unknown(struct draft *d, const struct scan_item *item,
    struct event_file *e)
{
	bool whole = item->complete && !item->missing && !item->cut;
	struct scan_range all = { 0, item->size };

	e->name = draft_span(d, item->name);
	e->known_index = -1;
	e->size = whole ? item->size : UINT64_MAX;
	e->sent_bytes = item->size;
	e->coverage = whole ? 1.0 : 0.0;
	e->has_sha256 = item->has_sha256 && whole;
	if (e->has_sha256)
		memcpy(e->sha256, item->sha256, 32);
	e->declared = item->declared_file;
	if (item->mime_type)
		e->mime_type = draft_span(d, span_str(item->mime_type));
	lay_encodings(d, item, e);
	if (whole) {
		lay_object(d, item, e);
		lay_ranges(d, &all, 1, e);
	}
}

static void
judge_unknown(struct draft *d, const struct event_file *e)
{
	if (e->coverage >= 1.0) {
		judge_better(&d->upload, GRADE_OBSERVED);
		draft_reason(d, "%s of %llu bytes; no known file has these "
		    "bytes", e->declared ? "a file was declared" :
		    "a complete file", (unsigned long long)e->sent_bytes);
	} else {
		judge_better(&d->fragment, GRADE_OBSERVED);
		draft_reason(d, "part of %s: %llu bytes were seen, not all of "
		    "it", e->declared ? "a declared file" : "a file, by how "
		    "it begins", (unsigned long long)e->sent_bytes);
	}
}

/* A match that what the item came out of has already made. */
static bool
is_told_above(const struct draft *d, const struct scan_item *item,
    uint32_t file)
{
	while (item->parent >= 0) {
		item = &d->f->items[item->parent];
		for (size_t i = 0; i < item->match_count; i++)
			if (item->matches[i].file == file)
				return true;
	}
	return false;
}

/* Bytes of a known file in what is another file: said, and no accusation. */
static void
tell_shared(struct draft *d, const struct scan_item *item)
{
	const char *name;

	if (!item->shared_bytes)
		return;
	name = known_get(message_sink(d->m)->known, item->shared_file)->name;
	draft_reason(d, "another file, of %llu bytes; %llu of them are in the "
	    "known file %.200s too, as files of a kind have parts in common: "
	    "that does not name it", (unsigned long long)item->size,
	    (unsigned long long)item->shared_bytes, name);
}

void
judge_files(struct draft *d, struct event_transfer *t)
{
	struct event_file *files;
	size_t n = 0, max = 0;

	if (!d->f)
		return;
	for (size_t i = 0; i < d->f->item_count; i++)
		max += d->f->items[i].match_count + 1;
	files = draft_alloc(d, max * sizeof(*files));
	if (!files)
		return;
	for (size_t i = 0; i < d->f->item_count; i++) {
		const struct scan_item *item = &d->f->items[i];

		d->named |= item->name.len > 0;
		for (size_t k = 0; k < item->match_count; k++) {
			if (is_told_above(d, item, item->matches[k].file))
				continue;
			lay_known(d, item, &item->matches[k], &files[n++]);
		}
		if (is_unknown_file(d, item))
			lay_unknown(d, item, &files[n++]);
	}
	n = judge_join_parts(d, files, n);
	for (size_t i = 0; i < d->f->item_count; i++)
		tell_shared(d, &d->f->items[i]);
	for (size_t i = 0; i < n; i++) {
		if (files[i].known)
			judge_known(d, &files[i]);
		else
			judge_unknown(d, &files[i]);
	}
	t->files = d->files = files;
	t->file_count = n;
}

void
judge_uses(struct draft *d, struct event_transfer *t)
{
	struct event_use *uses;

	if (!d->f || !d->f->use_count)
		return;
	uses = draft_alloc(d, d->f->use_count * sizeof(*uses));
	if (!uses)
		return;
	for (size_t i = 0; i < d->f->use_count; i++)
		uses[i] = (struct event_use){ d->f->uses[i].file,
			d->f->uses[i].start, d->f->uses[i].end };
	t->uses = uses;
	t->use_count = d->f->use_count;
}

/* FNV-1a. */
static uint64_t
mix_in(uint64_t h, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 0x100000001b3u;
	return h;
}

void
judge_slivers(struct draft *d, struct event_transfer *t)
{
	struct event_sliver *list;
	size_t n = d->f ? d->f->sliver_count : 0;

	list = n ? draft_alloc(d, n * sizeof(*list)) : NULL;
	if (!list)
		return;
	for (size_t i = 0; i < n; i++) {
		const struct scan_sliver *s = &d->f->slivers[i];
		uint64_t lane = mix_in(0xcbf29ce484222325u, s->path.p,
		    s->path.len);

		for (size_t k = 0; k < s->wraps.count; k++)
			lane = mix_in(lane, (const uint8_t *)s->wraps.name[k],
			    strlen(s->wraps.name[k]));
		list[i] = (struct event_sliver){
			.bytes = draft_span(d, s->bytes),
			.lane = lane,
			.wraps = s->wraps,
			.small = s->small,
			.weak = s->weak,
		};
	}
	t->slivers = list;
	t->sliver_count = n;
}
