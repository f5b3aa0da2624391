/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOURCE_PCAPNG_H
#define SOURCE_PCAPNG_H

#include "base/cursor.h"
#include "source/reader.h"

/*
 * The parts of the pcapng reader (draft-ietf-opsawg-pcapng): framing and
 * packets in pcapng.c, the blocks beside them in pcapng_blocks.c, options and
 * time stamps in pcapng_options.c.
 */

#define NG_IFACE_MAX 65536u	/* of one section */

enum ng_block {
	NG_IDB = 1,		/* interface description */
	NG_PB = 2,		/* packet, obsolete */
	NG_SPB = 3,		/* simple packet */
	NG_NRB = 4,		/* name resolution */
	NG_ISB = 5,		/* interface statistics */
	NG_EPB = 6,		/* enhanced packet */
	NG_DSB = 10,		/* decryption secrets */
	NG_SHB = 0x0a0d0d0a,	/* section header */
};

/* Ticks since 1970 to nanoseconds. */
struct ng_clock {
	uint64_t mul, div;	/* of powers of 10, one of them 1 */
	unsigned shift;		/* powers of 2 when pow2 */
	bool pow2;
	int64_t offset_s;
};

struct ng_iface {
	struct ng_clock clock;
	uint32_t index, snaplen;
	uint16_t link_type;
};

struct ng {
	bool begun;			/* its first section was read */
	struct ng_iface *ifaces;	/* of the section */
	uint32_t iface_count, iface_cap;
};

struct ng_option {
	uint16_t code, len;
	struct cursor value;	/* without padding */
};

static inline uint16_t
ng_u16(struct cursor *c, bool big_endian)
{
	return big_endian ? cur_be16(c) : cur_le16(c);
}

static inline uint32_t
ng_u32(struct cursor *c, bool big_endian)
{
	return big_endian ? cur_be32(c) : cur_le32(c);
}

static inline uint64_t
ng_u64(struct cursor *c, bool big_endian)
{
	return big_endian ? cur_be64(c) : cur_le64(c);
}

/* The next option; false at the end, or where they stop making sense. */
bool ng_next_option(struct cursor *c, bool big_endian,
    struct ng_option *ret_option);

/* resol as if_tsresol has it. */
void ng_clock_init(struct ng_clock *clock, uint8_t resol, int64_t offset_s);

/* Clamped to 0 ... TIME_MAX_NS; *ret_clamped tells. */
uint64_t ng_clock_ns(const struct ng_clock *clock, uint64_t ticks,
    bool *ret_clamped);

/* Blocks that are not packets; body lies in r's chunk. ERR_MALFORMED or
 * ERR_LIMIT when it is passed over, other failures end the file. */
must_check int ng_add_interface(struct reader *r, struct sink *s,
    struct cursor body);
void ng_add_statistics(struct reader *r, struct sink *s, struct cursor body);
void ng_add_names(struct reader *r, struct sink *s, struct cursor body);
void ng_add_secrets(struct reader *r, struct sink *s, struct cursor body);

/* Comments and Apple's options of the packet just added. */
void ng_add_packet_options(struct reader *r, struct sink *s,
    struct cursor options);

#endif
