// SPDX-License-Identifier: Apache-2.0
#include "inference/inference.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inference/fits.h"
#include "inference/sums.h"

/* Sets of fits that are looked at one after the other; what is left then is
 * judged each for itself. */
#define SETS_MAX	512

struct inference_null {
	struct model model;
	size_t redraws;
	struct fits_code codes[];
};

static int
check_drawn(const struct inference_set *set)
{
	uint64_t sizes[CODE_COUNT_MAX];
	int r;

	if (!set->code.count || set->code.count > CODE_COUNT_MAX)
		return ERR_MALFORMED;
	r = code_draw(&set->code, span_str(set->seed), sizes);
	if (r)
		return r == -ENOMEM ? r : ERR_MALFORMED;
	return memcmp(sizes, set->sizes, set->code.count * sizeof(*sizes)) ?
	    ERR_MALFORMED : 0;
}

/* Seeds of redraws: "null", the number and the seed of the set. */
static int
redraw(const struct inference_set *set, size_t number, uint64_t *ret_sizes)
{
	char *seed;
	int r = asprintf(&seed, "null %zu %s", number, set->seed);

	if (r < 0)
		return -ENOMEM;
	r = code_draw(&set->code, span_str(seed), ret_sizes);
	free(seed);
	return r;
}

int
inference_null_new(const struct inference_set *set, size_t redraws,
    struct inference_null **ret_null)
{
	uint64_t sizes[CODE_COUNT_MAX];
	struct inference_null *n;
	int r = check_drawn(set);

	if (r)
		return r;
	n = malloc(sizeof(*n) + redraws * sizeof(n->codes[0]));
	if (!n)
		return -ENOMEM;
	n->redraws = redraws;
	r = model_init(&n->model);
	for (size_t i = 0; i < redraws && !r; i++) {
		r = redraw(set, i, sizes);
		if (!r)
			fits_code_make(&n->codes[i], &n->model, sizes,
			    set->types, set->code.count);
	}
	if (r)
		inference_null_free(n);
	else
		*ret_null = n;
	return r;
}

void
inference_null_free(struct inference_null *n)
{
	free(n);
}

static int
compare_scores(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? 1 : x > y ? -1 : 0;
}

/* The best that a code gives in a case: a set of fits, or a sum. */
struct best {
	double score;
	bool is_sum;
	struct fits_set set;
	struct sums_found sum;
};

static bool
find_best(struct fits *f, const struct fits_code *c, struct best *ret)
{
	bool sum = sums_best(f, c, &ret->sum), set = fits_best(f, c, &ret->set);

	ret->is_sum = sum && (!set || ret->sum.score > ret->set.score);
	ret->score = ret->is_sum ? ret->sum.score : ret->set.score;
	return sum || set;
}

/* The best score of each redrawn code, greatest first. */
static double *
null_scores(const struct inference_null *n, struct fits *f)
{
	double *scores = malloc((n->redraws + 1) * sizeof(*scores));

	for (size_t i = 0; scores && i < n->redraws; i++) {
		struct best best;

		scores[i] = find_best(f, &n->codes[i], &best) ? best.score :
								-INFINITY;
	}
	if (scores)
		qsort(scores, n->redraws, sizeof(*scores), compare_scores);
	return scores;
}

static double
p_false(const double *scores, size_t count, double score)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (scores[mid] >= score)
			low = mid + 1;
		else
			high = mid;
	}
	return (double)(low + 1) / (double)(count + 1);
}

static struct inference_candidate
candidate_of(const struct fit *fit, unsigned frame)
{
	return (struct inference_candidate){
		.canary = fit->canary,
		.wrap = fit->wrap,
		.frame = (uint8_t)frame,
		.at_start = fit->rank != FITS_NO_RANK,
		.at_end = fit->at_end,
		.offset = fit->hi + fit->name_len,
		.agreeing = 1,
	};
}

/* Nor can it be a part of a sum. */
static void
set_aside(struct fits *f, uint32_t item)
{
	f->claimed[item] = true;
	if (f->items[item].group)
		f->group_claimed[f->items[item].group - 1] = true;
}

static void
set_aside_wholes(struct fits *f, uint32_t item)
{
	const struct inference_item *i = &f->items[item];

	set_aside(f, item);
	if (i->in)
		set_aside(f, i->in - 1);
	if (i->also_in)
		set_aside(f, i->also_in - 1);
}

/* What is named in parts is not named as a whole as well, nor the reverse, nor are
 * its parts those of something else. */
static void
set_aside_kin(struct fits *f, uint32_t item)
{
	set_aside_wholes(f, item);
	for (uint32_t i = 0; i < f->count; i++)
		if (f->items[i].in == item + 1 || f->items[i].also_in == item + 1)
			set_aside_wholes(f, i);
}

/* The members of the best set take their items, each the likeliest of what
 * fits it there. */
static void
claim(struct fits *f, const struct fits_code *c, const struct fits_set *set,
    double p, double alpha, struct inference_result *results)
{
	fits_members(f, c, set);
	for (size_t i = 0; i < f->list_count; i++) {
		const struct fit *fit = &f->list[i];
		struct inference_result *r = &results[fit->item];

		if (f->claimed[fit->item] &&
		    model_wrap_weight((enum model_wrap)fit->wrap) <=
		    model_wrap_weight((enum model_wrap)r->list[0].wrap))
			continue;
		f->claimed[fit->item] = true;
		r->list[0] = candidate_of(fit, set->frame);
		r->list[0].score = set->score;
		r->list[0].p_false = p;
		r->list[0].agreeing = set->agreeing;
		r->list[0].near = set->by == FITS_NEAR;
		r->count = 1;
		r->named = p <= alpha;
		if (r->named)
			set_aside_kin(f, fit->item);
	}
	if (p <= alpha)
		fits_anchor(f, set);
}

static void
claim_sum(struct fits *f, const struct sums_found *found, double p,
    double alpha, struct inference_sum *sum)
{
	f->group_claimed[found->group] = true;
	for (uint32_t i = 0; i < f->count && p <= alpha; i++)
		if (f->items[i].group == found->group + 1)
			set_aside_kin(f, i);
	*sum = (struct inference_sum){
		.why = p <= alpha ? INFERENCE_WHY_NAMED : INFERENCE_WHY_CHANCE,
		.score = found->score,
		.p_false = p,
		.wrap = found->wrap,
		.count = found->count,
	};
	for (uint32_t i = 0; i < found->count; i++) {
		sum->members[i].canary = found->members[i].canary;
		sum->members[i].item = found->members[i].item;
		sum->members[i].len = found->members[i].len;
	}
}

static bool
same_canary(const struct inference_candidate *a,
    const struct inference_candidate *b)
{
	return a->canary == b->canary && a->wrap == b->wrap;
}

/* Everything else that would fit an item, behind what it was taken for; by chance
 * at least as often as the last set that was not named. */
static void
list_others(struct fits *f, const struct fits_code *c, uint32_t item,
    const double *scores, size_t count, double least,
    struct inference_result *r)
{
	uint8_t frames[FITS_ONE_MAX];
	size_t kept = r->count;

	/* What is set aside for its kin is no longer asked for. */
	if (f->claimed[item] && !kept)
		return;
	fits_one(f, c, item, frames);
	for (size_t i = 0; i < f->list_count; i++) {
		struct inference_candidate x = candidate_of(&f->list[i],
		    frames[i]);
		size_t k = 0;

		x.score = fits_alone(f, item, (enum model_wrap)x.wrap,
		    (enum model_frame)x.frame, x.offset);
		x.p_false = fmax(p_false(scores, count, x.score), least);
		while (k < r->count && !same_canary(&r->list[k], &x))
			k++;
		if (k < r->count)
			continue;
		for (k = r->count; k > kept && r->list[k - 1].score < x.score;
		     k--)
			if (k < INFERENCE_CANDIDATES)
				r->list[k] = r->list[k - 1];
		if (k < INFERENCE_CANDIDATES)
			r->list[k] = x;
		if (r->count < INFERENCE_CANDIDATES)
			r->count++;
	}
}

/* Names what is named, the best first, and ranks the rest. */
static int
judge(const struct inference_null *n, struct fits *f,
    const struct fits_code *c, double alpha, struct inference_result *results,
    struct inference_sum *sums)
{
	struct best best;
	double *scores, least = 0;
	int r;

	if (!find_best(f, c, &best))
		return 0;
	scores = null_scores(n, f);
	for (int i = 0; scores && i < SETS_MAX && find_best(f, c, &best); i++) {
		double p = p_false(scores, n->redraws, best.score);

		/* Scores rise as sets that are not named are set aside; those of
		 * the redraws were made with all that was there. */
		if (p < least)
			p = least;
		least = p;
		if (best.is_sum)
			claim_sum(f, &best.sum, p, alpha,
			    &sums[best.sum.group]);
		else
			claim(f, c, &best.set, p, alpha, results);
		if (p > alpha)
			continue;
		/* What is left is held against what chance finds in it. */
		free(scores);
		scores = null_scores(n, f);
		least = 0;
	}
	for (uint32_t i = 0; scores && i < f->count; i++)
		list_others(f, c, i, scores, n->redraws, least, &results[i]);
	r = scores ? 0 : -ENOMEM;
	free(scores);
	return r;
}

int
inference_judge(const struct inference_null *n,
    const struct inference_set *set, const struct inference_case *in,
    double alpha, struct inference_result *results, struct inference_sum *sums)
{
	struct sums_found unused;
	struct fits_code *c;
	struct fits f;
	int r;

	memset(results, 0, in->item_count * sizeof(*results));
	if (in->group_count)
		memset(sums, 0, in->group_count * sizeof(*sums));
	if (in->item_count > INFERENCE_ITEMS_MAX)
		return -E2BIG;
	r = fits_init(&f, set, in);
	if (r)
		return r;
	c = malloc(sizeof(*c));
	r = c ? 0 : -ENOMEM;
	if (c) {
		fits_code_make(c, &n->model, set->sizes, set->types,
		    set->code.count);
		for (uint32_t i = 0; i < in->group_count; i++)
			sums[i].why = sums_in_group(&f, c, i, &unused);
		r = judge(n, &f, c, alpha, results, sums);
	}
	free(c);
	fits_clear(&f);
	return r;
}

int
inference_run(const struct inference_null *n, const struct inference_set *set,
    const struct inference_item *items, size_t item_count, double alpha,
    struct inference_result *results)
{
	struct inference_case in = { .items = items, .item_count = item_count };

	return inference_judge(n, set, &in, alpha, results, NULL);
}
