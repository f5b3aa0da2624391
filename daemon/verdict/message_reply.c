// SPDX-License-Identifier: Apache-2.0
/* What comes back: how it begins, what it says to a question that may be answered
 * with an address, and the digests of what may be an update and of
 * what is packed in it. */
#include <string.h>

#include "verdict/grant.h"
#include "verdict/message.h"

#define MEMBERS_MAX	256	/* of one answer that are remembered */
#define MEMBER_MIN	32	/* bytes; shorter ones are in many archives */

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
	if (!m->more->digest)
		return;
	EVP_DigestInit_ex(m->more->digest, EVP_sha256(), NULL);
	/* as if it went out: nothing else is unpacked */
	m->more->unpacked = scan_new(NULL, &(struct scan_hint){
	    .outbound = true });
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
	if (r->unpacked)
		scan_data(r->unpacked, data, len);
}

void
message_reply_drop(struct message *m)
{
	if (!m->more)
		return;
	EVP_MD_CTX_free(m->more->digest);
	scan_free(m->more->unpacked);
	m->more->digest = NULL;
	m->more->unpacked = NULL;
}

/* Digests of what the answer unpacks to, behind its own. */
static size_t
digest_members(struct scan *s, uint8_t (*ret)[32], size_t max)
{
	const struct scan_findings *f;
	size_t n = 0;

	scan_finish(s, true, &f);
	for (size_t i = 1; i < f->item_count && n < max; i++) {
		const struct scan_item *item = &f->items[i];

		if (item->has_sha256 && item->complete && !item->missing &&
		    item->size >= MEMBER_MIN)
			memcpy(ret[n++], item->sha256, 32);
	}
	return n;
}

const uint8_t (*message_reply_digests(const struct message *m,
    size_t *ret_count))[32]
{
	struct message_more *r = m->more;
	uint8_t (*list)[32];

	*ret_count = 0;
	if (!r || !r->digest || !r->reply_whole)
		return NULL;
	list = arena_alloc(message_sink(m)->arena,
	    (1 + MEMBERS_MAX) * sizeof(*list));
	if (!list || EVP_DigestFinal_ex(r->digest, list[0], NULL) != 1)
		return NULL;
	*ret_count = 1;
	if (r->unpacked)
		*ret_count += digest_members(r->unpacked, list + 1,
		    MEMBERS_MAX);
	return (const uint8_t (*)[32])list;
}
