// SPDX-License-Identifier: Apache-2.0
/*
 * From a message that has ended to its transfer: first everything that is
 * known is laid out (draft), then the kind is chosen, by what went out only,
 * in the order of enum kind, and the grade says how it is known.
 */
#include "verdict/judge.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "verdict/grant.h"

static struct span
text(struct draft *d, struct text_ref r)
{
	char *s;

	if (!r.len)
		return (struct span){ NULL, 0 };
	s = arena_strndup(d->arena, d->m->read.text.data + r.at, r.len);
	d->failed |= !s;
	return (struct span){ (uint8_t *)s, s ? r.len : 0 };
}

void *
draft_alloc(struct draft *d, size_t len)
{
	void *p = arena_zalloc(d->arena, len);

	d->failed |= !p;
	return p;
}

struct span
draft_span(struct draft *d, struct span s)
{
	char *p;

	if (!s.len)
		return (struct span){ NULL, 0 };
	p = arena_strndup(d->arena, s.p, s.len);
	d->failed |= !p;
	return (struct span){ (uint8_t *)p, p ? s.len : 0 };
}

void
draft_reason(struct draft *d, const char *fmt, ...)
{
	char line[512];
	va_list ap;
	int n;

	if (d->reason_count == DRAFT_MAX_REASONS)
		return;
	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if ((size_t)n >= sizeof(line))
		n = sizeof(line) - 1;
	d->reasons[d->reason_count++] =
	    draft_span(d, (struct span){ (uint8_t *)line, (size_t)n });
}

void
draft_reason_const(struct draft *d, struct span s)
{
	if (d->reason_count < DRAFT_MAX_REASONS)
		d->reasons[d->reason_count++] = s;
}

static void
lay_http(struct draft *d, struct event_transfer *t)
{
	static const struct message_http none;
	const struct message_http *h = d->m->more ? &d->m->more->http : &none;
	struct event_http *e = draft_alloc(d, sizeof(*e));

	if (!e)
		return;
	e->method = text(d, h->method);
	e->scheme = text(d, h->scheme);
	e->host = text(d, h->host);
	e->target = text(d, h->target);
	e->user_agent = text(d, h->user_agent);
	e->request_type = text(d, h->request_type);
	e->response_type = text(d, h->response_type);
	e->version = h->version;
	e->status = h->status;
	e->request_body = d->m->read.body[d->m->client_side];
	e->response_body = d->m->read.body[!d->m->client_side];
	t->http = d->http = e;
}

static void
lay_dns(struct draft *d, struct event_transfer *t)
{
	const struct message_dns *q = d->m->read.dns;
	struct event_dns *e = draft_alloc(d, sizeof(*e));
	struct span *answers;
	struct packet_addr *addresses;

	if (!e)
		return;
	e->question = text(d, q->name);
	e->type = (const char *)text(d, q->type).p;
	e->response_code = q->answer ? (const char *)text(d, q->code).p : NULL;
	e->id = q->id;
	answers = draft_alloc(d, sizeof(*answers) * (q->answer_count + 1));
	addresses =
	    draft_alloc(d, sizeof(*addresses) * (q->address_count + 1));
	if (!answers || !addresses)
		return;
	for (size_t i = 0; i < q->answer_count; i++)
		answers[i] = text(d, q->answers[i]);
	memcpy(addresses, q->addresses,
	    sizeof(*addresses) * q->address_count);
	e->answers = answers;
	e->answer_count = q->answer_count;
	e->addresses = addresses;
	e->address_count = q->address_count;
	t->dns = e;
}

static void
lay_sealed(const struct message *m, struct event_transfer *t)
{
	const struct message_sealed *s = &m->sealed;
	unsigned out = m->out, in = !out;

	t->visibility = VISIBLE_ENCRYPTED;
	t->plain_min_out = s->plain_min[out];
	t->plain_max_out = s->plain_max[out];
	t->plain_min_in = s->plain_min[in];
	t->plain_max_in = s->plain_max[in];
	t->records_out = s->records;
	t->start_count = s->start_count;
	t->end_count = s->end_count;
	t->end_last = s->end_last;
	memcpy(t->ends_out, s->ends, sizeof(s->ends));
	t->encrypted_out = t->payload_out;
	if (!s->odd)
		return;
	t->hollow_out = s->odd->hollow;
	t->hollow_len_out = s->odd->hollow_len;
	t->full_out = s->odd->full;
	t->even_under_out = s->odd->even_under;
	t->even_over_out = s->odd->even_over;
	memcpy(t->starts_out, s->odd->starts, sizeof(s->odd->starts));
	memcpy(t->ends_out + MESSAGE_FEW_ENDS, s->odd->ends,
	    sizeof(s->odd->ends));
}

static void
lay_sizes(struct draft *d, struct event_transfer *t)
{
	const struct message *m = d->m;
	unsigned out = m->out, in = !out;

	t->start_ns = m->first.ts_ns;
	t->end_ns = m->last.ts_ns > m->first.ts_ns ? m->last.ts_ns :
						     m->first.ts_ns;
	t->packet_first = m->first.packet;
	t->packet_last = m->last.packet;
	t->payload_out = m->wire[out];
	t->payload_in = m->wire[in];
	t->missing_out = m->missing[out];
	t->missing_in = m->missing[in];
	if (m->kind == MESSAGE_SEALED) {
		lay_sealed(m, t);
		return;
	}
	t->visibility = m->hooked ? VISIBLE_HOOKED :
	    m->decrypted ? VISIBLE_DECRYPTED : VISIBLE_CLEAR;
	if (d->f)
		t->undeciphered_out = d->f->undeciphered_bytes;
	if (t->undeciphered_out > t->payload_out)
		t->undeciphered_out = t->payload_out;
	t->understood_out = t->payload_out - t->undeciphered_out;
}

/* Updates that are known by how they begin, wherever they come from. */
static const char *
answer_of(const struct message *m)
{
	static const struct {
		char mark[5];
		const char *profile;
	} marks[] = { { "KLZF", "kaspersky" }, { "KLD2", "kaspersky" } };

	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
		if (m->more && m->more->reply_mark_len == 4 &&
		    !memcmp(m->more->reply_mark, marks[i].mark, 4))
			return marks[i].profile;
	return NULL;
}

static void
lay_grants(struct draft *d, struct event_transfer *t)
{
	const struct buf *reply = d->m->more ? &d->m->more->reply : NULL;
	struct span *list;

	if (!reply || !reply->len || reply->failed)
		return;
	list = draft_alloc(d, GRANT_MAX * sizeof(*list));
	if (!list)
		return;
	t->grants = list;
	t->grant_count = grant_find((struct span){ reply->data,
	    reply->len }, d->arena, list);
	if (t->grant_count)
		REASON(d, "the answer gives an address to send a file to");
}

/* What has no head of its own may be the rest of something. */
static void
judge_before(struct draft *d, struct event_transfer *t)
{
	const struct message *m = d->m;

	if (message_http_request(m) || message_dns_of(m) || !m->wire[m->out])
		return;
	if (m->conn->before == CONN_BEFORE_UNSEEN) {
		REASON(d, "the connection was there before its capture began: "
			  "what it had sent by then was not seen");
		t->complete = false;
	} else if (m->conn->before == CONN_BEFORE_UNREAD && m->hooked) {
		REASON(d, "what the connection had sent before could not be "
			  "read");
		t->complete = false;
	}
}

struct event_transfer *
judge_message(const struct message *m, enum message_end end,
    const struct scan_findings *f)
{
	struct draft d = {
		.m = m,
		.f = f,
		.arena = message_sink(m)->arena,
		.upload = GRADE_COUNT,
		.fragment = GRADE_COUNT,
		.lookup = GRADE_COUNT,
	};
	struct event_transfer *t = draft_alloc(&d, sizeof(*t));
	struct span *reasons;

	if (!t)
		return NULL;
	lay_sizes(&d, t);
	t->complete = end == MESSAGE_COMPLETE;
	if (m->kind == MESSAGE_HTTP)
		lay_http(&d, t);
	if (message_dns_of(m))
		lay_dns(&d, t);
	judge_categories(&d, t);
	judge_files(&d, t);
	judge_slivers(&d, t);
	judge_hashes(&d, t);
	judge_uses(&d, t);
	judge_urls(&d, t);
	judge_kind(&d, t);
	judge_before(&d, t);
	judge_limits(&d, t);
	judge_implied(&d, t);
	judge_masks(&d, t);
	lay_grants(&d, t);
	t->reply_sha256 = message_reply_digests(m, &t->reply_count);
	t->answer_of = answer_of(m);
	if (t->answer_of)
		draft_reason(&d, "the answer begins as updates of profile %s "
		    "do: %.4s", t->answer_of, m->more->reply_mark);
	if (end == MESSAGE_BROKEN && m->hooked)
		REASON(&d, "not in the form of its protocol, of which the hook "
			   "may have missed the beginning; the bytes were "
			   "looked at as they came");
	else if (end == MESSAGE_BROKEN)
		REASON(&d, "its protocol was violated; the bytes were looked "
			   "at as they came");
	reasons = draft_alloc(&d, sizeof(*reasons) * (d.reason_count + 1));
	if (d.failed || !reasons)
		return NULL;
	memcpy(reasons, d.reasons, sizeof(*reasons) * d.reason_count);
	t->reasons = reasons;
	t->reason_count = d.reason_count;
	return t;
}
