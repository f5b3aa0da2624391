/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_PATTERN_CHECK_H
#define CONTENT_PATTERN_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

/* What stands around an anchor: whether it is a value of the form that the
 * anchor is a part of, and from where to where. Pure; for pattern.c. */

struct pattern_value {
	struct span text;
	const char *category, *kind, *why;	/* NULL: as the anchor's */
};

/* text: all that there is; at: where the anchor begins in it. */
typedef bool (*pattern_check_fn)(struct span text, size_t at,
    struct pattern_value *ret);

bool pattern_is_mac(struct span text, size_t at, struct pattern_value *ret);
bool pattern_is_dotted_mac(struct span text, size_t at,
    struct pattern_value *ret);
bool pattern_is_ip(struct span text, size_t at, struct pattern_value *ret);
bool pattern_is_ip6(struct span text, size_t at, struct pattern_value *ret);
/* Of fd00::/8, where at is its "fd". */
bool pattern_is_own_ip6(struct span text, size_t at, struct pattern_value *ret);
bool pattern_is_windows_home(struct span text, size_t at,
    struct pattern_value *ret);
bool pattern_is_home(struct span text, size_t at, struct pattern_value *ret);
/* colon: that of the drive; mark: the "@". */
bool pattern_is_drive(struct span text, size_t colon, struct pattern_value *ret);
/* at: the first of its two leading marks. */
bool pattern_is_unc(struct span text, size_t at, struct pattern_value *ret);
bool pattern_is_path(struct span text, size_t at, struct pattern_value *ret);
bool pattern_is_email(struct span text, size_t mark, struct pattern_value *ret);
bool pattern_is_sid(struct span text, size_t at, struct pattern_value *ret);
bool pattern_is_licence(struct span text, size_t at,
    struct pattern_value *ret);
bool pattern_is_given_name(struct span text, size_t at,
    struct pattern_value *ret);
bool pattern_is_labelled(struct span text, size_t at,
    struct pattern_value *ret);
/* at: the mark before the architecture. */
bool pattern_is_package(struct span text, size_t at,
    struct pattern_value *ret);

/* UTF-16 of the characters that ASCII has: is there as much of it in a row as
 * anything takes? As bytes, what is none of it parting the words: half as many as
 * there are in s; returns how many are characters. */
bool pattern_may_be_wide(struct span s);
size_t pattern_narrow(struct span s, uint8_t *to);

#endif
