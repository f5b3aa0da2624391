// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <openssl/crypto.h>

#include "content/format.h"
#include "kernel/machine.h"
#include "service/engine.h"
#include "service/jail.h"

/* A key log's line may be seen after the packets that it opens: these wait. */
#define KEYS_WAIT_NS	500000000ull
#define KEYS_WAIT_BYTES	(64u << 20)
/* Of a connection whose keys are not there by then, in all. */
#define KEYS_LATE_NS	60000000000ull
#define KEYS_LATE_BYTES	(256u << 20)
/* With plaintext beside them, which is as long again. */
#define PLAINTEXT_WAIT_BYTES	(192u << 20)

void
engine_fail(struct engine_process *e, const char *fmt, ...)
{
	char text[512];
	struct message_text m;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	m.text_len = (uint32_t)strlen(text);
	/* If the parent is gone, nobody is left to be told. */
	if (!channel_send(&e->parent, MESSAGE_FAILED, &m, text, m.text_len))
		(void)!channel_flush(&e->parent);
}

/* Captures need descriptors, too. */
#define OTHER_FILES	(TAP_READER_CAPTURES_MAX + 64)

static void
hold_known(struct engine_process *e)
{
	struct rlimit files;
	size_t left;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return;
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files);
	left = telltap_known_hold(e->known_files,
	    files.rlim_cur > OTHER_FILES ? files.rlim_cur - OTHER_FILES : 0);
	if (left && !e->resumes)
		fprintf(stderr, "telltap: %zu known files can't be kept open: "
			"what is found of them will be called uncertain\n",
		    left);
}

static int
load_known(struct engine_process *e)
{
	int err = 0;

	if (!e->known_count)
		return 0;
	e->known_files = telltap_known_new();
	if (!e->known_files)
		return -ENOMEM;
	for (size_t i = 0; i < e->known_count && !err; i++)
		err = telltap_known_add(e->known_files, e->known[i]);
	if (!err)
		err = telltap_known_seal(e->known_files);
	if (err)
		engine_fail(e, "%s", telltap_known_error(e->known_files));
	else
		hold_known(e);
	e->options.known = e->known_files;
	return err;
}

/* A value that can't be looked for is none: "To be filled by O.E.M.". */
static void
add_value(void *arg, const char *kind, const char *value)
{
	(void)!telltap_identity_add(arg, kind, value);
}

static int
load_identity(struct engine_process *e)
{
	int err = 0;

	e->identity = telltap_identity_new();
	if (!e->identity)
		return -ENOMEM;
	for (size_t i = 0; i < e->identity_count && !err; i++)
		err = telltap_identity_read(e->identity, e->identities[i]);
	if (!e->no_identity) {
		machine_read("", add_value, e->identity);
		machine_read_network(add_value, e->identity);
	}
	if (!err)
		err = telltap_identity_seal(e->identity);
	if (err)
		engine_fail(e, "%s", telltap_identity_error(e->identity));
	else if (!e->no_identity || e->identity_count)
		e->options.identity = e->identity;
	return err;
}

static int
load_profiles(struct engine_process *e)
{
	int err;

	e->profile_set = telltap_profiles_new();
	if (!e->profile_set)
		return -ENOMEM;
	err = telltap_profiles_load(e->profile_set, e->profile_dir);
	if (err == -ENOENT && !e->profile_dir && !e->profile_count) {
		/* A program that was moved: no failure. */
		if (!e->resumes)
			fprintf(stderr, "telltap: no profiles beside the "
				"program: clouds have no vendor\n");
		return 0;
	}
	if (!err && e->profile_count)
		err = telltap_profiles_keep(e->profile_set,
		    (const char *const *)e->profiles, e->profile_count);
	if (!err)
		err = telltap_profiles_seal(e->profile_set);
	if (err)
		engine_fail(e, "%s", telltap_profiles_error(e->profile_set));
	e->options.profiles = e->profile_set;
	return err;
}

/* Private keys; what opens them can't be opened later. */
static int
load_keys(struct engine_process *e)
{
	if (!e->tls_key_count)
		return 0;
	e->keys = telltap_keys_new();
	for (size_t i = 0; e->keys && i < e->tls_key_count; i++)
		if (telltap_keys_add_private(e->keys, e->tls_keys[i])) {
			engine_fail(e, "%s", telltap_keys_error(e->keys));
			return -EINVAL;
		}
	e->options.keys = e->keys;
	return e->keys ? 0 : -ENOMEM;
}

static int
open_engine(struct engine_process *e)
{
	int err;

	e->options.size = sizeof(e->options);
	e->options.threads = 1;
	e->report = telltap_report_new();
	e->tuples = tuples_new();
	if (!e->report || !e->tuples)
		return -ENOMEM;
	e->options.keep_prints = e->keeps_case && e->keeps_packets;
	err = telltap_engine_new(&e->options, engine_on_event, e, &e->engine);
	if (!err)
		err = telltap_engine_option(e->engine, "live", e->command);
	for (size_t i = 0; i < e->keylog_count && !err; i++) {
		const char *slash = strrchr(e->keylogs[i], '/');

		err = telltap_engine_option(e->engine, "keylog",
		    slash ? slash + 1 : e->keylogs[i]);
	}
	if (!err && e->tls_plaintext)
		err = telltap_engine_option(e->engine, "tls-plaintext", NULL);
	if (!err && (e->keylog_count || e->tls_plaintext))
		err = telltap_engine_hold(e->engine, KEYS_WAIT_NS,
		    e->tls_plaintext ? PLAINTEXT_WAIT_BYTES : KEYS_WAIT_BYTES);
	if (!err && e->keylog_count)
		err = telltap_engine_await_keys(e->engine, KEYS_LATE_NS,
		    KEYS_LATE_BYTES);
	e->packet = e->resume.packet;
	return err;
}

static int
enter_jail(struct engine_process *e)
{
	struct jail_options o = { .user = e->user };
	unsigned lacks;
	int err = jail_enter(&o, &lacks);

	if (!err && lacks && !e->resumes)
		fprintf(stderr, "telltap: the engine's jail is weaker here:"
			"%s%s%s\n",
		    lacks & JAIL_NO_USER ? " the caller's user" : "",
		    lacks & JAIL_NO_LANDLOCK ? " no Landlock" : "",
		    lacks & JAIL_NO_SECCOMP ? " no seccomp" : "");
	return err;
}

static int
read_lines(struct engine_process *e, int fd)
{
	FILE *f = fdopen(fd, "r");

	if (!f)
		return -errno;
	/* What can't be read is missing in the report, which counts it. */
	(void)!telltap_report_read_file(e->report, f, "what was logged");
	fclose(f);
	return 0;
}

static int
hear_history(struct engine_process *e, bool *ret_more)
{
	struct message_history h;
	struct message m;
	int got = 0, err = 0;

	while (!err && (got = channel_next(&e->recorder, &m)) == 0)
		err = channel_read(&e->recorder, true);
	if (err || got < 0 || m.kind != MESSAGE_HISTORY)
		return err ? -EPIPE : ERR_MALFORMED;
	memcpy(&h, m.body, sizeof(h));
	*ret_more = h.more > 0;
	return read_lines(e, m.fd);
}

/* What engines before this one said, so that the report is of all of it. */
static int
read_history(struct engine_process *e)
{
	static const struct message_empty next;
	bool more = false;
	int err = hear_history(e, &more);

	while (!err && more) {
		err = channel_send(&e->recorder, MESSAGE_HISTORY_NEXT, &next,
		    NULL, 0);
		if (!err)
			err = channel_flush(&e->recorder);
		if (!err)
			err = hear_history(e, &more);
	}
	return err;
}

static int
resume(struct engine_process *e)
{
	struct telltap_gap gap = {
		.size = sizeof(gap),
		.sequence = e->resume.lines,
		.start_ns = e->resume.gap_start_ns,
		.end_ns = e->resume.gap_end_ns,
		.reason = e->resume_why,
		.restarts = e->resume.restarts,
	};
	int err = read_history(e);

	return err ? err : telltap_engine_resume(e->engine, &gap);
}

int
engine_start(struct engine_process *e)
{
	static const struct message_empty ready;
	int err;

	e->keeps_packets = true;
	err = engine_hear_options(e);
	if (err)
		child_die(ROLE_ENGINE, "its options", err);
	err = load_known(e);
	if (!err)
		err = load_profiles(e);
	if (!err)
		err = load_keys(e);
	if (!err)
		err = load_identity(e);
	if (err)
		return err;
	err = open_engine(e);
	/* What libraries would read from the disk at their first use. */
	format_prepare();
	(void)OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL);
	if (!err)
		err = enter_jail(e);
	if (err) {
		engine_fail(e, "%s: the engine: %s", e->command,
		    telltap_strerror(err));
		return err;
	}
	err = channel_send(&e->parent, MESSAGE_READY, &ready, NULL, 0);
	if (!err)
		err = channel_flush(&e->parent);
	return err || !e->resumes ? err : resume(e);
}
