// SPDX-License-Identifier: Apache-2.0
#include "../unit/protocol/record.h"
#include "base/cursor.h"
#include "protocol/http1.h"

/*
 * Input: pieces of both sides in capture order, each a control byte (0x80 side,
 * 0x40 a gap, the rest a length in steps of eight) and its bytes. Every byte is
 * accounted for; and unless something was broken, the same heads and bodies come
 * out when the pieces come in crumbs.
 */
static uint64_t fed[2];

static void
run(struct cursor c, size_t crumb, struct buf *ret_said)
{
	static const struct when now = { 1, 1 };
	struct layer *l;

	record_clear();
	fed[0] = fed[1] = 0;
	l = http1_layer_new(&record.conn);
	if (!l)
		abort();
	for (size_t n = 0; cur_left(&c) > 1; n++) {
		uint8_t control = cur_u8(&c);
		unsigned side = control >> 7;
		size_t len = (control & 0x3f) * 8u + 1;

		if (control & 0x40) {
			l->ops->gap(l, side, len, &now);
			continue;
		}
		if (len > cur_left(&c))
			len = cur_left(&c);
		fed[side] += len;
		while (len) {
			size_t part = n && crumb && crumb < len ? crumb : len;

			l->ops->data(l, side, cur_bytes(&c, part), part, &now);
			len -= part;
		}
	}
	l->ops->eof(l, 1, &now);
	l->ops->finish(l, &now);
	l->ops->free(l);
	if (record.ended != record.count || record_bytes(0) != fed[0] ||
	    record_bytes(1) != fed[1])
		abort();
	for (size_t i = 0; i < record.count && i < RECORD_MAX; i++) {
		if (record.messages[i]->limit)
			ret_said->failed = true;
		buf_str(ret_said, record_text(i));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct buf whole = { 0 }, crumbs = { 0 };

	run(cur_init(data, len), 0, &whole);
	run(cur_init(data, len), 1 + len % 7, &crumbs);
	if (!whole.failed && !crumbs.failed && (whole.len != crumbs.len ||
	    (whole.len && memcmp(whole.data, crumbs.data, whole.len))))
		abort();
	buf_clear(&whole);
	buf_clear(&crumbs);
	record_clear();
	return 0;
}
