/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_TLS_RESUME_H
#define PROTOCOL_TLS_RESUME_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "protocol/tls/keylog.h"

/*
 * Up to TLS 1.2 a session that resumes another has that one's master secret and
 * makes none of its own: whoever opened the first opens the second, by the
 * session id or the ticket that the server gave. What a shard finds is told to
 * the others between batches, in the table of keys.
 *
 * Ceiling: TLS_RESUME_MAX that are not told yet; more are counted and left out.
 */
#define TLS_RESUME_MAX	65536u
#define TLS_MASTER_LEN	48

struct tls_resume_session {
	uint8_t id[32], master[TLS_MASTER_LEN];
};

struct tls_resume {
	struct tls_resume_session *list;
	size_t count, cap;
	uint64_t left_out;
};

/* By what a session id, or a ticket, is looked up. False if it is empty. */
bool tls_resume_id(struct span name, uint8_t ret[static 32]);

/* r may be NULL. */
void tls_resume_note(struct tls_resume *r, const uint8_t id[static 32],
    const uint8_t master[static TLS_MASTER_LEN]);

/* Into the table, where KEYLOG_SESSION finds them. -ENOMEM. */
int tls_resume_tell(struct tls_resume *r, struct keylog *k) must_check;

void tls_resume_clear(struct tls_resume *r);

#endif
