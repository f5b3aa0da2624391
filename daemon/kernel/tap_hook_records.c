// SPDX-License-Identifier: Apache-2.0
#include "kernel/tap_hooks.h"

#include <string.h>

#include "bpf/hook.h"
#include "kernel/hook_given.h"
#include "kernel/hook_sessions.h"
#include "kernel/tap_state.h"

static int
take_tie(struct tap *t, const struct tap_tie *r)
{
	struct tap_session s = {
		.stream = r->stream,
		.ts_ns = r->record.ts_ns + t->monotonic_offset,
		.owner = tap_owner_id(t, 0, r->owner, 0),
		.library = r->library,
		.ambiguous = r->flags & TAP_TIE_AMBIGUOUS,
		.tuple = r->tuple,
	};

	hook_sessions_note(t->hook_sessions, &s);
	return t->events.on_session ? t->events.on_session(t->arg, &s) : 0;
}

int
tap_hooks_retell(struct tap *t)
{
	if (!t->hook_sessions || !t->events.on_session)
		return 0;
	return hook_sessions_each(t->hook_sessions, t->events.on_session,
	    t->arg);
}

static int
take_plain(struct tap *t, const struct tap_plain *r, const uint8_t *bytes)
{
	struct tap_plaintext p = {
		.stream = r->stream,
		.ts_ns = r->record.ts_ns + t->monotonic_offset,
		.offset = r->offset,
		.data = bytes,
		.len = r->plain_len,
		.inbound = r->inbound,
		.early = r->early,
	};

	return t->events.on_plaintext ? t->events.on_plaintext(t->arg, &p) : 0;
}

/* Its bytes go on as if the library had been given these. */
static int
take_given(struct tap *t, const struct tap_given *r)
{
	static uint8_t bytes[HOOK_GIVEN_READ_MAX];
	struct tap_plaintext p = {
		.stream = r->stream,
		.ts_ns = r->record.ts_ns + t->monotonic_offset,
		.data = bytes,
		.of_file = true,
	};
	int err = 0;

	if (!r->over) {
		hook_given_begin(r, p.ts_ns);
		return 0;
	}
	for (uint64_t at = 0; at < r->given_len && !err; at += p.len) {
		uint64_t left = r->given_len - at;

		p.len = left < sizeof(bytes) ? (uint32_t)left : sizeof(bytes);
		p.offset = r->offset + at;
		if (hook_given_read(r, r->at + at, p.len, bytes)) {
			/* nor can what follows be had */
			t->stats.plaintext_lost += left;
			break;
		}
		if (t->events.on_plaintext)
			err = t->events.on_plaintext(t->arg, &p);
	}
	hook_given_end(r);
	return err;
}

int
tap_hooks_record(void *arg, void *data, size_t len)
{
	struct tap *t = arg;
	struct tap_record head;

	if (len < sizeof(head))
		return 0;
	memcpy(&head, data, sizeof(head));
	if (head.kind == TAP_PLAIN && len >= sizeof(struct tap_plain)) {
		struct tap_plain r;

		memcpy(&r, data, sizeof(r));
		if (r.plain_len <= len - sizeof(r))
			tap_fail(t, take_plain(t, &r,
			    (const uint8_t *)data + sizeof(r)));
	} else if (head.kind == TAP_GIVEN && len >= sizeof(struct tap_given)) {
		struct tap_given r;

		memcpy(&r, data, sizeof(r));
		tap_fail(t, take_given(t, &r));
	} else if (head.kind == TAP_TIE && len >= sizeof(struct tap_tie)) {
		struct tap_tie r;

		memcpy(&r, data, sizeof(r));
		tap_fail(t, take_tie(t, &r));
	} else if (head.kind == TAP_TIE_END &&
		   len >= sizeof(struct tap_tie_end)) {
		struct tap_tie_end r;

		memcpy(&r, data, sizeof(r));
		hook_sessions_end(t->hook_sessions, r.stream);
		if (t->events.on_session_end)
			tap_fail(t, t->events.on_session_end(t->arg, r.stream,
			    head.ts_ns + t->monotonic_offset, r.out_len,
			    r.in_len));
	} else if (head.kind == TAP_MAPPED &&
		   len >= sizeof(struct tap_mapped)) {
		struct tap_mapped r;

		memcpy(&r, data, sizeof(r));
		tap_hooks_mapped(t, &r);
	}
	return 0;
}
