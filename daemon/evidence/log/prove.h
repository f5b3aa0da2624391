/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVIDENCE_PROVE_H
#define EVIDENCE_PROVE_H

#include "evidence/log/note.h"
#include "evidence/log/tlog.h"

/*
 * A C2SP .tlog-proof (c2sp.org/tlog-proof): that one line is in a log, to be
 * checked without the log. The line itself stands in the `extra` line, which
 * the format leaves to the application; the proof covers it as the leaf.
 */
struct prove_parts {
	uint8_t *line;			/* to be freed by the caller */
	size_t line_len;
	uint64_t index;
	uint8_t hashes[TLOG_PROOF_MAX][TLOG_HASH_LEN];
	size_t count;
	struct span checkpoint;		/* in the text */
};

/* Takes a proof apart; ERR_MALFORMED if it is none. */
int prove_read(struct span text, struct prove_parts *ret_parts) must_check;
void prove_write(const struct prove_parts *p, struct buf *out);

#endif
