// SPDX-License-Identifier: Apache-2.0
#include "../unit/protocol/record.h"
#include "base/cursor.h"
#include "protocol/tls/keylog.h"
#include "protocol/tls/tls.h"

/*
 * Input: pieces of both sides in capture order, each a control byte (0x80 side,
 * 0x40 a gap, the rest a length in steps of eight) and its bytes. Every byte is
 * accounted for, once, and every message ends. There are keys for the client
 * random that the corpus uses.
 */
static const struct keylog *
make_keys(void)
{
	static const char *const labels[] = {
		"CLIENT_RANDOM", "CLIENT_EARLY_TRAFFIC_SECRET",
		"CLIENT_HANDSHAKE_TRAFFIC_SECRET",
		"SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0",
		"SERVER_TRAFFIC_SECRET_0" };
	static const int values[] = { 0x01, 0x10, 0x20, 0x21, 0x30, 0x31 };
	struct keylog *k = keylog_new();
	struct buf b = { 0 };

	for (size_t i = 0; k && i < 6; i++) {
		buf_printf(&b, "%s ", labels[i]);
		for (int n = 0; n < 32; n++)
			buf_str(&b, "c1");
		buf_str(&b, " ");
		for (int n = 0; n < (i ? 32 : 48); n++)
			buf_printf(&b, "%02x", values[i]);
		buf_str(&b, "\n");
	}
	if (!k || b.failed || keylog_add(k, b.data, b.len))
		abort();
	buf_clear(&b);
	return k;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cur_init(data, size);
	struct when now = { 1, 1 };
	uint64_t fed[2] = { 0 };
	static const struct keylog *keys;
	struct layer *l;

	if (!keys)
		keys = make_keys();
	tls_detect(data, size);
	record_clear();
	record.conn.endpoint_by = ENDPOINT_BY_FIRST_PACKET;
	record.env.keys = keys;
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
