/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERDICT_GRANT_H
#define VERDICT_GRANT_H

#include "base/arena.h"
#include "base/span.h"

/*
 * Addresses that a cloud's answer gives to send a file to. Defender's cloud
 * asks for a sample so: the file then goes to a storage host that bears no
 * vendor's name, and only the answer tells whose it is.
 */
#define GRANT_REPLY_MAX	(64u << 10)	/* of an answer is looked at */
#define GRANT_MAX	4u		/* addresses of one answer */

/* "host/path" of each https address in the answer, ASCII or UTF-16, under gzip or
 * zlib or not, that bears a query, which is the permission; copies in the arena.
 * Their number. */
size_t grant_find(struct span reply, struct arena *a, struct span *ret_list);

#endif
