// SPDX-License-Identifier: Apache-2.0
#include "cli/verify_owner.h"

#include <string.h>

#include "base/arena.h"
#include "verdict/event.h"

void
owners_init(struct owners *o, struct arena *arena)
{
	*o = (struct owners){ .arena = arena };
	buf_init(&o->key, 0);
}

void
owners_clear(struct owners *o)
{
	HASH_CLEAR(hh, o->all);
	buf_clear(&o->key);
}

static void
put_text(struct buf *b, struct span s)
{
	buf_append(b, &s.len, sizeof(s.len));
	buf_append(b, s.p, s.len);
}

static void
make_key(struct buf *b, const struct event_process *p,
    const struct event_process *asker)
{
	const uint64_t numbers[] = { p->pid, p->parent_pid, p->user,
		p->start_ns, p->end_ns, p->accepted, p->other_pid,
		p->has_sha256, p->outside, asker ? 1 + asker->pid : 0 };

	buf_reset(b);
	buf_append(b, numbers, sizeof(numbers));
	buf_append(b, p->sha256, p->has_sha256 ? 32 : 0);
	put_text(b, p->executable);
	put_text(b, p->name);
	put_text(b, p->cgroup);
	put_text(b, p->unit);
	put_text(b, p->container);
	put_text(b, p->other_executable);
	put_text(b, asker ? asker->executable : (struct span){ 0 });
	put_text(b, p->source ? span_str(p->source) : (struct span){ 0 });
	put_text(b, p->certainty ? span_str(p->certainty) : (struct span){ 0 });
	for (size_t i = 0; i < p->arg_count; i++)
		put_text(b, p->args[i]);
}

static const char *
keep(struct arena *a, struct span s)
{
	return s.len ? arena_strndup(a, s.p, s.len) : NULL;
}

static const char *
keep_word(struct arena *a, const char *word)
{
	return word ? keep(a, span_str(word)) : NULL;
}

/* Each with a NUL behind it. */
static void
keep_args(struct owners *o, const struct event_process *p,
    struct telltap_process *to)
{
	size_t len = 0;
	char *args;

	for (size_t i = 0; i < p->arg_count; i++)
		len += p->args[i].len + 1;
	args = len ? arena_zalloc(o->arena, len) : NULL;
	if (!args)
		return;
	to->args = args;
	to->args_len = len;
	for (size_t i = 0; i < p->arg_count; i++) {
		if (p->args[i].len)
			memcpy(args, p->args[i].p, p->args[i].len);
		args += p->args[i].len + 1;
	}
}

static void
keep_process(struct owners *o, const struct event_process *p,
    struct telltap_process *to)
{
	struct arena *a = o->arena;

	*to = (struct telltap_process){
		.size = sizeof(*to),
		.pid = p->pid,
		.parent_pid = p->parent_pid,
		.user = p->user,
		.start_ns = p->start_ns,
		.end_ns = p->end_ns,
		.executable = keep(a, p->executable),
		.name = keep(a, p->name),
		.cgroup = keep(a, p->cgroup),
		.unit = keep(a, p->unit),
		.container = keep(a, p->container),
		.source = keep_word(a, p->source),
		.certainty = keep_word(a, p->certainty),
		.accepted = p->accepted,
		.outside = p->outside,
		.other_pid = p->other_pid,
		.other_executable = keep(a, p->other_executable),
	};
	if (p->has_sha256)
		to->sha256 = (uint8_t *)arena_strndup(a, p->sha256, 32);
	keep_args(o, p, to);
}

const struct owner *
owners_find_or_add(struct owners *o, const struct event_process *p,
    const struct event_process *asker)
{
	struct owner *w;

	make_key(&o->key, p, asker);
	if (o->key.failed)
		return NULL;
	HASH_FIND(hh, o->all, o->key.data, o->key.len, w);
	if (w)
		return w;
	w = arena_zalloc(o->arena, sizeof(*w));
	if (!w)
		return NULL;
	w->len = o->key.len;
	w->key = (uint8_t *)arena_strndup(o->arena, o->key.data, o->key.len);
	if (!w->key)
		return NULL;
	w->id = HASH_COUNT(o->all) + 1;
	keep_process(o, p, &w->process);
	if (asker) {
		w->process.resolver = true;
		w->process.other_pid = asker->pid;
		w->process.other_executable = keep(o->arena,
		    asker->executable);
	}
	HASH_ADD_KEYPTR(hh, o->all, w->key, w->len, w);
	return w;
}
