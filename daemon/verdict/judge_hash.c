// SPDX-License-Identifier: Apache-2.0
/*
 * Hash values that a message asked about: those of known files, those that say
 * by their place what they are, and those that are too weak to prove anything.
 */
#include <math.h>
#include <string.h>

#include "verdict/judge.h"

static void
lay_hash(struct draft *d, const struct scan_hash *from, struct event_hash *e)
{
	const struct known_file *k;

	e->algorithm = known_hash_name((enum known_hash)from->algorithm);
	e->encoding = from->encoding;
	e->value = draft_span(d, from->value);
	e->path = draft_span(d, from->path);
	if (from->file < 0)
		return;
	k = known_get(message_sink(d->m)->known, (size_t)from->file);
	e->known = true;
	e->near = from->algorithm == KNOWN_TLSH;
	e->distance = from->distance;
	e->file_name = span_str(k->name);
	e->has_file_sha256 = k->has_hash & 1 << KNOWN_SHA256;
	if (e->has_file_sha256)
		memcpy(e->file_sha256, k->hash[KNOWN_SHA256], 32);
}

/* A value that many files may have: it names none. */
static void
judge_hint(struct draft *d, const struct event_hash *e)
{
	struct span name = e->file_name;
	int len = (int)(name.len < 200 ? name.len : 200);

	if (!name.len)
		draft_reason(d, "a value of %s, by the field it stands in",
		    e->algorithm);
	else if (e->near)
		draft_reason(d, "a TLSH at distance %u from that of %.*s: files "
		    "that are much alike are as near, it may be of another one",
		    e->distance, len, name.p);
	else
		draft_reason(d, "the %s of %.*s, which many files may share; "
		    "the chance that some number is this is %.0e, and so for "
		    "each file known here", e->algorithm, len, name.p,
		    ldexp(1, -32));
}

/*
 * What is too short, or too weak, to prove anything. The chance is told for one
 * hash: how many are known is said beside, and is not to be had again from what
 * a case holds.
 */
static void
judge_weak(struct draft *d, const struct scan_hash *from,
    struct event_hash *e)
{
	struct span name = e->file_name;

	judge_better(&d->lookup, GRADE_OBSERVED);
	if (from->hint) {
		e->known = false;	/* many files may share it */
		judge_hint(d, e);
		return;
	}
	draft_reason(d, "the first %zu bytes of the %s of %.*s; the chance "
	    "that some value begins so is %.0e, and so for each hash known "
	    "here", from->value.len / 2, e->algorithm, (int)(name.len < 200 ?
	    name.len : 200), name.p, ldexp(1, -(int)(4 * from->value.len)));
}

void
judge_hashes(struct draft *d, struct event_transfer *t)
{
	struct event_hash *hashes;
	size_t known = 0, other = 0;
	const struct scan_hash *from;

	if (!d->f || !d->f->hash_count)
		return;
	hashes = draft_alloc(d, d->f->hash_count * sizeof(*hashes));
	if (!hashes)
		return;
	for (size_t i = 0; i < d->f->hash_count; i++) {
		from = &d->f->hashes[i];
		lay_hash(d, from, &hashes[i]);
		if (!from->lookup_place)
			continue;
		if (from->truncated || from->hint)
			judge_weak(d, from, &hashes[i]);
		else if (hashes[i].known)
			known++;
		else
			other++;
	}
	t->hashes = hashes;
	t->hash_count = d->f->hash_count;
	if (known) {
		judge_better(&d->lookup, GRADE_PROVEN);
		draft_reason(d, "%zu hash value%s of a known file",
		    known, known == 1 ? " is that" : "s are those");
	}
	if (other) {
		judge_better(&d->lookup, GRADE_OBSERVED);
		draft_reason(d, "%zu hash value%s of files not known here, by "
		    "the field they stand in", other, other == 1 ? "" : "s");
	}
}
