/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_TLS_SSL3_H
#define PROTOCOL_TLS_SSL3_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

/* What SSL 3.0 derives and authenticates otherwise than TLS (RFC 6101), for
 * tls_keys.c and tls_crypt.c. */

/* Sections 6.1 and 6.2.2: MD5 and SHA-1 over a secret and two randoms. len is
 * at most 26 times 16. */
int ssl3_expand(struct span secret, const uint8_t *first_random,
    const uint8_t *second_random, uint8_t *out, size_t len) must_check;

/* Section 5.2.3.1; digest is "MD5" or "SHA1", whose length key and ret have. */
int ssl3_mac(const char *digest, const uint8_t *key, uint64_t seq, uint8_t type,
    struct span data, uint8_t *ret) must_check;

#endif
