/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_ENGINE_H
#define SERVICE_ENGINE_H

#include <poll.h>

#include "kernel/tap_reader.h"
#include "service/engine_prints.h"
#include "service/process.h"
#include "telltap/report.h"
#include "telltap/telltap.h"

/* The engine's process; what its files share. */

#define ENGINE_LIST_MAX 64
#define ENGINE_FIRST_CAPTURE 2		/* of those that are polled */

struct engine_process {
	struct channel parent, recorder;
	/* options */
	char *command, *profile_dir, *user;
	char *known[ENGINE_LIST_MAX], *profiles[ENGINE_LIST_MAX];
	char *fail_on[ENGINE_LIST_MAX];
	char *keylogs[ENGINE_LIST_MAX], *tls_keys[ENGINE_LIST_MAX];
	size_t known_count, profile_count, fail_on_count;
	size_t keylog_count, tls_key_count;
	struct telltap_options options;
	bool guess, tls_plaintext, summary, keeps_case, keeps_packets, json, parts;
	struct message_resume resume;	/* lines 0: the first engine */
	char resume_why[256];
	bool resumes;
	/* held */
	struct telltap_known *known_files;
	struct engine_cloud *clouds;	/* addresses that were told of */
	struct engine_prints prints;	/* of files that were read */
	char *passwords[ENGINE_LIST_MAX + 1];	/* of archives */
	size_t password_count;
	char *identities[ENGINE_LIST_MAX];	/* files */
	size_t identity_count;
	bool no_identity;
	struct telltap_identity *identity;
	struct telltap_profiles *profile_set;
	struct telltap_keys *keys;	/* NULL: no private keys */
	struct telltap_engine *engine;
	struct telltap_report *report;
	struct tuples *tuples;
	struct tap_reader *reader;
	struct pollfd *polls;		/* parent, fingerprinter, captures */
	uint32_t *numbers;		/* of those captures */
	size_t poll_count;
	/* so far */
	uint64_t drained_ns, swept_ns;
	uint64_t packet;		/* the highest number so far */
	uint32_t turns_left;
	bool drained;			/* the answer came */
	bool finishing, last, orphaned;
	struct message_last losses;
	int failed;			/* of the engine, the recorder's link */
};

/* engine_start.c: takes the options, opens all there is to open, goes to jail.
 * Says what was wrong to the parent, and returns a code. */
must_check int engine_start(struct engine_process *e);

/* engine_options.c: hears until it is to start. */
must_check int engine_hear_options(struct engine_process *e);

/* engine_hear.c: takes in what the parent said; ERR_END when it is gone. */
must_check int engine_hear(struct engine_process *e, bool wait);

/* engine_told.c: messages that tell of a process. */
must_check int engine_hear_owner(struct engine_process *e,
    const struct message *m);
must_check int engine_hear_process(struct engine_process *e,
    const struct message *m);
must_check int engine_hear_client(struct engine_process *e,
    const struct message *m);
must_check int engine_hear_file_read(struct engine_process *e,
    const struct message *m);

/* engine_end.c: no more comes: the last events, the reports. */
must_check int engine_conclude_run(struct engine_process *e);
/* The keys of what was met since the last call go to the recorder. */
must_check int engine_keep_keys(struct engine_process *e);
/* telltap_event_fn */
int engine_on_event(void *arg, const struct event *event);

/* engine_clouds.c: tells the parent of the addresses that the event names. */
int engine_clouds_learn(struct engine_process *e, const struct event *event)
    must_check;

/* Tells the parent that it can't go on. */
void engine_fail(struct engine_process *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
