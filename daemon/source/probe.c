// SPDX-License-Identifier: Apache-2.0
/*
 * Before the first packet: each file is opened, its format recognised and the
 * time of its first packet read, so that the merge can open it when its time
 * has come. A pipe can't be opened twice and stays open; so does a file that
 * is alone.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "source/source.h"

static int
open_reader(struct telltap_source *src, struct sink *s, size_t index,
    struct reader **ret_reader)
{
	struct telltap_source_file *f = &src->files[index];
	const char *error;
	struct input *in;
	int r;

	r = input_open(src->entries[index].path, &in, &error);
	if (r < 0) {
		f->status = r;
		free((char *)f->error);
		f->error = strdup(error ? error : err_text(r));
		return r;
	}
	return reader_open(in, s, f, (uint32_t)index, ret_reader);
}

/* Forgets what a look into the file has counted. */
static void
forget_counts(struct telltap_source_file *f)
{
	f->packets = f->bytes = f->cut = 0;
	f->clock_back = f->bad_times = f->malformed = 0;
	f->status = 0;
	free((char *)f->error);
	f->error = NULL;
}

static int
probe_file(struct telltap_source *src, struct sink *s, size_t index)
{
	struct source_entry *e = &src->entries[index];
	struct reader *r;
	int err;

	err = open_reader(src, s, index, &r);
	if (err < 0)
		return err == -ENOMEM ? err : 0;
	e->usable = true;
	do {
		chunk_pool_next_batch(&s->pool);
		s->batch->count = s->batch->block_count = 0;
		err = src->separate ? ERR_END : reader_fill(r, s, 0);
	} while (err == 0 && !s->batch->count);
	if (err == 1 && !s->batch->count)
		e->first_ns = r->next_ns;
	reader_free(r);
	forget_counts(&src->files[index]);
	return 0;
}

void
sink_clear_interfaces(struct sink *s)
{
	for (uint32_t i = 0; i < s->iface_count; i++)
		free((char *)s->ifaces[i].name);
	s->iface_count = 0;
}

static int
probe_files(struct telltap_source *src)
{
	struct batch batch = { 0 };
	struct sink s = { .batch = &batch };
	int r = 0;

	chunk_pool_init(&s.pool, CHUNK_LEN_PROBE);
	batch.packets = calloc(BATCH_PACKETS, sizeof(*batch.packets));
	if (!batch.packets)
		r = -ENOMEM;
	for (size_t i = 0; i < src->file_count && r == 0; i++) {
		struct source_entry *e = &src->entries[i];

		if (src->files[i].skipped)
			continue;
		if (e->regular)
			r = probe_file(src, &s, i);
		else if (src->separate)
			e->usable = true;	/* seen when its turn comes */
		else
			e->usable = open_reader(src, &src->sink, i,
			    &e->reader) == 0;
		sink_clear_interfaces(&s);
	}
	chunk_pool_clear(&s.pool);
	free(s.ifaces);
	free(batch.packets);
	free(batch.blocks);
	return r;
}

/* Every folder, and the list as a whole, must hold a capture. */
static int
require_captures(struct telltap_source *src)
{
	const struct source_entry *e = src->entries;
	size_t usable = 0, skipped = 0, in_argument = 0, in_all = 0;

	for (size_t i = 0; i < src->file_count; i++) {
		bool good = e[i].usable || src->files[i].skipped;

		if (i && e[i].argument != e[i - 1].argument)
			usable = in_argument = 0;
		usable += good;
		skipped += good;
		in_argument++;
		in_all++;
		if ((i + 1 == src->file_count ||
		    e[i + 1].argument != e[i].argument) &&
		    !usable && in_argument > 1)
			return source_fail(src, ERR_UNSUPPORTED,
			    "%.*s: none of its %zu files is a capture",
			    (int)(src->files[i].name - e[i].path), e[i].path,
			    in_argument);
	}
	if (skipped)
		return 0;
	if (in_all > 1)
		return source_fail(src, ERR_UNSUPPORTED,
		    "none of the %zu files is a capture", in_all);
	return source_fail(src, src->files[0].status, "%s: %s", e[0].path,
	    src->files[0].error ? src->files[0].error : "not a capture");
}

int
source_probe(struct telltap_source *src)
{
	int r = 0;

	if (src->file_count == 1 && !src->files[0].skipped) {
		src->entries[0].usable = open_reader(src, &src->sink, 0,
		    &src->entries[0].reader) == 0;
	} else {
		r = probe_files(src);
		if (r < 0)
			return r;
	}
	return require_captures(src);
}

int
source_open_entry(struct telltap_source *src, size_t index,
    struct reader **ret_reader)
{
	struct source_entry *e = &src->entries[index];
	int r = 0;

	if (e->reader) {
		*ret_reader = e->reader;
		e->reader = NULL;
	} else {
		r = open_reader(src, &src->sink, index, ret_reader);
	}
	src->files[index].begun = true;
	if (r < 0)
		src->files[index].finished = true;
	else
		(*ret_reader)->next_ns = e->first_ns;
	return r;
}
