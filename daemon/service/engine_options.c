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

static int
take_option(struct engine_process *e, uint32_t option, char *text)
{
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
	case OPTION_NO_IDENTITY:
		e->no_identity = true;
		break;
	case OPTION_ALPHA:
		e->options.alpha = strtod(text, NULL);
		break;
	case OPTION_INFER_FILES:
		e->options.infer_files = true;
		break;
	case OPTION_SHOW_VALUES:
		e->options.show_values = true;
		break;
	case OPTION_TLS_PLAINTEXT:
		e->tls_plaintext = true;
		break;
	case OPTION_DIGESTS:
		e->options.digests = true;
		break;
	case OPTION_KEEP_OBJECTS:
		e->options.keep_objects = true;
		break;
	case OPTION_NO_DPI:
		e->options.no_dpi = true;
		break;
	case OPTION_GUESS:
		e->guess = true;
		break;
	case OPTION_JSON:
		e->json = true;
		break;
	case OPTION_SUMMARY:
		e->summary = true;
		break;
	case OPTION_CASE:
		e->keeps_case = true;
		break;
	case OPTION_PARTS:
		e->parts = true;
		break;
	case OPTION_NO_PACKETS:
		e->keeps_packets = false;
		break;
	default:
		free(text);
		return ERR_MALFORMED;
	}
	free(text);
	return 0;
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
