// SPDX-License-Identifier: Apache-2.0
#include "engine/infer_sum.h"

#include <errno.h>
#include <stdlib.h>

/* How many bytes of each member went out in each run. */
struct shares {
	uint64_t (*of)[INFERENCE_SUM_MAX];	/* by whole */
	uint64_t *room;				/* by whole */
};

static bool
is_of(const struct infer_sum *s, uint32_t whole)
{
	return s->in->wholes[whole].group == s->group + 1;
}

/* Of the file, the bytes that some of its body's stand for. */
static uint64_t
of_file(const struct infer_sum *s, size_t m, uint64_t bytes)
{
	uint64_t size = s->set->files[s->sum->members[m].canary].size;

	return bytes * size / s->sum->members[m].len;
}

/* Members by the run in which they ended, the latest run first. */
static void
share(const struct infer_sum *s, struct shares *sh)
{
	for (uint32_t end = 0; end < s->in->whole_count; end++) {
		for (size_t m = 0; m < s->sum->count; m++) {
			uint64_t need = s->sum->members[m].len;

			if (s->sum->members[m].item != end)
				continue;
			for (uint32_t i = end + 1; i-- && need;) {
				uint64_t n = need < sh->room[i] ? need
								: sh->room[i];

				sh->of[i][m] = of_file(s, m, need) -
				    of_file(s, m, need - n);
				sh->room[i] -= n;
				need -= n;
			}
		}
	}
}

/* What a run of that group says: the files, and how they are known. */
static int
lay_record(const struct infer_sum *s, const struct shares *sh,
    struct held_record *rec)
{
	struct event_file *files = arena_zalloc(s->in->arena,
	    s->sum->count * sizeof(*files));
	const char **encoding = arena_zalloc(s->in->arena, sizeof(*encoding));
	struct event_transfer *t = &rec->transfer;
	bool wrapped = s->sum->wrap != MODEL_RAW;
	size_t n = 0;

	if (!files || !encoding)
		return -ENOMEM;
	encoding[0] = model_wrap_name((enum model_wrap)s->sum->wrap);
	for (size_t m = 0; m < s->sum->count; m++) {
		if (!sh->of[rec->whole][m])
			continue;
		infer_file(s->in, &s->set->files[s->sum->members[m].canary],
		    sh->of[rec->whole][m], &files[n]);
		files[n].encodings = encoding;
		files[n++].encoding_count = wrapped;
	}
	infer_say(s->in->arena, t, "several requests went out side by side on "
	    "this connection: all that went out is as long as %zu planted "
	    "canaries%s%s%s and their headers, and records as long as their "
	    "last ones are among it", s->sum->count,
	    wrapped ? " (sent as " : "", wrapped ? encoding[0] : "",
	    wrapped ? ")" : "");
	infer_say(s->in->arena, t, "which bytes of them this run had is not "
	    "known, but for those that ended in it");
	if (!n)
		return 0;
	infer_take_back(t);
	infer_category(t);
	infer_say_rate(s->in, t, s->p);
	t->kind = KIND_FILE_FRAGMENT;
	t->grade = GRADE_INFERRED;
	t->files = files;
	t->file_count = n;
	return 0;
}

int
infer_sum_lay(const struct infer_sum *s)
{
	struct shares sh = {
		.of = calloc(s->in->whole_count + 1, sizeof(*sh.of)),
		.room = calloc(s->in->whole_count + 1, sizeof(*sh.room)),
	};
	uint32_t *last = calloc(s->in->whole_count + 1, sizeof(*last));
	int r = sh.of && sh.room && last ? 0 : -ENOMEM;

	for (uint32_t i = 0; !r && i < s->in->whole_count; i++)
		sh.room[i] = is_of(s, i) ? s->in->wholes[i].max : 0;
	if (!r)
		share(s, &sh);
	for (uint32_t i = 0; !r && i < s->in->record_count; i++)
		last[s->in->records[i]->whole] = i;
	for (uint32_t i = 0; !r && i < s->in->record_count; i++) {
		struct held_record *rec = s->in->records[i];

		if (is_of(s, rec->whole) && last[rec->whole] == i)
			r = lay_record(s, &sh, rec);
	}
	free(sh.of);
	free(sh.room);
	free(last);
	return r;
}

static const char *
why_text(enum inference_why why)
{
	switch (why) {
	case INFERENCE_WHY_MANY:
		return "there are more records that may end a file than can be "
		    "told apart";
	case INFERENCE_WHY_UNEXPLAINED:
		return "some records are as long as the last ones of canaries "
		    "would be, but no choice of these adds up to what went out";
	case INFERENCE_WHY_AMBIGUOUS:
		return "several choices of canaries add up to what went out";
	case INFERENCE_WHY_CHANCE:
		return "some canaries add up to what went out, but chance gives "
		    "sums as good as that too often";
	default:
		return NULL;
	}
}

void
infer_sum_refuse(const struct infer_sum *s)
{
	const char *why = why_text(s->sum->why);

	for (size_t i = 0; why && i < s->in->record_count; i++) {
		struct held_record *rec = s->in->records[i];

		if (is_of(s, rec->whole) &&
		    rec->transfer.grade != GRADE_INFERRED)
			infer_say(s->in->arena, &rec->transfer, "requests that "
			    "may have gone out side by side on this connection "
			    "are not told apart: %s", why);
	}
}
