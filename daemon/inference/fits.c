// SPDX-License-Identifier: Apache-2.0
/*
 * For every far end and every frame the fits are listed by offset. A set is a
 * run of that list, in one wrapping or in any; its score is minus the logarithm
 * of
 *
 *	C(M, k) d^k 4097 (2 s + 1)^(k - 1) / w
 *
 * with M the transfers to that far end, k the distinct canaries, d the density
 * of lengths of canaries per byte, s how far the offsets are apart and w the
 * weight of the wrapping: about the number of such sets that chance makes.
 * Bodies that begin at the start of one of the first r + 1 records have a set
 * of their own, with C(M, k) (d (r + 1))^k r / w; in HTTP/2 d is trebled there.
 */
#include "inference/fits.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SPREAD_MAX	512	/* wider apart, offsets do not agree */

/* What a wrapping does to the distance between two lengths. */
static const double stretch[MODEL_WRAP_COUNT] = {
	1, 4 / 3.0, 2, 1, 1, 4 / 3.0, 4 / 3.0,
};

static double
density_of(const struct fits *f, unsigned wrap)
{
	double sum = 0;

	if (wrap != FITS_ANY)
		return f->density / stretch[wrap];
	for (int w = 0; w < MODEL_WRAP_COUNT; w++)
		sum += f->density / stretch[w];
	return sum;
}

static double
weight_of(unsigned wrap)
{
	return wrap == FITS_ANY ? 0.5 : model_wrap_weight((enum model_wrap)wrap);
}

struct by_far_end {
	uint32_t far_end, index;
};

static int
compare_far_ends(const void *a, const void *b)
{
	const struct by_far_end *x = a, *y = b;

	if (x->far_end != y->far_end)
		return x->far_end < y->far_end ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static int
sort_items(struct fits *f)
{
	struct by_far_end *keys = calloc(f->count + 1, sizeof(*keys));
	uint32_t *order = calloc(f->count + 1, sizeof(*order));

	if (!keys || !order) {
		free(keys);
		free(order);
		return -ENOMEM;
	}
	for (size_t i = 0; i < f->count; i++)
		keys[i] = (struct by_far_end){ f->items[i].far_end,
			(uint32_t)i };
	qsort(keys, f->count, sizeof(*keys), compare_far_ends);
	for (size_t i = 0; i < f->count; i++)
		order[i] = keys[i].index;
	free(keys);
	f->order = order;
	return 0;
}

int
fits_init(struct fits *f, const struct code *code,
    const struct inference_item *items, size_t count)
{
	*f = (struct fits){ .items = items, .count = count };
	f->density = (double)code->count / (double)(code->max - code->min + 1);
	f->claimed = calloc(count + 1, sizeof(*f->claimed));
	f->log_factorial = calloc(count + 2, sizeof(*f->log_factorial));
	f->list = calloc(count * MODEL_WRAP_COUNT + FITS_ONE_MAX,
	    sizeof(*f->list));
	if (!f->claimed || !f->log_factorial || !f->list || sort_items(f)) {
		fits_clear(f);
		return -ENOMEM;
	}
	for (size_t i = 1; i < count + 2; i++)
		f->log_factorial[i] = f->log_factorial[i - 1] + log((double)i);
	return 0;
}

void
fits_clear(struct fits *f)
{
	free((void *)f->order);
	free(f->claimed);
	free(f->log_factorial);
	free(f->list);
	*f = (struct fits){ 0 };
}

void
fits_code_make(struct fits_code *c, const struct model *m,
    const uint64_t *sizes, const uint8_t *types, size_t count)
{
	c->count = count;
	for (size_t i = 0; i < count; i++) {
		size_t k = i;

		while (k && sizes[c->canary[k - 1]] > sizes[i]) {
			c->canary[k] = c->canary[k - 1];
			k--;
		}
		c->canary[k] = (uint16_t)i;
	}
	for (int w = 0; w < MODEL_WRAP_COUNT; w++) {
		for (size_t k = 0; k < count; k++) {
			uint16_t i = c->canary[k];

			uint64_t len = model_body(m, sizes[i], types[i],
			    (enum model_wrap)w);

			c->len[0][w][k] = len;
			c->len[1][w][k] = len +
			    model_frames(MODEL_HTTP2, len, 0);
		}
	}
}

/* In HTTP/2 an acknowledgement, or an end in a frame of its own, may be among
 * them: so many offsets are possible for each start. */
static unsigned
slack_of(unsigned frame)
{
	return frame == MODEL_HTTP2 ? 3 : 1;
}

static uint8_t
rank_of(const struct inference_item *item, unsigned frame, int64_t offset)
{
	for (unsigned n = 0; n < slack_of(frame); n++, offset -= 9) {
		if (!offset)
			return 0;
		for (uint8_t i = 0; i < item->start_count; i++)
			if (item->starts[i] == offset)
				return i + 1;
	}
	return FITS_NO_RANK;
}

static bool
carries(const struct inference_item *item, unsigned frame)
{
	switch (item->carrier) {
	case INFERENCE_STREAM:
		return frame == MODEL_PLAIN;
	case INFERENCE_HTTP2:
		return frame <= MODEL_HTTP2;
	default:
		return frame >= MODEL_QUIC;
	}
}

/* Lengths are further apart than offsets can be, so one at most fits. */
static void
add_fit(struct fits *f, const struct fits_code *c, uint32_t index,
    unsigned frame, unsigned wrap)
{
	const struct inference_item *item = &f->items[index];
	const uint64_t *len = c->len[frame == MODEL_HTTP2][wrap];
	uint64_t extra = frame < MODEL_QUIC ? 0 :
	    model_frames((enum model_frame)frame, 0, item->packets);
	size_t low = 0, high = c->count;
	struct fit *fit;
	int64_t lo, hi;

	/* Bounds that are wide say nothing. */
	if (item->max < extra || item->max - item->min > MODEL_OFFSET_MAX)
		return;
	while (low < high) {
		size_t mid = (low + high) / 2;

		if (len[mid] <= item->max - extra)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return;
	if (item->max - extra - len[low - 1] > 2 * MODEL_OFFSET_MAX)
		return;
	hi = (int64_t)(item->max - extra - len[low - 1]);
	lo = hi - (int64_t)(item->max - item->min);
	if (lo > MODEL_OFFSET_MAX)
		return;
	fit = &f->list[f->list_count++];
	*fit = (struct fit){
		.lo = lo,
		.hi = hi,
		.item = index,
		.canary = c->canary[low - 1],
		.wrap = (uint8_t)wrap,
		.rank = lo == hi ? rank_of(item, frame, lo) : FITS_NO_RANK,
	};
}

static int
compare_fits(const void *a, const void *b)
{
	const struct fit *x = a, *y = b;

	if (x->lo != y->lo)
		return x->lo < y->lo ? -1 : 1;
	if (x->item != y->item)
		return x->item < y->item ? -1 : 1;
	return x->wrap < y->wrap ? -1 : x->wrap > y->wrap;
}

/* The fits of items order[from..to), by offset. Returns how many transfers of
 * different length there were to fit. */
static size_t
list_fits(struct fits *f, const struct fits_code *c, size_t from, size_t to,
    unsigned frame)
{
	size_t count = 0;

	f->list_count = 0;
	for (size_t i = from; i < to; i++) {
		uint32_t index = f->order[i];

		if (f->claimed[index] || !carries(&f->items[index], frame))
			continue;
		count++;
		for (unsigned w = 0; w < MODEL_WRAP_COUNT; w++)
			add_fit(f, c, index, frame, w);
	}
	if (f->list_count > 1)
		qsort(f->list, f->list_count, sizeof(*f->list), compare_fits);
	return count;
}

static double
choose(const struct fits *f, size_t count, size_t k)
{
	if (k > count)
		k = count;
	return f->log_factorial[count] - f->log_factorial[k] -
	    f->log_factorial[count - k];
}

static void
consider(struct fits_set *best, const struct fits_set *set)
{
	if (set->score > best->score)
		*best = *set;
}

static bool
is_of(const struct fit *fit, unsigned wrap)
{
	return wrap == FITS_ANY || fit->wrap == wrap;
}

/* Runs of the list: each fit as the first, then further ones one by one. */
static void
best_run(struct fits *f, size_t count, struct fits_set set,
    struct fits_set *best)
{
	double d = log(density_of(f, set.wrap));
	double fixed = log(MODEL_OFFSET_MAX + 1) - log(weight_of(set.wrap));

	set.rank = FITS_NO_RANK;
	for (size_t i = 0; i < f->list_count; i++) {
		int64_t to = f->list[i].hi;

		if (!is_of(&f->list[i], set.wrap))
			continue;
		set.from = f->list[i].lo;
		set.agreeing = 0;
		f->stamp++;
		for (size_t k = i; k < f->list_count; k++) {
			const struct fit *fit = &f->list[k];

			if (fit->lo - set.from > SPREAD_MAX)
				break;
			if (!is_of(fit, set.wrap) ||
			    f->seen[fit->canary] == f->stamp)
				continue;
			f->seen[fit->canary] = f->stamp;
			if (fit->hi > to)
				to = fit->hi;
			set.to = to;
			set.agreeing++;
			set.score = -(choose(f, count, set.agreeing) +
			    set.agreeing * d + fixed + (set.agreeing - 1) *
			    log((double)(2 * (to - set.from) + 1)));
			consider(best, &set);
		}
	}
}

static void
best_start(struct fits *f, size_t count, struct fits_set set,
    struct fits_set *best)
{
	double d = log(density_of(f, set.wrap));
	double fixed = -log(weight_of(set.wrap));

	for (uint8_t rank = 1; rank <= INFERENCE_STARTS; rank++) {
		set.agreeing = 0;
		f->stamp++;
		for (size_t i = 0; i < f->list_count; i++) {
			const struct fit *fit = &f->list[i];

			if (fit->rank > rank || !is_of(fit, set.wrap) ||
			    f->seen[fit->canary] == f->stamp)
				continue;
			f->seen[fit->canary] = f->stamp;
			set.agreeing++;
		}
		if (!set.agreeing)
			continue;
		set.rank = rank;
		set.score = -(choose(f, count, set.agreeing) + set.agreeing *
		    (d + log((rank + 1) * slack_of(set.frame))) + log(rank) +
		    fixed);
		consider(best, &set);
	}
}

static size_t
far_end_to(const struct fits *f, size_t from)
{
	size_t to = from;

	while (to < f->count && f->items[f->order[to]].far_end ==
	    f->items[f->order[from]].far_end)
		to++;
	return to;
}

bool
fits_best(struct fits *f, const struct fits_code *c, struct fits_set *ret_set)
{
	struct fits_set best = { .score = -INFINITY };
	size_t to;

	for (size_t from = 0; from < f->count; from = to) {
		to = far_end_to(f, from);
		for (unsigned frame = 0; frame < MODEL_FRAME_COUNT; frame++) {
			size_t count = list_fits(f, c, from, to, frame);
			struct fits_set set = {
				.far_end = f->items[f->order[from]].far_end,
				.frame = (uint8_t)frame,
			};

			if (!f->list_count)
				continue;
			for (unsigned w = 0; w <= FITS_ANY; w++) {
				set.wrap = (uint8_t)w;
				best_run(f, count, set, &best);
				if (w != FITS_ANY)
					best_start(f, count, set, &best);
			}
		}
	}
	if (best.score == -INFINITY)
		return false;
	*ret_set = best;
	return true;
}

void
fits_members(struct fits *f, const struct fits_code *c,
    const struct fits_set *set)
{
	size_t from = 0, to, n = 0;

	while (f->items[f->order[from]].far_end != set->far_end)
		from++;
	to = far_end_to(f, from);
	list_fits(f, c, from, to, set->frame);
	for (size_t i = 0; i < f->list_count; i++) {
		const struct fit *fit = &f->list[i];

		if (is_of(fit, set->wrap) &&
		    (set->rank == FITS_NO_RANK ? fit->lo >= set->from &&
			fit->hi <= set->to : fit->rank <= set->rank))
			f->list[n++] = *fit;
	}
	f->list_count = n;
}

void
fits_one(struct fits *f, const struct fits_code *c, uint32_t item,
    uint8_t ret_frames[static FITS_ONE_MAX])
{
	f->list_count = 0;
	for (unsigned frame = 0; frame < MODEL_FRAME_COUNT; frame++) {
		if (!carries(&f->items[item], frame))
			continue;
		for (unsigned w = 0; w < MODEL_WRAP_COUNT; w++) {
			size_t n = f->list_count;

			add_fit(f, c, item, frame, w);
			if (f->list_count > n)
				ret_frames[n] = (uint8_t)frame;
		}
	}
}

double
fits_alone(const struct fits *f, uint32_t item, enum model_wrap w)
{
	size_t count = 0;

	for (size_t i = 0; i < f->count; i++)
		count += f->items[i].far_end == f->items[item].far_end;
	return -log((double)count * density_of(f, w) *
	    (MODEL_OFFSET_MAX + 1) / weight_of(w));
}
