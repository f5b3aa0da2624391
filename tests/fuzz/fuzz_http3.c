// SPDX-License-Identifier: Apache-2.0
#include "../unit/protocol/record.h"
#include "base/cursor.h"
#include "protocol/http/http3.h"

/*
 * Input: pieces of streams, each a control byte (0x80 side, 0x40 a gap, 0x30
 * which stream, the rest a length in steps of four) and its bytes. Every byte is
 * accounted for; and unless something was broken, the same messages come out
 * when the pieces come in crumbs.
 */
static const struct when now = { 1, 1 };

static void
run(struct cursor c, size_t crumb, struct buf *ret_said)
{
	static const uint64_t streams[2][4] = { { 0, 4, 2, 6 }, { 0, 4, 3, 7 } };
	uint64_t fed[2] = { 0, 0 };
	struct http3 *h;

	record_clear();
	h = http3_new(&record.conn, 0);
	while (h && cur_left(&c) > 1) {
		uint8_t control = cur_u8(&c);
		unsigned side = control >> 7;
		uint64_t id = streams[side][control >> 4 & 3];
		size_t len = (control & 0x0f) * 4u + 1;

		if (control & 0x40) {
			http3_gap(h, side, id, len, &now);
			continue;
		}
		len = len > cur_left(&c) ? cur_left(&c) : len;
		fed[side] += len;
		for (size_t part; len; len -= part) {
			part = crumb && crumb < len ? crumb : len;
			http3_data(h, side, id, cur_bytes(&c, part), part,
			    &now);
		}
	}
	for (unsigned side = 0; h && side < 2; side++)
		http3_end(h, side, 0, side == 0, &now);
	http3_finish(h, &now);
	http3_free(h);
	if (record.ended != record.count || record_bytes(0) != fed[0] ||
	    record_bytes(1) != fed[1])
		abort();
	for (size_t i = 0; i < record.count && i < RECORD_MAX; i++) {
		ret_said->failed |= record.messages[i]->limit != NULL;
		buf_str(ret_said, record_text(i));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct buf whole = { 0 }, crumbs = { 0 };

	run(cur_init(data, len), 0, &whole);
	run(cur_init(data, len), 1 + len % 5, &crumbs);
	if (!whole.failed && !crumbs.failed && (whole.len != crumbs.len ||
	    (whole.len && memcmp(whole.data, crumbs.data, whole.len))))
		abort();
	buf_clear(&whole);
	buf_clear(&crumbs);
	record_clear();
	return 0;
}
