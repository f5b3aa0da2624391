/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_TLS_DECRYPT_H
#define PROTOCOL_TLS_DECRYPT_H

#include "protocol/tls/keylog.h"
#include "protocol/tls/tls_crypt.h"
#include "protocol/conn_wait.h"
#include "protocol/tls/tls_layer.h"
#include "protocol/tls/tls_resume.h"

/* What tls_decrypt.c, which follows the keys of a connection, tls_open.c, which
 * tries them, and tls_regain.c, which goes on behind gaps, share. */
#define TLS_SEARCH_RECORDS	8	/* records on which a lost count is
					 * looked for */

enum tls_stage {
	STAGE_NONE,
	STAGE_EARLY,
	STAGE_HANDSHAKE,
	STAGE_TRAFFIC,
};

/* A change of keys that was lost, and that what came behind it told of. */
enum tls_turned {
	TURNED_NOT,
	TURNED_FINISHED,	/* of TLS 1.3 */
	TURNED_UPDATE,
	TURNED_CIPHER,		/* the first ChangeCipherSpec */
	TURNED_CIPHER_AGAIN,
};

struct tls_opening {
	struct tls_crypt *crypt;
	struct buf held;	/* of a record that comes in pieces */
	struct buf spare;	/* bytes that came again for some of those */
	uint64_t lost_len;	/* stream bytes since the count was lost */
	uint64_t opened;
	uint8_t stage;		/* enum tls_stage */
	uint8_t failures;	/* in a row */
	uint8_t turn;		/* handshake message that changes the key */
	uint8_t turned;		/* enum tls_turned, unseen */
	bool searching;
	uint8_t secret_len;
	uint8_t secret[KEYLOG_SECRET_MAX];	/* of the traffic, TLS 1.3 */
};

struct tls_decrypt {
	const struct keylog *keys;
	struct tls_suite suite;
	bool has_suite;
	uint8_t random[2][32];	/* client's, server's */
	bool extended;		/* the master secret is, RFC 7627 */
	bool listens;		/* keeps the transcript */
	bool noted;		/* that there are keys */
	bool exchanged;		/* ClientKeyExchange was sent: a session of
				 * its own */
	bool has_master, has_session;
	uint8_t master[TLS_MASTER_LEN];	/* made of a pre-master secret, or of
					 * the session resumed */
	uint8_t session[32];	/* by what the server calls it */
	struct conn_wanted wanted;
	struct buf transcript;	/* up to ClientKeyExchange */
	struct tls_opening side[2];
};

/* In tls_exchange.c: a ClientHello's body begins a handshake. */
void tls_exchange_begin(struct tls_decrypt *d, const struct conn_env *env,
    const struct tls_client_hello *h, struct span body);
/* The master secret, an empty span if it is not known. */
struct span tls_exchange_master(struct tls_layer *t);

struct span tls_decrypt_secret(const struct tls_decrypt *d,
    enum keylog_label label);
void tls_decrypt_use(struct tls_opening *o, struct tls_crypt *crypt,
    enum tls_stage stage);
/* The key up to TLS 1.2 that the last hellos agreed on; NULL if not known. */
struct tls_crypt *tls_decrypt_agreed(struct tls_layer *t, unsigned side);
/* The key of a side's handshake, or of its data where that is not known. */
void tls_decrypt_begin_13(struct tls_layer *t, unsigned side);

/* Are there keys? They may have come only since the hello was read. */
void tls_decrypt_look(struct tls_layer *t);
/* Have the ones of early data, and it may still be under way? */
bool tls_decrypt_early_came(const struct tls_layer *t, unsigned side);

/* Of the side's application data so much was in records that nobody can read any
 * more. */
void tls_decrypt_missing(struct tls_layer *t, unsigned side, uint64_t len,
    const struct when *when);
/* A record is not authentic under the key that opened those before. What follows it
 * may be all the same. */
void tls_decrypt_damaged(struct tls_layer *t, unsigned side, struct span in,
    const struct when *when);
/* Data come behind a gap and there is no key: ChangeCipherSpec, up to TLS 1.2,
 * may have been in it. */
void tls_decrypt_suppose(struct tls_layer *t, unsigned side);
/* A record opened behind a gap: says what was lost before. expected: the number
 * of the record that was waited for under the key before. */
void tls_decrypt_found(struct tls_layer *t, unsigned side, uint64_t expected,
    const struct when *when);

/* in: a record's body. True and its plaintext if a key opened it; then that
 * key is the side's. */
bool tls_decrypt_open(struct tls_layer *t, unsigned side, struct span in,
    const struct when *when, uint8_t *out, size_t *ret_len) must_check;
/* Likewise, with the other secrets of that name, if the one at hand has opened
 * nothing. */
bool tls_decrypt_other(struct tls_layer *t, unsigned side, struct span in,
    uint8_t *out, size_t *ret_len) must_check;


/* In tls_again.c, of a record that no key opens: does it open with the bytes that
 * came again? May others yet come, so that all that follows waits? */
bool tls_again_open(struct tls_layer *t, unsigned side, struct span in,
    const struct when *when, uint8_t *out, size_t *ret_len) must_check;
bool tls_again_wait(struct tls_layer *t, unsigned side, struct span in,
    const struct when *when) must_check;

#endif
