// SPDX-License-Identifier: Apache-2.0
#include "engine/prints.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "content/identity/identity.h"
#include "engine/engine.h"

void
prints_clear(struct prints *p)
{
	free(p->uses);
	free(p->stages);
	memset(p, 0, sizeof(*p));
}

static int
by_place(const void *a, const void *b)
{
	const struct scan_use *x = a, *y = b;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	return x->start < y->start ? -1 : x->start > y->start;
}

/* Ranges of one file that touch become one. */
static void
merge(struct prints *p)
{
	size_t n = 0;

	if (p->count)
		qsort(p->uses, p->count, sizeof(*p->uses), by_place);
	for (size_t i = 0; i < p->count; i++) {
		struct scan_use *last = n ? &p->uses[n - 1] : NULL;

		if (last && last->file == p->uses[i].file &&
		    p->uses[i].start <= last->end) {
			if (p->uses[i].end > last->end)
				last->end = p->uses[i].end;
			continue;
		}
		p->uses[n++] = p->uses[i];
	}
	p->count = n;
}

static bool
make_room(struct prints *p)
{
	size_t cap = p->cap ? 2 * p->cap : 64;
	struct scan_use *uses;

	if (p->count < p->cap)
		return true;
	merge(p);
	if (p->count < p->cap / 2)
		return true;
	uses = p->count < PRINTS_USES_MAX
		   ? reallocarray(p->uses, cap, sizeof(*uses))
		   : NULL;
	p->failed = !uses;
	if (!uses)
		return false;
	p->uses = uses;
	p->cap = cap;
	return true;
}

void
prints_add(struct prints *p, const struct event_use *uses, size_t count)
{
	for (size_t i = 0; i < count && !p->failed && make_room(p); i++)
		p->uses[p->count++] = (struct scan_use){ uses[i].file,
			uses[i].start, uses[i].end };
}

void
prints_grow(struct prints *p, size_t files, uint64_t packet)
{
	size_t cap = p->stage_cap ? 2 * p->stage_cap : 16;
	struct known_stage *stages;

	if (p->stage_count == p->stage_cap) {
		stages = p->stage_count < PRINTS_STAGES_MAX
			     ? reallocarray(p->stages, cap, sizeof(*stages))
			     : NULL;
		p->failed |= !stages;
		if (!stages)
			return;
		p->stages = stages;
		p->stage_cap = cap;
	}
	p->stages[p->stage_count++] = (struct known_stage){ files, p->after };
	p->after = packet;
}

/* Of a set every canary counts in what sizes say. */
static void
add_canaries(struct prints *p, const struct known *k)
{
	size_t sets;

	known_sets(k, &sets);
	for (size_t i = 0; sets && i < known_count(k); i++) {
		struct event_use use = { .file = (uint32_t)i };

		if (known_get(k, i)->origin == KNOWN_CANARY)
			prints_add(p, &use, 1);
	}
}

static int
give_identity(const struct identity *id, telltap_file_fn give, void *arg)
{
	struct buf text;
	int r;

	buf_init(&text, KNOWN_PRINT_BYTES_MAX);
	identity_write(id, &text);
	r = text.failed ? -ENOMEM : give(arg, "identity.jsonl", text.data,
	    text.len);
	buf_clear(&text);
	return r;
}

static int
give_known(struct telltap_engine *e, telltap_file_fn give, void *arg)
{
	const struct known *k = e->shard_options.known;
	struct prints *p = &e->prints;
	struct buf list, bytes;
	int r = 0;

	add_canaries(p, k);
	prints_grow(p, known_count(k), 0);
	merge(p);
	buf_init(&list, KNOWN_PRINT_BYTES_MAX);
	buf_init(&bytes, KNOWN_PRINT_BYTES_MAX);
	if (!p->failed && !known_print_write(k, p->uses, p->count, p->stages,
			      p->stage_count, &list, &bytes)) {
		r = give(arg, "known.jsonl", list.data, list.len);
		if (!r)
			r = give(arg, "known.parts", bytes.data, bytes.len);
	}
	buf_clear(&list);
	buf_clear(&bytes);
	return r;
}

int
telltap_engine_prints(struct telltap_engine *e, telltap_file_fn give, void *arg)
{
	const struct shard_options *o = &e->shard_options;
	int r = 0;

	if (!e->finished)
		return -EINVAL;
	if (!o->keep_prints)
		return 0;
	if (o->identity)
		r = give_identity(o->identity, give, arg);
	return r || !o->known ? r : give_known(e, give, arg);
}
