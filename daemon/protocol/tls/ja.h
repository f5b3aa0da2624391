/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_JA_H
#define PROTOCOL_JA_H

#include "protocol/tls/tls_hello.h"

/*
 * Fingerprints of a ClientHello, in the forms other tools print: JA3 (MD5 of
 * the numbers in it, GREASE left out) and JA4 of TLS clients. Called on the
 * shard's thread; state per thread is kept and freed when the thread ends.
 * On failure the text is empty.
 */
#define JA3_LEN	32
#define JA4_LEN	36

/* carrier: 't' for TCP, 'q' for QUIC, 'd' for DTLS. */
void ja4_text(const struct tls_client_hello *hello, char carrier,
    char ret_text[static JA4_LEN + 1]);
void ja3_text(const struct tls_client_hello *hello,
    char ret_text[static JA3_LEN + 1]);

/* Both. A machine has few TLS clients, so each thread remembers the last
 * hellos it met: a hit compares all that goes into the texts. */
void ja_texts(const struct tls_client_hello *hello, char carrier,
    char ret_ja3[static JA3_LEN + 1], char ret_ja4[static JA4_LEN + 1]);

/* SHA-256 with the same per-thread context. False if memory is out. */
bool ja_sha256(struct span bytes, uint8_t ret_digest[static 32]) must_check;

#endif
