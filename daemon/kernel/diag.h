/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_DIAG_H
#define KERNEL_DIAG_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * The kernel's list of TCP and UDP sockets (sock_diag), for where our own
 * programs cannot be loaded. It tells addresses and the inode by which
 * /proc/PID/fd knows the socket, at the moment of asking.
 */

struct diag_socket {
	uint8_t local[16], remote[16];	/* IPv4 as ::ffff:a.b.c.d; zero: any */
	uint16_t local_port, remote_port;	/* host order; 0: any */
	uint8_t proto;
	uint32_t inode;			/* 0: nobody holds it any more */
};

/* A netlink socket for diag_dump(), to be closed; or a negative code. */
must_check int diag_open(void);

/* Every socket of both families and protocols. */
must_check int diag_dump(int fd,
    void (*on_socket)(void *arg, const struct diag_socket *s), void *arg);

/* One message of an answer. Exposed for its test. */
must_check int diag_parse(const void *message, size_t len, uint8_t proto,
    struct diag_socket *ret_socket);

#endif
