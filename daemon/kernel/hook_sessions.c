// SPDX-License-Identifier: Apache-2.0
#include "kernel/hook_sessions.h"

#include <stdlib.h>

struct hook_sessions {
	struct tap_session slots[HOOK_SESSIONS_MAX];	/* stream 0: none */
};

struct hook_sessions *
hook_sessions_new(void)
{
	return calloc(1, sizeof(struct hook_sessions));
}

void
hook_sessions_free(struct hook_sessions *s)
{
	free(s);
}

void
hook_sessions_note(struct hook_sessions *s, const struct tap_session *session)
{
	struct tap_session *slot =
	    &s->slots[session->stream % HOOK_SESSIONS_MAX];

	/* One that was outlived has lost its room for good. */
	if (session->stream >= slot->stream)
		*slot = *session;
}

void
hook_sessions_end(struct hook_sessions *s, uint64_t stream)
{
	struct tap_session *slot = &s->slots[stream % HOOK_SESSIONS_MAX];

	if (slot->stream == stream)
		slot->stream = 0;
}

int
hook_sessions_each(const struct hook_sessions *s,
    int (*on_session)(void *arg, const struct tap_session *session), void *arg)
{
	int err = 0;

	for (size_t i = 0; i < HOOK_SESSIONS_MAX && !err; i++)
		if (s->slots[i].stream)
			err = on_session(arg, &s->slots[i]);
	return err;
}
