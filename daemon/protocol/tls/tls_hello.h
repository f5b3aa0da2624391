/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_TLS_HELLO_H
#define PROTOCOL_TLS_HELLO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

/*
 * The hellos of TLS, of TCP as of QUIC (RFC 8446 section 4.1, RFC 5246
 * section 7.4.1): bytes in, struct out. Spans point into the message. Called
 * by the TLS and QUIC layers and by the fingerprints in ja.h.
 */
enum tls_extension {
	TLS_EXT_SERVER_NAME = 0,
	TLS_EXT_GROUPS = 10,
	TLS_EXT_POINT_FORMATS = 11,
	TLS_EXT_SIGNATURES = 13,
	TLS_EXT_ALPN = 16,
	TLS_EXT_ENCRYPT_THEN_MAC = 22,
	TLS_EXT_EXTENDED_MASTER_SECRET = 23,
	TLS_EXT_TICKET = 35,
	TLS_EXT_PRE_SHARED_KEY = 41,
	TLS_EXT_EARLY_DATA = 42,
	TLS_EXT_VERSIONS = 43,
	TLS_EXT_ECH = 0xfe0d,
	TLS_EXT_ESNI = 0xffce,
};

struct tls_client_hello {
	uint16_t legacy_version;
	uint16_t version;		/* highest offered, GREASE left out */
	struct span random;		/* 32 bytes; shorter in SSLv2's */
	struct span session_id;
	struct span ciphers;		/* 2 bytes each */
	struct span extensions;		/* type, length, body, ... */
	struct span server_name;	/* host_name of server_name */
	struct span alpn_first;
	bool offers_h2;			/* in whatever place of its list */
	struct span groups;		/* 2 bytes each, no length in front */
	struct span point_formats;	/* 1 byte each */
	struct span signatures;		/* 2 bytes each */
	struct span ticket;		/* up to TLS 1.2 */
	bool has_server_name;		/* the extension is there */
	bool has_psk;
	bool ech;
	bool early_data;
	bool cut;			/* extensions end in mid-air */
};

struct tls_server_hello {
	uint16_t version;		/* supported_versions counts */
	uint16_t cipher;
	uint8_t compression;
	struct span random, session_id;
	struct span alpn;
	bool psk;
	bool encrypt_then_mac;
	bool extended_master_secret;
	bool retry;			/* HelloRetryRequest */
};

/* GREASE values (RFC 8701) stand for nothing. */
static inline bool
tls_is_grease(uint16_t v)
{
	return (v & 0x0f0f) == 0x0a0a && v >> 8 == (v & 0xff);
}

/* True of 0x0304 and of the drafts' numbers. */
static inline bool
tls_is_13(uint16_t version)
{
	return version == 0x0304 || version >> 8 == 0x7f;
}

/* body: the handshake message behind its type and length. ERR_TRUNCATED when
 * it ends before the extensions; broken extensions set ret->cut only. */
int tls_client_hello_parse(struct span body, struct tls_client_hello *ret)
	must_check;
int tls_server_hello_parse(struct span body, struct tls_server_hello *ret)
	must_check;

/* The body of an extension among EncryptedExtensions; empty if there is none. */
struct span tls_extension(struct span body, uint16_t wanted);

/* The protocol that EncryptedExtensions select; empty if none. */
struct span tls_extensions_alpn(struct span body);

/* record: an SSLv2 CLIENT-HELLO behind its two bytes of length. */
int tls_v2_hello_parse(struct span record, struct tls_client_hello *ret)
	must_check;

#endif
