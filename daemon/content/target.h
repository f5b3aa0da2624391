/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_TARGET_H
#define CONTENT_TARGET_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/span.h"

/* What stands in a request's first line and in header values. */

struct scan_node;

/* Fields of a request target: path segments ("path:3"), query ("query:md5"). */
void target_scan(struct scan_node *n, struct span target);

/* webpulse.c: the address that a look-up's path holds. */
void webpulse_scan(struct scan_node *n, struct span path);

/* Without the blanks around it. */
struct span text_trim(struct span s);

/* A header value's parameter, quotes taken off: copied if it has escapes. */
struct span header_param(struct span value, const char *name, struct arena *a);

/* The value up to the first ';', trimmed. */
struct span header_main(struct span value);

/* File name of a Content-Disposition; *ret_file: it declares a file. */
void disposition_name(struct span value, struct arena *a, struct span *ret_name,
    bool *ret_file);

/* Content-Range, "bytes 0-99/1000": true if it leaves something out, or does
 * not say that it leaves nothing out. */
bool range_is_part(struct span value);

/* Object stores take a large file in pieces, numbered in the address. */
bool target_is_part(struct span target);

/* Content-Encoding: the coding to take off first, and what is left then. */
struct span coding_last(struct span codings);
struct span coding_rest(struct span codings);

/* Undoes %XX, and '+' if plus; the length. ret_out has room for s.len. */
size_t percent_decode(struct span s, bool plus, uint8_t *ret_out);

#endif
