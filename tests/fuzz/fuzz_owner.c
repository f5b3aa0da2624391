// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdlib.h>

#include "source/owner_note.h"
#include "source/process_block.h"

/* What a capture says of its packets' owners: every text that a note names lies
 * within what was read, or within the table of blocks. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
within(struct span s, const uint8_t *data, size_t size)
{
	if (s.len && (s.p < data || s.len > (size_t)(data + size - s.p)))
		abort();
}

static void
read_notes(const uint8_t *data, size_t size)
{
	struct span in = { data, size };
	struct owner_note n;

	if (owner_note_comment(in, &n)) {
		within(n.executable, data, size);
		within(n.name, data, size);
		within(n.args, data, size);
		owner_note_more(in, &n);
		if (!n.pid || !n.source)
			abort();
	}
	if (owner_note_pktap(in, &n)) {
		within(n.name, data, size);
		within(n.other_name, data, size);
	}
}

/* Pieces of (kind, length, bytes): blocks and a packet's options in turn. */
static void
read_blocks(const uint8_t *data, size_t size)
{
	static const uint32_t types[] = { 0xbad, 0x80000001, 0x0a0d0d0a, 8,
		0x8001, 0x8003 };
	struct process_blocks *p = process_blocks_new();
	struct owner_note n;
	uint64_t sum = 0;

	for (size_t at = 0; p && size - at >= 2;) {
		unsigned kind = data[at] % 6;
		size_t len = data[at + 1], left = size - at - 2;
		struct telltap_block b = { .kind = kind < 3 ?
				TELLTAP_BLOCK_OTHER : TELLTAP_BLOCK_OPTION,
			.type = types[kind], .big_endian = data[at] & 64,
			.file = data[at] >> 7, .data = data + at + 2,
			.len = len < left ? len : left };

		at += 2 + b.len;
		if (process_blocks_add(p, &b))
			abort();
		if (process_blocks_find(p, &b, 1, at, &n))
			for (size_t i = 0; i < n.name.len; i++)
				sum += n.name.p[i];
	}
	process_blocks_free(p);
	if (sum == UINT64_MAX)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_notes(data, size);
	read_blocks(data, size);
	return 0;
}
