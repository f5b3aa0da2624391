/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_ZIP_HEADER_H
#define CONTENT_ZIP_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the local header of a zip entry says. */

#define ZIP_LOCAL_LEN	30	/* without name and extra field */

#define ZIP_ENCRYPTED	1	/* in flags */
#define ZIP_LZMA_MARK	2	/* LZMA says itself where it ends */
#define ZIP_SIZES_LATER	8
#define ZIP_STORED	0	/* methods */
#define ZIP_DEFLATE	8
#define ZIP_LZMA	14
#define ZIP_PPMD	98
#define ZIP_AES		99

struct zip_entry {
	uint16_t flags, method, name_len, extra_len, time;
	uint32_t crc;
	uint64_t packed;	/* 0 if sizes_later does not say it */
	uint64_t plain;		/* UINT64_MAX if nobody says */
	unsigned aes_strength;	/* 1 to 3; 0: no AES */
	bool sizes_later;	/* sizes stand behind the data */
};

void zip_read_local(const uint8_t head[static ZIP_LOCAL_LEN],
    struct zip_entry *ret);

/* ZIP64 sizes and AES parameters of the extra field. */
void zip_read_extra(const uint8_t *p, size_t len, struct zip_entry *e);

#endif
