// SPDX-License-Identifier: Apache-2.0
/*
 * inference_files [--cases N] [--redraws N] [--seed N] [--no-recall]
 *     [--no-false-names]
 *
 * The same as inference.c for known files that nobody planted: a host's files, some
 * of which were read before each transfer, and the share of cases with a name where
 * none of them was sent (calibration), then of those sent that are named (recall).
 */
#include <math.h>

#include "inference_rates.h"
#include "inference/ordinary.h"

/* A host's files, six suffixes of them, and what was read before each transfer. */
#define FILES		20000
#define READ_MAX	6

struct host {
	struct ordinary_file files[FILES];
	struct ordinary_pair pairs[ITEMS_MAX * READ_MAX];
	struct ordinary_result results[ITEMS_MAX];
	struct ordinary_case in;
	unsigned redraws;
};

static void
draw_host(struct host *h, const struct sent *s)
{
	h->in = (struct ordinary_case){ s->items, s->count, h->files, FILES,
		h->pairs, 0 };
	for (uint32_t i = 0; i < FILES; i++) {
		uint64_t size = ORDINARY_LEAST + (uint64_t)fmin(1e8,
		    draw_size(log(60000)));
		uint32_t octave = 0;

		for (uint64_t n = size; n >>= 1;)
			octave++;
		h->files[i] = (struct ordinary_file){ size,
			(uint32_t)below(6) << 6 | octave };
	}
	for (uint32_t i = 0; i < s->count; i++)
		for (uint64_t n = below(READ_MAX); n; n--)
			h->pairs[h->in.pair_count++] = (struct ordinary_pair){
				i, (uint32_t)below(FILES) };
}

static bool
calibrate_files(struct host *h, unsigned cases)
{
	uint64_t hits[RATES] = { 0 };
	static struct sent s;

	for (unsigned i = 0; i < cases; i++) {
		double p = 1;

		add_noise(&s, (unsigned)below(PAD_COUNT));
		draw_host(h, &s);
		if (ordinary_judge(&h->in, 0.001, h->redraws,
		    h->results))
			rates_stop("can't judge");
		for (size_t k = 0; k < s.count; k++)
			if (h->results[k].fits && h->results[k].p_false < p)
				p = h->results[k].p_false;
		for (int a = 0; a < RATES; a++)
			hits[a] += p <= rates_alphas[a];
	}
	printf("\n%u cases in which no file that had been read was sent\n\n"
	    "| padding | alpha | cases with a name | share | 95 %% bounds |\n"
	    "|---|---|---|---|---|\n", cases);
	return rates_print("any", hits, cases);
}

/* So many of the files read are sent, each with others read before it. */
static void
recall_files(struct host *h, unsigned cases, uint32_t uploads,
    unsigned carrier)
{
	uint64_t right = 0, wrong = 0, sent = (uint64_t)cases * uploads;
	double low, high;
	static struct sent s;

	for (unsigned i = 0; i < cases; i++) {
		struct client c = draw_client((uint32_t)below(6), PAD_NONE);
		size_t first;

		c.carrier = carrier;
		add_noise(&s, PAD_NONE);
		first = s.count < ITEMS_MAX - uploads ? s.count :
							ITEMS_MAX - uploads;
		s.count = first;
		draw_host(h, &s);
		for (uint32_t k = 0; k < uploads; k++) {
			uint32_t file = (uint32_t)below(FILES);

			add(&s, &c, h->files[file].size, (int)file);
			h->pairs[h->in.pair_count++] = (struct ordinary_pair){
				(uint32_t)s.count - 1, file };
		}
		h->in.item_count = s.count;
		if (ordinary_judge(&h->in, 0.001, h->redraws,
		    h->results))
			rates_stop("can't judge");
		for (size_t k = 0; k < s.count; k++) {
			bool is = h->results[k].named && k >= first &&
			    (int)h->results[k].file == s.canary[k];

			right += is;
			wrong += h->results[k].named && !is;
		}
	}
	proportion_interval((double)right, (double)sent, &low, &high);
	printf("| %u | %s | %.4f | %.4f to %.4f | %llu of %u |\n", uploads,
	    carrier == INFERENCE_STREAM ? "HTTP/1" : "HTTP/2",
	    (double)right / (double)sent, low, high, (unsigned long long)wrong,
	    cases);
}

int
main(int argc, char **argv)
{
	static const uint32_t uploads[] = { 1, 2, 3, 5, 10, 20 };
	struct rates_options o = rates_options(argc, argv);
	struct host *h = calloc(1, sizeof(*h));
	bool above = false;

	if (!h)
		rates_stop("no memory");
	h->redraws = (unsigned)o.redraws;
	if (o.false_names)
		above = calibrate_files(h, o.cases);
	if (o.recall)
		printf("\n| sent | by | named rightly | 95 %% bounds | named "
		    "wrongly |\n|---|---|---|---|---|\n");
	for (size_t i = 0; o.recall && i < sizeof(uploads) / sizeof(*uploads);
	     i++)
		for (unsigned carrier = INFERENCE_STREAM;
		     carrier <= INFERENCE_HTTP2; carrier++)
			recall_files(h, o.cases / 100 ? o.cases / 100 : 1,
			    uploads[i], carrier);
	free(h);
	return above;
}
