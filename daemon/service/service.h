/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_SERVICE_H
#define SERVICE_SERVICE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "kernel/tap.h"

/*
 * A live run: who is watched, and what becomes of it. This is the parent, which
 * has the capabilities and reads no packet; it starts the processes that do the
 * rest (process.h), hands them descriptors and tells them what the kernel says.
 * Used by `telltap run`, `telltap watch` and telltapd, on one thread.
 */

struct service;

struct service_options {
	const char *command;		/* "run", "watch": for messages */
	struct tap_options tap;
	const char *const *known, *const *profiles, *const *fail_on;
	size_t known_count, profile_count, fail_on_count;
	const char *const *keylogs, *const *tls_keys;
	size_t keylog_count, tls_key_count;
	const char *const *identities;	/* files, beside the machine's own */
	size_t identity_count;
	const char *const *passwords;	/* of archives */
	size_t password_count;
	bool no_identity, show_values;
	double alpha;			/* 0: the default */
	bool infer_files;
	const char *profile_dir, *case_dir, *key_path;
	bool digests, no_dpi, no_packets, keep_objects;
	bool parts;			/* cases of part_max bytes each */
	uint64_t part_max;
	bool json;			/* events to standard output */
	bool summary;			/* and, for people, what they add up to */
	void (*say)(const char *line);	/* what people should know */
	/* Set by a signal: what is not watching yet is not waited for. NULL:
	 * nobody sets it. */
	const volatile sig_atomic_t *told_to_stop;
};

/* All strings are borrowed until service_close(). What was wrong has been
 * said when these fail. */
must_check int service_open(const struct service_options *options,
    struct service **ret_service);
must_check int service_watch_pid(struct service *s, pid_t pid);
/* One turn; also ends when a signal comes. */
must_check int service_poll(struct service *s, int timeout_ms);
/* Waits for what is on its way, for some 50 ms a turn at most, and closes. */
must_check int service_finish(struct service *s, unsigned turns);
void service_close(struct service *s);

size_t service_watched_count(const struct service *s);
/* After service_finish(): whether there was what fail_on asks for. */
bool service_found(const struct service *s);
/* For who waits: readable when service_poll() has something to do. */
#define SERVICE_FDS_MAX 5
size_t service_fds(const struct service *s, int ret_fds[SERVICE_FDS_MAX]);

#endif
