// SPDX-License-Identifier: Apache-2.0
#include "engine/owners.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "profile/profile.h"
#include "telltap/telltap.h"

#define ARGS_MAX	1024

struct engine_owner {
	struct event_process process;
	const struct profile *profile;
	bool resolver;
	struct event_process asker;	/* when it is a resolver */
	struct arena arena;		/* of its texts */
};

static struct span
copy(struct arena *a, const char *text, size_t len)
{
	char *s = len ? arena_strndup(a, text, len) : NULL;

	return (struct span){ (uint8_t *)s, s ? len : 0 };
}

static struct span
copy_text(struct arena *a, const char *text)
{
	return copy(a, text, text ? strlen(text) : 0);
}

static const char *
copy_word(struct arena *a, const char *text)
{
	return text ? arena_strndup(a, text, strlen(text)) : NULL;
}

static void
copy_args(struct engine_owner *o, const char *args, size_t len)
{
	struct event_process *p = &o->process;
	struct span *list;
	size_t count = 0;

	for (size_t at = 0; at < len && count < ARGS_MAX; count++)
		at += strnlen(args + at, len - at) + 1;
	list = arena_zalloc(&o->arena, (count + 1) * sizeof(*list));
	if (!list)
		return;
	for (size_t at = 0; p->arg_count < count; p->arg_count++) {
		size_t n = strnlen(args + at, len - at);

		list[p->arg_count] = copy(&o->arena, args + at, n);
		at += n + 1;
	}
	p->args = list;
}

static void
set_asker(struct engine_owner *o, const struct telltap_process *all)
{
	const char *path = all->other_executable;
	const char *slash = path ? strrchr(path, '/') : NULL;

	o->resolver = true;
	o->asker = (struct event_process){
		.pid = all->other_pid,
		.user = UINT64_MAX,
		.executable = copy_text(&o->arena, path),
		.name = copy_text(&o->arena, slash ? slash + 1 : path),
	};
}

struct engine_owner *
engine_owner_new(const struct telltap_process *in)
{
	struct telltap_process all = { .user = UINT64_MAX };
	struct engine_owner *o = calloc(1, sizeof(*o));
	struct event_process *p;
	struct arena *a;

	if (!o)
		return NULL;
	/* a caller built against an older header knows less */
	memcpy(&all, in, in->size < sizeof(all) ? in->size : sizeof(all));
	p = &o->process;
	a = &o->arena;
	arena_init(a);
	p->pid = all.pid;
	p->parent_pid = all.parent_pid;
	p->user = all.user;
	p->start_ns = all.start_ns;
	p->end_ns = all.end_ns;
	p->executable = copy_text(a, all.executable);
	p->name = copy_text(a, all.name);
	copy_args(o, all.args, all.args ? all.args_len : 0);
	p->has_sha256 = all.sha256 != NULL;
	if (all.sha256)
		memcpy(p->sha256, all.sha256, sizeof(p->sha256));
	p->cgroup = copy_text(a, all.cgroup);
	p->unit = copy_text(a, all.unit);
	p->container = copy_text(a, all.container);
	p->source = copy_word(a, all.source);
	p->certainty = copy_word(a, all.certainty);
	p->accepted = all.accepted;
	p->outside = all.outside;
	p->ended = all.ended;
	p->exit_code = all.exit_code;
	if (all.resolver)
		set_asker(o, &all);
	p->other_pid = all.resolver ? 0 : all.other_pid;
	p->other_executable =
	    copy_text(a, all.resolver ? NULL : all.other_executable);
	return o;
}

const struct event_process *
engine_owner_process(const struct engine_owner *o)
{
	return &o->process;
}

void
engine_owner_free(struct engine_owner *o)
{
	if (!o)
		return;
	arena_clear(&o->arena);
	free(o);
}

int
engine_owners_set(struct engine_owners *os, uint32_t id,
    const struct telltap_process *process)
{
	struct engine_owner **list, *o;
	size_t cap = os->cap ? os->cap : 64;

	if (!id || id >= ENGINE_MAX_OWNERS)
		return ERR_LIMIT;
	while (cap <= id)
		cap *= 2;
	if (cap > os->cap) {
		list = realloc(os->list, cap * sizeof(*list));
		if (!list)
			return -ENOMEM;
		memset(list + os->cap, 0, (cap - os->cap) * sizeof(*list));
		os->list = list;
		os->cap = cap;
	}
	o = engine_owner_new(process);
	if (!o)
		return -ENOMEM;
	if (os->profiles)
		o->profile = profile_match_process(os->profiles,
		    o->process.executable, o->process.unit, o->process.name);
	engine_owner_free(os->list[id]);
	os->list[id] = o;
	return 0;
}

const struct event_process *
engine_owners_find(const struct engine_owners *os, uint32_t id)
{
	return id < os->cap && os->list[id] ? &os->list[id]->process : NULL;
}

static bool
is_import(const struct event_process *p)
{
	return p->source && !strncmp(p->source, "import:", 7);
}

const struct event_process *
engine_owners_of(const struct engine_owners *os, const struct event_flow *flow,
    struct event_process *room)
{
	const struct event_process *p = engine_owners_find(os, flow->owner);
	const struct event_process *o =
	    engine_owners_find(os, flow->other_owner);

	/* the kernel's word on who shares a socket is in p itself */
	if (o && (!p || p->pid == o->pid || p->other_pid || !is_import(o)))
		o = NULL;
	if (!p || (!o && !flow->owner_unsure))
		return p;
	*room = *p;
	room->certainty = "ambiguous";
	if (o) {
		room->other_pid = o->pid;
		room->other_executable =
		    o->executable.len ? o->executable : o->name;
	}
	return room;
}

const struct profile *
engine_owners_profile(const struct engine_owners *os, uint32_t id)
{
	return id < os->cap && os->list[id] ? os->list[id]->profile : NULL;
}

const struct event_process *
engine_owners_asker(const struct engine_owners *os, uint32_t id)
{
	const struct engine_owner *o = id < os->cap ? os->list[id] : NULL;

	return o && o->resolver ? &o->asker : NULL;
}

void
engine_owners_clear(struct engine_owners *os)
{
	for (size_t i = 0; i < os->cap; i++)
		engine_owner_free(os->list[i]);
	free(os->list);
	*os = (struct engine_owners){ 0 };
}
