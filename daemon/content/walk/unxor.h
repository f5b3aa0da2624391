/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_UNXOR_H
#define CONTENT_UNXOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Known content under XOR with a key that repeats, one byte or up to 64 KiB of
 * it. The first bytes of an item that nothing else explains are kept, compared
 * with the known files in the differenced form, and if a file is in them the
 * key follows; the rest is decoded as it streams by. A key is believed where at
 * least UNXOR_PROOF bytes more agree than the key has.
 */

#define UNXOR_KEEP	(192 * 1024)
#define UNXOR_MIN	1024	/* shorter items are not tried */
#define UNXOR_PROOF	256
#define UNXOR_PROOF_BITS 700	/* that those have to say */
#define UNXOR_LEAST_PART 4	/* a key is kept if one byte in so many is known, or
				 * what is known can be no chance */

struct scan_node;
struct unxor;

/* NULL if memory is out, or too much of it is in use for this already. Of text
 * that does not repeat only keys of one byte are tried: longer ones make text
 * of nothing but what repeats itself. */
struct unxor *unxor_new(struct scan_node *n, bool text);
void unxor_free(struct unxor *x);

void unxor_data(struct unxor *x, const uint8_t *p, size_t len);

/* No more bytes, or some are missing. Closes the child, if there is one. */
void unxor_end(struct unxor *x, bool complete);

/* True if a key was found. */
bool unxor_found(const struct unxor *x);

#endif
