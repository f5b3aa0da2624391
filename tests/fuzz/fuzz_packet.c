// SPDX-License-Identifier: Apache-2.0
/*
 * Feeds frames to one decoder. The input is a run of records: link type (two
 * bytes, big-endian), seconds since the one before, bytes cut off, length (two
 * bytes), frame. Whatever comes in, a packet's payload lies inside its frame or
 * the arena, and what the headers say is no less than what is there.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "flow/packet.h"
#include "telltap/packet.h"

#define MAX_FRAGMENT_BYTES	(32 * 1024)
#define MUST(x)	do { if (!(x)) abort(); } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint32_t
sum(const uint8_t *p, size_t len)
{
	uint32_t s = 0;

	while (len--)
		s += *p++;
	return s;
}

static void
feed(struct packet_decoder *d, const struct telltap_packet *raw)
{
	volatile uint32_t touched;
	struct arena arena;
	struct packet pkt;
	int r;

	arena_init(&arena);
	r = packet_decode(d, raw, &arena, &pkt);
	MUST(r == 0 || r == 1 || r == ERR_TRUNCATED || r == ERR_MALFORMED ||
	    r == ERR_UNSUPPORTED);
	if (r == 0) {
		MUST(pkt.ip_version == 4 || pkt.ip_version == 6);
		MUST(pkt.payload_len <= pkt.payload_wire_len);
		MUST((pkt.flags & PACKET_REASSEMBLED) ||
		    (pkt.payload >= raw->data && pkt.payload_len <=
		    (size_t)(raw->data + raw->cap_len - pkt.payload)));
		touched = sum(pkt.payload, pkt.payload_len);
		(void)touched;
	}
	arena_clear(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct packet_decoder *d = packet_decoder_new(MAX_FRAGMENT_BYTES);
	struct cursor c = cur_init(data, len), frame;
	struct telltap_packet raw = { 0 };
	const struct packet_stats *s;

	MUST(d);
	while (cur_left(&c) >= 6) {
		raw.link_type = cur_be16(&c);
		raw.ts_ns += cur_u8(&c) * 1000000000ull;
		raw.wire_len = cur_u8(&c);
		raw.cap_len = cur_be16(&c);
		if (raw.cap_len > cur_left(&c))
			raw.cap_len = (uint32_t)cur_left(&c);
		raw.wire_len += raw.cap_len;
		frame = cur_sub(&c, raw.cap_len);
		raw.data = cur_peek(&frame);
		raw.number++;
		feed(d, &raw);
		MUST(packet_decoder_held(d) <= MAX_FRAGMENT_BYTES);
	}
	packet_decoder_flush(d);
	s = packet_decoder_stats(d);
	MUST(packet_decoder_held(d) == 0);
	MUST(s->frames == raw.number);
	MUST(s->frames == s->decoded + s->not_ip + s->unsupported +
	    s->malformed + s->truncated + s->fragments_held);
	packet_decoder_free(d);
	return 0;
}
