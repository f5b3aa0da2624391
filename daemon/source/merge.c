// SPDX-License-Identifier: Apache-2.0
/*
 * Several files as one capture in time order. The file whose next packet is
 * the earliest hands out packets until another file's turn comes; the other's
 * next packet may be in a file that is not open yet, which is opened then. So
 * files that follow each other cost no more than one. At the same time stamp
 * the earlier file in the list goes first.
 */
#include <stdlib.h>
#include <string.h>

#include "source/source.h"

/* The last time stamp that reader or file a may reach before b's turn. */
static uint64_t
turn_end(uint32_t a, uint64_t b_next_ns, uint32_t b)
{
	return a < b || !b_next_ns ? b_next_ns : b_next_ns - 1;
}

static bool
comes_before(const struct reader *a, const struct reader *b)
{
	return a->next_ns != b->next_ns ? a->next_ns < b->next_ns :
	    a->file_index < b->file_index;
}

static size_t
merge_earliest(const struct telltap_source *src)
{
	size_t best = 0;

	for (size_t i = 1; i < src->active_count; i++)
		if (comes_before(src->active[i], src->active[best]))
			best = i;
	return best;
}

/* Opens what is due before or with the earliest packet of the open files. */
static void
merge_open_due(struct telltap_source *src)
{
	while (src->order_next < src->order_count) {
		uint32_t index = src->order[src->order_next];
		uint64_t first_ns = src->entries[index].first_ns;
		struct reader *r;

		if (src->active_count &&
		    first_ns > src->active[merge_earliest(src)]->next_ns)
			return;
		if (src->active_count == OPEN_MAX_FILES) {
			if (!src->late) {
				src->merge_late++;
				src->late = true;
			}
			return;
		}
		src->order_next++;
		src->late = false;
		if (source_open_entry(src, index, &r) == 0)
			src->active[src->active_count++] = r;
	}
}

static uint64_t
merge_until(const struct telltap_source *src, size_t turn)
{
	const struct reader *r = src->active[turn];
	uint64_t until_ns = UINT64_MAX, end_ns;
	uint32_t index;

	for (size_t i = 0; i < src->active_count; i++) {
		if (i == turn)
			continue;
		end_ns = turn_end(r->file_index, src->active[i]->next_ns,
		    src->active[i]->file_index);
		until_ns = end_ns < until_ns ? end_ns : until_ns;
	}
	if (src->order_next < src->order_count &&
	    src->active_count < OPEN_MAX_FILES) {
		index = src->order[src->order_next];
		end_ns = turn_end(r->file_index, src->entries[index].first_ns,
		    index);
		until_ns = end_ns < until_ns ? end_ns : until_ns;
	}
	return until_ns;
}

static bool
batch_is_empty(const struct batch *b)
{
	return !b->count && !b->block_count;
}

int
merge_next(struct telltap_source *src)
{
	struct batch *b = src->sink.batch;
	struct reader *r;
	size_t turn;
	int err;

	while (!sink_is_full(&src->sink)) {
		merge_open_due(src);
		if (!src->active_count)
			return batch_is_empty(b) ? TELLTAP_SOURCE_END : 0;
		turn = merge_earliest(src);
		r = src->active[turn];
		err = reader_fill(r, &src->sink, merge_until(src, turn));
		if (err == 0 && !batch_is_empty(b))
			return 0;
		if (err < 0) {
			source_end_entry(src, r->file_index);
			reader_free(r);
			src->active[turn] =
			    src->active[--src->active_count];
		}
	}
	return 0;
}

/* The caller is done with the file: note it, and number from 1 again. */
static int
separate_advance(struct telltap_source *src)
{
	const struct telltap_source_file *f = &src->files[src->current];
	const struct source_entry *e = &src->entries[src->current];
	int r = 0;

	if (src->state && e->regular &&
	    (f->status == 0 || f->status == ERR_TRUNCATED)) {
		r = state_add(src->state, f->size, e->mtime_ns, f->name);
		if (r < 0)
			source_fail(src, r, "can't note %s as finished: %s",
			    f->name, err_text(r));
	}
	source_sum_drops(src, &src->dropped);
	sink_clear_interfaces(&src->sink);
	src->sink.packets = 0;
	src->current++;
	src->phase = FILE_READING;
	return r;
}

/* Opens the file whose turn it is; a failure is the file's, whose status says
 * it already if it was found to be no capture. */
static int
separate_open(struct telltap_source *src)
{
	struct telltap_source_file *f = &src->files[src->current];
	int r = src->hash_each ? source_hash_entry(src, src->current) : 0;

	if (!src->entries[src->current].usable)
		return f->status;
	if (r < 0) {
		f->status = r;
		free((char *)f->error);
		f->error = strdup(err_text(r));
		f->begun = f->finished = true;
		return r;
	}
	return source_open_entry(src, src->current, &src->active[0]);
}

int
separate_next(struct telltap_source *src)
{
	struct batch *b = src->sink.batch;
	int err = 0;

	if (src->phase == FILE_TOLD)
		err = separate_advance(src);
	if (err < 0)
		return err;
	if (src->phase == FILE_ENDED)
		goto told;
	if (!src->active_count) {
		while (src->current < src->file_count &&
		    src->files[src->current].skipped)
			src->current++;
		if (src->current == src->file_count)
			return TELLTAP_SOURCE_END;
		if (separate_open(src) < 0)
			goto told;
		src->active_count = 1;
	}
	do
		err = reader_fill(src->active[0], &src->sink, UINT64_MAX);
	while (err == 0 && batch_is_empty(b));
	if (err == 0)
		return 0;
	reader_free(src->active[0]);
	src->active_count = 0;
	source_end_entry(src, src->current);
	src->phase = FILE_ENDED;
	if (!batch_is_empty(b))
		return 0;
told:
	src->phase = FILE_TOLD;
	return TELLTAP_SOURCE_FILE_END;
}
