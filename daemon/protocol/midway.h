/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_MIDWAY_H
#define PROTOCOL_MIDWAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Is a connection that no layer knows sealed, and was only its handshake not
 * captured? Then its bytes look random, and are not on the wire in the clear. Used
 * by conn_lane.c for the runs of the wire, on the shard's thread. All zero is one
 * of which nothing was seen.
 *
 * TLS is known by a record's header that the header of the next one follows where it
 * says, or by a record that begins and ends with its segment; in front of the first
 * one lies no more than the rest of a record, and that a connection has only if it is
 * older than its capture, or behind a gap. A stream that carries such records within
 * other things is none. QUIC's packets with
 * short headers have nothing that tells them for sure. Each has to be one by its
 * length and first bit, the first ones have to look random, and of MIDWAY_DATAGRAMS
 * the masked bits of the first byte have to vary. Besides either the bit that most
 * set (RFC 9000, 17.3.1; RFC 9287) is set in all, or all of a side's first ones are
 * sent to one connection ID. At a port of QUIC the bit alone will do, with a
 * datagram that is as long as its full packets, or a third one: DNSCrypt is met
 * there, too.
 */
#define MIDWAY_DATAGRAMS	4
#define MIDWAY_LOOK_LEN		(18u << 10)	/* of a record, at most */

enum midway_kind {
	MIDWAY_NOT,
	MIDWAY_TLS,
	MIDWAY_QUIC,
};

struct midway {
	bool late;			/* what came before was not captured */
	struct midway_stream {
		uint32_t looked_len;	/* saturating */
		uint16_t skip;		/* bytes of the record to come */
		uint8_t header[5];	/* of the next one */
		uint8_t header_len;
		bool follows;		/* a record is being skipped */
	} stream[2];
	uint8_t datagrams;		/* saturating */
	uint8_t first;			/* byte of the first one */
	uint8_t varied;			/* bits in which others differ */
	bool random, other, quic;
	bool full;			/* some are as long as full ones */
	bool unset;			/* the bit, of some */
	struct midway_id {
		uint8_t bytes[4];	/* that the ID begins with */
		uint8_t count;		/* datagrams to it, saturating */
		bool changed;
	} id[2];
};

/* More of a side's stream, of which the beginning is missing: does it have records of
 * TLS? */
bool midway_stream_data(struct midway *m, unsigned side, const uint8_t *data,
    size_t len);
void midway_stream_gap(struct midway *m, unsigned side);

/* A datagram of a side, between those ports: is it, with all before it, of QUIC? */
bool midway_datagram(struct midway *m, unsigned side, const uint16_t port[2],
    const uint8_t *data, size_t len);

#endif
