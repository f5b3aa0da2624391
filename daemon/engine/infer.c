// SPDX-License-Identifier: Apache-2.0
#include "engine/infer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "canary/set.h"
#include "engine/infer_sum.h"
#include "inference/parts.h"
#include "inference/resumed.h"

/* What one set of canaries says of all wholes. */
struct answer {
	const struct set *set;
	struct inference_result *results;	/* by whole */
	struct inference_sum *sums;	/* by group */
	bool refused;			/* its sizes are not its seed's */
};

/* Are its names those that its seed draws? Others may have been chosen to fit. */
static bool
names_are_drawn(const struct set *set)
{
	int types[CODE_COUNT_MAX];
	struct set drawn = { 0 };
	bool same;

	for (size_t i = 0; i < set->count; i++)
		types[i] = set->files[i].type;
	same = !set_draw(&drawn, set->seed, set->count, types, set->count);
	for (size_t i = 0; same && i < set->count; i++)
		same = !strcmp(drawn.files[i].name, set->files[i].name);
	set_clear(&drawn);
	return same;
}

static int
ask(const struct infer_case *c, const struct set *set, struct answer *ret)
{
	uint64_t sizes[CODE_COUNT_MAX];
	uint8_t types[CODE_COUNT_MAX], name_lens[CODE_COUNT_MAX];
	struct inference_set in = { set->code, set->seed, sizes, types,
		names_are_drawn(set) ? name_lens : NULL };
	struct inference_case traffic = { c->wholes, c->whole_count, c->groups,
		c->group_count };
	struct inference_null *null = NULL;
	int r;

	for (size_t i = 0; i < set->count; i++) {
		sizes[i] = set->files[i].size;
		types[i] = (uint8_t)set->files[i].type;
		name_lens[i] = (uint8_t)strlen(set->files[i].name);
	}
	ret->set = set;
	ret->results = calloc(c->whole_count + 1, sizeof(*ret->results));
	ret->sums = calloc(c->group_count + 1, sizeof(*ret->sums));
	if (!ret->results || !ret->sums)
		return -ENOMEM;
	r = inference_null_new(&in, INFERENCE_REDRAWS, &null);
	if (r == ERR_MALFORMED) {
		ret->refused = true;
		return 0;
	}
	if (!r)
		r = inference_judge(null, &in, &traffic, c->alpha,
		    ret->results, ret->sums);
	inference_null_free(null);
	return r;
}

/* The answer that fits a whole best, with its p_false for all sets together;
 * NULL if nothing fits. */
static const struct answer *
best_answer(const struct answer *answers, size_t count, uint32_t whole,
    double *ret_p)
{
	const struct answer *best = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct inference_result *r = &answers[i].results[whole];

		if (!r->count || (best && best->results[whole].list[0].p_false <=
		    r->list[0].p_false))
			continue;
		best = &answers[i];
		*ret_p = r->list[0].p_false * (double)count;
	}
	if (best && *ret_p > 1)
		*ret_p = 1;
	return best;
}

static bool
is_summed(const struct infer_case *c, const struct answer *answers,
    size_t count, uint32_t whole)
{
	uint32_t group = c->wholes[whole].group;

	for (size_t i = 0; group && i < count; i++)
		if (answers[i].sums[group - 1].why == INFERENCE_WHY_NAMED)
			return true;
	return false;
}

/* How many transfers each whole consists of, also those that are made of others. */
static uint32_t *
count_transfers(const struct infer_case *c)
{
	uint32_t *counts = calloc(c->whole_count + 1, sizeof(*counts));

	for (size_t i = 0; counts && i < c->record_count; i++) {
		uint32_t whole = c->records[i]->whole;

		counts[whole]++;
		if (c->wholes[whole].in)
			counts[c->wholes[whole].in - 1]++;
		if (c->wholes[whole].also_in)
			counts[c->wholes[whole].also_in - 1]++;
	}
	return counts;
}

/* How much of the file a transfer has that is one of the pieces of what it is
 * named as. */
static uint64_t
part_of(const struct infer_case *c, const struct answer *a, uint32_t piece,
    uint32_t as)
{
	const struct inference_item *whole = &c->wholes[as];
	uint64_t size = a->set->files[a->results[as].list[0].canary].size;

	if (!(whole->far_end & INFERENCE_RESUMED))
		return c->wholes[piece].part;
	if (c->wholes[piece].also_in == as + 1)
		return whole->part;
	return size > whole->part ? size - whole->part : 1;
}

/* A part of something that is named is that, else it is judged for itself. */
static int
judge(const struct infer_case *c, const struct answer *answers, size_t count,
    const uint32_t *counts, struct held_record *rec)
{
	const struct inference_item *w = &c->wholes[rec->whole];
	const uint32_t wholes[] = { w->in, w->also_in };
	const struct answer *a = NULL;
	struct infer_as in = { .p = 1 };
	uint32_t as = rec->whole;

	for (int i = 0; i < 2 && !in.part; i++) {
		if (!wholes[i])
			continue;
		as = wholes[i] - 1;
		a = best_answer(answers, count, as, &in.p);
		if (a && in.p <= c->alpha)
			in.part = part_of(c, a, rec->whole, as);
	}
	if (!in.part) {
		as = rec->whole;
		a = best_answer(answers, count, as, &in.p);
	}
	if (!a || is_summed(c, answers, count, rec->whole))
		return 0;
	in.set = a->set;
	in.result = &a->results[as];
	in.count = counts[as];
	in.resumed = c->wholes[as].far_end & INFERENCE_RESUMED;
	return infer_lay(c, &in, rec);
}

static int
judge_all(const struct infer_case *c, const struct answer *answers,
    size_t count)
{
	uint32_t *counts = count_transfers(c);
	int r = counts ? 0 : -ENOMEM;

	for (size_t i = 0; i < c->record_count && !r; i++)
		r = judge(c, answers, count, counts, c->records[i]);
	free(counts);
	return r;
}

/* Sums of each connection: the set that explains it best, or why none does. */
static int
judge_sums(const struct infer_case *c, const struct answer *answers,
    size_t count)
{
	int r = 0;

	for (uint32_t g = 0; g < c->group_count && !r; g++) {
		struct infer_sum s = { .in = c, .group = g };

		for (size_t i = 0; i < count; i++) {
			const struct inference_sum *x = &answers[i].sums[g];
			bool named = x->why == INFERENCE_WHY_NAMED;

			if (s.sum && s.sum->why == INFERENCE_WHY_NAMED &&
			    (!named || s.sum->p_false <= x->p_false))
				continue;
			if (s.sum && !named && x->why == INFERENCE_WHY_NONE)
				continue;
			s.set = answers[i].set;
			s.sum = x;
			s.p = x->p_false * (double)count;
		}
		if (!s.sum)
			continue;
		if (s.sum->why == INFERENCE_WHY_NAMED && s.p <= c->alpha)
			r = infer_sum_lay(&s);
		else if (s.sum->why != INFERENCE_WHY_NAMED)
			infer_sum_refuse(&s);
	}
	return r;
}

/* With what the wholes may be parts of behind them; two at least make one, and of
 * those that were resumed each but the last of a far end begins one. */
static struct inference_item *
join_parts(struct infer_case *c)
{
	size_t first = c->whole_count, max = 2 * first + first / 2;
	struct inference_item *all = calloc(max + 1, sizeof(*all));

	if (!all)
		return NULL;
	if (c->whole_count)
		memcpy(all, c->wholes, c->whole_count * sizeof(*all));
	if (max > INFERENCE_ITEMS_MAX)
		max = INFERENCE_ITEMS_MAX;
	c->whole_count = parts_join(all, first, max);
	c->whole_count = resumed_join(all, first, c->whole_count, max);
	c->wholes = all;
	return all;
}

static int
infer_wholes(const struct infer_case *c)
{
	size_t count = 0, asked = 0;
	const struct set *sets = c->known ? known_sets(c->known, &count) : NULL;
	struct answer *answers = calloc(count + 1, sizeof(*answers));
	int r = answers ? 0 : -ENOMEM;

	for (; c->whole_count && asked < count && !r; asked++)
		r = ask(c, &sets[asked], &answers[asked]);
	if (!r && asked)
		r = judge_all(c, answers, asked);
	if (!r && asked)
		r = judge_sums(c, answers, asked);
	for (size_t i = 0; answers && i < count; i++)
		free(answers[i].results);
	for (size_t i = 0; answers && i < count; i++)
		free(answers[i].sums);
	free(answers);
	return r;
}

int
infer_case(const struct infer_case *c)
{
	struct infer_case with_parts = *c;
	struct inference_item *all = join_parts(&with_parts);
	int r = all ? infer_wholes(&with_parts) : -ENOMEM;

	free(all);
	return r;
}
