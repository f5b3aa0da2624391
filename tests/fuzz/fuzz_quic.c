// SPDX-License-Identifier: Apache-2.0
#include "../unit/protocol/quic_build.h"
#include "../unit/protocol/record.h"
#include "base/cursor.h"
#include "protocol/quic/quic_detect.h"
#include "protocol/quic/quic_order.h"

/*
 * Input: datagrams, each a control byte (0x80 side, 0x40 as it comes, else
 * frames to be sealed as an Initial packet; the rest a length in steps of
 * eight) and its bytes. Every byte is accounted for. And the input itself, cut
 * into pieces that come shuffled, is put in order again.
 */
static void
append(void *arg, const uint8_t *data, size_t len)
{
	buf_append(arg, data, len);
}

static void
no_gap(void *arg, uint64_t len)
{
	abort();
}

static void
shuffle(const uint8_t *data, size_t len)
{
	static const struct quic_order_sink sink = { append, no_gap };
	struct quic_order o = { 0 };
	struct buf got = { 0 };

	/* each piece overlaps the next; even ones come last to first */
	for (size_t i = len / 16 + 1; i-- > 0;)
		if (i % 2 == 0 && i * 16 < len)
			quic_order_data(&o, i * 16, data + i * 16,
			    len - i * 16 < 24 ? len - i * 16 : 24, &sink, &got);
	for (size_t i = 1; i * 16 < len; i += 2)
		quic_order_data(&o, i * 16, data + i * 16,
		    len - i * 16 < 16 ? len - i * 16 : 16, &sink, &got);
	if (got.len != len || (len && memcmp(got.data, data, len)))
		abort();
	quic_order_clear(&o);
	buf_clear(&got);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct when now = { 1, 1 };
	struct cursor c = cur_init(data, len);
	uint64_t fed[2] = { 0, 0 };
	struct layer *l;

	record_clear();
	l = quic_layer_new(&record.conn);
	for (uint32_t n = 0; l && cur_left(&c) > 1 && n < 64; n++) {
		uint8_t control = cur_u8(&c);
		unsigned side = control >> 7;
		size_t part = (control & 0x3f) * 8u + 1;
		struct buf out = { 0 };

		part = part > cur_left(&c) ? cur_left(&c) : part;
		if (control & 0x40)
			buf_append(&out, cur_bytes(&c, part), part);
		else
			quic_put_initial(&out, QUIC_V1, "fuzz", side == 0,
			    "fuzz", n, cur_bytes(&c, part), part);
		l->ops->data(l, side, out.data, out.len, &now);
		fed[side] += out.len;
		buf_clear(&out);
	}
	l->ops->finish(l, &now);
	l->ops->free(l);
	if (record_bytes(0) != fed[0] || record_bytes(1) != fed[1])
		abort();
	record_clear();
	shuffle(data, len < 8192 ? len : 8192);
	return 0;
}
