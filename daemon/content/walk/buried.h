/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_BURIED_H
#define CONTENT_BURIED_H

#include "content/scan_tree.h"

/*
 * Something packed behind a head of somebody's own, as a length, a command or a
 * magic number: in binary of no structure that we walk, the first place at which
 * bytes begin as a compression or an archive does. What stands from there on is
 * an item; in it known content is looked for, and by its form alone it is no
 * file.
 */

#define BURIED_REACH	256	/* bytes of a head */

struct buried;

/* Of the len first bytes of a node; NULL: there is none, or memory is out. */
struct buried *buried_new(struct scan_node *n, const uint8_t *p, size_t len);
void buried_data(struct buried *b, const uint8_t *p, size_t len);
void buried_gap(struct buried *b, uint64_t len);
/* No more bytes; frees. NULL does nothing. */
void buried_end(struct buried *b, bool complete);

#endif
