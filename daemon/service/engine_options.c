// SPDX-License-Identifier: Apache-2.0
#include "service/engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What the parent tells an engine before it is to start. */

static int
append(char **list, size_t *count, char *text)
{
	if (*count == ENGINE_LIST_MAX) {
		free(text);
		return ERR_LIMIT;
	}
	list[(*count)++] = text;
	return 0;
}

static int
set(char **to, char *text)
{
	free(*to);
	*to = text;
	return 0;
}

#define FLAG(member) offsetof(struct engine_process, member)

/* Options that are there or not, and what they then make of a bool. */
static const struct flag {
	uint32_t option;
	size_t offset;
	bool value;
} flags[] = {
	{ OPTION_NO_IDENTITY, FLAG(no_identity), true },
	{ OPTION_INFER_FILES, FLAG(options.infer_files), true },
	{ OPTION_SHOW_VALUES, FLAG(options.show_values), true },
	{ OPTION_TLS_PLAINTEXT, FLAG(tls_plaintext), true },
	{ OPTION_DIGESTS, FLAG(options.digests), true },
	{ OPTION_KEEP_OBJECTS, FLAG(options.keep_objects), true },
	{ OPTION_NO_DPI, FLAG(options.no_dpi), true },
	{ OPTION_GUESS, FLAG(guess), true },
	{ OPTION_JSON, FLAG(json), true },
	{ OPTION_SUMMARY, FLAG(summary), true },
	{ OPTION_CASE, FLAG(keeps_case), true },
	{ OPTION_PARTS, FLAG(parts), true },
	{ OPTION_NO_PACKETS, FLAG(keeps_packets), false },
};

static int
take_flag(struct engine_process *e, uint32_t option)
{
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		if (flags[i].option == option) {
			*(bool *)((char *)e + flags[i].offset) = flags[i].value;
			return 0;
		}
	return ERR_MALFORMED;
}

/* The text is the engine's from here on. */
static int
take_option(struct engine_process *e, uint32_t option, char *text)
{
	int err = 0;

	switch (option) {
	case OPTION_COMMAND:
		return set(&e->command, text);
	case OPTION_PROFILE_DIR:
		return set(&e->profile_dir, text);
	case OPTION_USER:
		return set(&e->user, text);
	case OPTION_KNOWN:
		return append(e->known, &e->known_count, text);
	case OPTION_PROFILE:
		return append(e->profiles, &e->profile_count, text);
	case OPTION_FAIL_ON:
		return append(e->fail_on, &e->fail_on_count, text);
	case OPTION_KEYLOG:
		return append(e->keylogs, &e->keylog_count, text);
	case OPTION_TLS_KEY:
		return append(e->tls_keys, &e->tls_key_count, text);
	case OPTION_IDENTITY:
		return append(e->identities, &e->identity_count, text);
	case OPTION_ARCHIVE_PASSWORD:
		e->options.archive_passwords =
		    (const char *const *)e->passwords;
		return append(e->passwords, &e->password_count, text);
	case OPTION_ALPHA:
		e->options.alpha = strtod(text, NULL);
		break;
	default:
		err = take_flag(e, option);
	}
	free(text);
	return err;
}

static int
take_resume(struct engine_process *e, const struct message *m)
{
	size_t len = m->tail_len;

	if (len >= sizeof(e->resume_why))
		len = sizeof(e->resume_why) - 1;
	memcpy(&e->resume, m->body, sizeof(e->resume));
	memcpy(e->resume_why, m->tail, len);
	e->resume_why[len] = '\0';
	e->resumes = true;
	return 0;
}

static int
take(struct engine_process *e, const struct message *m)
{
	char *text;

	switch (m->kind) {
	case MESSAGE_OPTION:
		text = strndup((const char *)m->tail, m->tail_len);
		if (!text)
			return -ENOMEM;
		return take_option(e,
		    ((const struct message_option *)m->body)->option, text);
	case MESSAGE_RESUME:
		return take_resume(e, m);
	case MESSAGE_LINK:
		if (e->recorder.fd >= 0)
			return ERR_MALFORMED;
		channel_init(&e->recorder, m->fd, ROLE_ENGINE, ROLE_RECORDER);
		e->recorder.state = STATE_RUNNING;
		return 0;
	case MESSAGE_START:
		e->parent.state = STATE_RUNNING;
		return e->recorder.fd >= 0 && e->command ? 0 : ERR_MALFORMED;
	default:
		return ERR_MALFORMED;
	}
}

int
engine_hear_options(struct engine_process *e)
{
	struct message m;
	int got = 0, err = 0;

	while (!err && e->parent.state == STATE_STARTING) {
		got = channel_next(&e->parent, &m);
		if (got > 0)
			err = take(e, &m);
		else
			err = got ? got : channel_read(&e->parent, true);
		if (err == -EAGAIN)
			err = 0;
	}
	return err;
}
