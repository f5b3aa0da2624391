/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_REGION_H
#define BASE_REGION_H

#include <stddef.h>

/*
 * Where the tables and slabs of all shards get their memory: pieces of one size,
 * cut from regions that the system backs with large pages where it can. With
 * small ones every new flow would cost a fault, and every flow met again a walk
 * through the page tables. Regions that are empty go back to the system, but for
 * the last one with room.
 * Any thread may call.
 *
 * Under an address sanitizer each piece is an allocation of its own.
 */
#define REGION_PIECE_LEN	(78u * 1024)

/* REGION_PIECE_LEN bytes, aligned to 16, of any content; NULL if memory is out. */
void *region_take(void);

/* Accepts NULL. */
void region_give(void *piece);

#endif
