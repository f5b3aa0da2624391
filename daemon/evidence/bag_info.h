/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVIDENCE_BAG_INFO_H
#define EVIDENCE_BAG_INFO_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"

#define BAG_INFO_DATE_LEN	10u

/*
 * The lines of bag-info.txt: which program made the case, built from what, with
 * which options and known files, by which clock, all as its first event says. The
 * date alone is not in the log. False if the event is no input, which tells less.
 */
bool bag_info_write(struct span first_event, const char *date,
    struct buf *out);
void bag_info_today(char ret_date[static BAG_INFO_DATE_LEN + 1]);

/* Of the program, in hex; "none" if the linker made none. */
void bag_info_build_id(struct buf *out);

#endif
