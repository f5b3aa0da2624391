/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_CONN_TOLD_H
#define PROTOCOL_CONN_TOLD_H

#include "protocol/conn.h"

/*
 * What a TLS library was given to send, until records that may hold it have been
 * seen: what a program hands over does not always leave the machine.
 */

/* Of all connections that share an environment; what comes above it is lost. */
#define CONN_TOLD_MAX	(16u << 20)

struct conn_told;

struct conn_told_list {
	struct conn_told *first, **end;
	uint64_t len;			/* with gaps */
};

struct conn_told_piece {
	const uint8_t *data;		/* NULL: a gap */
	uint64_t len;
	struct when when;
	bool early;			/* as early data, if at all */
};

/* Takes a copy. Returns how much of it is a gap by now. */
uint64_t conn_told_add(struct conn *c, struct conn_told_list *l,
    const struct conn_told_piece *piece);

/* The first piece, of at most so many bytes; false if there is none. Its data live
 * until it is dropped. */
bool conn_told_first(const struct conn_told_list *l, uint64_t most,
    struct conn_told_piece *ret_piece);
/* So many bytes of the first piece. */
void conn_told_drop(struct conn *c, struct conn_told_list *l, uint64_t len);
void conn_told_clear(struct conn *c, struct conn_told_list *l);

#endif
