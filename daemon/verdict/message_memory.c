// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "base/slab.h"
#include "verdict/grant.h"
#include "verdict/message.h"

/* Where messages and their parts come from, and go when they are over: what may
 * hold text is kept for the next one, with its buffers. */

struct message *
message_take(struct transfer_sink *s, bool sealed)
{
	struct message *m = sealed ? NULL : s->spare;
	struct buf text;

	if (!m) {
		m = slab_zalloc(s->slab, sealed ? MESSAGE_SEALED_LEN :
		    sizeof(*m));
		if (m && !sealed)
			buf_init(&m->read.text, MESSAGE_MAX_TEXT);
		return m;
	}
	s->spare = m->next_spare;
	text = m->read.text;
	memset(m, 0, sizeof(*m));
	m->read.text = text;
	buf_reset(&m->read.text);
	return m;
}

void
message_put(struct transfer_sink *s, struct message *m)
{
	if (message_dns_of(m)) {
		m->read.dns->next_spare = s->spare_dns;
		s->spare_dns = m->read.dns;
	}
	if (m->more) {
		buf_clear(&m->more->reply);
		message_reply_drop(m);
		carry_clear(&m->more->carry);
		m->more->next_spare = s->spare_more;
		s->spare_more = m->more;
	}
	if (m->kind == MESSAGE_SEALED) {
		slab_free(s->slab, m->sealed.odd, sizeof(*m->sealed.odd));
		slab_free(s->slab, m, MESSAGE_SEALED_LEN);
		return;
	}
	m->next_spare = s->spare;
	s->spare = m;
}

struct message_more *
message_more_of(struct message *m)
{
	struct transfer_sink *s = message_sink(m);

	if (m->more)
		return m->more;
	m->more = s->spare_more;
	if (m->more)
		s->spare_more = m->more->next_spare;
	else
		m->more = malloc(sizeof(*m->more));
	if (!m->more) {
		s->refused++;
		return NULL;
	}
	memset(m->more, 0, sizeof(*m->more));
	buf_init(&m->more->reply, GRANT_REPLY_MAX);
	return m->more;
}

bool
message_dns_begin(struct message *m)
{
	struct transfer_sink *s = message_sink(m);

	m->read.dns = s->spare_dns;
	if (m->read.dns)
		s->spare_dns = m->read.dns->next_spare;
	else
		m->read.dns = malloc(sizeof(*m->read.dns));
	if (!m->read.dns) {
		s->refused++;
		return false;
	}
	memset(m->read.dns, 0, offsetof(struct message_dns, answers));
	return true;
}

void
transfer_sink_clear(struct transfer_sink *s)
{
	while (s->spare) {
		struct message *m = s->spare;

		s->spare = m->next_spare;
		buf_clear(&m->read.text);
		slab_free(s->slab, m, sizeof(*m));
	}
	while (s->spare_more) {
		struct message_more *r = s->spare_more;

		s->spare_more = r->next_spare;
		free(r);
	}
	while (s->spare_dns) {
		struct message_dns *d = s->spare_dns;

		s->spare_dns = d->next_spare;
		free(d);
	}
}
