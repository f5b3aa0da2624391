// SPDX-License-Identifier: Apache-2.0
#include "source/source.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)TELLTAP_SOURCE_END == (int)ERR_END,
    "the end is one code inside and outside");

/* Why the last open of this thread failed. */
static __thread char open_error[512];

int
source_fail(struct telltap_source *src, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(src->error, sizeof(src->error), fmt, ap);
	va_end(ap);
	return err;
}

const char *
telltap_source_error(const struct telltap_source *src)
{
	return src ? src->error : open_error;
}

static __thread const struct source_entry *sorted_entries;

static int
by_first_time(const void *a, const void *b)
{
	uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
	uint64_t x = sorted_entries[i].first_ns;
	uint64_t y = sorted_entries[j].first_ns;

	if (x != y)
		return x < y ? -1 : 1;
	return i < j ? -1 : 1;
}

static int
source_order(struct telltap_source *src)
{
	src->order = calloc(src->file_count + 1, sizeof(*src->order));
	if (!src->order)
		return -ENOMEM;
	for (size_t i = 0; i < src->file_count; i++)
		if (src->entries[i].usable)
			src->order[src->order_count++] = (uint32_t)i;
	sorted_entries = src->entries;
	qsort(src->order, src->order_count, sizeof(*src->order),
	    by_first_time);
	return 0;
}

static int
source_skip_finished(struct telltap_source *src, const char *path)
{
	int r = state_open(path, &src->state);

	if (r < 0)
		return source_fail(src, r, "%s: %s", path, err_text(r));
	for (size_t i = 0; i < src->file_count; i++)
		src->files[i].skipped = src->entries[i].regular &&
		    state_has(src->state, src->files[i].size,
			src->entries[i].mtime_ns, src->files[i].name);
	return 0;
}

static int
source_begin(struct telltap_source *src, const char *const *paths,
    size_t path_count, const struct telltap_source_options *o)
{
	const char *error;
	int r = 0;

	for (size_t i = 0; i < path_count && r == 0; i++)
		r = source_list(src, paths[i], i);
	if (r < 0)
		return r;
	if (!src->file_count)
		return source_fail(src, -EINVAL, "no capture given");
	if (o->filter) {
		r = filter_new(o->filter, &src->sink.filter, &error);
		if (r < 0)
			return source_fail(src, r, "filter \"%s\": %s",
			    o->filter, error ? error : err_text(r));
	}
	src->separate = o->separate;
	if (o->separate && o->state_path)
		r = source_skip_finished(src, o->state_path);
	if (r < 0)
		return r;
	chunk_pool_init(&src->sink.pool, src->file_count == 1 ||
	    src->separate ? CHUNK_LEN_ONE : CHUNK_LEN_MANY);
	/* files that overlap take turns, and would have threads each */
	if (src->file_count == 1 || src->separate)
		src->sink.pool.ahead = o->read_ahead;
	for (int i = 0; i < 2; i++) {
		src->batches[i].packets = calloc(BATCH_PACKETS,
		    sizeof(struct telltap_packet));
		if (!src->batches[i].packets)
			return -ENOMEM;
	}
	src->sink.batch = &src->batches[0];
	r = source_probe(src);
	return r < 0 ? r : source_order(src);
}

int
telltap_source_open(const char *const *paths, size_t path_count,
    const struct telltap_source_options *options,
    struct telltap_source **ret_source)
{
	struct telltap_source_options o = { .size = sizeof(o) };
	struct telltap_source *src = calloc(1, sizeof(*src));
	int r;

	if (options)	/* an older caller's is shorter, a newer's longer */
		memcpy(&o, options, options->size < sizeof(o) ?
		    options->size : sizeof(o));
	r = src ? source_begin(src, paths, path_count, &o) : -ENOMEM;
	if (r < 0) {
		snprintf(open_error, sizeof(open_error), "%s",
		    src && *src->error ? src->error : err_text(r));
		telltap_source_close(src);
		return r;
	}
	*ret_source = src;
	return 0;
}

void
telltap_source_close(struct telltap_source *src)
{
	if (!src)
		return;
	source_hash_end(src);
	for (size_t i = 0; i < src->active_count; i++)
		reader_free(src->active[i]);
	for (size_t i = 0; i < src->file_count; i++) {
		reader_free(src->entries[i].reader);
		free(src->entries[i].path);
		free((char *)src->files[i].error);
	}
	for (int i = 0; i < 2; i++) {
		free(src->batches[i].packets);
		free(src->batches[i].blocks);
	}
	sink_clear_interfaces(&src->sink);
	chunk_pool_clear(&src->sink.pool);
	filter_free(src->sink.filter);
	state_close(src->state);
	free(src->sink.ifaces);
	free(src->entries);
	free(src->files);
	free(src->order);
	free(src);
}

int
telltap_source_next(struct telltap_source *src,
    const struct telltap_packet **ret_packets, size_t *ret_count)
{
	struct sink *s = &src->sink;
	int r;

	chunk_pool_next_batch(&s->pool);
	s->batch = &src->batches[s->pool.batch & 1];
	s->batch->count = s->batch->block_count = 0;
	r = src->separate ? separate_next(src) : merge_next(src);
	if (r < 0 && r != TELLTAP_SOURCE_END)
		return r;
	*ret_packets = s->batch->packets;
	*ret_count = s->batch->count;
	return r;
}

const struct telltap_block *
telltap_source_blocks(const struct telltap_source *src, size_t *ret_count)
{
	*ret_count = src->sink.batch->block_count;
	return src->sink.batch->blocks;
}

const struct telltap_source_file *
telltap_source_files(const struct telltap_source *src, size_t *ret_count)
{
	*ret_count = src->file_count;
	return src->files;
}

const struct telltap_source_file *
telltap_source_file(const struct telltap_source *src)
{
	return src->current < src->file_count ? &src->files[src->current] :
	    NULL;
}

const struct telltap_interface *
telltap_source_interfaces(const struct telltap_source *src, size_t *ret_count)
{
	*ret_count = src->sink.iface_count;
	return src->sink.ifaces;
}

void
source_sum_drops(const struct telltap_source *src,
    struct telltap_interface *sum)
{
	const struct telltap_interface *i = src->sink.ifaces;

	for (uint32_t n = src->sink.iface_count; n > 0; n--, i++) {
		sum->dropped_if += i->dropped_if;
		sum->dropped_os += i->dropped_os;
		sum->dropped_noted += i->dropped_noted;
	}
}

void
telltap_source_stats(const struct telltap_source *src,
    struct telltap_source_stats *ret_stats)
{
	struct telltap_interface sum = src->dropped;
	struct telltap_source_stats t = { 0 };

	for (size_t i = 0; i < src->file_count; i++) {
		const struct telltap_source_file *f = &src->files[i];

		t.packets += f->packets;
		t.bytes += f->bytes;
		t.cut += f->cut;
		t.clock_back += f->clock_back;
		t.bad_times += f->bad_times;
		t.malformed += f->malformed;
		t.files_cut += f->status == ERR_TRUNCATED;
		t.files_failed += f->status && f->status != ERR_TRUNCATED;
		t.files_skipped += f->skipped;
	}
	t.files = (uint32_t)src->file_count;
	t.filtered = src->sink.filtered;
	t.blocks_lost = src->sink.blocks_lost;
	t.merge_late = src->merge_late;
	source_sum_drops(src, &sum);
	t.dropped_if = sum.dropped_if;
	t.dropped_os = sum.dropped_os;
	t.dropped_noted = sum.dropped_noted;
	*ret_stats = t;
}
