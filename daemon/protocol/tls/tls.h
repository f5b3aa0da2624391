/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_TLS_H
#define PROTOCOL_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

/*
 * TLS as far as it can be read: hellos, certificates, and the sizes of what
 * is sealed. A run of sealed records out and the answer to it
 * (see burst.h) is one MESSAGE_SEALED; handshakes, alerts and session tickets
 * are overhead. Records are walked in place; only handshake messages that
 * straddle records or segments are held, up to a ceiling.
 *
 * With keys (env->keys) records are opened and what they hold goes to
 * conn_plain(); what does not authenticate is never passed on, and is treated
 * as where there are no keys.
 *
 * sealed() gets bounds of each record's plaintext. They are equal for AEAD
 * suites: TLS 1.2 has no padding there, and in TLS 1.3 padding, which few use,
 * makes the plaintext smaller, never larger, so that the value is an upper
 * bound, exact without padding. With CBC they are an interval.
 */

struct conn;
struct layer;
struct slab;

/* How it went with the keys. */
enum tls_keys {
	TLS_KEYS_NONE,		/* none were given for this connection */
	TLS_KEYS_UNUSED,	/* found; nothing to open yet */
	TLS_KEYS_OPENED,	/* they opened records */
	TLS_KEYS_WRONG,		/* they opened none */
	TLS_KEYS_UNSUPPORTED,	/* the suite or version can't be opened */
};

struct tls_info {
	struct span server_name;	/* of the ClientHello; untrusted text */
	struct span alpn;		/* selected, else the first offered */
	struct span cert_subject, cert_issuer;	/* RFC 2253 text of the leaf */
	char ja3[33];			/* lower-case hex; "" if no ClientHello */
	char ja4[37];
	union {
		uint8_t cert_sha256[32];	/* of the leaf's DER */
		uint8_t session_id[32];	/* the client's, while there is no leaf
					 * yet: for the server's to be held against */
	};
	uint8_t client_random[32];
	uint8_t session_id_len;
	uint8_t keys;			/* enum tls_keys */
	uint16_t version;		/* negotiated, 0x0304 for TLS 1.3; the
					 * highest offered before ServerHello */
	uint16_t cipher;		/* selected, 0 until ServerHello */
	bool has_client_hello, has_server_hello, has_cert;
	bool alpn_selected;
	bool resumed;			/* session ID, ticket or PSK taken */
	bool ticket_issued;		/* NewSessionTicket seen in the clear */
	bool ech;			/* encrypted_client_hello or ESNI */
	bool early_data;		/* the client offers 0-RTT */
	bool retried;			/* HelloRetryRequest */
	bool complete[2];		/* side sent its Finished */
	bool broken;			/* bytes that are not TLS */
	uint64_t records[2];		/* of application data */
	uint64_t opened;		/* records decrypted */
	uint64_t unauthentic;		/* records that the key did not open,
					 * though it opened others */
	const char *unsupported;	/* why, in static words */
};

/* From a connection's slab, or NULL; zeroed. */
struct tls_info *tls_info_new(struct slab *slab);
/* Another one that says the same, of which nothing was opened; NULL without
 * memory. */
struct tls_info *tls_info_copy(const struct tls_info *info, struct slab *slab);
/* Accepts NULL. */
void tls_info_free(struct tls_info *info, struct slab *slab);

/* "1.3", "1.2", "1.0", "3.0" for SSL 3; NULL if not known. */
const char *tls_version_name(uint16_t version);

/* The IANA name ("TLS_AES_128_GCM_SHA256"), NULL if not known. */
const char *tls_cipher_name(uint16_t cipher);

/* The first bytes of a side: 1 it is TLS (a ClientHello or ServerHello, an
 * alert, or an SSLv2-style ClientHello), 0 it is not, -1 more bytes needed. */
int tls_detect(const uint8_t *data, size_t len);

/* NULL if memory is out. Sets conn->tls at the first hello. */
struct layer *tls_layer_new(struct conn *conn);

/* Likewise, of a connection whose beginning was not seen: data go to and fro. */
struct layer *tls_layer_join(struct conn *conn);

#endif
