/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_KEYLOG_H
#define PROTOCOL_KEYLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

/*
 * Secrets of TLS sessions, as NSS key logs and Decryption Secrets Blocks hold
 * them: a line is a label, the client random and a secret, both in hex. Filled
 * by whoever reads such files; looked up by the TLS and QUIC layers. Filling
 * and looking up are not for two threads at once.
 *
 * Ceiling: KEYLOG_MAX secrets, and those of one name and label (secrets.h); what
 * comes later is counted and left out.
 */

#define KEYLOG_MAX		(6u << 20)	/* as a log of 1 GB has at most */
#define KEYLOG_SECRET_MAX	64

enum keylog_label {
	KEYLOG_MASTER,			/* CLIENT_RANDOM: TLS 1.2 and before */
	KEYLOG_CLIENT_EARLY,
	KEYLOG_CLIENT_HANDSHAKE,
	KEYLOG_SERVER_HANDSHAKE,
	KEYLOG_CLIENT_TRAFFIC_0,
	KEYLOG_SERVER_TRAFFIC_0,
	KEYLOG_PREMASTER,		/* PMS_CLIENT_RANDOM */
	KEYLOG_RSA,			/* by what of it was sent, see below */
	KEYLOG_SESSION,			/* no line of a log: what resumes it has
					 * this master secret; see
					 * tls_resume.h */
	KEYLOG_LABEL_COUNT,
};

/* "RSA" lines name the encrypted pre-master secret by its first bytes; zeros
 * fill them up to 32 where a secret is looked up. */
#define KEYLOG_RSA_ID_LEN	8

struct keylog;

struct keylog_stats {
	uint64_t secrets;	/* held */
	uint64_t usable;	/* lines with a secret, also said again */
	uint64_t left_out;	/* above a ceiling; also said again */
	uint64_t unreadable;	/* lines that are neither secrets nor comments */
};

struct keylog *keylog_new(void);
void keylog_free(struct keylog *k);

/*
 * keylog_add - text of a key log, ASCII or UTF-16, from the start of a line; a last
 * line without an end counts. Lines that say nothing are passed over. Of a client random and label
 * there may be some secrets that differ, where a line was spoilt. -ENOMEM.
 */
int keylog_add(struct keylog *k, const uint8_t *text, size_t len) must_check;

/* The first secret, borrowed until the next keylog_add(); an empty span if there is
 * none. k may be NULL. */
struct span keylog_find(const struct keylog *k, enum keylog_label label,
    const uint8_t client_random[static 32]);

/* The same for the n-th; 0 is the first. */
struct span keylog_find_other(const struct keylog *k, enum keylog_label label,
    const uint8_t client_random[static 32], unsigned n);

/* Are the keys of a connection's data there, both ways, or what they are made
 * of? k may be NULL. */
bool keylog_opens(const struct keylog *k, const uint8_t client_random[static 32]);

/* A master secret by what resumes it; not counted as a line. -ENOMEM. */
int keylog_add_session(struct keylog *k, const uint8_t id[static 32],
    struct span master) must_check;

/* As it stands in a key log; not KEYLOG_SESSION. */
const char *keylog_label_name(enum keylog_label label);

/* Are there secrets that a master secret is made of? k may be NULL. */
bool keylog_has_premasters(const struct keylog *k);

/* Are there master secrets, or what makes one? k may be NULL. */
bool keylog_has_masters(const struct keylog *k);

const struct keylog_stats *keylog_stats(const struct keylog *k);

#endif
