// SPDX-License-Identifier: Apache-2.0
#include "verdict/judge.h"

#include "content/walk/name_service.h"
#include "protocol/conn_hook.h"
#include "protocol/midway.h"
#include "protocol/tls/tls.h"

/* The kind of a transfer and its grade, by what was found in what went out. */

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

/*
 * Was it sealed, by a handshake that was not captured? What holds nothing but
 * noise was; of TLS, the little that lies in front of its first whole record was,
 * too, if the connection is older than its capture.
 */
static bool
was_sealed(const struct draft *d, const struct event_transfer *t)
{
	const struct message *m = d->m;

	if (m->kind != MESSAGE_RUN || t->visibility != VISIBLE_CLEAR ||
	    d->telemetry)
		return false;
	switch (m->conn->midway) {
	case MIDWAY_QUIC:
		return true;
	case MIDWAY_TLS:
		return mostly_undeciphered(t) ||
		    m->conn->before == CONN_BEFORE_UNSEEN;
	}
	return false;
}

#define SHORT_MOST	41	/* of a packet of QUIC that is no plaintext */

static void
judge_midway(struct draft *d, struct event_transfer *t)
{
	uint64_t around = (uint64_t)d->m->pieces_out * SHORT_MOST;

	set(t, KIND_OPAQUE, GRADE_OPAQUE);
	t->visibility = VISIBLE_ENCRYPTED;
	t->encrypted_out = t->payload_out;
	t->understood_out = t->undeciphered_out = 0;
	t->plain_max_out = t->payload_out;
	t->plain_max_in = t->payload_in;
	if (d->m->conn->midway == MIDWAY_TLS) {
		REASON(d, "encrypted: records of TLS follow, and the handshake, "
			  "without which no key opens them, was not captured; "
			  "sizes and times are all that was seen");
		return;
	}
	if (t->payload_out > around)
		t->plain_min_out = t->payload_out - around;
	REASON(d, "encrypted, as far as its form tells: all packets look as "
		  "those of QUIC do, and the handshake, without which no key "
		  "opens them, was not captured; sizes and times are all that "
		  "was seen");
}

/* A question to the DNS; some services are asked by the name itself. */
static void
judge_name(struct draft *d, struct event_transfer *t)
{
	uint64_t beside = d->m->read.body[d->m->out];
	struct name_service s;

	set(t, KIND_NAME_LOOKUP, GRADE_OBSERVED);
	if (beside)
		draft_reason(d, "%llu bytes of it were looked at as they came: "
		    "they stand behind its question, or it could not "
		    "be read whole",
		    (unsigned long long)beside);
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
		if (d->by_form)
			REASON(d, "text in it has the form of what names a "
				  "machine, its user or its software; whose it "
				  "is, the form does not say");
		else
			REASON(d, "fields that describe the machine, its user "
				  "or its software were read in it");
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
		if (d->by_form)
			REASON(d, "text in it has the form of a path or an "
				  "address, which says nothing alone");
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

/* Why nobody could read it. */
static void
judge_sealed(struct draft *d, struct event_transfer *t)
{
	static const char *const why[] = {
		[TLS_KEYS_NONE] = "and no key is at hand",
		[TLS_KEYS_UNUSED] = "and the keys at hand did not open it",
		[TLS_KEYS_OPENED] = "and keys that opened other records did not open it",
		[TLS_KEYS_WRONG] = "and the keys at hand did not open it",
	};
	const struct tls_info *tls = d->m->conn->tls;
	const struct message_more *more = d->m->more;
	unsigned keys = tls ? tls->keys : TLS_KEYS_NONE;

	set(t, KIND_OPAQUE, GRADE_OPAQUE);
	if (keys == TLS_KEYS_UNSUPPORTED)
		draft_reason(d, "encrypted, and keys can't open it: %s; sizes and "
		    "times are all that was seen", tls_info_unsupported(tls));
	else	/* what is never opened says so itself */
		draft_reason(d, "encrypted, %s: sizes and times are all that was "
		    "seen", more && more->limit_count ? "and not opened" :
		    why[keys]);
}

/* A look-up or an upload that was named says nothing about what lay beside it,
 * nor about what a file is that was declared. */
static void
judge_beside(struct draft *d, const struct event_transfer *t)
{
	if (t->kind != KIND_OPAQUE && t->undeciphered_out)
		draft_reason(d, "of what went out, %llu bytes could be read but "
		    "not understood",
		    (unsigned long long)t->undeciphered_out);
}

static void
judge_hooked(struct draft *d, const struct conn_hook *h)
{
	REASON(d, "taken where the program hands its data to its TLS library; "
		  "the packets alone do not show it");
	if (h->unsent)
		draft_reason(d, "%llu bytes more were handed to the library, and "
		    "were not seen to leave the machine",
		    (unsigned long long)h->unsent);
	if (h->unclear)
		draft_reason(d, "of %llu bytes more that were handed to the "
		    "library it is not known whether they left: the capture "
		    "began in the midst of the connection",
		    (unsigned long long)h->unclear);
	if (h->of_file)
		REASON(d, "for bytes on this connection the library was given a "
			  "file, of which those were read: it was not changed "
			  "from before that until after it");
	if (h->ambiguous)
		REASON(d, "that it is this connection is known by time and "
			  "size alone");
}

void
judge_kind(struct draft *d, struct event_transfer *t)
{
	if (d->m->kind == MESSAGE_SEALED) {
		judge_sealed(d, t);
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
	} else if (was_sealed(d, t)) {
		judge_midway(d, t);
		judge_large(d, t);
	} else {
		judge_harmless(d, t);
	}
	judge_beside(d, t);
	if (d->m->hooked)
		judge_hooked(d, d->m->conn->hook);
	if (d->m->conn->refused)
		REASON(d, "sent as early data, sealed with the keys of an earlier "
			  "session, which the server did not take");
	if (t->missing_out)
		draft_reason(d, "%llu bytes that went out were not captured "
		    "and may hold anything",
		    (unsigned long long)t->missing_out);
}
