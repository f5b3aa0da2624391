/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_WORD_MASK_H
#define CONTENT_WORD_MASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Long words among bytes, many at a time: what vector instructions find is what
 * the portable code finds.
 */

#define WORD_MIN	22	/* bytes; an MD5 in base64 */

/* Where the first WORD_MIN bytes in a row are of BYTE_WORD; if there are none,
 * a place less than WORD_MIN bytes before len that no word lies across. */
extern size_t (*word_find)(const uint8_t *p, size_t len);

/* Tests compare the two; true: only portable code from now on. */
void word_force_portable(bool on);

#endif
