/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_SOCKET_PAIRS_H
#define ENGINE_SOCKET_PAIRS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The two sockets of one connection, where both ends are watched: the kernel
 * counts its payload on each, and captures show it once. What was counted
 * belongs to the connection as its opener sees it, as flows do. One of a pair
 * is remembered until the other comes, the last SOCKET_PAIRS_MAX of them; one
 * that was forgotten is counted as if its other end were not watched.
 */

#define SOCKET_PAIRS_MAX 16384u

struct telltap_socket_count;

struct socket_pairs;

struct socket_sums {
	uint64_t out, in;	/* payload bytes */
};

struct socket_pairs *socket_pairs_new(void);	/* NULL: no memory */
void socket_pairs_free(struct socket_pairs *);

/* Adds what was counted of a socket to the sums of all connections. accepted:
 * the peer opened it; of two that are alike in this the direction is not known,
 * and each way counts as what is the least that it can have carried. */
void socket_pairs_add(struct socket_pairs *,
    const struct telltap_socket_count *, bool accepted, struct socket_sums *);

#endif
