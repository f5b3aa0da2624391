/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_FTP_H
#define PROTOCOL_FTP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "flow/packet.h"

/*
 * Of FTP's control connection only where the data will go (RFC 959, RFC 2428):
 * a line, PORT or EPRT of the client, 227 or 229 of the server, names address
 * and port. Bytes in, place out; called for the bytes of connections with port
 * 21.
 */
struct ftp_place {
	struct packet_addr addr;
	uint16_t port;
};

#define FTP_PORT	21

/* from: the sender's address, which EPSV leaves out. False if line names no
 * place, or port 0. */
bool ftp_find_place(struct span line, const struct packet_addr *from,
    struct ftp_place *ret_place);

#endif
