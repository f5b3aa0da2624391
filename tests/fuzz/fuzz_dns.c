// SPDX-License-Identifier: Apache-2.0
#include "../unit/protocol/record.h"
#include "base/cursor.h"

/*
 * Input: a byte of flavour and transport, then pieces of both sides, each a
 * control byte (0x80 side, 0x40 a gap, the rest a length in steps of four) and
 * its bytes. Every byte is accounted for, every message ends, and text is
 * printable.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_text(const struct dns_message *m)
{
	if (m->text_len > DNS_TEXT_MAX || m->record_count > DNS_RECORDS_MAX ||
	    m->question_count > DNS_QUESTIONS_MAX)
		abort();
	for (size_t i = 0; i < m->text_len; i++)
		if (m->text[i] < 0x20 || m->text[i] > 0x7e)
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t ports[] = { 53, 5353, 5355, 137 };
	struct cursor c = cur_init(data, size);
	uint8_t how = cur_u8(&c);
	struct when now = { 1, 1 };
	uint64_t fed[2] = { 0 };
	struct dns_message m;
	struct layer *l;

	if (dns_parse((struct span){ cur_peek(&c), cur_left(&c) },
	    (enum dns_flavour)(how & 3), &m) != ERR_TRUNCATED)
		check_text(&m);
	dns_detect(data, size, how & 4, how & 8 ? 53 : 4000, 4001);
	record_clear();
	record.conn.proto = how & 4 ? 6 : 17;
	record.conn.port[1] = ports[how & 3];
	l = dns_layer_new(&record.conn);
	if (!l)
		abort();
	while (cur_left(&c) > 1) {
		uint8_t control = cur_u8(&c);
		size_t len = (control & 0x3f) * 4u + 1;

		now.ts_ns += len * 100000000;
		if (control & 0x40) {
			l->ops->gap(l, control >> 7, len, &now);
			continue;
		}
		if (len > cur_left(&c))
			len = cur_left(&c);
		fed[control >> 7] += len;
		l->ops->data(l, control >> 7, cur_bytes(&c, len), len, &now);
	}
	l->ops->finish(l, &now);
	l->ops->free(l);
	if (record.ended != record.count || record_bytes(0) != fed[0] ||
	    record_bytes(1) != fed[1])
		abort();
	record_clear();
	return 0;
}
