/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELLTAP_PACKET_H
#define TELLTAP_PACKET_H

#include <stdint.h>

/* One record of a capture, as it was captured. */
struct telltap_packet {
	uint64_t number;	/* 1-based, over the capture as a whole */
	uint64_t ts_ns;		/* nanoseconds since the Unix epoch, UTC */
	const uint8_t *data;	/* the frame; borrowed, see who hands it out */
	uint32_t cap_len;	/* bytes at data */
	uint32_t wire_len;	/* bytes the frame had on the wire */
	uint32_t interface;	/* index of the interface, over all files */
	uint32_t owner;		/* 0, or an owner the engine was told of */
	uint16_t link_type;	/* LINKTYPE_ value as in the capture file */
	uint16_t flags;		/* enum telltap_packet_flag */
};

enum telltap_packet_flag {
	TELLTAP_PACKET_INBOUND = 1 << 0,	/* epb_flags says so */
	TELLTAP_PACKET_OUTBOUND = 1 << 1,
};

#endif
