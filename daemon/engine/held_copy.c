// SPDX-License-Identifier: Apache-2.0
/* A transfer that is held, with all that its event needs. */
#include "engine/held.h"

#include <string.h>

#include "engine/infer.h"

static struct span
copy(struct arena *a, struct span s)
{
	char *p = s.len ? arena_strndup(a, s.p, s.len) : NULL;

	return (struct span){ (uint8_t *)p, p ? s.len : 0 };
}

static const char *
copy_word(struct arena *a, const char *s)
{
	return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

static void
copy_flow(struct arena *a, struct held_record *to)
{
	struct event_flow *f = &to->flow;

	f->community_id = copy(a, f->community_id);
	f->domain = copy(a, f->domain);
	if (!f->tls)
		return;
	to->tls = *f->tls;
	f->tls = &to->tls;
	to->tls.cipher = copy_word(a, to->tls.cipher);
	to->tls.server_name = copy(a, to->tls.server_name);
	to->tls.alpn = copy(a, to->tls.alpn);
	to->tls.ja3 = copy(a, to->tls.ja3);
	to->tls.ja4 = copy(a, to->tls.ja4);
	to->tls.cert_subject = copy(a, to->tls.cert_subject);
	to->tls.cert_issuer = copy(a, to->tls.cert_issuer);
}

static void
copy_transfer(struct arena *a, struct held_record *to)
{
	struct event_transfer *t = &to->transfer;
	struct span *reasons = arena_zalloc(a, (t->reason_count + 1 +
	    INFER_REASONS) * sizeof(*reasons));
	struct event_category *c = arena_zalloc(a, (t->category_count + 1) *
	    sizeof(*c));

	for (size_t i = 0; reasons && i < t->reason_count; i++)
		reasons[i] = copy(a, t->reasons[i]);
	t->reason_count = reasons ? t->reason_count : 0;
	t->reasons = reasons;
	if (c && t->category_count)
		memcpy(c, t->categories, t->category_count * sizeof(*c));
	t->category_count = c ? t->category_count : 0;
	t->categories = c;
	t->limits = NULL;
	t->limit_count = 0;
}

struct held_record *
held_copy(struct arena *a, const struct record *r)
{
	struct held_record *to = arena_zalloc(a, sizeof(*to));

	if (!to)
		return NULL;
	to->event = r->event;
	to->flow = r->flow;
	to->transfer = *r->event.transfer;
	to->cloud = r->cloud;
	to->cloud.vendor = copy(a, to->cloud.vendor);
	to->cloud.network = copy(a, to->cloud.network);
	to->cloud.purpose = copy(a, to->cloud.purpose);
	to->cloud.source = copy(a, to->cloud.source);
	to->cloud.key = copy(a, to->cloud.key);
	copy_flow(a, to);
	copy_transfer(a, to);
	to->sender.start_ns = to->transfer.start_ns;
	if (r->event.process) {
		to->sender.pid = r->event.process->pid;
		to->sender.parent_pid = r->event.process->parent_pid;
	}
	to->event.flow = &to->flow;
	to->event.transfer = &to->transfer;
	to->event.cloud = &to->cloud;
	return to;
}
