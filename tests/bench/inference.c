// SPDX-License-Identifier: Apache-2.0
/*
 * inference [--cases N] [--redraws N] [--seed N] [--no-recall]
 *
 * Cases of encrypted transfers as their sizes alone, some thousands a minute:
 * how often a canary is named that was never sent (calibration), and how many
 * of those that were sent are named rightly (recall). Prints both with 95 %
 * Clopper-Pearson bounds; exits 1 if as many names as were found come less than
 * once in 1000 runs where alpha is what it should be. What a client's headers, a day's other traffic and padding look like
 * is drawn here; see docs/method.md for what that leaves open.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inference/inference.h"
#include "report/proportion.h"

#define COUNT		60
#define ITEMS_MAX	512
#define GROUPS_MAX	4
#define SETS		64	/* planted codes that the cases take in turn */

static uint64_t state;

static uint64_t
draw(void)
{
	uint64_t z = (state += 0x9e3779b97f4a7c15u);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static uint64_t
below(uint64_t n)
{
	return draw() % n;
}

static double
uniform(void)
{
	return ((double)(draw() >> 11) + 0.5) / 9007199254740992.0;
}

static double
normal(void)
{
	return sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform());
}

enum padding { PAD_NONE, PAD_RECORD, PAD_FRAME, PAD_JSON, PAD_COUNT };

struct sent {
	struct inference_item items[ITEMS_MAX];
	int canary[ITEMS_MAX];		/* -1: none */
	size_t count;
	struct inference_group groups[GROUPS_MAX];
	bool beside[COUNT];		/* canaries that went in a group */
	size_t group_count;
};

struct client {
	unsigned carrier, wrap, padding;
	uint32_t far_end;
	uint32_t head;			/* bytes of its headers but for what varies */
	unsigned jitter;
	bool own_record;		/* headers in a record of their own */
	bool cuts_body;			/* into full records, whatever headers are */
};

static void
pad(struct inference_item *i, unsigned padding)
{
	uint64_t more = 0;

	if (padding == PAD_RECORD)
		more = 512 - i->max % 512;
	else if (padding == PAD_FRAME)
		for (uint64_t n = 0; n <= i->max / 16384; n++)
			more += 1 + below(255);
	else if (padding == PAD_JSON)
		more = below(2048);
	i->min += more;
	i->max += more;
}

/* The last record: of the body alone, where the client cuts that into full ones,
 * else of headers and body; any length where a window cut a frame. */
static void
add_end(struct inference_item *i, const struct client *c, uint64_t head,
    uint64_t body)
{
	uint64_t left = (c->cuts_body ? body : head + body) % 16384;

	if (c->carrier == INFERENCE_QUIC || c->padding)
		return;
	if (c->carrier == INFERENCE_HTTP2)
		left = !below(4) ? below(16384) : body % 16384 + 9;
	i->end = (uint16_t)(left > 64 && left < 16384 ? left : 0);
}

static void
add(struct sent *s, const struct client *c, uint64_t body, int canary)
{
	struct inference_item *i = &s->items[s->count];
	uint64_t head = c->head + below(c->jitter + 1);

	if (s->count == ITEMS_MAX)
		return;
	*i = (struct inference_item){
		.far_end = c->far_end,
		.carrier = (uint8_t)c->carrier,
	};
	i->min = i->max = head + body;
	if (c->carrier == INFERENCE_HTTP2) {
		uint64_t frames = (body + 16383) / 16384;

		/* Windows that end within a frame cut it in two. */
		frames += below(frames / 8 + 1);
		i->min = i->max += 9 * frames + 9;
	} else if (c->carrier == INFERENCE_QUIC) {
		i->packets = (body + head) / 1170 + 1;
		i->min = i->max += i->packets * 8 + below(120);
	} else if (c->own_record) {
		i->starts[i->start_count++] = (uint32_t)head;
	}
	if (!c->own_record)
		i->starts[i->start_count++] = 16384;
	add_end(i, c, head, body);
	pad(i, c->padding);
	s->canary[s->count++] = canary;
}

static struct client
draw_client(uint32_t far_end, unsigned padding)
{
	return (struct client){
		.carrier = (unsigned)below(3),
		.far_end = far_end,
		.head = 120 + (uint32_t)below(900),
		.jitter = (unsigned)below(40),
		.own_record = below(2),
		.cuts_body = below(2),
		.padding = padding,
	};
}

/* Bodies that go out side by side on one connection of HTTP/2, in one run of
 * bytes or a few. */
static void
add_beside(struct sent *s, uint32_t far_end, const uint64_t *bodies, size_t n,
    unsigned padding)
{
	struct inference_group *g = &s->groups[s->group_count++];
	unsigned runs = 1 + (unsigned)below(3);
	size_t first = s->count;

	*g = (struct inference_group){ 0 };
	for (unsigned i = 0; i < runs; i++) {
		s->items[s->count] = (struct inference_item){
			.far_end = far_end,
			.carrier = INFERENCE_HTTP2,
			.group = (uint32_t)s->group_count,
		};
		s->canary[s->count++] = -1;
	}
	for (size_t i = 0; i < n; i++) {
		size_t in = first + (runs > 1 ? below(runs) : 0);
		uint64_t frames = (bodies[i] + 16383) / 16384;
		uint64_t len = bodies[i] + 9 * frames + 40 + below(300);
		uint64_t end = bodies[i] % 16384 + 9 + !below(12);

		if (padding == PAD_FRAME)
			for (uint64_t k = 0; k < frames; k++)
				len += 1 + below(255);
		if (padding == PAD_FRAME || !below(30))
			end = below(16384);	/* or windows cut it elsewhere */
		g->total += len;
		s->items[in].min = s->items[in].max += len;
		if (end > 64 && end < 16384)
			g->ends[g->end_count++] = (struct inference_end){
				(uint32_t)in, (uint16_t)end };
		if (!below(3))
			g->ends[g->end_count++] = (struct inference_end){
				(uint32_t)in, (uint16_t)(65 + below(300)) };
	}
}

static double
draw_size(double middle)
{
	return exp(middle + 1.3 * normal());
}

/* A day's telemetry and reports to a few far ends: sizes over four decades,
 * most small, some sent again as they were, some side by side. */
static void
add_noise(struct sent *s, unsigned padding)
{
	unsigned ends = 1 + (unsigned)below(5);

	s->count = s->group_count = 0;
	memset(s->beside, 0, sizeof(s->beside));
	if (below(2)) {
		uint64_t bodies[20];
		size_t n = 2 + below(19);

		for (size_t i = 0; i < n; i++)
			bodies[i] = 20000 + (uint64_t)draw_size(log(300000));
		add_beside(s, 0, bodies, n, padding);
	}
	for (unsigned e = 0; e < ends; e++) {
		struct client c = draw_client(e, padding);
		double middle = log(20000) + normal();
		unsigned n = (unsigned)below(60);

		for (unsigned k = 0; k < n; k++) {
			double size = draw_size(middle);

			if (size < 12 * 1024 || size > 1e8)
				continue;
			add(s, &c, (uint64_t)size, -1);
			if (!below(8))
				add(s, &c, (uint64_t)size, -1);
		}
	}
}

static void
add_uploads(struct sent *s, const struct inference_set *set,
    const struct model *m, const struct client *c, size_t count)
{
	bool taken[COUNT] = { false };

	while (count) {
		unsigned k = (unsigned)below(COUNT);

		if (taken[k])
			continue;
		taken[k] = true;
		count--;
		add(s, c, model_body(m, set->sizes[k], set->types[k],
		    (enum model_wrap)c->wrap), (int)k);
	}
}

static void
add_uploads_beside(struct sent *s, const struct inference_set *set,
    const struct client *c, size_t count)
{
	uint64_t bodies[COUNT];
	size_t n = 0;

	while (n < count) {
		unsigned k = (unsigned)below(COUNT);

		if (s->beside[k])
			continue;
		s->beside[k] = true;
		bodies[n++] = set->sizes[k];
	}
	add_beside(s, c->far_end, bodies, n, c->padding);
}

struct bench {
	struct inference_null *null;
	struct inference_set sets[SETS];
	uint64_t sizes[SETS][COUNT];
	char seeds[SETS][48];
	uint8_t types[COUNT];
	struct model model;
	struct inference_result results[ITEMS_MAX];
	struct inference_sum sums[GROUPS_MAX];
	bool failed;
};

static const double alphas[] = { 0.05, 0.01, 0.001 };

static double
least_p(const struct bench *b, const struct sent *s)
{
	double p = 1;

	for (size_t i = 0; i < s->group_count; i++)
		if (b->sums[i].count && b->sums[i].p_false < p)
			p = b->sums[i].p_false;
	for (size_t i = 0; i < s->count; i++)
		if (b->results[i].count && b->results[i].list[0].p_false < p)
			p = b->results[i].list[0].p_false;
	return p;
}

static void
run(struct bench *b, const struct inference_set *set, const struct sent *s)
{
	struct inference_case in = { s->items, s->count, s->groups,
		s->group_count };

	if (inference_judge(b->null, set, &in, 0.001, b->results, b->sums)) {
		fprintf(stderr, "inference: failed\n");
		exit(2);
	}
}

static void
calibrated(struct bench *b, const char *padding, const uint64_t *hits,
    uint64_t cases)
{
	for (int a = 0; a < 3; a++) {
		double low, high;
		bool above;

		proportion_interval((double)hits[a], (double)cases, &low,
		    &high);
		above = hits[a] && proportion_beta((double)hits[a],
		    (double)(cases - hits[a]) + 1, alphas[a]) < 0.001;
		printf("| %s | %g | %llu of %llu | %.5f | %.5f to %.5f |%s\n",
		    padding, alphas[a], (unsigned long long)hits[a],
		    (unsigned long long)cases, (double)hits[a] / (double)cases,
		    low, high, above ? " ABOVE ALPHA" : "");
		b->failed |= above;
	}
}

/* Every second case is padded in one of the ways. */
static void
calibrate(struct bench *b, unsigned cases)
{
	uint64_t hits[2][3] = { { 0 } }, of[2] = { 0 }, all[3];
	static struct sent s;

	for (unsigned i = 0; i < cases; i++) {
		bool padded = i % 2;
		double p;

		add_noise(&s, padded ? 1 + (unsigned)below(PAD_COUNT - 1) :
				       PAD_NONE);
		run(b, &b->sets[below(SETS)], &s);
		p = least_p(b, &s);
		of[padded]++;
		for (int a = 0; a < 3; a++)
			hits[padded][a] += p <= alphas[a];
	}
	for (int a = 0; a < 3; a++)
		all[a] = hits[0][a] + hits[1][a];
	printf("\n%u cases in which no canary was sent\n\n"
	    "| padding | alpha | cases with a name | share | 95 %% bounds |\n"
	    "|---|---|---|---|---|\n", cases);
	calibrated(b, "none", hits[0], of[0]);
	if (of[1])
		calibrated(b, "some", hits[1], of[1]);
	calibrated(b, "all cases", all, cases);
}

struct tally {
	uint64_t sent, right, wrong, wrong_cases;
};

static void
count(struct bench *b, const struct sent *s, struct tally *t)
{
	uint64_t wrong = t->wrong;

	for (size_t i = 0; i < s->count; i++) {
		const struct inference_result *r = &b->results[i];

		t->sent += s->canary[i] >= 0;
		if (!r->named)
			continue;
		if (s->items[i].group ? s->beside[r->list[0].canary] :
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

static void
recall(struct bench *b, unsigned cases, size_t uploads, int carrier, int wrap,
    unsigned padding, bool beside)
{
	static const char *const carriers[] = { "HTTP/1", "HTTP/2", "HTTP/3" };
	static const char *const paddings[] = { "none", "records", "frames",
		"JSON" };
	struct tally t = { 0 };
	double low, high;
	static struct sent s;

	for (unsigned i = 0; i < cases; i++) {
		const struct inference_set *set = &b->sets[below(SETS)];
		struct client c;

		add_noise(&s, PAD_NONE);
		c = draw_client((uint32_t)below(6), padding);
		c.carrier = (unsigned)carrier;
		c.wrap = (unsigned)wrap;
		if (beside)
			add_uploads_beside(&s, set, &c, uploads);
		else
			add_uploads(&s, set, &b->model, &c, uploads);
		run(b, set, &s);
		count(b, &s, &t);
	}
	proportion_interval((double)t.right, (double)t.sent, &low, &high);
	printf("| %zu | %s | %s | %s | %.4f | %.4f to %.4f | %llu in %llu of %u |\n",
	    uploads, beside ? "HTTP/2 side by side" : carriers[carrier], model_wrap_name((enum model_wrap)wrap),
	    paddings[padding], (double)t.right / (double)t.sent, low, high,
	    (unsigned long long)t.wrong, (unsigned long long)t.wrong_cases,
	    cases);
}

static int
make(struct bench *b, size_t redraws)
{
	struct code code = code_for(COUNT);
	int r = model_init(&b->model);

	for (int i = 0; i < COUNT; i++)
		b->types[i] = (uint8_t)(i % FORM_TYPE_COUNT);
	for (int i = 0; i < SETS && !r; i++) {
		/* another seed is another pool of codes, too */
		snprintf(b->seeds[i], sizeof(b->seeds[i]), "bench %llu %d",
		    (unsigned long long)state, i);
		r = code_draw(&code, span_str(b->seeds[i]), b->sizes[i]);
		b->sets[i] = (struct inference_set){ code, b->seeds[i],
			b->sizes[i], b->types };
	}
	return r ? r : inference_null_new(&b->sets[0], redraws, &b->null);
}

static void
recall_table(struct bench *b, unsigned cases)
{
	static const size_t uploads[] = { 1, 2, 3, 5, 10, 20, 60 };
	static const size_t beside[] = { 2, 3, 4, 8, 12 };
	static const int wraps[] = { MODEL_RAW, MODEL_BASE64, MODEL_HEX,
		MODEL_GZIP_LONG };

	printf("\nAt alpha 0.001, beside a day's other traffic\n\n"
	    "| sent | by | as | padding | named rightly | 95 %% bounds | "
	    "named wrongly |\n|---|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < sizeof(uploads) / sizeof(*uploads); i++)
		for (int carrier = 0; carrier < 3; carrier++)
			recall(b, cases, uploads[i], carrier, MODEL_RAW, 0, false);
	for (size_t i = 1; i < sizeof(wraps) / sizeof(*wraps); i++)
		recall(b, cases, 20, INFERENCE_STREAM, wraps[i], 0, false);
	for (unsigned p = 1; p < PAD_COUNT; p++)
		recall(b, cases, 20, INFERENCE_HTTP2, MODEL_RAW, p, false);
	for (size_t i = 0; i < sizeof(beside) / sizeof(*beside); i++)
		recall(b, cases, beside[i], INFERENCE_HTTP2, MODEL_RAW, 0,
		    true);
}

int
main(int argc, char **argv)
{
	struct bench *b = calloc(1, sizeof(*b));
	unsigned cases = 10000, redraws = INFERENCE_REDRAWS;
	bool with_recall = true, failed;

	for (int i = 1; i < argc; i += 2) {
		unsigned long v = i + 1 < argc ?
		    strtoul(argv[i + 1], NULL, 10) : 0;

		if (!strcmp(argv[i], "--no-recall"))
			with_recall = false;
		else if (!strcmp(argv[i], "--cases"))
			cases = (unsigned)v;
		else if (!strcmp(argv[i], "--redraws"))
			redraws = (unsigned)v;
		else if (!strcmp(argv[i], "--seed"))
			state = v;
	}
	if (!b || make(b, redraws)) {
		fprintf(stderr, "inference: can't draw\n");
		return 2;
	}
	calibrate(b, cases);
	if (with_recall)
		recall_table(b, cases / 100 ? cases / 100 : 1);
	failed = b->failed;
	inference_null_free(b->null);
	free(b);
	return failed;
}
