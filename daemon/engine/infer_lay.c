// SPDX-License-Identifier: Apache-2.0
/* What is inferred of a transfer, written into it. */
#include "engine/infer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "canary/set.h"

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

int
infer_lay_read(const struct infer_case *c, struct held_record *rec,
    uint64_t size, struct event_inference *e)
{
	struct event_read_before *read = arena_zalloc(c->arena, sizeof(*read));

	if (!read)
		return -ENOMEM;
	if (!reads_before(c->reads, size, &rec->sender, read))
		return 0;
	e->read = read;
	infer_say(c->arena, &rec->transfer, "%s had read all of a file of that "
	    "very size, %.*s, %llu.%llu s before (no part of the rate that is "
	    "given)", read->same_process ? "the same process" : "a process near "
	    "the one that sent it", (int)read->name.len, read->name.p,
	    (unsigned long long)(read->before_ns / 1000000000),
	    (unsigned long long)(read->before_ns / 100000000 % 10));
	return 0;
}

static int
lay_candidates(const struct infer_case *c, const struct infer_as *as,
    struct held_record *rec)
{
	const struct inference_result *r = as->result;
	struct event_inference *e = arena_zalloc(c->arena, sizeof(*e));
	struct event_candidate *list = arena_zalloc(c->arena,
	    r->count * sizeof(*list));

	if (!e || !list)
		return -ENOMEM;
	for (size_t i = 0; i < r->count; i++) {
		const struct set_file *f =
		    &as->set->files[r->list[i].canary];

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
	*e = (struct event_inference){ .p_false = as->p, .candidates = list,
		.candidate_count = r->count };
	rec->transfer.inference = e;
	return infer_lay_read(c, rec, list[0].size, e);
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
    const char *encoding, const struct infer_as *as, struct event_transfer *t)
{
	struct event_file *file = arena_zalloc(c->arena, sizeof(*file));
	const char **encodings = arena_zalloc(c->arena, sizeof(*encodings));
	uint64_t part = as->part ? as->part : t->plain_max_out;
	uint64_t sent = as->count == 1 || part > f->size ? f->size : part;

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
	    x->offset < 0 ? 0 : (long long)x->offset);
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

int
infer_lay(const struct infer_case *c, const struct infer_as *as,
    struct held_record *rec)
{
	const struct inference_candidate *x = &as->result->list[0];
	const struct set_file *f = &as->set->files[x->canary];
	struct event_transfer *t = &rec->transfer;
	int err = lay_candidates(c, as, rec);

	if (err)
		return err;
	if (as->p <= c->alpha)
		infer_take_back(t);
	if (as->part && as->resumed)
		infer_say(c->arena, t, "one of two requests to the same far end, one "
		    "after the other, that are as long as the file together, as an "
		    "upload that was resumed is: judged together");
	else if (as->part)
		infer_say(c->arena, t, "one of %u requests to the same far end, "
		    "all but the last of one usual length of parts: judged "
		    "together", as->count);
	else if (as->count > 1)
		infer_say(c->arena, t, "one of %u runs of bytes of one connection "
		    "that were not answered one by one: judged together",
		    as->count);
	say_fit(c, f, x, t);
	if (as->p > c->alpha) {
		infer_say(c->arena, t, "chance gives fits as good as that in cases "
		    "like this one at a rate of %.4f, above the level of %g: "
		    "no file is named", as->p, c->alpha);
		return 0;
	}
	infer_say_rate(c, t, as->p);
	if (as->set->signer[0])
		infer_say(c->arena, t, "the canaries' manifest is signed by %s",
		    as->set->signer);
	t->kind = as->count > 1 ? KIND_FILE_FRAGMENT : KIND_FILE_UPLOAD;
	t->grade = GRADE_INFERRED;
	infer_category(t);
	return lay_file(c, f, model_wrap_name((enum model_wrap)x->wrap), as, t);
}
