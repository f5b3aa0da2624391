/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_TLS_KEYS_H
#define PROTOCOL_TLS_KEYS_H

#include "protocol/tls/tls_crypt.h"

/* The key schedule of TLS, for tls_crypt.c: bytes of keys out of secrets. */

int tls_key_block(const struct tls_suite *s, struct span master,
    const uint8_t *client_random, const uint8_t *server_random, uint8_t *out,
    size_t len) must_check;

/* hash: of the handshake, for an extended master secret; else empty. */
int tls_master_secret(const struct tls_suite *s, struct span premaster,
    const uint8_t *client_random, const uint8_t *server_random,
    struct span hash, uint8_t ret_master[static 48]) must_check;

int tls_expand_label(const struct tls_suite *s, struct span secret,
    const char *label, uint8_t *out, size_t len) must_check;

#endif
