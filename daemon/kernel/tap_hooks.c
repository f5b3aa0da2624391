// SPDX-License-Identifier: Apache-2.0
#include "kernel/tap_hooks.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/hook.h"
#include "bpf/tap.skel.h"
#include "kernel/hook_files.h"
#include "kernel/hook_sessions.h"
#include "kernel/probe_set.h"
#include "kernel/proc.h"
#include "kernel/tap_state.h"

/* Processes with probes; one more gets none, which is counted. */
#define PROCESSES_MAX	8192
#define SLOTS		16384
#define DIRTY_MAX	256
#define MOUNTS_MAX	(8u << 20)

struct hooked {
	struct hooked *next;
	pid_t pid;
	struct probe_set *sets[HOOK_FILES_MAX];	/* by library */
};

struct tap_hooks {
	struct hook_files *files;
	uint64_t lost;		/* of them, counted already */
	struct hooked *slots[SLOTS];
	size_t process_count;
	pid_t dirty[DIRTY_MAX];
	size_t dirty_count;
	struct probe_reaper *reaper;
	bool said;		/* that a probe could not be set */
};

static struct hooked **
slot_of(struct tap_hooks *h, pid_t pid)
{
	struct hooked **at = &h->slots[(uint32_t)pid % SLOTS];

	while (*at && (*at)->pid != pid)
		at = &(*at)->next;
	return at;
}

static void
hooked_free(struct tap_hooks *h, struct hooked *p)
{
	for (size_t i = 0; i < HOOK_FILES_MAX; i++)
		probe_reaper_take(h->reaper, p->sets[i]);
	free(p);
}

/* One that has gone meanwhile needs none. */
static void
note_failure(struct tap *t, pid_t pid, int err)
{
	struct tap_hooks *h = t->hooks;

	if (err == -ESRCH)
		return;
	t->stats.hooks_failed++;
	if (!h->said)
		tap_note(t, "a probe in the TLS library of process %d can't be "
			"set: %s", (int)pid, err_text(err));
	h->said = true;
}

static void
attach(struct tap *t, struct hooked *p, size_t number)
{
	const struct hook_file *f;
	int err;

	if (p->sets[number])
		return;
	f = hook_files_get(t->hooks->files, number);
	if (!f)
		return;
	err = probe_set_new(t->bpf->progs.hook_enter,
	    t->bpf->progs.hook_leave, t->probes_many, p->pid, f->fd,
	    &f->places, &p->sets[number]);
	if (err)
		note_failure(t, p->pid, err);
}

/* What a new process may map, and what its parent has. */
static void
attach_expected(struct tap *t, struct hooked *p, const struct hooked *parent)
{
	for (size_t i = 0; i < hook_files_count(t->hooks->files); i++)
		if (hook_files_is_expected(i) || parent->sets[i])
			attach(t, p, i);
}

/* Who sets a probe waits for the process' memory, too: where that does not answer
 * none is set. */
static void
scan(struct tap *t, struct hooked *p, const struct hooked *from)
{
	char *text = NULL, *at, *mounts;
	struct tap_hooks *h = t->hooks;
	struct maps_file m;
	uint64_t lost;

	if (maps_file_ask(p->pid, &text) == -ETIMEDOUT) {
		t->stats.hooks_failed++;
		return;
	}
	if (from)
		attach_expected(t, p, from);
	at = text;
	mounts = proc_read(p->pid, "mountinfo", MOUNTS_MAX, NULL);
	while (text && maps_file_next(&at, &m)) {
		int number = hook_files_of(h->files, p->pid, &m,
		    mounts ? mounts : "");

		if (number >= 0)
			attach(t, p, (size_t)number);
	}
	free(mounts);
	free(text);
	lost = hook_files_lost(h->files);
	t->stats.hooks_failed += lost - h->lost;
	h->lost = lost;
}

void
tap_hooks_begin(struct tap *t, pid_t pid, pid_t parent)
{
	struct tap_hooks *h = t->hooks;
	struct hooked **slot, *p, *from;

	if (!h)
		return;
	slot = slot_of(h, pid);
	if (*slot) {
		/* it executes something else by now */
		scan(t, *slot, NULL);
		return;
	}
	p = h->process_count < PROCESSES_MAX ? calloc(1, sizeof(*p)) : NULL;
	if (!p) {
		t->stats.hooks_failed++;
		return;
	}
	p->pid = pid;
	*slot = p;
	h->process_count++;
	from = parent ? *slot_of(h, parent) : NULL;
	scan(t, p, from ? from : p);
}

void
tap_hooks_end(struct tap *t, pid_t pid)
{
	struct hooked **slot, *p;

	if (!t->hooks)
		return;
	slot = slot_of(t->hooks, pid);
	p = *slot;
	if (!p)
		return;
	*slot = p->next;
	hooked_free(t->hooks, p);
	t->hooks->process_count--;
}

void
tap_hooks_mapped(struct tap *t, const struct tap_mapped *m)
{
	struct tap_hooks *h = t->hooks;

	for (size_t i = 0; i < h->dirty_count; i++)
		if (h->dirty[i] == (pid_t)m->pid)
			return;
	if (h->dirty_count == DIRTY_MAX)
		tap_hooks_turn(t);
	h->dirty[h->dirty_count++] = (pid_t)m->pid;
}

void
tap_hooks_turn(struct tap *t)
{
	struct tap_hooks *h = t->hooks;

	if (!h)
		return;
	for (size_t i = 0; i < h->dirty_count; i++) {
		struct hooked *p = *slot_of(h, h->dirty[i]);

		if (p)
			scan(t, p, NULL);
	}
	h->dirty_count = 0;
}

/* Each probe is a descriptor. */
static void
raise_limit(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l))
		return;
	l.rlim_cur = l.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &l);
}

/* A process that begins may come to its TLS library before its probes are set, above
 * all where many begin at once: who sets them goes before these. */
static void
hurry(void)
{
	(void)setpriority(PRIO_PROCESS, 0, -20);
}

/* Nothing that is started from now on does, nor the thread that takes probes away. */
static void
hurry_alone(void)
{
	struct sched_param none = { 0 };

	(void)sched_setscheduler(0, SCHED_OTHER | SCHED_RESET_ON_FORK, &none);
}

int
tap_hooks_open(struct tap *t, const struct tap_options *options)
{
	const char *const *exe = options->exes;

	t->hooks = calloc(1, sizeof(*t->hooks));
	if (!t->hooks)
		return -ENOMEM;
	t->hooks->reaper = probe_reaper_new();
	t->hooks->files = hook_files_new();
	t->hook_sessions = hook_sessions_new();
	if (!t->hooks->reaper || !t->hooks->files || !t->hook_sessions)
		return -ENOMEM;
	raise_limit();
	hurry();
	/* the process that is waited for starts here, and is as fast */
	hook_files_expect_usual(t->hooks->files);
	hurry_alone();
	if (options->program)
		hook_files_expect_program(t->hooks->files, options->program);
	for (; exe && *exe; exe++)
		hook_files_expect_program(t->hooks->files, *exe);
	return 0;
}

void
tap_hooks_close(struct tap *t)
{
	struct tap_hooks *h = t->hooks;

	for (size_t i = 0; h && i < SLOTS; i++)
		for (struct hooked *p = h->slots[i], *next; p; p = next) {
			next = p->next;
			hooked_free(h, p);
		}
	if (h)
		probe_reaper_free(h->reaper);
	hook_sessions_free(t->hook_sessions);
	t->hook_sessions = NULL;
	if (h)
		hook_files_free(h->files);
	free(h);
	t->hooks = NULL;
}
