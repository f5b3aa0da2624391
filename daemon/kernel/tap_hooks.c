// SPDX-License-Identifier: Apache-2.0
#include "kernel/tap_hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/hook.h"
#include "bpf/tap.skel.h"
#include "kernel/hook_functions.h"
#include "kernel/hook_sessions.h"
#include "kernel/maps_file.h"
#include "kernel/probe_set.h"
#include "kernel/proc.h"
#include "kernel/tap_state.h"

/* Files looked at; above it the oldest is looked at again when it comes by. */
#define FILES_MAX	4096
/* Of those, that have what we look for: they stay, and so do their numbers. */
#define LIBRARIES_MAX	128
/* Processes with probes; one more gets none, which is counted. */
#define PROCESSES_MAX	8192
#define SLOTS		16384
#define DIRTY_MAX	256
#define MAPS_MAX	(8u << 20)

struct seen_file {
	uint64_t inode;
	uint64_t dev;
	int library;		/* index; -1: it has nothing of interest */
};

struct library {
	int fd;			/* a probe is set by what it stands for */
	bool usual;		/* gets its probes before it is mapped */
	struct hook_places places;
};

struct hooked {
	struct hooked *next;
	pid_t pid;
	struct probe_set *sets[LIBRARIES_MAX];	/* by library */
};

struct tap_hooks {
	struct seen_file files[FILES_MAX];
	size_t file_count;
	struct library libraries[LIBRARIES_MAX];
	size_t library_count;
	struct hooked *slots[SLOTS];
	size_t process_count;
	pid_t dirty[DIRTY_MAX];
	size_t dirty_count;
	struct probe_reaper *reaper;
	bool said;		/* that a probe could not be set */
};

static const char *const usual[] = {
	"/lib/*/libssl.so.*", "/usr/lib/*/libssl.so.*", "/lib*/libssl.so.*",
	"/usr/lib*/libssl.so.*", "/usr/local/lib*/libssl.so.*",
	"/lib/*/libgnutls.so.*", "/usr/lib/*/libgnutls.so.*",
	"/lib*/libgnutls.so.*", "/usr/lib*/libgnutls.so.*",
	"/lib/*/libnspr4.so", "/usr/lib/*/libnspr4.so", "/lib*/libnspr4.so",
	"/usr/lib*/libnspr4.so",
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
	for (size_t i = 0; i < LIBRARIES_MAX; i++)
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
attach(struct tap *t, struct hooked *p, size_t library)
{
	const struct library *l = &t->hooks->libraries[library];
	int err;

	if (p->sets[library])
		return;
	err = probe_set_new(t->bpf->progs.hook_enter,
	    t->bpf->progs.hook_leave, t->probes_many, p->pid, l->fd,
	    &l->places, &p->sets[library]);
	if (err)
		note_failure(t, p->pid, err);
}

static struct seen_file *
seen_slot(struct tap_hooks *h, uint64_t dev, uint64_t inode)
{
	for (size_t i = 0; i < h->file_count && i < FILES_MAX; i++)
		if (h->files[i].inode == inode && h->files[i].dev == dev)
			return &h->files[i];
	return NULL;
}

/* The descriptor is kept, or closed. Returns the library's number or -1. */
static int
take_file(struct tap_hooks *h, int fd, uint64_t dev, uint64_t inode)
{
	struct seen_file *f = &h->files[h->file_count++ % FILES_MAX];
	struct library *l = &h->libraries[h->library_count];

	*f = (struct seen_file){ inode, dev, -1 };
	if (h->library_count == LIBRARIES_MAX ||
	    hook_places_find(fd, &l->places) || !l->places.any) {
		close(fd);
		return -1;
	}
	l->fd = fd;
	l->usual = false;
	f->library = (int)h->library_count++;
	return f->library;
}

static void
take_usual(struct tap_hooks *h)
{
	for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++) {
		glob_t g;

		if (glob(usual[i], 0, NULL, &g))
			continue;
		for (size_t k = 0; k < g.gl_pathc; k++) {
			int fd = open(g.gl_pathv[k], O_RDONLY | O_CLOEXEC);
			struct stat st;
			uint64_t dev;
			int n;

			if (fd < 0 || fstat(fd, &st)) {
				if (fd >= 0)
					close(fd);
				continue;
			}
			dev = (uint64_t)major(st.st_dev) << 32 |
			      minor(st.st_dev);
			if (seen_slot(h, dev, st.st_ino)) {
				close(fd);
				continue;
			}
			n = take_file(h, fd, dev, st.st_ino);
			if (n >= 0)
				h->libraries[n].usual = true;
		}
		globfree(&g);
	}
}

static void
scan(struct tap *t, struct hooked *p)
{
	char *text = proc_read(p->pid, "maps", MAPS_MAX, NULL), *at = text;
	struct tap_hooks *h = t->hooks;
	struct maps_file m;

	while (text && maps_file_next(&at, &m)) {
		uint64_t dev = (uint64_t)m.dev_major << 32 | m.dev_minor;
		struct seen_file *f = seen_slot(h, dev, m.inode);
		int fd, library = f ? f->library : -1;

		if (!f) {
			fd = maps_file_open(p->pid, &m);
			if (fd < 0)
				continue;
			library = take_file(h, fd, dev, m.inode);
		}
		if (library >= 0)
			attach(t, p, (size_t)library);
	}
	free(text);
}

void
tap_hooks_begin(struct tap *t, pid_t pid, pid_t parent)
{
	struct tap_hooks *h = t->hooks;
	struct hooked **slot, *p, *from;

	if (!h || *(slot = slot_of(h, pid)))
		return;
	p = h->process_count < PROCESSES_MAX ? calloc(1, sizeof(*p)) : NULL;
	if (!p) {
		t->stats.hooks_failed++;
		return;
	}
	p->pid = pid;
	*slot = p;
	h->process_count++;
	from = parent ? *slot_of(h, parent) : NULL;
	for (size_t i = 0; i < h->library_count; i++)
		if (h->libraries[i].usual || (from && from->sets[i]))
			attach(t, p, i);
	scan(t, p);
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
			scan(t, p);
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

int
tap_hooks_open(struct tap *t)
{
	t->hooks = calloc(1, sizeof(*t->hooks));
	if (!t->hooks)
		return -ENOMEM;
	t->hooks->reaper = probe_reaper_new();
	t->hook_sessions = hook_sessions_new();
	if (!t->hooks->reaper || !t->hook_sessions)
		return -ENOMEM;
	raise_limit();
	take_usual(t->hooks);
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
	for (size_t i = 0; h && i < h->library_count; i++)
		close(h->libraries[i].fd);
	free(h);
	t->hooks = NULL;
}
