// SPDX-License-Identifier: Apache-2.0
#include "experiment/lead.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "canary/canary.h"
#include "experiment/command.h"
#include "experiment/digest.h"
#include "experiment/journal.h"
#include "experiment/order.h"
#include "experiment/outcome.h"
#include "experiment/recorder.h"

struct lead {
	const struct plan *plan;
	const char *seed;
	struct journal journal;
	char folder[PLAN_PATH_MAX];	/* of this session's canaries */
	int log_fd;
	struct recorder recorder;
	struct set set;
	bool planted, cut;
	unsigned session;
	const struct plan_phase *phase;
	char *error;
};

static int
fail(struct lead *l, int err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int
fail(struct lead *l, int err, const char *fmt, ...)
{
	va_list ap;

	/* The first one counts; what a signal breaks off is no error of its own. */
	if (*l->error || err == -EINTR)
		return err;
	va_start(ap, fmt);
	vsnprintf(l->error, LEAD_ERROR_MAX, fmt, ap);
	va_end(ap);
	return err;
}

static int
mark(struct lead *l, const char *text)
{
	int r = recorder_mark(&l->recorder, text);

	if (r)
		return fail(l, r, "%s", l->recorder.error);
	json_str(journal_begin(&l->journal, "mark"), "text", text);
	journal_end(&l->journal);
	return 0;
}

/* Commands find out by these what they are to do. */
static void
tell_commands(const struct lead *l)
{
	char number[16];

	snprintf(number, sizeof(number), "%u", l->session + 1);
	setenv("TELLTAP_SESSION", number, 1);
	setenv("TELLTAP_PHASE", l->phase ? l->phase->name : "", 1);
	setenv("TELLTAP_CANARIES", l->folder, 1);
}

/* What has to work for the experiment to mean anything is must. */
static int
run(struct lead *l, const char *what, const char *text, const char *argument,
    bool must)
{
	unsigned timeout_s = l->phase ? l->phase->timeout_s : 600;
	struct json *j;
	int status = 0, r;

	tell_commands(l);
	r = command_run(text, argument, timeout_s, l->log_fd, &status);
	j = journal_begin(&l->journal, what);
	json_str(j, "command", text);
	if (argument)
		json_str(j, "argument", argument);
	if (r)
		json_str(j, "failed", err_text(r));
	else
		json_u64(j, "exit", (uint64_t)status);
	journal_end(&l->journal);
	if (r == -ETIMEDOUT && !must)
		return 0;
	if (r)
		return fail(l, r, "%s: %s", what, err_text(r));
	return status && must ? fail(l, -ECHILD, "%s: exit code %d; see "
	    "commands.log", what, status) : 0;
}

/* What mend_lab() has to know of one that is killed. */
static void
note(struct lead *l, const char *what)
{
	json_u64(journal_begin(&l->journal, what), "session", l->session + 1);
	journal_end(&l->journal);
}

static int
set_network(struct lead *l, enum plan_network state)
{
	bool cut = state == PLAN_NETWORK_CUT;
	int r;

	if (state == PLAN_NETWORK_KEEP || cut == l->cut)
		return 0;
	/* A cut that failed half way is restored, too. */
	l->cut = true;
	if (cut)
		note(l, "cutting");
	r = run(l, cut ? "cut" : "restore", cut ? l->plan->network->cut :
	    l->plan->network->restore, NULL, true);
	if (!r)
		l->cut = cut;
	return r;
}

/* The canaries of the session, and what is said of them beforehand. */
static int
draw(struct lead *l)
{
	const struct plan *p = l->plan;
	int types[CODE_COUNT_MAX], r;
	char seed[65], text[SET_COMMITMENT_SIZE];

	r = order_seed(l->seed, l->session, seed);
	if (!r)
		r = set_draw(&l->set, seed, p->canaries->count, types,
		    plan_types(p, types));
	if (!r)
		r = set_commitment(&l->set, text);
	return r ? fail(l, r, "canaries: %s", err_text(r)) : mark(l, text);
}

static int
plant(struct lead *l)
{
	struct canary_error e;

	note(l, "planting");
	if (canary_plant_unlisted(l->folder, &l->set, &e))
		return fail(l, -EIO, "%s", e.text);
	l->planted = true;
	return 0;
}

/* What the product took away is gone, and what it changed is left. */
static int
remove_canaries(struct lead *l)
{
	uint64_t of[3] = { 0 };
	struct canary_error e;
	struct json *j;

	if (!l->planted)
		return 0;
	for (size_t i = 0; i < l->set.count; i++) {
		enum canary_state state;

		if (canary_remove(l->folder, &l->set.files[i], &state,
			&e))
			return fail(l, -EIO, "%s", e.text);
		of[state]++;
	}
	l->planted = false;
	set_clear(&l->set);
	j = journal_begin(&l->journal, "removed");
	json_u64(j, "intact", of[CANARY_INTACT]);
	json_u64(j, "changed", of[CANARY_CHANGED]);
	json_u64(j, "missing", of[CANARY_MISSING]);
	journal_end(&l->journal);
	/* It stays where something is left in it. */
	rmdir(l->folder);
	return 0;
}

static int
run_each(struct lead *l)
{
	size_t order[CODE_COUNT_MAX];
	char path[PLAN_PATH_MAX + SET_NAME_MAX + 2];
	int r = order_canaries(l->seed, l->session, l->phase->name,
	    l->set.count, order);

	for (size_t i = 0; !r && i < l->set.count; i++) {
		snprintf(path, sizeof(path), "%s/%s",
		    l->folder, l->set.files[order[i]].name);
		r = run(l, "each", l->phase->each, path, false);
	}
	return r;
}

static int
run_phase(struct lead *l)
{
	const struct plan_phase *phase = l->phase;
	char text[OUTCOME_MARK_SIZE];
	int r = plan_is(phase->plant) ? draw(l) : 0;

	outcomes_mark(l->session, phase->name, text);
	if (!r)
		r = mark(l, text);
	if (!r && phase->network)
		r = set_network(l, (enum plan_network)*phase->network);
	if (!r && plan_is(phase->restart))
		r = run(l, "restart", l->plan->restart, NULL, true);
	if (!r && plan_is(phase->plant))
		r = plant(l);
	if (!r && phase->run)
		r = run(l, "run", phase->run, NULL, false);
	if (!r && phase->each)
		r = run_each(l);
	if (!r)
		r = command_sleep(phase->wait_s);
	return r;
}

static int
run_session(struct lead *l)
{
	unsigned order[PLAN_PHASES_MAX];
	struct json *j;
	int r = order_phases(l->plan, l->seed, l->session, order);

	if (r)
		return fail(l, r, "%s", err_text(r));
	snprintf(l->folder, sizeof(l->folder), "%.4000s/%u",
	    l->plan->canaries->folder, l->session + 1);
	j = journal_begin(&l->journal, "session");
	json_u64(j, "session", l->session + 1);
	json_array(j, "order");
	for (unsigned i = 0; i < l->plan->phases_count; i++)
		json_str(j, NULL, l->plan->phases[order[i]].name);
	json_close_array(j);
	journal_end(&l->journal);
	if (l->plan->restart)
		r = run(l, "restart", l->plan->restart, NULL, true);
	for (unsigned i = 0; !r && i < l->plan->phases_count; i++) {
		l->phase = &l->plan->phases[order[i]];
		r = run_phase(l);
	}
	l->phase = NULL;
	if (!r)
		r = set_network(l, l->cut ? PLAN_NETWORK_RESTORE :
					    PLAN_NETWORK_KEEP);
	return r ? r : remove_canaries(l);
}

/* What was decided beforehand, in the log before anything is done. */
static int
commit(struct lead *l, const char *plan_path)
{
	char plan_hex[65], seed_hex[65], text[256];
	struct json *j;
	int r = digest_file(plan_path, plan_hex);

	if (!r)
		r = digest_text(l->seed, seed_hex);
	if (r)
		return fail(l, r, "%s: %s", plan_path, err_text(r));
	j = journal_begin(&l->journal, "experiment");
	json_str(j, "experiment", l->plan->experiment);
	json_str(j, "seed", l->seed);
	json_str(j, "seed_sha256", seed_hex);
	json_str(j, "plan_sha256", plan_hex);
	journal_end(&l->journal);
	snprintf(text, sizeof(text), "experiment seed sha256 %s", seed_hex);
	r = mark(l, text);
	snprintf(text, sizeof(text), "experiment plan sha256 %s", plan_hex);
	return r ? r : mark(l, text);
}

/* Whatever happened, the lab is left as it was found. */
static int
put_right(struct lead *l)
{
	int network, canaries, recorder;

	command_heed(false);
	l->phase = NULL;
	network = set_network(l, l->cut ? PLAN_NETWORK_RESTORE :
					  PLAN_NETWORK_KEEP);
	canaries = remove_canaries(l);
	set_clear(&l->set);
	if (l->recorder.pid > 0)
		(void)!mark(l, "experiment over");
	recorder = recorder_end(&l->recorder);
	if (recorder)
		fail(l, recorder, "%s", l->recorder.error);
	command_heed(true);
	return network ? network : canaries ? canaries : recorder;
}

static int
open_out(struct lead *l)
{
	const struct plan *p = l->plan;
	char path[PLAN_PATH_MAX];
	int r;

	if (mkdir(p->out, 0700))
		return fail(l, -errno, "%s: %s", p->out, strerror(errno));
	if (mkdir(p->canaries->folder, 0755) && errno != EEXIST)
		return fail(l, -errno, "%s: %s", p->canaries->folder,
		    strerror(errno));
	snprintf(path, sizeof(path), "%.4000s/commands.log", p->out);
	l->log_fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (l->log_fd < 0)
		return fail(l, -errno, "%s: %s", path, strerror(errno));
	snprintf(path, sizeof(path), "%.4000s/journal.jsonl", p->out);
	r = journal_open(&l->journal, path);
	return r ? fail(l, r, "%s: %s", path, err_text(r)) : 0;
}

/* Whatever else went wrong, and whenever the signal came. */
static int
say_stopped(char error[static LEAD_ERROR_MAX])
{
	char rest[LEAD_ERROR_MAX];

	memcpy(rest, error, sizeof(rest));
	snprintf(error, LEAD_ERROR_MAX, "stopped by a signal%s%.*s",
	    *rest ? "; " : "", LEAD_ERROR_MAX - 32, rest);
	return -EINTR;
}

int
lead_run(const struct plan *p, const char *plan_path, const char *seed_text,
    char ret_error[static LEAD_ERROR_MAX])
{
	struct lead l = { .plan = p, .seed = seed_text, .log_fd = -1,
		.error = ret_error };
	int r, end;

	*ret_error = '\0';
	command_catch();
	r = open_out(&l);
	if (!r)
		r = recorder_start(&l.recorder, p);
	if (r)
		fail(&l, r, "%s", l.recorder.error);
	if (!r)
		r = commit(&l, plan_path);
	for (l.session = 0; !r && l.session < p->sessions; l.session++)
		r = run_session(&l);
	end = put_right(&l);
	if (!end && l.journal.file)
		note(&l, "over");
	r = r ? r : end;
	end = journal_close(&l.journal);
	if (end)
		fail(&l, end, "%s/journal.jsonl: %s", p->out, err_text(end));
	if (l.log_fd >= 0)
		close(l.log_fd);
	if (command_stopped())
		return say_stopped(ret_error);
	return r ? r : end;
}
