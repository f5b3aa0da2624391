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

#include "content/name_service.h"
#include "protocol/conn_hook.h"
#include "verdict/grant.h"

static struct span
text(struct draft *d, struct text_ref r)
{
	char *s;

	if (!r.len)
		return (struct span){ NULL, 0 };
	s = arena_strndup(d->arena, d->m->text.data + r.at, r.len);
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

/* A reason that is the same for every transfer: not copied. */
static void
reason_const(struct draft *d, struct span s)
{
	if (d->reason_count < DRAFT_MAX_REASONS)
		d->reasons[d->reason_count++] = s;
}

#define REASON(d, s) reason_const(d, SPAN_LITERAL(s))

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
	e->request_body = d->m->body[d->m->client_side];
	e->response_body = d->m->body[!d->m->client_side];
	t->http = e;
}

static void
lay_dns(struct draft *d, struct event_transfer *t)
{
	const struct message_dns *q = d->m->dns;
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
		t->visibility = VISIBLE_ENCRYPTED;
		t->plain_min_out = m->plain_min[out];
		t->plain_max_out = m->plain_max[out];
		t->plain_min_in = m->plain_min[in];
		t->plain_max_in = m->plain_max[in];
		t->records_out = m->records[out];
		t->start_count = m->start_count;
		memcpy(t->starts_out, m->starts, sizeof(m->starts));
		t->end_count = m->end_count;
		t->end_last = m->end_last;
		memcpy(t->ends_out, m->ends, sizeof(m->ends));
		t->encrypted_out = t->payload_out;
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

static void
set(struct event_transfer *t, enum kind kind, enum grade grade)
{
	t->kind = kind;
	t->grade = grade;
}

/* Is all that went out unread to a degree that forbids to call it harmless? */
static bool
mostly_undeciphered(const struct event_transfer *t)
{
	return t->undeciphered_out > 0 &&
	    t->undeciphered_out >= t->understood_out / 4;
}

/* A question to the DNS; some services are asked by the name itself. */
static void
judge_name(struct draft *d, struct event_transfer *t)
{
	struct name_service s;

	set(t, KIND_NAME_LOOKUP, GRADE_OBSERVED);
	if (!t->dns || !name_service_read(t->dns->question, t->dns->type,
	    &s)) {
		REASON(d, "a plain DNS question");
		return;
	}
	draft_reason(d, "a question to %s by the DNS: %s", s.name, s.why);
	if (s.kind != NAME_SERVICE_HASH)
		return;
	t->kind = KIND_HASH_LOOKUP;
	draft_reason(d, "what was sent: %.*s",
	    (int)(s.token.len < 256 ? s.token.len : 256), s.token.p);
}

/* Nothing named a file, a hash or a URL. */
static void
judge_harmless(struct draft *d, struct event_transfer *t)
{
	const struct message *m = d->m;

	if (mostly_undeciphered(t)) {
		set(t, KIND_OPAQUE, GRADE_OPAQUE);
		draft_reason(d, "%llu bytes could be read but not understood: "
		    "they look random and are in no container known here",
		    (unsigned long long)t->undeciphered_out);
	} else if (m->kind == MESSAGE_DNS) {
		judge_name(d, t);
	} else if (d->telemetry) {
		set(t, KIND_TELEMETRY, GRADE_OBSERVED);
		REASON(d, "fields that describe the machine, its user or its "
			  "software were read in it");
	} else if (t->missing_out) {
		set(t, KIND_OPAQUE, GRADE_OPAQUE);
	} else if (t->payload_in > t->payload_out) {
		set(t, KIND_DOWNLOAD, GRADE_OBSERVED);
		REASON(d, "more came in than went out, and nothing of note "
			  "was in what went out");
	} else if (m->kind == MESSAGE_RUN && t->payload_out <= 32 &&
	    t->payload_in <= 32) {
		set(t, KIND_KEEP_ALIVE, GRADE_OBSERVED);
		REASON(d, "a few bytes each way and nothing in them");
	} else {
		set(t, KIND_OTHER, GRADE_OBSERVED);
		REASON(d, "read in full: no file, hash, URL or data about the "
			  "machine was recognised");
	}
}

/* More than the question about a file takes, with all that goes with it. */
#define LOOKUP_MAX	(16 * 1024)

static void
judge_large(struct draft *d, const struct event_transfer *t)
{
	if (t->plain_min_out <= LOOKUP_MAX)
		return;
	if (t->plain_min_out == t->plain_max_out)
		draft_reason(d, "large unread upload: %llu bytes went out, "
		    "more than any look-up needs; what they were is not known",
		    (unsigned long long)t->plain_min_out);
	else
		draft_reason(d, "large unread upload: %llu to %llu bytes went "
		    "out, more than any look-up needs; what they were is not "
		    "known", (unsigned long long)t->plain_min_out,
		    (unsigned long long)t->plain_max_out);
}

static void
judge_kind(struct draft *d, struct event_transfer *t)
{
	if (d->m->kind == MESSAGE_SEALED) {
		set(t, KIND_OPAQUE, GRADE_OPAQUE);
		REASON(d, "encrypted, and no key is at hand: sizes and times "
			  "are all that was seen");
		judge_large(d, t);
	} else if (d->upload != GRADE_COUNT) {
		set(t, KIND_FILE_UPLOAD, d->upload);
	} else if (d->fragment != GRADE_COUNT) {
		set(t, KIND_FILE_FRAGMENT, d->fragment);
	} else if (d->lookup != GRADE_COUNT) {
		set(t, KIND_HASH_LOOKUP, d->lookup);
	} else if (d->f && d->f->url_count) {
		set(t, KIND_URL_LOOKUP, GRADE_OBSERVED);
		draft_reason(d, "%zu URL%s sent in fields that ask about them",
		    d->f->url_count, d->f->url_count == 1 ? " was" : "s were");
	} else {
		judge_harmless(d, t);
	}
	if (d->m->hooked)
		REASON(d, "taken where the program hands its data to its TLS "
			  "library; the packets alone do not show it");
	if (d->m->hooked && d->m->conn->hook->ambiguous)
		REASON(d, "that it is this connection is known by time and "
			  "size alone");
	if (t->missing_out)
		draft_reason(d, "%llu bytes that went out were not captured "
		    "and may hold anything",
		    (unsigned long long)t->missing_out);
}

static const char *const telemetry_categories[] = {
	"process", "behaviour", "detection", "system", "host.id", "user",
	"network.local", "software.inventory", "product.licence", "crash.dump",
	"file.path", "file.signer",
};

/* What a request's headers say goes along with whatever is asked for. */
static bool
is_of_header(struct span path)
{
	static const struct span header = SPAN_LITERAL("header:");

	return path.len >= header.len &&
	       !memcmp(path.p, header.p, header.len);
}

/* The first and the last character, for who knows it to recognise. */
static struct span
mask(struct draft *d, struct span value)
{
	uint8_t *p;

	if (d->m->sink->show_values)
		return draft_span(d, value);
	p = draft_alloc(d, value.len + 1);
	if (!p)
		return (struct span){ NULL, 0 };
	memset(p, '*', value.len);
	if (value.len > 5 && value.p[0] < 0x80 &&
	    value.p[value.len - 1] < 0x80) {
		p[0] = value.p[0];
		p[value.len - 1] = value.p[value.len - 1];
	}
	return (struct span){ p, value.len };
}

static void
lay_categories(struct draft *d, struct event_transfer *t)
{
	struct event_category *c;
	size_t n = d->f ? d->f->category_count : 0;

	c = draft_alloc(d, sizeof(*c) * (n + DRAFT_MAX_CATEGORIES));
	if (!c)
		return;
	for (size_t i = 0; i < n; i++) {
		const struct scan_category *from = &d->f->categories[i];

		c[i].category = from->category;
		c[i].path = draft_span(d, from->path);
		c[i].offset = from->offset;
		c[i].why = from->why;
		c[i].kind = from->kind;
		c[i].form = from->form;
		c[i].encoding = from->encoding;
		if (from->kind)
			c[i].value = mask(d, from->value);
		for (size_t k = 0; !is_of_header(from->path) &&
		     k < sizeof(telemetry_categories) /
		     sizeof(*telemetry_categories); k++)
			if (!strcmp(from->category, telemetry_categories[k]))
				d->telemetry = true;
	}
	t->categories = c;
	t->category_count = n;
	d->categories = c;
}

static void
add_category(struct draft *d, struct event_transfer *t, const char *category,
    const char *why)
{
	for (size_t i = 0; i < t->category_count; i++)
		if (!strcmp(d->categories[i].category, category))
			return;
	if (d->categories && d->category_extra++ < DRAFT_MAX_CATEGORIES)
		d->categories[t->category_count++] =
		    (struct event_category){ .category = category,
			.offset = UINT64_MAX, .why = why };
}

static void
lay_urls(struct draft *d, struct event_transfer *t)
{
	struct span *urls;

	if (!d->f || !d->f->url_count)
		return;
	urls = draft_alloc(d, sizeof(*urls) * d->f->url_count);
	if (!urls)
		return;
	for (size_t i = 0; i < d->f->url_count; i++)
		urls[i] = draft_span(d, d->f->urls[i]);
	t->urls = urls;
	t->url_count = d->f->url_count;
	add_category(d, t, "url", "a URL was sent");
}

static void
lay_limits(struct draft *d, struct event_transfer *t)
{
	const struct message_more *more = d->m->more;
	const char **limits;
	size_t n = d->f ? d->f->limit_count : 0;
	size_t told = more ? more->limit_count : 0;

	if (!n && !told)
		return;
	limits = draft_alloc(d, sizeof(*limits) * (n + told));
	if (!limits)
		return;
	if (n)
		memcpy(limits, d->f->limits, sizeof(*limits) * n);
	if (told)
		memcpy(limits + n, more->limits, sizeof(*limits) * told);
	t->limits = limits;
	t->limit_count = n + told;
	for (size_t i = 0; i < t->limit_count; i++)
		draft_reason(d, "not all of it was read: %s", limits[i]);
}

static void
imply_categories(struct draft *d, struct event_transfer *t)
{
	if (d->upload != GRADE_COUNT || d->fragment != GRADE_COUNT)
		add_category(d, t, "file.content", "content of a file was sent");
	if (d->named)
		add_category(d, t, "file.name", "a file name was declared");
	if (t->hash_count || t->kind == KIND_HASH_LOOKUP)
		add_category(d, t, "file.hash", "a hash value was sent");
	if (t->kind == KIND_NAME_LOOKUP)
		add_category(d, t, "domain", "a host name was asked for");
	if (t->kind == KIND_OPAQUE)
		add_category(d, t, "undetermined", "it could not be read");
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

struct event_transfer *
judge_message(const struct message *m, enum message_end end,
    const struct scan_findings *f)
{
	struct draft d = {
		.m = m,
		.f = f,
		.arena = m->sink->arena,
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
	if (m->dns)
		lay_dns(&d, t);
	lay_categories(&d, t);
	judge_files(&d, t);
	judge_slivers(&d, t);
	judge_hashes(&d, t);
	judge_uses(&d, t);
	lay_urls(&d, t);
	judge_kind(&d, t);
	lay_limits(&d, t);
	imply_categories(&d, t);
	lay_grants(&d, t);
	t->answer_of = answer_of(m);
	if (t->answer_of)
		draft_reason(&d, "the answer begins as updates of profile %s "
		    "do: %.4s", t->answer_of, m->more->reply_mark);
	if (end == MESSAGE_BROKEN)
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
