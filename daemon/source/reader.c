// SPDX-License-Identifier: Apache-2.0
#include "source/reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"

#define NAME_LEN_MAX 255

static int
reader_begin(struct reader *r, struct sink *s)
{
	struct cursor c;
	uint32_t magic;
	int err;

	err = window_fill(&r->window, 4);
	if (err == ERR_TRUNCATED && !window_left(&r->window) &&
	    !input_error(r->window.in))
		return reader_fail(r, ERR_UNSUPPORTED, "empty file");
	if (err == ERR_TRUNCATED && !input_error(r->window.in))
		return reader_fail(r, ERR_UNSUPPORTED, "not a capture");
	if (err < 0)
		return reader_fail(r, err, NULL);
	c = cur_init(window_peek(&r->window), 4);
	magic = cur_be32(&c);
	if (magic == 0x0a0d0d0a)
		return pcapng_begin(r);
	switch (magic) {
	case 0xa1b2c3d4:	/* microseconds, big-endian */
	case 0xd4c3b2a1:
	case 0xa1b23c4d:	/* nanoseconds */
	case 0x4d3cb2a1:
		return pcap_begin(r, s);
	case 0xa1b2cd34:	/* Kuznetzov's, with more per record */
	case 0x34cdb2a1:
	case 0xa1b234cd:	/* Navtel's */
	case 0xcd34b2a1:
	case 0x1c0001ac:	/* IXIA's lcap, both kinds */
	case 0xac01001c:
	case 0x1c0001ab:
	case 0xab01001c:
		return pcap_lib_begin(r, s);
	default:
		return reader_fail(r, ERR_UNSUPPORTED, "not a capture");
	}
}

int
reader_open(struct input *in, struct sink *s, struct telltap_source_file *file,
    uint32_t file_index, struct reader **ret_reader)
{
	struct reader *r = calloc(1, sizeof(*r));
	int err;

	if (!r) {
		input_close(in);
		return -ENOMEM;
	}
	r->file = file;
	r->file_index = file_index;
	r->regular = input_is_regular(in);
	file->compression = input_compression(in);
	window_init(&r->window, in, &s->pool);
	err = reader_begin(r, s);
	if (err < 0) {
		reader_free(r);
		return err;
	}
	file->format = r->format->name;
	*ret_reader = r;
	return 0;
}

void
reader_free(struct reader *r)
{
	if (!r)
		return;
	if (r->format && r->format->free)
		r->format->free(r);
	window_clear(&r->window);
	free(r);
}

int
reader_fail(struct reader *r, int err, const char *what)
{
	char *text = NULL;

	if (!what)
		what = input_error(r->window.in);
	if (!what)
		what = err_text(err);
	r->file->status = err;
	if (window_offset(&r->window) == 0)
		text = strdup(what);
	else if (asprintf(&text, "%s at byte %llu, after packet %llu", what,
	    (unsigned long long)window_offset(&r->window),
	    (unsigned long long)r->packets) < 0)
		text = NULL;
	free((char *)r->file->error);
	r->file->error = text;
	return err;
}

int
reader_fail_short(struct reader *r, int err, const char *what)
{
	if (err != ERR_TRUNCATED || input_error(r->window.in))
		return reader_fail(r, err, NULL);
	if (!window_left(&r->window))
		return ERR_END;
	return reader_fail(r, err, what);
}

bool
sink_wants_out(const struct sink *s, const struct reader *r)
{
	const struct batch *b = s->batch;

	if (!b->count && !b->block_count)
		return false;
	return !r->regular || b->count >= BATCH_ENOUGH ||
	    s->pool.pinned_len >= BATCH_LEN;
}

static int
sink_grow_interfaces(struct sink *s)
{
	uint32_t cap = s->iface_cap ? s->iface_cap * 2 : 4;
	void *p;

	p = realloc(s->ifaces, cap * sizeof(*s->ifaces));
	if (!p)
		return -ENOMEM;
	s->ifaces = p;
	s->iface_cap = cap;
	return 0;
}

int64_t
sink_add_interface(struct sink *s, const struct telltap_interface *i,
    const void *name, size_t name_len)
{
	char *copy;

	if (s->iface_count == SOURCE_IFACE_MAX)
		return SOURCE_IFACE_MAX - 1;
	if (s->iface_count == s->iface_cap && sink_grow_interfaces(s) < 0)
		return -ENOMEM;
	copy = strndup(name_len ? name : "",
	    name_len < NAME_LEN_MAX ? name_len : NAME_LEN_MAX);
	if (!copy)
		return -ENOMEM;
	s->ifaces[s->iface_count] = *i;
	s->ifaces[s->iface_count].name = copy;
	return s->iface_count++;
}

void
sink_add_block(struct sink *s, struct reader *r,
    const struct telltap_block *block)
{
	struct batch *b = s->batch;
	size_t cap;
	void *p;

	if (b->block_count == b->block_cap) {
		cap = b->block_cap ? b->block_cap * 2 : 64;
		p = b->block_cap < BATCH_BLOCKS_MAX ?
		    realloc(b->blocks, cap * sizeof(*b->blocks)) : NULL;
		if (!p) {
			s->blocks_lost++;
			return;
		}
		b->blocks = p;
		b->block_cap = cap;
	}
	window_pin(&r->window);
	b->blocks[b->block_count] = *block;
	b->blocks[b->block_count].file = r->file_index;
	b->blocks[b->block_count].big_endian = r->big_endian;
	b->block_count++;
}
