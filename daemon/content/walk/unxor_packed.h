/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_UNXOR_PACKED_H
#define CONTENT_UNXOR_PACKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What was packed before it was put under a key shows nothing of the file in it;
 * but a compression or an archive begins with bytes that are known, and a key of
 * a few bytes follows from them. Whether it is one shows by what it opens.
 */

#define UNXOR_PACKED_KEY 8	/* bytes of a key at most */

/* By the first len bytes: the key's length, 0 if there is none. */
size_t unxor_packed_key(const uint8_t *p, size_t len,
    uint8_t ret_key[static UNXOR_PACKED_KEY]);

#endif
