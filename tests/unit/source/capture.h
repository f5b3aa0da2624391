/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UNIT_SOURCE_CAPTURE_H
#define UNIT_SOURCE_CAPTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "source/reader.h"

/* Writes captures, in either byte order, and reads them from memory. */

static bool big;	/* byte order of what is written */

static inline void
put(struct buf *b, uint64_t v, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buf_u8(b, (uint8_t)(v >> 8 * (big ? len - 1 - i : i)));
}

static inline void
put_file_header(struct buf *b, uint32_t magic, uint32_t link)
{
	put(b, magic, 4);
	put(b, 2, 2);
	put(b, 4, 2);
	put(b, 0, 8);
	put(b, 65535, 4);
	put(b, link, 4);
}

static inline void
put_record(struct buf *b, uint32_t sec, uint32_t frac, uint32_t cap_len,
    uint32_t wire_len)
{
	put(b, sec, 4);
	put(b, frac, 4);
	put(b, cap_len, 4);
	put(b, wire_len, 4);
	for (uint32_t i = 0; i < cap_len; i++)
		buf_u8(b, (uint8_t)(sec + i));
}

static inline void
put_block(struct buf *b, uint32_t type, const struct buf *body)
{
	uint32_t len = (uint32_t)((body->len + 3) & ~3ul) + 12;

	put(b, type, 4);
	put(b, len, 4);
	buf_append(b, body->data, body->len);
	for (size_t i = body->len; i % 4; i++)
		buf_u8(b, 0);
	put(b, len, 4);
}

static inline void
put_option(struct buf *b, uint16_t code, const void *value, uint16_t len)
{
	put(b, code, 2);
	put(b, len, 2);
	buf_append(b, value, len);
	for (size_t i = len; i % 4; i++)
		buf_u8(b, 0);
}

static inline void
put_section(struct buf *b)
{
	struct buf body;

	buf_init(&body, 0);
	put(&body, 0x1a2b3c4d, 4);
	put(&body, 1, 2);
	put(&body, 0, 2);
	put(&body, UINT64_MAX, 8);
	put_block(b, 0x0a0d0d0a, &body);
	buf_clear(&body);
}

/* resol 0: no if_tsresol option; offset_s 0: no if_tsoffset */
static inline void
put_interface(struct buf *b, uint16_t link, uint32_t snaplen, uint8_t resol,
    int64_t offset_s)
{
	struct buf body, value;

	buf_init(&body, 0);
	buf_init(&value, 0);
	put(&body, link, 2);
	put(&body, 0, 2);
	put(&body, snaplen, 4);
	put_option(&body, 2, "eth7", 4);
	if (resol)
		put_option(&body, 9, &resol, 1);
	if (offset_s) {
		put(&value, (uint64_t)offset_s, 8);
		put_option(&body, 14, value.data, 8);
	}
	put_option(&body, 0, NULL, 0);
	put_block(b, 1, &body);
	buf_clear(&body);
	buf_clear(&value);
}

/* options: bytes behind the data, may be NULL */
static inline void
put_packet(struct buf *b, uint32_t iface, uint64_t ticks, uint32_t cap_len,
    uint32_t wire_len, const struct buf *options)
{
	struct buf body;

	buf_init(&body, 0);
	put(&body, iface, 4);
	put(&body, ticks >> 32, 4);
	put(&body, (uint32_t)ticks, 4);
	put(&body, cap_len, 4);
	put(&body, wire_len, 4);
	for (uint32_t i = 0; i < cap_len; i++)
		buf_u8(&body, (uint8_t)(ticks + i));
	for (uint32_t i = cap_len; options && i % 4; i++)
		buf_u8(&body, 0);
	if (options)
		buf_append(&body, options->data, options->len);
	put_block(b, 6, &body);
	buf_clear(&body);
}

/* A reader over the bytes, and all that it hands out, kept. */
struct reading {
	struct sink sink;
	struct batch batch;
	struct reader *reader;
	struct telltap_source_file file;
	int err;		/* of the open, or what ended the reading */
	struct telltap_packet packets[64];
	uint8_t bytes[64][64];	/* the front of each packet */
	size_t count;
	struct telltap_block blocks[64];
	char texts[64][64];
	size_t block_count;
};

static inline void
reading_keep(struct reading *g)
{
	for (size_t i = 0; i < g->batch.count && g->count < 64; i++) {
		struct telltap_packet *p = &g->packets[g->count];

		*p = g->batch.packets[i];
		if (p->cap_len)
			memcpy(g->bytes[g->count], p->data,
			    p->cap_len < 64 ? p->cap_len : 64);
		g->count++;
	}
	for (size_t i = 0; i < g->batch.block_count && g->block_count < 64;
	    i++) {
		struct telltap_block *b = &g->blocks[g->block_count];

		*b = g->batch.blocks[i];
		if (b->len)
			memcpy(g->texts[g->block_count], b->data,
			    b->len < 63 ? b->len : 63);
		g->block_count++;
	}
}

static inline void
reading_fill(struct reading *g, uint64_t until_ns)
{
	do {
		chunk_pool_next_batch(&g->sink.pool);
		g->batch.count = g->batch.block_count = 0;
		g->err = reader_fill(g->reader, &g->sink, until_ns);
		reading_keep(g);
	} while (g->err == 0);
}

static inline void
reading_open(struct reading *g, const struct buf *b, size_t len,
    size_t chunk_len)
{
	struct input *in;

	memset(g, 0, sizeof(*g));
	g->batch.packets = calloc(BATCH_PACKETS, sizeof(*g->batch.packets));
	g->sink.batch = &g->batch;
	chunk_pool_init(&g->sink.pool, chunk_len);
	assert_int_equal(input_open_memory(b->data, len, &in), 0);
	g->err = reader_open(in, &g->sink, &g->file, 0, &g->reader);
}

/* All of it; chunks of 128 bytes, so that nearly every record straddles. */
static inline void
reading_all(struct reading *g, const struct buf *b, size_t len)
{
	reading_open(g, b, len, 128);
	if (g->err == 0)
		reading_fill(g, UINT64_MAX);
}

static inline void
reading_clear(struct reading *g)
{
	reader_free(g->reader);
	for (uint32_t i = 0; i < g->sink.iface_count; i++)
		free((char *)g->sink.ifaces[i].name);
	free(g->sink.ifaces);
	chunk_pool_clear(&g->sink.pool);
	free(g->batch.packets);
	free(g->batch.blocks);
	free((char *)g->file.error);
}

#endif
