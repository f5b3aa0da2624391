// SPDX-License-Identifier: Apache-2.0
#include "experiment/review.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "canary/canary.h"
#include "evidence/key.h"
#include "experiment/command.h"
#include "experiment/order.h"
#include "report/lines.h"

struct review {
	struct outcomes *outcomes;
	const struct plan *plan;
	const char *seed;
	const uint8_t *key;		/* to sign manifests with; NULL */
	unsigned session;
	char known[PLAN_PATH_MAX], events[PLAN_PATH_MAX];
	char *error;
};

static int
fail(struct review *v, int err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int
fail(struct review *v, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(v->error, REVIEW_ERROR_MAX, fmt, ap);
	va_end(ap);
	return err;
}

/* The canaries of a session as they were, for a replay to know. */
static int
plant_known(struct review *v)
{
	int types[CODE_COUNT_MAX], r;
	struct canary_error e = { "" };
	struct set set = { 0 };
	char seed[65];

	r = order_seed(v->seed, v->session, seed);
	if (!r)
		r = set_draw(&set, seed, v->plan->canaries->count, types,
		    plan_types(v->plan, types));
	if (!r)
		r = canary_plant(v->known, &set, v->key, &e);
	if (r == -ENOTEMPTY) {
		/* Done before; a copy that was changed names nothing. */
		set_clear(&set);
		r = canary_open(v->known, &set, &e);
		if (!r && strcmp(set.seed, seed))
			r = fail(v, -EEXIST, "%s: other canaries", v->known);
	}
	if (!r)
		r = outcomes_add_set(v->outcomes, v->session, &set);
	set_clear(&set);
	if (r && !*v->error)
		return fail(v, r, "%s", *e.text ? e.text : err_text(r));
	return r;
}

static int
replay(struct review *v)
{
	char path[PLAN_PATH_MAX];
	const char *const argv[] = { "telltap", "replay", "--json", "--known",
		v->known, path, NULL };
	int out, err, status = 0, r;

	snprintf(path, sizeof(path), "%.4000s/replay.log", v->plan->out);
	out = open(v->events, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	err = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	snprintf(path, sizeof(path), "%.4000s/case/data/capture",
	    v->plan->out);
	r = out < 0 || err < 0 ? -errno : command_self(argv, out, err,
	    &status);
	if (out >= 0)
		close(out);
	if (err >= 0)
		close(err);
	if (!r && status)
		return fail(v, -EIO, "the replay ended with code %d; see "
		    "replay.log", status);
	return r ? fail(v, r, "the replay: %s", r == -EINTR ?
	    "stopped by a signal" : err_text(r)) : 0;
}

static int
on_event(void *arg, const struct event *e)
{
	struct review *v = arg;

	outcomes_replay_event(v->outcomes, v->session, e);
	return 0;
}

static int
review_session(struct review *v)
{
	struct report_lines lines;
	int r;

	snprintf(v->known, sizeof(v->known), "%.4000s/known/%u", v->plan->out,
	    v->session + 1);
	snprintf(v->events, sizeof(v->events), "%.4000s/session-%u.jsonl",
	    v->plan->out, v->session + 1);
	r = plant_known(v);
	if (!r)
		r = replay(v);
	if (r)
		return r;
	r = report_read_lines(v->events, on_event, v, &lines);
	return r ? fail(v, r, "%s", lines.error) : 0;
}

static int
on_case_event(void *arg, const struct event *e)
{
	return outcomes_case_event(arg, e);
}

int
review(struct outcomes *o, const char *seed,
    char ret_error[static REVIEW_ERROR_MAX])
{
	struct review v = { .outcomes = o, .plan = o->plan, .seed = seed,
		.error = ret_error };
	struct note_signer signer;
	struct report_lines lines;
	char path[PLAN_PATH_MAX];
	int r = o->plan->key ? key_load(o->plan->key, &signer) : 0;

	*ret_error = '\0';
	if (r)
		return fail(&v, r, "%s: %s", o->plan->key, err_text(r));
	v.key = o->plan->key ? signer.seed : NULL;
	snprintf(path, sizeof(path), "%.4000s/case", o->plan->out);
	r = report_read_lines(path, on_case_event, o, &lines);
	if (r)
		return fail(&v, r, "%s", lines.error);
	snprintf(path, sizeof(path), "%.4000s/known", o->plan->out);
	if (mkdir(path, 0700) && errno != EEXIST)
		return fail(&v, -errno, "%s: %s", path, strerror(errno));
	for (; !r && v.session < o->plan->sessions; v.session++)
		r = review_session(&v);
	if (v.key)
		key_forget(&signer);
	return r;
}
