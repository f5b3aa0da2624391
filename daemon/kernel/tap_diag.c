// SPDX-License-Identifier: Apache-2.0
#include "kernel/tap_diag.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bpf/socket.h"
#include "kernel/diag.h"
#include "kernel/proc.h"
#include "kernel/rules.h"
#include "kernel/tap_state.h"

#define WATCHED_MAX	16384
#define INODES_MAX	262144

struct watched_pid {
	pid_t pid;
	uint32_t owner;
	bool seen;
};

struct socket_inode {
	uint32_t inode, owner;
};

struct tap_diag {
	int fd;
	uint64_t now_ns;
	struct watched_pid watched[WATCHED_MAX];
	size_t watched_count;
	struct socket_inode *inodes;
	size_t inode_count;
};

int
tap_diag_open(struct tap *t)
{
	struct tap_diag *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	t->diag = d;
	d->fd = diag_open();
	if (d->fd < 0)
		return d->fd;
	d->inodes = malloc(INODES_MAX * sizeof(*d->inodes));
	return d->inodes ? 0 : -ENOMEM;
}

void
tap_diag_close(struct tap_diag *d)
{
	if (!d)
		return;
	if (d->fd >= 0)
		close(d->fd);
	free(d->inodes);
	free(d);
}

static struct watched_pid *
find_watched(struct tap_diag *d, pid_t pid)
{
	for (size_t i = 0; i < d->watched_count; i++)
		if (d->watched[i].pid == pid)
			return &d->watched[i];
	return NULL;
}

static int
begin_image(struct tap *t, struct watched_pid *w)
{
	struct process *p;
	int err = processes_add(t->processes, w->pid, t->next_owner, &p);

	if (err)
		return err;
	w->owner = t->next_owner++;
	if (t->events.on_process)
		tap_fail(t, t->events.on_process(t->arg, p, false));
	return 0;
}

static void
end_image(struct tap *t, const struct watched_pid *w)
{
	struct process *p = processes_find(t->processes, w->owner);

	if (!p)
		return;
	processes_end(t->processes, p, t->diag->now_ns);
	if (t->events.on_process)
		tap_fail(t, t->events.on_process(t->arg, p, true));
}

int
tap_diag_watch(struct tap *t, pid_t pid)
{
	struct tap_diag *d = t->diag;
	struct watched_pid *w;
	int err;

	if (d->watched_count == WATCHED_MAX) {
		t->stats.watched_full++;
		return ERR_LIMIT;
	}
	w = &d->watched[d->watched_count];
	*w = (struct watched_pid){ .pid = pid, .seen = true };
	err = begin_image(t, w);
	if (!err)
		d->watched_count++;
	return err;
}

/* exec makes another image of the same process. */
static void
renew_image(struct tap *t, struct watched_pid *w)
{
	const struct process *p = processes_find(t->processes, w->owner);
	uint64_t inode;
	char path[64];
	uint32_t dev;

	w->seen = true;
	snprintf(path, sizeof(path), "/proc/%d/exe", (int)w->pid);
	if (!p || proc_inode(AT_FDCWD, path, &inode, &dev) ||
	    inode == p->exe_inode)
		return;
	end_image(t, w);
	(void)!begin_image(t, w);
}

static void
look_at(struct tap *t, pid_t pid)
{
	struct watched_pid *w = find_watched(t->diag, pid);
	struct proc_stat st;
	bool wanted;

	if (w) {
		renew_image(t, w);
		return;
	}
	if (pid == getpid())
		return;
	wanted = rules_match(t->rules, pid);
	if (!wanted && !t->no_descendants && proc_read_stat(pid, &st) == 0)
		wanted = find_watched(t->diag, st.parent_pid);
	if (wanted)
		(void)!tap_diag_watch(t, pid);
}

static void
look_for_processes(struct tap *t)
{
	struct tap_diag *d = t->diag;
	DIR *dir = opendir("/proc");
	struct dirent *entry;

	for (size_t i = 0; i < d->watched_count; i++)
		d->watched[i].seen = false;
	while (dir && (entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]))
			look_at(t, atoi(entry->d_name));
	if (dir)
		closedir(dir);
	for (size_t i = 0; i < d->watched_count; ) {
		if (d->watched[i].seen) {
			i++;
			continue;
		}
		end_image(t, &d->watched[i]);
		d->watched[i] = d->watched[--d->watched_count];
	}
}

static void
list_sockets(struct tap_diag *d, const struct watched_pid *w)
{
	char path[64], target[64];
	struct dirent *entry;
	unsigned inode;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)w->pid);
	dir = opendir(path);
	while (dir && d->inode_count < INODES_MAX && (entry = readdir(dir))) {
		ssize_t len = readlinkat(dirfd(dir), entry->d_name, target,
		    sizeof(target) - 1);

		if (len <= 0)
			continue;
		target[len] = '\0';
		if (sscanf(target, "socket:[%u]", &inode) == 1)
			d->inodes[d->inode_count++] =
			    (struct socket_inode){ inode, w->owner };
	}
	if (dir)
		closedir(dir);
}

static int
by_inode(const void *x, const void *y)
{
	const struct socket_inode *a = x, *b = y;

	return a->inode < b->inode ? -1 : a->inode > b->inode;
}

static void
on_diag_socket(void *arg, const struct diag_socket *s)
{
	struct tap *t = arg;
	struct tap_diag *d = t->diag;
	struct socket_inode key = { .inode = s->inode }, *found;

	if (!s->inode)
		return;
	found = bsearch(&key, d->inodes, d->inode_count, sizeof(key),
	    by_inode);
	if (found)
		tap_hand_guess(t, s, tap_owner_id(t, found->owner,
		    found->owner, TAP_OLD | TAP_FOREIGN), d->now_ns);
}

static int
look_for_sockets(struct tap *t)
{
	struct tap_diag *d = t->diag;

	d->inode_count = 0;
	for (size_t i = 0; i < d->watched_count; i++)
		list_sockets(d, &d->watched[i]);
	if (!d->inode_count)
		return 0;
	qsort(d->inodes, d->inode_count, sizeof(*d->inodes), by_inode);
	return diag_dump(d->fd, on_diag_socket, t);
}

int
tap_diag_turn(struct tap *t)
{
	struct tap_diag *d = t->diag;
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	d->now_ns = ts.tv_sec * 1000000000ull + ts.tv_nsec;
	look_for_processes(t);
	return look_for_sockets(t);
}
