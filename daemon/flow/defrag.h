/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLOW_DEFRAG_H
#define FLOW_DEFRAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "flow/packet.h"

/*
 * Puts IP fragments together, for packet_decode() alone. Where fragments
 * overlap, the bytes that came first are kept, and whether the later ones
 * agreed is reported: systems differ in what they keep, which is how one shows
 * a monitor other bytes than the receiver. RFC 5722 has receivers drop IPv6
 * datagrams with overlaps; they are put together here all the same, so that
 * nothing is hidden from the engine, and counted.
 *
 * Memory is bounded: datagrams are made of pages of 2 KiB, and when the ceiling
 * is reached the oldest unfinished datagram goes. So do those whose time is up
 * by the packets' own clock: 30 s for IPv4, 60 s for IPv6, after their first
 * fragment.
 */
struct defrag;

/* Bytes compare as a whole: no padding in here, unused fields zero. */
struct defrag_key {
	struct packet_addr src, dst;
	uint32_t id;
	uint32_t scope;		/* tunnels may use the same addresses */
	uint8_t version;	/* 4 or 6 */
	uint8_t proto;		/* IPv4 only; RFC 8200 has 0 here */
	uint8_t zero[6];
};

struct defrag_piece {
	const uint8_t *data;
	uint32_t cap_len;	/* bytes at data */
	uint32_t len;		/* by the header, >= cap_len */
	uint32_t offset;	/* a multiple of 8 */
	uint32_t header_len;	/* IP header bytes counted in a total of 65535 */
	uint64_t ts_ns;
	uint8_t next_proto;	/* of the payload, by the first fragment */
	bool more;		/* others follow it */
};

/* What the whole datagram was. */
struct defrag_whole {
	const uint8_t *data;	/* in the arena; NULL if not whole yet */
	uint32_t cap_len;	/* bytes at data: up to the first one cut off */
	uint32_t len;		/* by the headers */
	uint8_t next_proto;
	bool differing;		/* fragments disagreed on bytes */
};

struct defrag_stats {
	uint64_t overlapping;	/* fragments that overlap, but for duplicates */
	uint64_t differing;	/* of them: with other bytes */
	uint64_t expired;	/* fragments of datagrams given up */
	uint64_t datagrams_expired;
};

/* defrag_new - NULL if memory is out. max_bytes bounds what unfinished
 * datagrams hold, administration included. */
struct defrag *defrag_new(size_t max_bytes);
void defrag_free(struct defrag *f);

/*
 * defrag_add - takes one fragment; its bytes are copied.
 *
 * Returns 0 with *ret_whole filled, its data NULL unless this fragment made the
 * datagram whole. ERR_MALFORMED for a fragment that no datagram can have: empty
 * or of odd length in the middle, past 65,535 bytes, behind the end that another
 * one gave. ERR_LIMIT if it does not fit below the ceiling or memory is out.
 */
must_check int defrag_add(struct defrag *f, const struct defrag_key *key,
    const struct defrag_piece *piece, struct arena *arena,
    struct defrag_whole *ret_whole);

/* Gives up all unfinished datagrams: they count as expired. */
void defrag_flush(struct defrag *f);

const struct defrag_stats *defrag_get_stats(const struct defrag *f);

/* Bytes that unfinished datagrams hold now. */
size_t defrag_bytes(const struct defrag *f);

#endif
