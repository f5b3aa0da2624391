// SPDX-License-Identifier: Apache-2.0
#include "engine/infer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "canary/set.h"
#include "engine/infer_sum.h"

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

/* There is room for INFER_REASONS more than there were. */
void
infer_say(struct arena *a, struct event_transfer *t, const char *fmt, ...)
{
	struct span *reasons = (struct span *)t->reasons;
	char line[512], *p;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n < 0 || !reasons)
		return;
	if ((size_t)n >= sizeof(line))
		n = sizeof(line) - 1;
	p = arena_strndup(a, line, (size_t)n);
	if (p)
		reasons[t->reason_count++] =
		    (struct span){ (uint8_t *)p, (size_t)n };
}

/* A read beside it; told as what it is. */
static void
lay_read(const struct infer_case *c, const struct held_record *rec,
    uint64_t size, struct event_inference *e, struct event_transfer *t)
{
	struct event_read_before *read = arena_zalloc(c->arena, sizeof(*read));

	if (!read || !reads_before(c->reads, size, &rec->sender, read))
		return;
	e->read = read;
	infer_say(c->arena, t, "%s had read all of a file of that very size, "
	    "%.*s, %llu.%llu s before (no part of the rate that is given)",
	    read->same_process ? "the same process" : "a process near the one "
	    "that sent it", (int)read->name.len, read->name.p,
	    (unsigned long long)(read->before_ns / 1000000000),
	    (unsigned long long)(read->before_ns / 100000000 % 10));
}

static int
lay_candidates(const struct infer_case *c, const struct answer *a,
    const struct inference_result *r, double p, struct held_record *rec)
{
	struct event_transfer *t = &rec->transfer;
	struct event_inference *e = arena_zalloc(c->arena, sizeof(*e));
	struct event_candidate *list = arena_zalloc(c->arena,
	    r->count * sizeof(*list));

	if (!e || !list)
		return -ENOMEM;
	for (size_t i = 0; i < r->count; i++) {
		const struct set_file *f =
		    &a->set->files[r->list[i].canary];

		list[i] = (struct event_candidate){
			.name = span_str(f->name),
			.has_sha256 = true,
			.size = f->size,
			.encoding = model_wrap_name(
			    (enum model_wrap)r->list[i].wrap),
			.score = r->list[i].score,
		};
		memcpy(list[i].sha256, f->hash[SET_SHA256], 32);
	}
	*e = (struct event_inference){ .p_false = p, .candidates = list,
		.candidate_count = r->count };
	t->inference = e;
	lay_read(c, rec, list[0].size, e, t);
	return 0;
}

void
infer_file(const struct infer_case *c, const struct set_file *f, uint64_t sent,
    struct event_file *ret)
{
	size_t same;

	*ret = (struct event_file){
		.name = span_str(f->name),
		.has_sha256 = true,
		.size = f->size,
		.sent_bytes = sent,
		.coverage = (double)sent / (double)f->size,
		.known = true,
		.origin = "canary",
		.known_index = known_find_hash(c->known, KNOWN_SHA256,
		    f->hash[SET_SHA256], &same),
	};
	memcpy(ret->sha256, f->hash[SET_SHA256], 32);
}

static int
lay_file(const struct infer_case *c, const struct set_file *f,
    const char *encoding, bool whole, struct event_transfer *t)
{
	struct event_file *file = arena_zalloc(c->arena, sizeof(*file));
	const char **encodings = arena_zalloc(c->arena, sizeof(*encodings));
	uint64_t sent = whole || t->plain_max_out > f->size ?
	    f->size : t->plain_max_out;

	if (!file || !encodings)
		return -ENOMEM;
	encodings[0] = encoding;
	infer_file(c, f, sent, file);
	file->encodings = encodings;
	file->encoding_count = strcmp(encoding, "raw") != 0;
	t->files = file;
	t->file_count = 1;
	return 0;
}

void
infer_category(struct event_transfer *t)
{
	struct event_category *list = (struct event_category *)t->categories;

	if (list)
		list[0] = (struct event_category){
			.category = "file.content",
			.why = "inferred from its size",
		};
	t->category_count = list != NULL;
}

static void
say_fit(const struct infer_case *c, const struct set_file *f,
    const struct inference_candidate *x, struct event_transfer *t)
{
	infer_say(c->arena, t, "its length is that of the planted canary %s (%llu "
	    "bytes%s%s) and %lld bytes of headers", f->name,
	    (unsigned long long)f->size, x->wrap == MODEL_RAW ? "" : ", sent as ",
	    x->wrap == MODEL_RAW ? "" :
		model_wrap_name((enum model_wrap)x->wrap),
	    (long long)x->offset);
	if (x->agreeing > 1)
		infer_say(c->arena, t, "so are those of %u canaries that went to the "
		    "same far end with headers of nearly the same length",
		    x->agreeing);
	if (x->at_start)
		infer_say(c->arena, t, "it begins, by that length, where an encrypted "
		    "record begins");
	else if (x->at_end)
		infer_say(c->arena, t, "its last record is as long as the last one of "
		    "that file would be");
	if (x->near)
		infer_say(c->arena, t, "canaries that were named went to the same far "
		    "end with headers of nearly that length");
}

void
infer_take_back(struct event_transfer *t)
{
	static const char large[] = "large unread upload";
	struct span *reasons = (struct span *)t->reasons;
	size_t n = 0;

	for (size_t i = 0; i < t->reason_count; i++)
		if (reasons[i].len < sizeof(large) - 1 ||
		    memcmp(reasons[i].p, large, sizeof(large) - 1))
			reasons[n++] = reasons[i];
	t->reason_count = n;
}

void
infer_say_rate(const struct infer_case *c, struct event_transfer *t, double p)
{
	infer_say(c->arena, t, "chance gives fits as good as that in cases like "
	    "this one at a rate of %.4f: as often would codes of sizes, drawn "
	    "anew %d times in the way the canaries' were, name a file in this "
	    "very traffic", p, INFERENCE_REDRAWS);
}

/* One transfer of a whole that consists of so many. */
static int
judge(const struct infer_case *c, const struct answer *a, double p,
    uint32_t parts, struct held_record *rec)
{
	const struct inference_result *r = &a->results[rec->whole];
	const struct inference_candidate *x = &r->list[0];
	const struct set_file *f = &a->set->files[x->canary];
	struct event_transfer *t = &rec->transfer;
	int err = lay_candidates(c, a, r, p, rec);

	if (err)
		return err;
	if (p <= c->alpha)
		infer_take_back(t);
	if (parts > 1)
		infer_say(c->arena, t, "one of %u runs of bytes of one connection "
		    "that were not answered one by one: judged together",
		    parts);
	say_fit(c, f, x, t);
	if (p > c->alpha) {
		infer_say(c->arena, t, "chance gives fits as good as that in cases "
		    "like this one at a rate of %.4f, above the level of %g: "
		    "no file is named", p, c->alpha);
		return 0;
	}
	infer_say_rate(c, t, p);
	if (a->set->signer[0])
		infer_say(c->arena, t, "the canaries' manifest is signed by %s",
		    a->set->signer);
	t->kind = parts > 1 ? KIND_FILE_FRAGMENT : KIND_FILE_UPLOAD;
	t->grade = GRADE_INFERRED;
	infer_category(t);
	return lay_file(c, f, model_wrap_name((enum model_wrap)x->wrap),
	    parts == 1, t);
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

static int
judge_all(const struct infer_case *c, const struct answer *answers,
    size_t count)
{
	uint32_t *parts = calloc(c->whole_count + 1, sizeof(*parts));
	int r = 0;

	if (!parts)
		return -ENOMEM;
	for (size_t i = 0; i < c->record_count; i++)
		parts[c->records[i]->whole]++;
	for (size_t i = 0; i < c->record_count && !r; i++) {
		struct held_record *rec = c->records[i];
		double p = 1;
		const struct answer *a = best_answer(answers, count,
		    rec->whole, &p);

		if (a && !is_summed(c, answers, count, rec->whole))
			r = judge(c, a, p, parts[rec->whole], rec);
	}
	free(parts);
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

int
infer_case(const struct infer_case *c)
{
	size_t count = 0, asked = 0;
	const struct set *sets = known_sets(c->known, &count);
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
