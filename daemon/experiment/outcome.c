// SPDX-License-Identifier: Apache-2.0
#include "experiment/outcome.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MARKS_MAX	65536

void
outcomes_init(struct outcomes *o, const struct plan *p)
{
	*o = (struct outcomes){ .plan = p };
}

void
outcomes_clear(struct outcomes *o)
{
	free(o->canaries);
	free(o->phases);
	*o = (struct outcomes){ 0 };
}

void
outcomes_mark(unsigned session, const char *phase,
    char ret_text[static OUTCOME_MARK_SIZE])
{
	snprintf(ret_text, OUTCOME_MARK_SIZE, "session %u: %s", session + 1,
	    phase);
}

int
outcomes_add_set(struct outcomes *o, unsigned session, const struct set *set)
{
	struct outcome_canary *list = reallocarray(o->canaries,
	    o->count + set->count, sizeof(*list));

	if (!list)
		return -ENOMEM;
	o->canaries = list;
	for (size_t i = 0; i < set->count; i++) {
		struct outcome_canary *c = &list[o->count++];

		*c = (struct outcome_canary){
			.session = session,
			.type = set->files[i].type,
			.size = set->files[i].size,
			.last_phase = OUTCOME_OUTSIDE,
		};
		memcpy(c->sha256, set->files[i].hash[SET_SHA256], 32);
	}
	return 0;
}

/* Which phase begins with that mark; OUTCOME_OUTSIDE ends one. */
static bool
read_mark(const struct plan *p, struct span text, unsigned *ret_session,
    unsigned *ret_phase)
{
	char want[OUTCOME_MARK_SIZE];

	if (span_eq(text, SPAN_LITERAL("experiment over"))) {
		*ret_session = 0;
		*ret_phase = OUTCOME_OUTSIDE;
		return true;
	}
	for (unsigned s = 0; s < p->sessions; s++) {
		for (unsigned i = 0; i < p->phases_count; i++) {
			outcomes_mark(s, p->phases[i].name, want);
			if (!span_eq(text, span_str(want)))
				continue;
			*ret_session = s;
			*ret_phase = i;
			return true;
		}
	}
	return false;
}

int
outcomes_case_event(struct outcomes *o, const struct event *e)
{
	unsigned session, phase;

	if (e->action != EVENT_MARK || !e->mark ||
	    !read_mark(o->plan, e->mark->text, &session, &phase))
		return 0;
	if (o->phase_count == MARKS_MAX)
		return ERR_LIMIT;
	if (o->phase_count == o->phase_cap) {
		size_t cap = o->phase_cap ? 2 * o->phase_cap : 64;
		struct outcome_phase *list = reallocarray(o->phases, cap,
		    sizeof(*list));

		if (!list)
			return -ENOMEM;
		o->phases = list;
		o->phase_cap = cap;
	}
	o->phases[o->phase_count++] = (struct outcome_phase){ e->ts_ns,
		session, phase };
	return 0;
}

static unsigned
phase_at(const struct outcomes *o, uint64_t ts_ns)
{
	size_t i = o->phase_count;

	while (i && o->phases[i - 1].start_ns > ts_ns)
		i--;
	return i ? o->phases[i - 1].phase : OUTCOME_OUTSIDE;
}

static struct outcome_canary *
find(const struct outcomes *o, unsigned session, const uint8_t *sha256)
{
	for (size_t i = 0; i < o->count; i++)
		if (o->canaries[i].session == session &&
		    !memcmp(o->canaries[i].sha256, sha256, 32))
			return &o->canaries[i];
	return NULL;
}

static void
note(struct outcome_canary *c, unsigned phase, enum outcome what)
{
	if (what >= OUTCOME_PART)
		c->last_phase = phase;
	if (what > c->by_phase[phase])
		c->by_phase[phase] = (uint8_t)what;
	if (what > c->all)
		c->all = (uint8_t)what;
}

/* What a known file in a transfer, or in several, comes to. */
static enum outcome
outcome_of(const struct event_file *f, bool all, enum grade grade)
{
	if (!all || f->ambiguous)
		return OUTCOME_PART;
	return grade == GRADE_PROVEN ? OUTCOME_PROVEN :
	    grade == GRADE_INFERRED ? OUTCOME_INFERRED : OUTCOME_PART;
}

static bool
is_all(const struct event_file *f)
{
	return f->size && f->size != UINT64_MAX && f->sent_bytes >= f->size;
}

static void
note_transfer(struct outcomes *o, unsigned session,
    const struct event_transfer *t)
{
	unsigned phase = phase_at(o, t->start_ns);
	bool sent = t->kind == KIND_FILE_UPLOAD || t->kind == KIND_FILE_FRAGMENT;
	struct outcome_canary *c;

	for (size_t i = 0; sent && i < t->file_count; i++) {
		const struct event_file *f = &t->files[i];

		if (!f->known || !f->has_sha256)
			continue;
		c = find(o, session, f->sha256);
		if (c)
			note(c, phase, outcome_of(f, is_all(f) &&
			    t->kind == KIND_FILE_UPLOAD, t->grade));
	}
	for (size_t i = 0; i < t->hash_count; i++) {
		const struct event_hash *h = &t->hashes[i];

		c = h->known && h->has_file_sha256 ? find(o, session,
		    h->file_sha256) : NULL;
		if (c)
			note(c, phase, OUTCOME_HASH);
	}
}

void
outcomes_replay_event(struct outcomes *o, unsigned session,
    const struct event *e)
{
	struct outcome_canary *c;

	if (e->action == EVENT_TRANSFER && e->transfer)
		note_transfer(o, session, e->transfer);
	if (e->action == EVENT_SUMMARY && e->totals) {
		o->totals = *e->totals;
		o->has_totals = true;
	}
	if (e->action != EVENT_FILE || !e->file || !e->file->file.known ||
	    !e->file->file.has_sha256)
		return;
	/* The parts of one file add up where the last of them went out. */
	c = find(o, session, e->file->file.sha256);
	if (c)
		note(c, c->last_phase, outcome_of(&e->file->file,
		    is_all(&e->file->file), e->file->grade));
}
