// SPDX-License-Identifier: Apache-2.0
/*
 * inference [--cases N] [--redraws N] [--pool N] [--seed N] [--no-recall]
 *     [--no-false-names]
 *
 * Cases of encrypted transfers as their sizes alone, some thousands a minute. Each
 * has canaries of its own; --pool cases in a row (50) are held against the same
 * redraws, for the sake of time. Says
 * how often a canary is named that was never sent (calibration), and how many
 * of those that were sent are named rightly (recall). Prints both with 95 %
 * Clopper-Pearson bounds; exits 1 if as many names as were found come less than
 * once in 1000 runs where alpha is what it should be. What a client's headers, a
 * day's other traffic and padding look like is drawn in inference_traffic.h; see
 * docs/method.md for what that leaves open. Files that nobody planted have a bench of
 * their own, inference_files.c.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inference_rates.h"
#include "inference_traffic.h"
#include "inference/parts.h"
#include "inference/resumed.h"

#define WHOLES_MAX	(ITEMS_MAX * 5 / 2)	/* with what they may be parts of */

struct bench {
	size_t redraws;
	unsigned in_pool;		/* cases that one pool of redraws has */
	struct inference_null *null;
	struct inference_set set;	/* planted, anew for each case */
	uint64_t sizes[COUNT];
	char seed[64];
	uint8_t types[COUNT], name_lens[COUNT];
	unsigned cases;			/* judged so far */
	struct model model;
	struct inference_item items[WHOLES_MAX];
	struct inference_result results[WHOLES_MAX];
	struct inference_sum sums[GROUPS_MAX];
	size_t count;			/* of results */
};

static double
least_p(const struct bench *b, const struct sent *s)
{
	double p = 1;

	for (size_t i = 0; i < s->group_count; i++)
		if (b->sums[i].count && b->sums[i].p_false < p)
			p = b->sums[i].p_false;
	for (size_t i = 0; i < b->count; i++)
		if (b->results[i].count && b->results[i].list[0].p_false < p)
			p = b->results[i].list[0].p_false;
	return p;
}

/* Plants, by a seed of its own, and draws another pool of redraws where it is
 * time for one. */
static const struct inference_set *
next_set(struct bench *b)
{
	struct code code = code_for(COUNT);

	snprintf(b->seed, sizeof(b->seed), "bench %llx %u",
	    (unsigned long long)draw(), b->cases);
	if (code_draw(&code, span_str(b->seed), b->sizes))
		rates_stop("can't draw a code");
	for (int i = 0; i < COUNT; i++)
		b->name_lens[i] = (uint8_t)(12 + below(16));
	b->set = (struct inference_set){ code, b->seed, b->sizes, b->types,
		b->name_lens };
	if (b->cases++ % b->in_pool == 0) {
		inference_null_free(b->null);
		if (inference_null_new(&b->set, b->redraws, &b->null))
			rates_stop("can't draw anew");
	}
	return &b->set;
}

static void
run(struct bench *b, const struct inference_set *set, const struct sent *s)
{
	struct inference_case in = { b->items, s->count, s->groups,
		s->group_count };

	memcpy(b->items, s->items, s->count * sizeof(*s->items));
	b->count = parts_join(b->items, s->count, WHOLES_MAX);
	b->count = in.item_count = resumed_join(b->items, s->count, b->count,
	    WHOLES_MAX);
	if (inference_judge(b->null, set, &in, 0.001, b->results, b->sums))
		rates_stop("can't judge");
}

/* Every second case is padded in one of the ways. */
static bool
calibrate(struct bench *b, unsigned cases)
{
	uint64_t hits[2][RATES] = { { 0 } }, of[2] = { 0 }, all[RATES];
	uint64_t ranks[RANKS] = { 0 };
	static struct sent s;
	bool above;

	for (unsigned i = 0; i < cases; i++) {
		bool padded = i % 2;
		double p;

		add_noise(&s, padded ? 1 + (unsigned)below(PAD_COUNT - 1) :
				       PAD_NONE);
		run(b, next_set(b), &s);
		p = least_p(b, &s);
		of[padded]++;
		ranks[p < 1 ? (int)(ceil(p * RANKS) - 1) : RANKS - 1]++;
		for (int a = 0; a < RATES; a++)
			hits[padded][a] += p <= rates_alphas[a];
	}
	for (int a = 0; a < RATES; a++)
		all[a] = hits[0][a] + hits[1][a];
	printf("\n%u cases in which no canary was sent\n\n"
	    "| padding | alpha | cases with a name | share | 95 %% bounds |\n"
	    "|---|---|---|---|---|\n", cases);
	above = rates_print("none", hits[0], of[0]);
	if (of[1])
		above |= rates_print("some", hits[1], of[1]);
	above |= rates_print("all cases", all, cases);
	return above | rates_print_ranks(ranks, cases);
}

struct tally {
	uint64_t sent, right, wrong, wrong_cases;
};

static void
count(struct bench *b, const struct sent *s, struct tally *t)
{
	uint64_t wrong = t->wrong;

	for (size_t i = 0; i < b->count; i++) {
		const struct inference_result *r = &b->results[i];

		t->sent += i < s->count && s->canary[i] >= 0;
		if (!r->named)
			continue;
		if (i >= s->count)	/* pieces, of which none is a canary */
			t->wrong++;
		else if (s->items[i].group ? s->beside[r->list[0].canary] :
			(int)r->list[0].canary == s->canary[i])
			t->right++;
		else
			t->wrong++;
	}
	for (int k = 0; k < COUNT; k++)
		t->sent += s->beside[k];
	for (size_t g = 0; g < s->group_count; g++) {
		if (b->sums[g].why != INFERENCE_WHY_NAMED)
			continue;
		for (size_t i = 0; i < b->sums[g].count; i++) {
			bool right = s->beside[b->sums[g].members[i].canary];

			t->right += right;
			t->wrong += !right;
		}
	}
	t->wrong_cases += t->wrong > wrong;
}

enum how { APART, BESIDE, BESIDE_FORMS };

static void
recall(struct bench *b, unsigned cases, size_t uploads, int carrier, int wrap,
    unsigned padding, enum how how)
{
	static const char *const carriers[] = { "HTTP/1", "HTTP/2", "HTTP/3" };
	static const char *const paddings[] = { "none", "records", "frames",
		"JSON" };
	struct tally t = { 0 };
	double low, high;
	static struct sent s;

	for (unsigned i = 0; i < cases; i++) {
		const struct inference_set *set = next_set(b);
		struct client c;

		add_noise(&s, PAD_NONE);
		c = draw_client((uint32_t)below(6), padding);
		c.carrier = (unsigned)carrier;
		c.wrap = (unsigned)wrap;
		if (how != APART)
			add_uploads_beside(&s, set, &b->model, &c, uploads,
			    how == BESIDE ? 0 : 150 + (unsigned)below(300));
		else
			add_uploads(&s, set, &b->model, &c, uploads);
		run(b, set, &s);
		count(b, &s, &t);
	}
	proportion_interval((double)t.right, (double)t.sent, &low, &high);
	printf("| %zu | %s | %s | %s | %.4f | %.4f to %.4f | %llu in %llu of %u |\n",
	    uploads, how == APART ? carriers[carrier] : how == BESIDE ?
	    "HTTP/2 side by side" : "HTTP/2 side by side, forms",
	    model_wrap_name((enum model_wrap)wrap),
	    paddings[padding], (double)t.right / (double)t.sent, low, high,
	    (unsigned long long)t.wrong, (unsigned long long)t.wrong_cases,
	    cases);
}

static void
recall_table(struct bench *b, unsigned cases)
{
	static const size_t uploads[] = { 1, 2, 3, 5, 10, 20, 60 };
	static const size_t beside[] = { 2, 3, 4, 8, 12 };
	static const int wraps[] = { MODEL_RAW, MODEL_BASE64, MODEL_HEX,
		MODEL_GZIP_LONG, MODEL_ZSTD };

	printf("\nAt alpha 0.001, beside a day's other traffic\n\n"
	    "| sent | by | as | padding | named rightly | 95 %% bounds | "
	    "named wrongly |\n|---|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < sizeof(uploads) / sizeof(*uploads); i++)
		for (int carrier = 0; carrier < 3; carrier++)
			recall(b, cases, uploads[i], carrier, MODEL_RAW, 0, APART);
	for (size_t i = 1; i < sizeof(wraps) / sizeof(*wraps); i++)
		recall(b, cases, 20, INFERENCE_STREAM, wraps[i], 0, APART);
	for (unsigned p = 1; p < PAD_COUNT; p++)
		recall(b, cases, 20, INFERENCE_HTTP2, MODEL_RAW, p, APART);
	for (size_t i = 0; i < sizeof(beside) / sizeof(*beside); i++) {
		recall(b, cases, beside[i], INFERENCE_HTTP2, MODEL_RAW, 0,
		    BESIDE);
		recall(b, cases, beside[i], INFERENCE_HTTP2, MODEL_RAW, 0,
		    BESIDE_FORMS);
		recall(b, cases, beside[i], INFERENCE_HTTP2, MODEL_BASE64, 0,
		    BESIDE_FORMS);
	}
}

int
main(int argc, char **argv)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct rates_options o = rates_options(argc, argv);
	bool above = false;

	if (!b || model_init(&b->model))
		rates_stop("no memory");
	/* One that is cut off has said what it had. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	b->redraws = o.redraws;
	b->in_pool = o.pool;
	for (int i = 0; i < COUNT; i++)
		b->types[i] = (uint8_t)(i % FORM_TYPE_COUNT);
	if (o.false_names)
		above = calibrate(b, o.cases);
	if (o.recall)
		recall_table(b, o.cases / 100 ? o.cases / 100 : 1);
	inference_null_free(b->null);
	free(b);
	return above;
}
