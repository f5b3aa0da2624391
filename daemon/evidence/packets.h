/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVIDENCE_PACKETS_H
#define EVIDENCE_PACKETS_H

#include "evidence/bag.h"
#include "flow/packet.h"
#include "telltap/packet.h"

struct telltap_interface;

/*
 * data/capture/packets.pcapng: the packets that the evidence rests on, as they
 * were captured. Each one's comment gives its number in the whole capture,
 * "telltap packet 17", which is what events count by, and, where it is known,
 * the process that owns it. Written by the recorder, which does not look into
 * packets; who chooses among them, packets_filter, does.
 */
struct packets {
	struct bag *bag;
	int fd;				/* -1: no packet yet */
	struct tlog_hasher hasher;
	struct buf pending;
	uint64_t size, count;
	uint32_t interface_count;	/* written down */
	char **owners;			/* by owner: what the comment says */
	size_t owner_count;
};

int packets_init(struct packets *p, struct bag *bag) must_check;
void packets_clear(struct packets *p);

/* What packets with that owner are marked with; copied. */
int packets_set_owner(struct packets *p, uint32_t owner, uint64_t pid,
    const char *executable, bool ambiguous) must_check;

/* interfaces may be NULL. */
int packets_write(struct packets *p, const struct telltap_packet *packet,
    const struct telltap_interface *interfaces, size_t count) must_check;

/* No more packets; nothing is written if there was none. */
int packets_finish(struct packets *p) must_check;

/*
 * Which packets to keep: those between the ends of chosen flows, and every IP
 * fragment, of which only the whole datagram would tell. Ends are kept as 64-bit
 * hashes: a few packets too many may be kept, none too few. Above the ceiling
 * all are kept.
 */
#define PACKETS_ENDS_MAX (1u << 24)

struct packets_filter {
	uint64_t *slots;
	size_t mask, count;
	bool all;
	struct packet_decoder *decoder;
	struct arena arena;
};

int packets_filter_init(struct packets_filter *f) must_check;
void packets_filter_clear(struct packets_filter *f);
int packets_filter_add(struct packets_filter *f, const struct packet_addr *a,
    uint16_t a_port, const struct packet_addr *b, uint16_t b_port,
    uint8_t proto) must_check;
bool packets_filter_has(struct packets_filter *f,
    const struct telltap_packet *packet);

#endif
