// SPDX-License-Identifier: Apache-2.0
#include "engine/reads.h"

#include <stdlib.h>
#include <string.h>

#define NAME_MAX_LEN	255

struct one_read {
	uint64_t size, first_ns;
	uint64_t pid, parent_pid;
	char *name;
};

struct reads {
	struct one_read *list;		/* in the order they were told */
	size_t count, cap;
};

struct reads *
reads_new(void)
{
	return calloc(1, sizeof(struct reads));
}

void
reads_free(struct reads *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++)
		free(r->list[i].name);
	free(r->list);
	free(r);
}

static char *
base_name(struct span path)
{
	const uint8_t *slash = path.len ? memrchr(path.p, '/', path.len) : NULL;
	size_t at = slash ? (size_t)(slash - path.p) + 1 : 0;
	size_t len = path.len - at;

	return strndup((const char *)path.p + at,
	    len < NAME_MAX_LEN ? len : NAME_MAX_LEN);
}

void
reads_add(struct reads *r, const struct event_file_read *read,
    const struct event_process *process)
{
	struct one_read *list;
	char *name;

	if (!process || !read->size || read->bytes < read->size ||
	    r->count == READS_MAX)
		return;
	if (r->count == r->cap) {
		size_t cap = r->cap ? 2 * r->cap : 64;

		list = reallocarray(r->list, cap, sizeof(*list));
		if (!list)
			return;
		r->list = list;
		r->cap = cap;
	}
	name = base_name(read->path);
	if (!name)
		return;
	r->list[r->count++] = (struct one_read){
		.size = read->size,
		.first_ns = read->first_ns,
		.pid = process->pid,
		.parent_pid = process->parent_pid,
		.name = name,
	};
}

/* The same process, a parent or child of it, or children of one parent that is
 * not the first process. */
static bool
is_near(const struct one_read *o, const struct reads_sender *s)
{
	return o->pid == s->pid || o->pid == s->parent_pid ||
	    o->parent_pid == s->pid ||
	    (o->parent_pid > 1 && o->parent_pid == s->parent_pid);
}

static bool
is_before(const struct one_read *o, const struct reads_sender *s)
{
	return o->first_ns <= s->start_ns &&
	    s->start_ns - o->first_ns <= READS_BEFORE_NS && is_near(o, s);
}

void
reads_each(const struct reads *r,
    void (*visit)(void *arg, uint64_t size, const char *name), void *arg)
{
	for (size_t i = 0; i < r->count; i++)
		visit(arg, r->list[i].size, r->list[i].name);
}

void
reads_each_before(const struct reads *r, const struct reads_sender *sender,
    void (*visit)(void *arg, uint64_t size, const char *name), void *arg)
{
	for (size_t i = 0; i < r->count && sender->pid; i++)
		if (is_before(&r->list[i], sender))
			visit(arg, r->list[i].size, r->list[i].name);
}

bool
reads_before(const struct reads *r, uint64_t size,
    const struct reads_sender *sender, struct event_read_before *ret)
{
	const struct one_read *best = NULL;

	for (size_t i = 0; i < r->count && sender->pid; i++) {
		const struct one_read *o = &r->list[i];

		if (o->size != size || !is_before(o, sender) ||
		    (best && o->first_ns < best->first_ns))
			continue;
		best = o;
	}
	if (!best)
		return false;
	*ret = (struct event_read_before){
		.name = span_str(best->name),
		.pid = best->pid,
		.before_ns = sender->start_ns - best->first_ns,
		.same_process = best->pid == sender->pid,
	};
	return true;
}
