/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLOW_PACKET_H
#define FLOW_PACKET_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/*
 * Decodes one captured frame down to its innermost transport header, putting
 * IP fragments together. Runs in the engine, on one thread, before packets are
 * handed to the shards. Nothing is copied: a packet's payload points into the
 * frame, or, for a reassembled datagram, into the arena given.
 *
 * Checksums are not verified: where the network card computes them, captures on
 * the sending host hold wrong ones.
 *
 * Tunnels are opened while what they carry is an IP packet that holds together,
 * eight deep; else the packet stays the UDP or GRE packet that it is.
 */

struct telltap_packet;
struct packet_decoder;

/* IPv4 is held as ::ffff:a.b.c.d; bytes in network order. */
struct packet_addr {
	union {
		uint8_t b[16];
		uint32_t w[4];
		uint64_t d[2];
	};
};

enum packet_flag {
	PACKET_REASSEMBLED = 1 << 0,	/* from IP fragments */
	PACKET_TUNNELLED = 1 << 1,	/* addresses are the inner ones */
	PACKET_CUT = 1 << 2,		/* snaplen cut the payload */
	PACKET_OUTGOING = 1 << 3,	/* cooked, pktap: link layer says so */
	PACKET_INCOMING = 1 << 4,
	PACKET_FRAGMENTS_DIFFER = 1 << 5,	/* fragments gave other bytes for
					 * one place; the first are here */
};

enum packet_tcp_flag {
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_PSH = 0x08,
	TCP_ACK = 0x10,
	TCP_URG = 0x20,
};

struct packet {
	uint64_t number;		/* 1-based, in the capture as a whole */
	uint64_t ts_ns;			/* Unix epoch */
	const uint8_t *payload;		/* of the transport, borrowed */
	uint32_t payload_len;		/* bytes captured */
	uint32_t payload_wire_len;	/* bytes by the headers, >= payload_len */
	struct packet_addr src, dst;
	uint16_t src_port, dst_port;	/* ICMP: see community_id.h; else 0 */
	uint8_t ip_version;		/* 4 or 6 */
	uint8_t proto;			/* IP protocol number */
	uint8_t tcp_flags;		/* enum packet_tcp_flag */
	uint8_t flags;			/* enum packet_flag */
	uint32_t seq, ack;		/* TCP */
	uint32_t interface;		/* as in telltap_packet */
	uint32_t owner;			/* as in telltap_packet */
};

/*
 * What became of the frames. Bytes are wire bytes. frames is the sum of
 * decoded, not_ip, unsupported, malformed, truncated and fragments_held.
 */
struct packet_stats {
	uint64_t frames, bytes;		/* everything fed */
	uint64_t decoded;		/* returned 0 */
	uint64_t not_ip;		/* ARP, LLDP, 802.11 management, ... */
	uint64_t unsupported;		/* link type or tunnel not known here */
	uint64_t malformed, truncated;
	uint64_t fragments;		/* IP fragments seen */
	uint64_t fragments_held;	/* of them: returned 1, see below */
	uint64_t fragments_overlapping;	/* with differing bytes or ranges */
	uint64_t fragments_differing;	/* of them: with differing bytes */
	uint64_t fragments_expired;	/* never completed, or evicted */
	uint64_t datagrams_expired;	/* the datagrams they belonged to */
	uint64_t cut_by_snaplen;
};

/* packet_decoder_new - max_fragment_bytes bounds the memory that unfinished
 * datagrams hold; the oldest datagram is dropped first, and counted. */
struct packet_decoder *packet_decoder_new(size_t max_fragment_bytes);
void packet_decoder_free(struct packet_decoder *d);

/*
 * packet_decode - decodes one frame.
 *
 * Returns 0 with *ret_packet filled; 1 when the frame is a fragment that waits
 * for others, or has nothing for the engine (ARP); ERR_TRUNCATED,
 * ERR_MALFORMED, ERR_UNSUPPORTED otherwise. All of it is counted.
 * ret_packet->payload lives as long as raw->data and the arena's objects do.
 * When anything but 0 is returned, *ret_packet holds no meaning.
 */
int packet_decode(struct packet_decoder *d, const struct telltap_packet *raw,
    struct arena *arena, struct packet *ret_packet);

/* At the end of a capture: datagrams that still wait count as expired. */
void packet_decoder_flush(struct packet_decoder *d);

/* Bytes that unfinished datagrams hold: never above max_fragment_bytes. */
size_t packet_decoder_held(const struct packet_decoder *d);

const struct packet_stats *packet_decoder_stats(const struct packet_decoder *d);

#endif
