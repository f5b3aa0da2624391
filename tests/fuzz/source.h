/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_SOURCE_H
#define FUZZ_SOURCE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "source/reader.h"

/* What a capture says, in one number: every packet and block, field by field,
 * so that every byte handed out is read. */
struct digest {
	uint64_t hash, blocks_hash, packets;
	int err;
	bool packed;
};

static inline void
digest_add(uint64_t *hash, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < len; i++)
		*hash = (*hash ^ p[i]) * 0x100000001b3ull;
}

static inline void
digest_batch(struct digest *d, const struct batch *b)
{
	for (size_t i = 0; i < b->count; i++) {
		const struct telltap_packet *p = &b->packets[i];

		if (p->number != ++d->packets || p->wire_len < p->cap_len)
			abort();
		digest_add(&d->hash, &p->ts_ns, sizeof(p->ts_ns));
		digest_add(&d->hash, &p->cap_len, sizeof(p->cap_len));
		digest_add(&d->hash, &p->wire_len, sizeof(p->wire_len));
		digest_add(&d->hash, &p->interface, sizeof(p->interface));
		digest_add(&d->hash, &p->flags, sizeof(p->flags));
		digest_add(&d->hash, p->data, p->cap_len);
	}
	for (size_t i = 0; i < b->block_count; i++) {
		digest_add(&d->blocks_hash, &b->blocks[i].packet, 8);
		digest_add(&d->blocks_hash, b->blocks[i].addr, 16);
		digest_add(&d->blocks_hash, b->blocks[i].data,
		    b->blocks[i].len);
	}
}

/* Reads the input through chunks of that size. pipe: in small batches. With
 * by_time, in steps of time, as a merge does, which changes no byte. */
static inline struct digest
digest_read(const uint8_t *data, size_t len, size_t chunk_len, bool pipe,
    bool by_time)
{
	struct batch batch = { 0 };
	struct sink s = { .batch = &batch };
	struct telltap_source_file file = { 0 };
	struct digest d = { .hash = 14695981039346656037ull };
	uint64_t until_ns = by_time ? 0 : UINT64_MAX;
	struct reader *r = NULL;
	struct input *in;

	chunk_pool_init(&s.pool, chunk_len);
	batch.packets = calloc(BATCH_PACKETS, sizeof(*batch.packets));
	d.err = input_open_memory(data, len, &in);
	if (d.err == 0)
		d.err = reader_open(in, &s, &file, 0, &r);
	if (r)
		r->regular = !pipe;
	while (d.err >= 0) {
		chunk_pool_next_batch(&s.pool);
		batch.count = batch.block_count = 0;
		d.err = reader_fill(r, &s, until_ns);
		digest_batch(&d, &batch);
		if (d.err == 1)
			until_ns = r->next_ns;
	}
	if (d.packets != file.packets || (d.err != ERR_END && r &&
	    (file.status != d.err || !file.error)))
		abort();
	d.packed = file.compression != NULL;
	reader_free(r);
	for (uint32_t i = 0; i < s.iface_count; i++)
		free((char *)s.ifaces[i].name);
	free(s.ifaces);
	free((char *)file.error);
	chunk_pool_clear(&s.pool);
	free(batch.packets);
	free(batch.blocks);
	return d;
}

/* However the memory is cut up, the capture says the same; but how much comes
 * out of damaged gzip or zstd before the damage depends on the room given. */
static inline void
digest_compare(const uint8_t *data, size_t len)
{
	struct digest a = digest_read(data, len, 1 << 20, false, false);
	struct digest b = digest_read(data, len, 64, true, true);

	if (a.packed && (a.err == ERR_MALFORMED || b.err == ERR_MALFORMED))
		return;
	if (a.hash != b.hash || a.blocks_hash != b.blocks_hash ||
	    a.packets != b.packets || a.err != b.err)
		abort();
}

#endif
