/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVIDENCE_TLOG_PAIR_H
#define EVIDENCE_TLOG_PAIR_H

#include "evidence/log/tlog_hash.h"

/*
 * tlog_hash_add() to two hashes at once, for about the price of one where they
 * get as much each: a line is hashed as a leaf and as part of its file.
 */
void tlog_pair_add(struct tlog_hasher *a, const void *a_data, size_t a_len,
    struct tlog_hasher *b, const void *b_data, size_t b_len);

/* Tests compare both ways; true: one after the other from now on. */
void tlog_pair_force_portable(bool on);

#endif
