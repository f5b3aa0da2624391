// SPDX-License-Identifier: Apache-2.0
#include "cli/verify_excuse.h"

#include <errno.h>
#include <stdlib.h>

#include <uthash.h>

#include "base/arena.h"
#include "verdict/event.h"

struct flow_excuse {
	UT_hash_handle hh;
	uint64_t id;
	enum excuse why;
	bool sealed, opened;
	bool has_sender;
	uint64_t sender;		/* its pid */
	struct span executable;
};

struct excuses {
	struct arena arena;
	struct flow_excuse *flows;
	bool late_keys;
	enum excuse from;
	uint64_t from_line;
};

static const char *const texts[] = {
	[EXCUSE_NONE] = "",
	[EXCUSE_CARRIED] = "files of what went out on behalf of other programs are "
		"told by program, which only the kernel knew",
	[EXCUSE_SENDER] = "files are told by program, and another one than at first had "
		"their connection in the end",
	[EXCUSE_PORTS] = "two flows had the same addresses and ports at one time, "
		"and packets do not say whose they are",
	[EXCUSE_KEY] = "a key that opens it now had not come in time when it was "
		"recorded",
	[EXCUSE_LOST] = "while it was recorded nothing was seen for a time, and what "
		"was being followed was lost",
	[EXCUSE_CUT] = "it was cut short, and what was being followed was lost",
	[EXCUSE_RUN] = "it goes on with another run",
	[EXCUSE_BEFORE] = "parts before the first one are not here",
	[EXCUSE_LATER] = "the log does not come to the end of the run, which a "
		"summary would tell",
	[EXCUSE_KNOWN] = "files were known while it was recorded, of which it keeps no "
		"fingerprints",
	[EXCUSE_IDENTITY] = "what names the machine is not in the case",
	[EXCUSE_READS] = "what is inferred of sizes has files beside it that were "
		"read, of which packets tell nothing",
};

_Static_assert(sizeof(texts) / sizeof(*texts) == EXCUSE_COUNT, "a text each");

struct excuses *
excuses_new(void)
{
	struct excuses *x = calloc(1, sizeof(*x));

	if (x)
		arena_init(&x->arena);
	return x;
}

void
excuses_free(struct excuses *x)
{
	if (!x)
		return;
	HASH_CLEAR(hh, x->flows);
	arena_clear(&x->arena);
	free(x);
}

static struct flow_excuse *
find(const struct excuses *x, uint64_t id)
{
	struct flow_excuse *f;

	HASH_FIND(hh, x->flows, &id, sizeof(id), f);
	return f;
}

static struct flow_excuse *
find_or_add(struct excuses *x, uint64_t id)
{
	struct flow_excuse *f = find(x, id);

	if (f)
		return f;
	f = arena_zalloc(&x->arena, sizeof(*f));
	if (!f)
		return NULL;
	f->id = id;
	HASH_ADD(hh, x->flows, id, sizeof(f->id), f);
	return f;
}

/* Of files, for they are told by program; a transfer and its flow follow. */
static bool
is_of_files(enum excuse why)
{
	return why == EXCUSE_CARRIED || why == EXCUSE_SENDER;
}

int
excuses_flow(struct excuses *x, uint64_t flow, enum excuse why)
{
	struct flow_excuse *f = find_or_add(x, flow);

	if (!f)
		return -ENOMEM;
	if (!f->why || is_of_files(f->why))
		f->why = why;
	return 0;
}

int
excuses_sender(struct excuses *x, uint64_t flow,
    const struct event_process *sender)
{
	struct span executable = sender ? sender->executable :
					  (struct span){ NULL, 0 };
	uint64_t pid = sender ? sender->pid : 0;
	struct flow_excuse *f = find_or_add(x, flow);

	if (!f)
		return -ENOMEM;
	if (f->has_sender)
		return f->sender == pid && span_eq(f->executable, executable) ?
		    0 : excuses_flow(x, flow, EXCUSE_SENDER);
	f->executable.p = (uint8_t *)arena_strndup(&x->arena, executable.p,
	    executable.len);
	f->executable.len = executable.len;
	f->sender = pid;
	f->has_sender = f->executable.p != NULL;
	return f->has_sender ? 0 : -ENOMEM;
}

int
excuses_sealed(struct excuses *x, uint64_t flow)
{
	struct flow_excuse *f = find_or_add(x, flow);

	if (f)
		f->sealed = true;
	return f ? 0 : -ENOMEM;
}

int
excuses_opened(struct excuses *x, uint64_t flow)
{
	struct flow_excuse *f = find_or_add(x, flow);

	if (f)
		f->opened = true;
	return f ? 0 : -ENOMEM;
}

void
excuses_late_keys(struct excuses *x)
{
	x->late_keys = true;
}

void
excuses_from(struct excuses *x, uint64_t line, enum excuse why)
{
	if (!x->from || line < x->from_line) {
		x->from = why;
		x->from_line = line;
	}
}

static enum excuse
of_flow(const struct excuses *x, uint64_t id)
{
	const struct flow_excuse *f = find(x, id);

	if (!f)
		return EXCUSE_NONE;
	if ((!f->why || is_of_files(f->why)) && x->late_keys && f->sealed &&
	    f->opened)
		return EXCUSE_KEY;
	return f->why;
}

static enum excuse
of_lines(const struct excuses *x, uint64_t id)
{
	enum excuse why = of_flow(x, id);

	return is_of_files(why) ? EXCUSE_NONE : why;
}

/* Any flow's: for a file of which not all transfers are listed. */
static enum excuse
of_any(const struct excuses *x)
{
	for (const struct flow_excuse *f = x->flows; f; f = f->hh.next)
		if (of_flow(x, f->id))
			return of_flow(x, f->id);
	return EXCUSE_NONE;
}

/* A transfer's id begins with its flow's, in decimal. */
static enum excuse
of_file(const struct excuses *x, const struct event_file_total *file)
{
	enum excuse why = EXCUSE_NONE;

	for (size_t i = 0; i < file->transfer_count && !why; i++) {
		struct span id = file->transfers[i];
		uint64_t flow = 0;

		for (size_t k = 0; k < id.len && id.p[k] >= '0' &&
		     id.p[k] <= '9'; k++)
			flow = flow * 10 + (id.p[k] - '0');
		why = of_flow(x, flow);
	}
	return why || !file->transfers_more ? why : of_any(x);
}

enum excuse
excuses_of(const struct excuses *x, const struct event *e, uint64_t line)
{
	enum excuse why = EXCUSE_NONE;

	if (e->file)
		why = of_file(x, e->file);
	else if (e->flow)
		why = of_lines(x, e->flow->id);
	return !why && x->from && line >= x->from_line ? x->from : why;
}

enum excuse
excuses_any(const struct excuses *x)
{
	for (const struct flow_excuse *f = x->flows; f; f = f->hh.next)
		if (of_lines(x, f->id))
			return of_lines(x, f->id);
	return x->from;
}

enum excuse
excuses_end(const struct excuses *x)
{
	return x->from;
}

const char *
excuse_text(enum excuse why)
{
	return texts[why];
}
