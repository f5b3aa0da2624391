// SPDX-License-Identifier: Apache-2.0
#include "engine/infer_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "inference/ordinary.h"

#define FILES_MAX	(1u << 20)	/* known ones, the first ones */
#define SUFFIX_MAX	8

/* A known file that can have been sent. */
struct known_one {
	const struct known_file *file;
	uint32_t index;			/* in the known set */
	bool was_read, in_pair;
	uint32_t number;		/* among those that are held against */
};

struct work {
	const struct infer_case *c;
	struct known_one *all;		/* by size and name */
	size_t count;			/* of all */
	struct ordinary_file *files;
	uint32_t *known_of;		/* by file: index of all */
	struct ordinary_pair *pairs;
	struct ordinary_case in;
	struct ordinary_result *results;
	uint32_t *counts;		/* by whole: transfers */
	uint32_t whole;			/* pairs are being made for */
};

static int
compare(uint64_t size, const char *name, const struct known_one *k)
{
	if (size != k->file->size)
		return size < k->file->size ? -1 : 1;
	return strcmp(name, k->file->name);
}

static int
compare_known(const void *a, const void *b)
{
	const struct known_one *x = a, *y = b;
	int d = compare(x->file->size, x->file->name, y);

	return d ? d : x->index < y->index ? -1 : 1;
}

static int
list_known(struct work *w)
{
	size_t n = known_count(w->c->files_known);

	if (n > FILES_MAX)
		n = FILES_MAX;
	w->all = calloc(n + 1, sizeof(*w->all));
	if (!w->all)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct known_file *f = known_get(w->c->files_known, i);

		if (f->size < ORDINARY_LEAST || f->size == UINT64_MAX ||
		    f->origin != KNOWN_USER ||
		    !(f->has_hash & 1 << KNOWN_SHA256))
			continue;
		w->all[w->count++] = (struct known_one){ .file = f,
			.index = (uint32_t)i };
	}
	qsort(w->all, w->count, sizeof(*w->all), compare_known);
	return 0;
}

static bool
is(const struct work *w, size_t i, uint64_t size, const char *name)
{
	return i < w->count && !compare(size, name, &w->all[i]);
}

/* The first one of that size and name; others stand behind it. */
static size_t
find(const struct work *w, uint64_t size, const char *name)
{
	size_t low = 0, high = w->count;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (compare(size, name, &w->all[mid]) > 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void
note_read(void *arg, uint64_t size, const char *name)
{
	struct work *w = arg;

	for (size_t i = find(w, size, name); is(w, i, size, name); i++)
		w->all[i].was_read = true;
}

static uint32_t
octave(uint64_t size)
{
	return 63 - (uint32_t)__builtin_clzll(size | 1);
}

/* Files of one kind are within an octave: could any of this one's fit? */
static bool
may_fit(const struct work *w, uint64_t size)
{
	uint64_t len = w->c->wholes[w->whole].max;
	uint64_t most = MODEL_OFFSET_MAX + len / 1024;	/* of headers, frames */
	uint64_t least = len > most ? len - most : 0;

	return octave(size) >= octave(least) && octave(size) <= octave(len);
}

static void
add_pair(struct work *w, uint32_t file)
{
	size_t n = w->in.pair_count;

	if (n > ORDINARY_PAIRS_MAX)
		return;
	/* Read twice, it is one candidate. */
	for (; n && w->pairs[n - 1].item == w->whole; n--)
		if (w->pairs[n - 1].file == file)
			return;
	w->all[file].in_pair = true;
	w->pairs[w->in.pair_count++] = (struct ordinary_pair){ w->whole, file };
}

/* Which one of the same size and name it was that was read is not known. */
static void
note_pair(void *arg, uint64_t size, const char *name)
{
	struct work *w = arg;

	if (!may_fit(w, size))
		return;
	for (size_t i = find(w, size, name); is(w, i, size, name); i++)
		add_pair(w, (uint32_t)i);
}

/* The records of a whole come one after the other; the first one sent first. */
static int
list_pairs(struct work *w)
{
	const struct infer_case *c = w->c;

	w->pairs = calloc(ORDINARY_PAIRS_MAX + 1, sizeof(*w->pairs));
	w->counts = calloc(c->whole_count + 1, sizeof(*w->counts));
	if (!w->pairs || !w->counts)
		return -ENOMEM;
	reads_each(c->reads, note_read, w);
	for (size_t i = 0; i < c->record_count; i++) {
		w->whole = c->records[i]->whole;
		if (!w->counts[w->whole]++ &&
		    c->wholes[w->whole].max >= ORDINARY_LEAST)
			reads_each_before(c->reads, &c->records[i]->sender,
			    note_pair, w);
	}
	return 0;
}

static uint32_t
kind_of(const struct known_file *f)
{
	const char *dot = strrchr(f->name, '.');
	uint32_t hash = 2166136261u;

	for (size_t i = 0; dot && i < SUFFIX_MAX && dot[i]; i++)
		hash = (hash ^ (uint32_t)(dot[i] | 0x20)) * 16777619u;
	return hash << 6 | octave(f->size);
}

/* Those that were read at other times are no sample of what was not read. */
static int
list_files(struct work *w)
{
	uint32_t n = 0;

	w->files = calloc(w->count + 1, sizeof(*w->files));
	w->known_of = calloc(w->count + 1, sizeof(*w->known_of));
	if (!w->files || !w->known_of)
		return -ENOMEM;
	for (uint32_t i = 0; i < w->count; i++) {
		struct known_one *k = &w->all[i];

		if (k->was_read && !k->in_pair)
			continue;
		k->number = n;
		w->known_of[n] = i;
		w->files[n++] = (struct ordinary_file){ k->file->size,
			kind_of(k->file) };
	}
	for (size_t i = 0; i < w->in.pair_count; i++)
		w->pairs[i].file = w->all[w->pairs[i].file].number;
	w->in.items = w->c->wholes;
	w->in.item_count = w->c->whole_count;
	w->in.files = w->files;
	w->in.file_count = n;
	w->in.pairs = w->pairs;
	return 0;
}

static int
lay_candidates(const struct work *w, const struct ordinary_result *r,
    struct held_record *rec)
{
	struct event_inference *e = arena_zalloc(w->c->arena, sizeof(*e));
	struct event_candidate *list = arena_zalloc(w->c->arena,
	    INFERENCE_CANDIDATES * sizeof(*list));

	if (!e || !list)
		return -ENOMEM;
	for (size_t i = 0; i <= w->in.pair_count; i++) {
		/* What it is taken for first, then what fits beside it. */
		uint32_t file = i ? w->pairs[i - 1].file : r->file;
		const struct known_file *f = w->all[w->known_of[file]].file;
		int64_t offset;

		if ((i && (w->pairs[i - 1].item != rec->whole ||
			file == r->file)) ||
		    !ordinary_fits(&w->in.items[rec->whole], f->size, &offset) ||
		    e->candidate_count == INFERENCE_CANDIDATES)
			continue;
		list[e->candidate_count] = (struct event_candidate){
			.name = span_str(f->name),
			.has_sha256 = true,
			.size = f->size,
			.encoding = "raw",
			.score = i ? 0 : r->score,
		};
		memcpy(list[e->candidate_count++].sha256,
		    f->hash[KNOWN_SHA256], 32);
	}
	e->p_false = r->p_false;
	e->candidates = list;
	rec->transfer.inference = e;
	return infer_lay_read(w->c, rec, list[0].size, e);
}

/* All that fit it as well are copies: else which of them it was nobody can say. */
static bool
is_told_apart(const struct work *w, uint32_t whole,
    const struct ordinary_result *r)
{
	const struct known_one *one = &w->all[w->known_of[r->file]], *other;
	uint32_t copies = 0;

	for (size_t i = 0; i < w->in.pair_count; i++) {
		other = &w->all[w->known_of[w->pairs[i].file]];
		copies += w->pairs[i].item == whole && other != one &&
		    !memcmp(other->file->hash[KNOWN_SHA256],
			one->file->hash[KNOWN_SHA256], 32);
	}
	return r->rivals == copies;
}

static void
say(const struct work *w, const struct ordinary_result *r,
    const struct known_file *f, struct event_transfer *t)
{
	struct arena *a = w->c->arena;

	infer_say(a, t, "its length is that of %s (%llu bytes), which had been "
	    "read before, and %lld bytes of headers", f->name,
	    (unsigned long long)f->size, (long long)r->offset);
	if (r->agreeing > 1)
		infer_say(a, t, "so are those of %u transfers to the same far end, "
		    "of files read before them, with headers of nearly the same "
		    "length", r->agreeing);
	if (r->at_start)
		infer_say(a, t, "it begins, by that length, where an encrypted "
		    "record begins");
	infer_say(a, t, "chance gives fits as good as that at a rate of %.4f: as "
	    "often do files drawn at random, %d times, in the place of those "
	    "that were read, out of known files of the same type and about the "
	    "same size that were read here or not at all (%u of them)",
	    r->p_false, ORDINARY_REDRAWS, r->like);
	if (!r->named)
		infer_say(a, t, "that is above the level of %g, or they are too "
		    "few to support it: no file is named", w->c->alpha);
}

static int
lay(const struct work *w, struct held_record *rec)
{
	const struct ordinary_result *r = &w->results[rec->whole];
	const struct known_one *k = &w->all[w->known_of[r->file]];
	struct event_transfer *t = &rec->transfer;
	bool named = r->named && is_told_apart(w, rec->whole, r);
	bool whole = w->counts[rec->whole] == 1;
	struct event_file *file;
	int err = lay_candidates(w, r, rec);

	if (err)
		return err;
	if (named)
		infer_take_back(t);
	say(w, r, k->file, t);
	if (r->named && !named)
		infer_say(w->c->arena, t, "another file that had been read fits "
		    "it as well: which of them it was its length does not say, "
		    "and none is named");
	if (!named)
		return 0;
	file = arena_zalloc(w->c->arena, sizeof(*file));
	if (!file)
		return -ENOMEM;
	*file = (struct event_file){
		.name = span_str(k->file->name),
		.has_sha256 = true,
		.size = k->file->size,
		.sent_bytes = whole || t->plain_max_out > k->file->size ?
		    k->file->size : t->plain_max_out,
		.known = true,
		.origin = "user",
		.known_index = (long)k->index,
	};
	file->coverage = (double)file->sent_bytes / (double)file->size;
	memcpy(file->sha256, k->file->hash[KNOWN_SHA256], 32);
	t->files = file;
	t->file_count = 1;
	t->kind = whole ? KIND_FILE_UPLOAD : KIND_FILE_FRAGMENT;
	t->grade = GRADE_INFERRED;
	infer_category(t);
	return 0;
}

static int
judge(struct work *w)
{
	int r;

	w->results = calloc(w->in.item_count + 1, sizeof(*w->results));
	if (!w->results)
		return -ENOMEM;
	r = ordinary_judge(&w->in, w->c->alpha, ORDINARY_REDRAWS, w->results);
	for (size_t i = 0; i < w->c->record_count && !r; i++) {
		struct held_record *rec = w->c->records[i];

		/* A canary that is named is no other file. */
		if (w->results[rec->whole].fits &&
		    rec->transfer.grade != GRADE_INFERRED &&
		    (w->results[rec->whole].named || !rec->transfer.inference))
			r = lay(w, rec);
	}
	return r;
}

/* Nothing is named then, and that has to be said. */
static void
refuse(const struct work *w)
{
	for (size_t i = 0; i < w->c->record_count; i++) {
		struct held_record *rec = w->c->records[i];

		if (w->c->wholes[rec->whole].max >= ORDINARY_LEAST &&
		    rec->transfer.grade != GRADE_INFERRED)
			infer_say(w->c->arena, &rec->transfer, "more known "
			    "files had been read before such transfers than "
			    "can be held against chance: none is named");
	}
}

int
infer_files(const struct infer_case *c)
{
	struct work w = { .c = c };
	int r = c->files_known && c->whole_count ? list_known(&w) : 0;

	if (!r && w.count)
		r = list_pairs(&w);
	if (w.in.pair_count > ORDINARY_PAIRS_MAX)
		refuse(&w);
	else if (!r && w.in.pair_count)
		r = list_files(&w);
	if (!r && w.in.file_count)
		r = judge(&w);
	free(w.all);
	free(w.files);
	free(w.known_of);
	free(w.pairs);
	free(w.results);
	free(w.counts);
	return r;
}
