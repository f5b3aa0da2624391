/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_TLS_H
#define PROTOCOL_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/shared.h"
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
struct conn_env;
struct layer;

/* How it went with the keys. */
enum tls_keys {
	TLS_KEYS_NONE,		/* none were given for this connection */
	TLS_KEYS_UNUSED,	/* found; nothing to open yet */
	TLS_KEYS_OPENED,	/* they opened records */
	TLS_KEYS_WRONG,		/* they opened none */
	TLS_KEYS_UNSUPPORTED,	/* the suite or version can't be opened */
};

struct tls_info {
	/* What many connections have alike, in env->names; see below. */
	const struct shared *server_name, *alpn, *ja;
	union {
		const struct shared *leaf;
		uint8_t *session_id;	/* the client's, until the server
					 * answers; if it is not empty */
	};
	uint8_t client_random[32];
	uint8_t session_id_len;
	uint8_t keys;			/* enum tls_keys */
	uint16_t version;		/* negotiated, 0x0304 for TLS 1.3; the
					 * highest offered before ServerHello */
	uint16_t cipher;		/* selected, 0 until ServerHello */
	bool has_client_hello : 1, has_server_hello : 1;
	bool answered : 1;		/* the last ClientHello was */
	bool alpn_selected : 1;
	bool may_be_h2 : 1;		/* selected; offered, where that is sealed */
	bool resumed : 1;		/* session ID, ticket or PSK taken */
	bool ticket_issued : 1;		/* NewSessionTicket seen in the clear */
	bool ech : 1;			/* encrypted_client_hello or ESNI */
	bool early_data : 1;		/* the client offers 0-RTT */
	bool early_refused : 1;		/* and the server does not take it */
	bool retried : 1;		/* HelloRetryRequest */
	bool broken : 1;		/* bytes that are not TLS */
	bool compressed : 1;		/* why keys can't open it; else the suite */
	bool complete[2];		/* side sent its Finished */
	uint64_t records[2];		/* of application data */
	uint64_t opened;		/* records decrypted */
	uint64_t unauthentic;		/* records that the key did not open,
					 * though it opened others */
};

_Static_assert(sizeof(struct tls_info) <= 112, "one in every idle connection");

/* Zeroed; NULL if memory is out. */
struct tls_info *tls_info_new(const struct conn_env *env);
/* Another one that says the same, of which nothing was opened; NULL without
 * memory. */
struct tls_info *tls_info_copy(const struct tls_info *info,
    const struct conn_env *env);
/* Accepts NULL. */
void tls_info_free(struct tls_info *info, const struct conn_env *env);

/* Of the ClientHello: untrusted text; and what was selected, else the first
 * that was offered. Spans are empty for what is not there, and live as long as
 * info. */
static inline struct span
tls_info_server_name(const struct tls_info *info)
{
	return shared_span(info->server_name);
}

/* Has the server's certificate been seen? */
static inline bool
tls_info_has_leaf(const struct tls_info *info)
{
	return !info->session_id_len && info->leaf;
}

static inline struct span
tls_info_alpn(const struct tls_info *info)
{
	return shared_span(info->alpn);
}

/* Why keys can't open it, in words, if they can't. */
const char *tls_info_unsupported(const struct tls_info *info);

/* Fingerprints of the ClientHello. */
struct span tls_info_ja3(const struct tls_info *info);
struct span tls_info_ja4(const struct tls_info *info);

/* Of the server's leaf certificate: SHA-256 of its DER, 32 bytes; its names as
 * RFC 2253 text. */
struct span tls_info_cert_sha256(const struct tls_info *info);
struct span tls_info_cert_subject(const struct tls_info *info);
struct span tls_info_cert_issuer(const struct tls_info *info);
/* The application that its alternative names belong to; NULL if none does, or
 * several. */
const char *tls_info_cert_application(const struct tls_info *info);

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
