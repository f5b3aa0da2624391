/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_TLS_RC4_H
#define PROTOCOL_TLS_RC4_H

#include <stddef.h>
#include <stdint.h>

/* RC4 (RFC 6229 has its test vectors), which libcrypto keeps in a provider that
 * few have; for tls_crypt.c. */
struct tls_rc4 {
	uint8_t s[256];
	uint8_t i, j;
};

void tls_rc4_init(struct tls_rc4 *r, const uint8_t *key, size_t len);

/* in and out may be the same. */
void tls_rc4_run(struct tls_rc4 *r, const uint8_t *in, uint8_t *out, size_t len);

#endif
