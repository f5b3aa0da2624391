/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLOW_ADDRESS_H
#define FLOW_ADDRESS_H

#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "flow/packet.h"

/* IP addresses as text and back: dotted IPv4, and IPv6 in the one form that
 * RFC 5952 allows. */

#define ADDRESS_TEXT_MAX 46	/* with its NUL */

/* Writes the text and a NUL; returns its length. ip_version 4 takes the last
 * four bytes. */
size_t address_format(const struct packet_addr *addr, uint8_t ip_version,
    char ret_text[static ADDRESS_TEXT_MAX]);

/* Likewise with a port: "192.0.2.1:80", "[::1]:80". */
#define ADDRESS_PORT_TEXT_MAX (ADDRESS_TEXT_MAX + 8)
size_t address_format_port(const struct packet_addr *addr, uint8_t ip_version,
    uint16_t port, char ret_text[static ADDRESS_PORT_TEXT_MAX]);

/* Returns the IP version, 4 or 6, or 0 if text is no address. */
uint8_t address_parse(struct span text, struct packet_addr *ret_addr);

#endif
