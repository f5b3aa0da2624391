// SPDX-License-Identifier: Apache-2.0
#include "engine/fetched.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/reason.h"

struct update {
	uint8_t sha256[32];
	uint64_t flow, number, end_ns;
};

struct fetched {
	struct update list[FETCHED_MAX];
	uint64_t begins[FETCHED_MAX];	/* of the digests, to be looked through */
	size_t next, count;
	struct event_file *files;	/* those of the transfer at hand */
	size_t file_cap;
};

struct fetched *
fetched_new(void)
{
	return calloc(1, sizeof(struct fetched));
}

void
fetched_free(struct fetched *f)
{
	if (f)
		free(f->files);
	free(f);
}

static uint64_t
begin_of(const uint8_t *sha256)
{
	uint64_t v;

	memcpy(&v, sha256, sizeof(v));
	return v;
}

static void
remember(struct fetched *f, const struct record *r, const uint8_t *sha256)
{
	const struct event_transfer *t = r->event.transfer;
	struct update *u = &f->list[f->next];

	memcpy(u->sha256, sha256, sizeof(u->sha256));
	u->flow = r->flow.id;
	u->number = t->number;
	u->end_ns = t->end_ns;
	f->begins[f->next] = begin_of(u->sha256);
	f->next = (f->next + 1) % FETCHED_MAX;
	if (f->count < FETCHED_MAX)
		f->count++;
}

/* One that had come in whole before this went out. */
static const struct update *
find(const struct fetched *f, const struct event_file *file, uint64_t start_ns)
{
	uint64_t begin = begin_of(file->sha256);

	for (size_t i = 0; i < f->count; i++)
		if (f->begins[i] == begin && f->list[i].end_ns <= start_ns &&
		    !memcmp(f->list[i].sha256, file->sha256, 32))
			return &f->list[i];
	return NULL;
}

/* A canary is one wherever else it has been. */
static bool
may_be_update(const struct event_file *file)
{
	return file->has_sha256 && !file->ambiguous &&
	       !(file->origin && !strcmp(file->origin, "canary"));
}

static bool
copy_files(struct fetched *f, const struct event_transfer *t)
{
	if (t->file_count > f->file_cap) {
		struct event_file *p = reallocarray(f->files, t->file_count,
		    sizeof(*p));

		if (!p)
			return false;
		f->files = p;
		f->file_cap = t->file_count;
	}
	memcpy(f->files, t->files, t->file_count * sizeof(*f->files));
	return true;
}

static void
lay(struct fetched *f, struct record *r, struct fetched_room *room)
{
	const struct event_transfer *t = r->event.transfer;
	const struct update *u, *last = NULL;
	size_t n = 0;

	for (size_t i = 0; i < t->file_count; i++) {
		u = may_be_update(&t->files[i]) ?
		    find(f, &t->files[i], t->start_ns) : NULL;
		if (!u || (!n && !copy_files(f, t)))
			continue;
		f->files[i].origin = "product";
		last = u;
		n++;
	}
	if (!last)
		return;
	snprintf(room->reason, sizeof(room->reason), "%s %zu file%s in it had come "
	    "in as an update, in transfer %" PRIu64 ".%" PRIu64 "%s: the product's "
	    "own, fetched before, and no user's", t->grade == GRADE_INFERRED ?
	    "what is taken, by its size, for" : "the very bytes of", n,
	    n == 1 ? "" : "s", last->flow, last->number,
	    n == 1 ? "" : " and others");
	reason_add(r, &room->transfer, room->reasons,
	    sizeof(room->reasons) / sizeof(*room->reasons),
	    span_str(room->reason));
	room->transfer.files = f->files;
}

void
fetched_follow(struct fetched *f, struct record *r, struct fetched_room *room)
{
	const struct event_transfer *t = r->event.transfer;

	if (r->event.action != EVENT_TRANSFER)
		return;
	if (t->kind == KIND_UPDATE_DOWNLOAD)
		for (size_t i = 0; i < t->reply_count; i++)
			remember(f, r, t->reply_sha256[i]);
	else if (f->count && t->file_count)
		lay(f, r, room);
}
