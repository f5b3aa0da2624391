/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_ZIP_WALK_H
#define CONTENT_ZIP_WALK_H

#include "content/walk/expand.h"
#include "content/walk/walkers.h"
#include "content/walk/zip_crypt.h"
#include "content/walk/zip_header.h"

/*
 * The state of a walk through a zip archive, which its two halves share: the
 * structure (walk_zip.c) and the data of an entry (zip_data.c).
 */

#define ZIP_OUT_LEN	(16 * 1024)
#define ZIP_NAME_MAX	1024

enum zip_at {
	AT_HEADER,
	AT_NAME,
	AT_EXTRA,
	AT_CRYPT,		/* the bytes that a cipher starts with */
	AT_TRIAL,		/* the first data, to choose a password */
	AT_DATA,
	AT_SKIP,		/* what is left of an entry */
	AT_SEEK,		/* sizes behind the data: up to a signature */
	AT_DONE,
};

struct zip_state {
	enum zip_at at;
	struct zip_entry e;
	uint64_t left;		/* data bytes of the entry to come */
	uint64_t eaten;		/* data bytes so far */
	uint64_t sought;	/* bytes passed over behind them */
	unsigned aes_opens;
	bool decrypting, entry_ok, locked;
	uint8_t check;		/* of the old cipher */
	struct zip_crypt crypt;
	struct zip_trial trial;
	struct expand *u;
	bool keeps;		/* its data, in an archive of its own: PPMd */
	struct buf packed;
	size_t counted;		/* bytes of it */
	size_t have;
	uint8_t buf[ZIP_NAME_MAX];
	uint8_t out[ZIP_OUT_LEN], plain[ZIP_OUT_LEN];
};

/* One round of an entry's data; how much of p was used. */
size_t zip_entry_data(struct scan_node *n, struct zip_state *st,
    const uint8_t *p, size_t len);

/* The first data of an entry for which several passwords fit. */
size_t zip_trial_data(struct scan_node *n, struct zip_state *st,
    const uint8_t *p, size_t len);

/* That is all of them: they are read under the right one, and whatever stands
 * behind them too. */
void zip_trial_end(struct scan_node *n, struct zip_state *st);

/* What came out of an entry. */
void zip_emit(struct scan_node *n, struct zip_state *st, const uint8_t *p,
    size_t len);

/* zip_ppmd.c: could the data be such? An entry's, whose length is known; all of it
 * has come, and is unpacked; it is let go, if there is any. */
bool zip_ppmd_fits(const uint8_t *p, size_t len);
void zip_ppmd_begin(struct zip_state *st);
void zip_ppmd_data(struct scan_node *n, struct zip_state *st, const uint8_t *p,
    size_t len);
void zip_ppmd_end(struct scan_node *n, struct zip_state *st);
void zip_ppmd_clear(struct zip_state *st);

/* The archive's bytes, whatever state it is in. */
void zip_data(struct scan_node *n, const uint8_t *p, size_t len);

#endif
