// SPDX-License-Identifier: Apache-2.0
#include "../unit/protocol/record.h"
#include "base/cursor.h"
#include "protocol/dtls.h"

/*
 * Input: datagrams, each a control byte (0x80 side, the rest a length in steps
 * of eight) and its bytes. Every byte is accounted for.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct when now = { 1, 1 };
	struct cursor c = cur_init(data, len);
	uint64_t fed[2] = { 0, 0 };
	struct layer *l;

	dtls_detect(data, len);
	record_clear();
	l = dtls_layer_new(&record.conn);
	while (l && cur_left(&c) > 1) {
		uint8_t control = cur_u8(&c);
		size_t part = (control & 0x7f) * 8u + 1;
		unsigned side = control >> 7;

		part = part > cur_left(&c) ? cur_left(&c) : part;
		l->ops->data(l, side, cur_bytes(&c, part), part, &now);
		fed[side] += part;
	}
	l->ops->finish(l, &now);
	l->ops->free(l);
	if (record_bytes(0) != fed[0] || record_bytes(1) != fed[1])
		abort();
	record_clear();
	return 0;
}
