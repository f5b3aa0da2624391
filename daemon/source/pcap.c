// SPDX-License-Identifier: Apache-2.0
/*
 * Classic pcap, version 2.4, in micro- and nanoseconds and either byte order:
 * a file header of 24 bytes, then records of 16 bytes and the packet.
 */
#include "source/reader.h"

#include <errno.h>

#include "base/cursor.h"

#define FILE_HEADER_LEN		24
#define RECORD_HEADER_LEN	16

static inline uint32_t
pcap_u32(struct cursor *c, bool big_endian)
{
	return big_endian ? cur_be32(c) : cur_le32(c);
}

/* The loop of pcap_fill(), once for each byte order. */
static inline __attribute__((always_inline)) int
pcap_walk(struct reader *r, struct sink *s, uint64_t until_ns, bool big)
{
	struct telltap_packet p = { .interface = r->iface,
		.link_type = r->link_type };
	struct window *w = &r->window;
	struct cursor c;
	uint32_t sec, frac;

	while (!sink_is_full(s)) {
		if (window_left(w) < RECORD_HEADER_LEN)
			return RECORD_HEADER_LEN;
		c = cur_init(window_peek(w), window_left(w));
		sec = pcap_u32(&c, big);
		frac = pcap_u32(&c, big);
		p.cap_len = pcap_u32(&c, big);
		p.wire_len = pcap_u32(&c, big);
		p.ts_ns = sec * 1000000000ull + frac * (uint64_t)r->tick_ns;
		if (p.cap_len > PACKET_LEN_MAX)
			return reader_fail(r, ERR_MALFORMED,
			    "packet of impossible length");
		if (cur_left(&c) < p.cap_len)
			return (int)(RECORD_HEADER_LEN + p.cap_len);
		if (p.ts_ns > until_ns) {
			r->next_ns = p.ts_ns;
			return 1;
		}
		if (p.wire_len < p.cap_len)
			p.wire_len = p.cap_len;
		p.data = cur_bytes(&c, p.cap_len);
		window_consume(w, RECORD_HEADER_LEN + p.cap_len);
		sink_add_packet(s, r, w->chunk, &p);
	}
	return 0;
}

static int
pcap_fill(struct reader *r, struct sink *s, uint64_t until_ns)
{
	int n, err;

	for (;;) {
		n = r->big_endian ? pcap_walk(r, s, until_ns, true) :
		    pcap_walk(r, s, until_ns, false);
		if (n <= 1)
			return n;
		/* n bytes are needed in one piece */
		if (sink_wants_out(s, r))
			return 0;
		err = window_fill(&r->window, (size_t)n);
		if (err < 0)
			return reader_fail_short(r, err, "cut in mid-packet");
	}
}

int
pcap_begin(struct reader *r, struct sink *s)
{
	struct telltap_interface iface = { .file = r->file_index };
	uint32_t magic, link;
	uint16_t major, minor;
	struct cursor c;
	int64_t index;
	int err;

	err = window_fill(&r->window, FILE_HEADER_LEN);
	if (err < 0)
		return reader_fail(r, err, input_error(r->window.in) ? NULL :
		    "cut in the file header");
	c = cur_init(window_peek(&r->window), FILE_HEADER_LEN);
	magic = cur_be32(&c);
	r->big_endian = magic == 0xa1b2c3d4 || magic == 0xa1b23c4d;
	r->tick_ns = magic == 0xa1b23c4d || magic == 0x4d3cb2a1 ? 1 : 1000;
	major = r->big_endian ? cur_be16(&c) : cur_le16(&c);
	minor = r->big_endian ? cur_be16(&c) : cur_le16(&c);
	if (major != 2 || minor != 4)
		return pcap_lib_begin(r, s);
	cur_skip(&c, 8);	/* time zone and accuracy: unused by all */
	r->snaplen = pcap_u32(&c, r->big_endian);
	/* the upper bits tell of a frame check sequence */
	link = pcap_u32(&c, r->big_endian) & 0x03ffffff;
	if (link > UINT16_MAX)
		return reader_fail(r, ERR_UNSUPPORTED, "unknown link type");
	r->link_type = (uint16_t)link;
	iface.snaplen = r->snaplen;
	iface.link_type = r->link_type;
	iface.tsresol = r->tick_ns == 1 ? 9 : 6;
	index = sink_add_interface(s, &iface, NULL, 0);
	if (index < 0)
		return reader_fail(r, (int)index, NULL);
	r->iface = (uint32_t)index;
	window_consume(&r->window, FILE_HEADER_LEN);
	r->format = &reader_pcap;
	return 0;
}

const struct reader_format reader_pcap = { "pcap", pcap_fill, NULL };
