/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_XAR_TOC_H
#define CONTENT_XAR_TOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The directory of a xar archive: XML in zlib, all of which libarchive takes into
 * memory, several times as large, before it gives the first file. For
 * walk_archive.c.
 */

#define XAR_TOC_MAX	(8u << 20)	/* bytes of XML */

/* It unpacks to no more than that, as far as it is there. */
bool xar_toc_is_small(const uint8_t *p, size_t len);

#endif
