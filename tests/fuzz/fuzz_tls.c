// SPDX-License-Identifier: Apache-2.0
#include "../unit/protocol/record.h"
#include "base/cursor.h"
#include "protocol/tls.h"

/*
 * Input: pieces of both sides in capture order, each a control byte (0x80 side,
 * 0x40 a gap, the rest a length in steps of eight) and its bytes. Every byte is
 * accounted for, once, and every message ends.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cur_init(data, size);
	struct when now = { 1, 1 };
	uint64_t fed[2] = { 0 };
	struct layer *l;

	tls_detect(data, size);
	dtls_detect(data, size);
	record_clear();
	record.conn.endpoint_by = ENDPOINT_BY_FIRST_PACKET;
	l = tls_layer_new(&record.conn);
	if (!l)
		abort();
	while (cur_left(&c) > 1) {
		uint8_t control = cur_u8(&c);
		unsigned side = control >> 7;
		size_t len = (control & 0x3f) * 8u + 1;

		now.ts_ns += len * 10000000;
		now.packet++;
		if (control & 0x40) {
			l->ops->gap(l, side, len, &now);
			continue;
		}
		if (len > cur_left(&c))
			len = cur_left(&c);
		fed[side] += len;
		l->ops->data(l, side, cur_bytes(&c, len), len, &now);
	}
	l->ops->finish(l, &now);
	l->ops->free(l);
	if (record.ended != record.count || record_bytes(0) != fed[0] ||
	    record_bytes(1) != fed[1])
		abort();
	record_clear();
	return 0;
}
