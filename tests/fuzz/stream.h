/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FUZZ_STREAM_H
#define TESTS_FUZZ_STREAM_H

#include "../unit/protocol/record.h"
#include "base/cursor.h"

/*
 * For fuzzers of layers over TCP. Input: pieces of both sides in capture order,
 * each a control byte (0x80 side, 0x40 a gap, the rest a length in steps of
 * eight) and its bytes. Every byte is accounted for; and unless something was
 * broken, the same messages come out when the pieces come in crumbs.
 */
static inline void
fuzz_run(struct layer *l, struct cursor c, size_t crumb, struct buf *ret_said)
{
	static const struct when now = { 1, 1 };
	uint64_t fed[2] = { 0, 0 };

	if (!l)
		abort();
	/* the first piece of bytes tells the sides apart: it stays whole */
	for (size_t n = 0; cur_left(&c) > 1;) {
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
		n++;
	}
	if (l->ops->eof)
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

static inline void
fuzz_layer(struct layer *(*layer_new)(struct conn *), const uint8_t *data,
    size_t len)
{
	struct buf whole = { 0 }, crumbs = { 0 };

	record_clear();
	fuzz_run(layer_new(&record.conn), cur_init(data, len), 0, &whole);
	record_clear();
	fuzz_run(layer_new(&record.conn), cur_init(data, len), 1 + len % 7,
	    &crumbs);
	if (!whole.failed && !crumbs.failed && (whole.len != crumbs.len ||
	    (whole.len && memcmp(whole.data, crumbs.data, whole.len))))
		abort();
	buf_clear(&whole);
	buf_clear(&crumbs);
	record_clear();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#endif
