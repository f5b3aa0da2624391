// SPDX-License-Identifier: Apache-2.0
/* What comes back: how it begins, what it says to a question that may be answered
 * with an address, and the digest of what may be an update. */
#include <string.h>

#include "verdict/grant.h"
#include "verdict/message.h"

/* Only where updates may come from: others are not worth the time. */
static void
digest_begin(struct message *m)
{
	const struct transfer_sink *s = message_sink(m);
	const struct message_http *h = &m->more->http;
	struct span host = { m->read.text.data + h->host.at, h->host.len };

	if (m->kind != MESSAGE_HTTP || !h->request || h->status != 200 ||
	    m->client_side != m->out || m->missing[!m->out] ||
	    !s->gives_updates ||
	    !s->gives_updates(s->arg, host))
		return;
	m->more->digest = EVP_MD_CTX_new();
	if (m->more->digest)
		EVP_DigestInit_ex(m->more->digest, EVP_sha256(), NULL);
}

void
message_reply_data(struct message *m, const uint8_t *data, size_t len)
{
	struct message_more *r = m->more;

	if (!r || !len)
		return;
	if (!r->reply_mark_len)
		digest_begin(m);
	for (size_t i = 0; i < len && r->reply_mark_len <
	     sizeof(r->reply_mark); i++)
		r->reply_mark[r->reply_mark_len++] = data[i];
	if (r->asks)
		buf_append(&r->reply, data, len < GRANT_REPLY_MAX -
		    r->reply.len ? len : GRANT_REPLY_MAX - r->reply.len);
	if (r->digest)
		EVP_DigestUpdate(r->digest, data, len);
}

void
message_reply_drop(struct message *m)
{
	if (!m->more)
		return;
	EVP_MD_CTX_free(m->more->digest);
	m->more->digest = NULL;
}

const uint8_t *
message_reply_digest(const struct message *m)
{
	struct message_more *r = m->more;
	uint8_t hash[32];
	char *copy;

	if (!r || !r->digest || !r->reply_whole ||
	    EVP_DigestFinal_ex(r->digest, hash, NULL) != 1)
		return NULL;
	copy = arena_strndup(message_sink(m)->arena, hash, sizeof(hash));
	return (uint8_t *)copy;
}
