/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_BASE85_H
#define CONTENT_BASE85_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Base85 in text that nothing else explains: Ascii85 with or without its marks,
 * the alphabet of RFC 1924 (Python's, git's) and Z85. Without marks other text
 * without spaces may look so; of noise one group in thirty is none.
 */

#define BASE85_MIN	256	/* characters */

struct base85;
struct scan_node;

/* By the first bytes; NULL: it is none, or memory is out. */
struct base85 *base85_new(struct scan_node *n, const uint8_t *p, size_t len);
void base85_data(struct base85 *b, const uint8_t *p, size_t len);
/* No more bytes, or some are missing; unless known content is in it, it was
 * none. Frees it; NULL does nothing. */
void base85_end(struct base85 *b, bool complete);

#endif
