/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_TLS_RSA_H
#define PROTOCOL_TLS_RSA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

/*
 * Private RSA keys of servers: what opens a session whose key was exchanged
 * with RSA, and no other. Filled before the run, then only read, by any thread.
 */

#define TLS_RSA_MAX		64	/* keys */
#define TLS_PREMASTER_LEN	48

struct tls_rsa;

struct tls_rsa *tls_rsa_new(void);
void tls_rsa_free(struct tls_rsa *r);

/* The private keys of a PEM file's text, without a password; ret_sha256 is the
 * digest of the last one's public half (SubjectPublicKeyInfo). ERR_MALFORMED if
 * there is none, ERR_UNSUPPORTED if it is of another kind, ERR_LIMIT. */
int tls_rsa_add(struct tls_rsa *r, struct span pem, uint8_t ret_sha256[static 32])
	must_check;

/* True and the pre-master secret if one of the keys opens it. r may be NULL. */
bool tls_rsa_open(const struct tls_rsa *r, struct span sealed,
    uint8_t ret_premaster[static TLS_PREMASTER_LEN]) must_check;

#endif
