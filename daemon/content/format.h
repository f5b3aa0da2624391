/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_FORMAT_H
#define CONTENT_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an item is, by its first bytes and its statistics. */

struct scan_item;
struct scan_node;

struct format {
	const char *mime_type;
	bool file;		/* a format that files have, known for sure */
};

/* By a table of our own; mime_type NULL if none fits. */
struct format format_of(const uint8_t *p, size_t len);

/* One document or program of its own, by how it begins, and not a store of what
 * others wrote: what it shares with other files says nothing of them. */
bool format_is_own(const uint8_t *p, size_t len);

/* A web page. */
bool format_is_page(const uint8_t *p, size_t len);

/* No control characters but white space, whatever the character set. */
bool format_has_no_controls(const uint8_t *p, size_t len);

/* True if the bytes are UTF-8 or ASCII text; a character may be cut at the
 * end. */
bool format_is_text(const uint8_t *p, size_t len);

/* Reads from the disk what is needed, on this thread, instead of at the first
 * use. Where libmagic has nothing to read, its types are missing. */
void format_prepare(void);

/* Fills in type, readable, high_entropy and file_format of an item that ends.
 * libmagic is asked only where a file may be behind it. */
void format_item(struct scan_node *n, struct scan_item *item);

#endif
