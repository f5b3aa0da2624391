// SPDX-License-Identifier: Apache-2.0
/*
 * A pair fits where the transfer is as long as the file, framed, and an offset of 0
 * to 4096 bytes. A set of fits to one far end, with offsets from a to a + s, of k
 * transfers out of M, scores minus the logarithm of
 *
 *	C(M, k) 2 (a + 64) (2 s + 1)^(k - 1) prod (q / z)
 *
 * with z the size of each one's file and q the files that had been read before it:
 * about the number of such sets that chance makes where sizes spread over as much as
 * they are. Where each body begins with a record, C(M, k) prod (4 q / z).
 */
#include "inference/ordinary.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define OFFSET_LEAST	64
#define SPREAD_MAX	512
#define START_WAYS	4
#define ROUNDS_MAX	64	/* sets that are named one after the other */

struct fit {
	uint32_t far_end, item, file;
	int64_t offset;
	double chance;		/* logarithm of q / z */
	bool at_start;
};

struct set {
	double score;
	uint32_t far_end, agreeing;
	int64_t from, to;
	bool by_start;
};

/* By file, but for what is by item. */
struct work {
	const struct ordinary_case *in;
	uint32_t *pool;			/* files by kind */
	uint32_t *kind_from, *kind_to;	/* where the kind is in the pool */
	uint32_t *as;			/* what stands in its place */
	uint32_t *read;			/* those in a pair, by kind */
	size_t read_count;
	uint32_t *readers;		/* by item: its pairs */
	uint32_t *beside;		/* by item: those to its far end */
	uint32_t *seen, stamp;		/* by item */
	bool *claimed;			/* by item */
	double *log_factorial;
	struct fit *fits;
	size_t fit_count;
	uint64_t state;			/* of the random numbers */
};

static void
clear(struct work *w)
{
	free(w->pool);
	free(w->kind_from);
	free(w->kind_to);
	free(w->as);
	free(w->read);
	free(w->readers);
	free(w->beside);
	free(w->seen);
	free(w->claimed);
	free(w->log_factorial);
	free(w->fits);
}

static bool
allocate(struct work *w)
{
	size_t files = w->in->file_count + 1, items = w->in->item_count + 1;

	w->pool = calloc(files, sizeof(*w->pool));
	w->kind_from = calloc(files, sizeof(*w->kind_from));
	w->kind_to = calloc(files, sizeof(*w->kind_to));
	w->as = calloc(files, sizeof(*w->as));
	w->read = calloc(files, sizeof(*w->read));
	w->readers = calloc(items, sizeof(*w->readers));
	w->beside = calloc(items, sizeof(*w->beside));
	w->seen = calloc(items, sizeof(*w->seen));
	w->claimed = calloc(items, sizeof(*w->claimed));
	w->log_factorial = calloc(items + 1, sizeof(*w->log_factorial));
	w->fits = calloc(w->in->pair_count + 1, sizeof(*w->fits));
	return w->pool && w->kind_from && w->kind_to && w->as &&
	    w->read && w->readers && w->beside && w->seen &&
	    w->claimed && w->log_factorial && w->fits;
}

static int
compare_kinds(const void *a, const void *b, void *arg)
{
	const struct ordinary_file *files = arg;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	if (files[x].kind != files[y].kind)
		return files[x].kind < files[y].kind ? -1 : 1;
	return x < y ? -1 : x > y;
}

static void
sort_kinds(struct work *w)
{
	const struct ordinary_file *files = w->in->files;
	uint32_t n = (uint32_t)w->in->file_count, to;

	for (uint32_t i = 0; i < n; i++)
		w->pool[i] = w->as[i] = i;
	qsort_r(w->pool, n, sizeof(*w->pool), compare_kinds, (void *)files);
	for (uint32_t from = 0; from < n; from = to) {
		for (to = from; to < n && files[w->pool[to]].kind ==
		    files[w->pool[from]].kind; to++)
			;
		for (uint32_t i = from; i < to; i++) {
			w->kind_from[w->pool[i]] = from;
			w->kind_to[w->pool[i]] = to;
		}
	}
}

/* as is 0 for files that are in no pair, and put right here. */
static void
list_read(struct work *w)
{
	memset(w->as, 0, w->in->file_count * sizeof(*w->as));
	for (size_t i = 0; i < w->in->pair_count; i++)
		w->as[w->in->pairs[i].file] = 1;
	for (uint32_t i = 0; i < w->in->file_count; i++) {
		uint32_t file = w->pool[i];

		if (w->as[file])
			w->read[w->read_count++] = file;
	}
	for (uint32_t i = 0; i < w->in->file_count; i++)
		w->as[i] = i;
}

static void
count_items(struct work *w)
{
	const struct inference_item *items = w->in->items;

	for (size_t i = 0; i < w->in->pair_count; i++)
		w->readers[w->in->pairs[i].item]++;
	for (size_t i = 0; i < w->in->item_count; i++)
		for (size_t k = 0; w->readers[i] && k < w->in->item_count; k++)
			w->beside[i] += w->readers[k] &&
			    items[k].far_end == items[i].far_end;
	for (size_t i = 1; i < w->in->item_count + 2; i++)
		w->log_factorial[i] = w->log_factorial[i - 1] + log((double)i);
}

static uint64_t
below(struct work *w, uint64_t n)
{
	uint64_t z = (w->state += 0x9e3779b97f4a7c15u);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (z ^ z >> 31) % n;
}

/* Each kind is shuffled as far as files of it were read: these get what comes
 * first. */
static void
redraw(struct work *w)
{
	uint32_t next = 0;

	for (size_t i = 0; i < w->read_count; i++) {
		uint32_t file = w->read[i], other, drawn;

		next = i && w->kind_from[w->read[i - 1]] == w->kind_from[file] ?
		    next + 1 : w->kind_from[file];
		other = next + (uint32_t)below(w, w->kind_to[file] - next);
		drawn = w->pool[other];
		w->pool[other] = w->pool[next];
		w->pool[next] = w->as[file] = drawn;
	}
}

bool
ordinary_fits(const struct inference_item *item, uint64_t size,
    int64_t *ret_offset)
{
	uint64_t framed = size + model_frames(item->carrier ==
	    INFERENCE_HTTP2 ? MODEL_HTTP2 : MODEL_PLAIN, size, 0);

	if (item->carrier == INFERENCE_QUIC || item->min != item->max ||
	    framed > item->max || item->max - framed > MODEL_OFFSET_MAX)
		return false;
	*ret_offset = (int64_t)(item->max - framed);
	return true;
}

static bool
make_fit(const struct work *w, const struct ordinary_pair *p, struct fit *ret)
{
	const struct inference_item *item = &w->in->items[p->item];
	uint64_t size = w->in->files[w->as[p->file]].size;
	int64_t offset;

	if (w->claimed[p->item] || !ordinary_fits(item, size, &offset))
		return false;
	*ret = (struct fit){
		.far_end = item->far_end,
		.item = p->item,
		.file = p->file,
		.offset = offset,
		.chance = log((double)w->readers[p->item] / (double)size),
	};
	for (uint8_t i = 0; i < item->start_count; i++)
		ret->at_start |= item->starts[i] == ret->offset;
	return true;
}

static int
compare_fits(const void *a, const void *b)
{
	const struct fit *x = a, *y = b;

	if (x->far_end != y->far_end)
		return x->far_end < y->far_end ? -1 : 1;
	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	if (x->item != y->item)
		return x->item < y->item ? -1 : 1;
	return x->file < y->file ? -1 : x->file > y->file;
}

static double
choose(const struct work *w, uint32_t item, uint32_t k)
{
	uint32_t m = w->beside[item];

	return w->log_factorial[m] - w->log_factorial[k] -
	    w->log_factorial[m - k];
}

static void
consider(struct set *best, const struct set *set)
{
	if (set->score > best->score)
		*best = *set;
}

/* Fits from that of index first on, one more at a time. */
static void
best_run(struct work *w, size_t first, bool by_start, struct set *best)
{
	const struct fit *f = &w->fits[first];
	struct set set = { .far_end = f->far_end, .from = f->offset,
		.by_start = by_start };
	double sum = by_start ? 0 : log(2 * ((double)f->offset + OFFSET_LEAST));

	w->stamp++;
	for (size_t i = first; i < w->fit_count &&
	    w->fits[i].far_end == f->far_end; i++) {
		const struct fit *x = &w->fits[i];
		double spread = 2 * (double)(x->offset - f->offset) + 1;

		if (!by_start && x->offset - f->offset > SPREAD_MAX)
			break;
		if (w->seen[x->item] == w->stamp || (by_start && !x->at_start))
			continue;
		w->seen[x->item] = w->stamp;
		set.to = x->offset;
		set.agreeing++;
		sum += x->chance + (by_start ? log(START_WAYS) : 0);
		set.score = -(choose(w, x->item, set.agreeing) + sum +
		    (by_start ? 0 : (set.agreeing - 1) * log(spread)));
		consider(best, &set);
	}
}

static struct set
best_set(struct work *w)
{
	struct set best = { .score = -INFINITY };

	w->fit_count = 0;
	for (size_t i = 0; i < w->in->pair_count; i++)
		w->fit_count += make_fit(w, &w->in->pairs[i],
		    &w->fits[w->fit_count]);
	qsort(w->fits, w->fit_count, sizeof(*w->fits), compare_fits);
	for (size_t i = 0; i < w->fit_count; i++) {
		best_run(w, i, false, &best);
		if (!i || w->fits[i].far_end != w->fits[i - 1].far_end)
			best_run(w, i, true, &best);
	}
	return best;
}

static double
chance_of(struct work *w, double score, unsigned redraws)
{
	unsigned as_good = 0;

	w->state = 1;
	for (unsigned n = 0; n < redraws; n++) {
		redraw(w);
		as_good += best_set(w).score >= score;
	}
	for (uint32_t i = 0; i < w->in->file_count; i++)
		w->as[i] = i;
	return (as_good + 1.0) / (redraws + 1.0);
}

/* Of several files that fit an item the first one counts: with the least offset. */
static void
lay(struct work *w, const struct set *set, double p, double alpha,
    struct ordinary_result *results)
{
	best_set(w);
	for (size_t i = 0; i < w->fit_count; i++) {
		const struct fit *f = &w->fits[i];
		struct ordinary_result *r = &results[f->item];

		if (f->far_end != set->far_end || f->offset < set->from ||
		    f->offset > set->to || (set->by_start && !f->at_start))
			continue;
		if (w->claimed[f->item]) {
			r->rivals++;
			continue;
		}
		w->claimed[f->item] = true;
		*r = (struct ordinary_result){
			.fits = true,
			.named = p <= alpha,
			.file = f->file,
			.offset = f->offset,
			.agreeing = set->agreeing,
			.like = w->kind_to[f->file] - w->kind_from[f->file],
			.at_start = f->at_start,
			.score = set->score,
			.p_false = p,
		};
	}
}

int
ordinary_judge(const struct ordinary_case *in, double alpha,
    unsigned redraws, struct ordinary_result *results)
{
	struct work w = { .in = in };
	bool named = true;
	int r = 0;

	memset(results, 0, in->item_count * sizeof(*results));
	if (in->pair_count > ORDINARY_PAIRS_MAX ||
	    in->item_count > INFERENCE_ITEMS_MAX)
		return -E2BIG;
	if (!allocate(&w))
		r = -ENOMEM;
	if (!r) {
		sort_kinds(&w);
		list_read(&w);
		count_items(&w);
	}
	for (int i = 0; !r && i < ROUNDS_MAX; i++) {
		struct set set = best_set(&w);
		double p;

		if (set.score == -INFINITY)
			break;
		/* What is above alpha in one round is no better in the next. */
		p = named ? chance_of(&w, set.score, redraws) : 1;
		lay(&w, &set, p, alpha, results);
		named &= p <= alpha;
	}
	clear(&w);
	return r;
}
