/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVIDENCE_BAG_INFO_H
#define EVIDENCE_BAG_INFO_H

#include "base/buf.h"

/*
 * The lines of bag-info.txt: which program made the case, built from what, with
 * which options and known files (as its first event says), by which clock. The
 * date is the only thing here that a second run changes.
 */
void bag_info_write(const struct buf *first_event, const char *clock,
    struct buf *out);

/* Of the program, in hex; "none" if the linker made none. */
void bag_info_build_id(struct buf *out);

#endif
