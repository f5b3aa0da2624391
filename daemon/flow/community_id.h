/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLOW_COMMUNITY_ID_H
#define FLOW_COMMUNITY_ID_H

#include <stdint.h>

#include "flow/packet.h"

/*
 * Community ID v1 with seed 0: a hash of a flow's tuple, the same for both
 * directions, by which other tools' records of a flow are found. Computed once
 * per flow. See github.com/corelight/community-id-spec.
 */

/* "1:", 28 characters of base64 and NUL fit. */
#define COMMUNITY_ID_SIZE	32

/*
 * community_id_icmp_port - what stands for the destination port of an ICMP
 * message, its type standing for the source port: the type of the answer to it
 * (or of the question, if it is the answer), so that both make one flow; its
 * code if it is neither. proto is 1 or 58.
 */
uint16_t community_id_icmp_port(uint8_t proto, uint8_t type, uint8_t code);

/* community_id_write - ports in host order, for ICMP as above; either end may
 * come first, but for ICMP messages that have no answer: there the sender. */
void community_id_write(const struct packet_addr *src,
    const struct packet_addr *dst, uint16_t src_port, uint16_t dst_port,
    uint8_t proto, uint8_t ip_version, char ret_text[COMMUNITY_ID_SIZE]);

#endif
