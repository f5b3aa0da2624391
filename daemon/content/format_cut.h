/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_FORMAT_CUT_H
#define CONTENT_FORMAT_CUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

/*
 * Whether bytes that begin as a file does are a file that ends too early. The
 * first request of a file sent in pieces begins as the file itself: only what
 * the format says of its own length, or ends with, tells them apart.
 */

#define FORMAT_TAIL	1024	/* last bytes that are looked at */

/*
 * True if the format of the head (the first bytes; all of them if they are no
 * more) tells that size bytes which end with tail are not all of the file.
 * False as well where the format does not tell.
 */
bool format_is_cut(struct span head, struct span tail, uint64_t size);

#endif
