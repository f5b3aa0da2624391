/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_SHA256_PAIR_H
#define BASE_SHA256_PAIR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/*
 * SHA256_Update() of two hashes at once, for about the price of one where they get
 * as much each: a line is hashed as a leaf and as part of its file, a capture
 * beside the packets that are kept of it.
 */
struct SHA256state_st;

/* False if the library fails. Between its own calls to both. */
bool sha256_pair_add(struct SHA256state_st *a, const void *a_data, size_t a_len,
    struct SHA256state_st *b, const void *b_data, size_t b_len) must_check;

/* Tests compare both ways; true: one after the other from now on. */
void sha256_pair_force_portable(bool on);

#endif
