/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_KNOWN_PACK_H
#define CONTENT_KNOWN_PACK_H

#include "base/buf.h"
#include "base/span.h"
#include "content/known/known.h"

/*
 * What one process found out of a file's bytes, for another one to take into
 * its known files without doing it again: hashes, hashes of parts, anchors, and
 * the bytes themselves. Between processes of the same program, so in its byte
 * order; who reads it still takes nothing on trust but the values, for the one
 * that made it has read what anybody may have written.
 */

/* Of a set that is not sealed, its only file, which known_add_bytes() added. */
int known_pack(const struct known *k, struct buf *out) must_check;

/* Adds it to a set that is not sealed. 1: these bytes are there already.
 * ERR_MALFORMED if it is no pack, to the byte; then nothing was added. */
int known_unpack(struct known *k, struct span pack) must_check;

#endif
