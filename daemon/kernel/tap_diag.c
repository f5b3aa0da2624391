// SPDX-License-Identifier: Apache-2.0
#include "kernel/tap_diag.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bpf/socket.h"
#include "kernel/diag.h"
#include "kernel/guess.h"
#include "kernel/heads.h"
#include "kernel/proc.h"
#include "kernel/rules.h"
#include "kernel/tap_state.h"

#define HOLD_NS		200000000ull
#define FORGET_NS	3000000000ull
#define SWEEP_NS	1000000000ull
#define WATCHED_MAX	16384
#define INODES_MAX	262144
#define HELD_MAX	65536
#define HELD_BYTES	(64u << 20)

struct watched_pid {
	pid_t pid;
	uint32_t owner;
	bool seen;
};

struct socket_inode {
	uint32_t inode, owner;
};

struct held {
	struct telltap_packet packet;
	size_t at;			/* of its bytes */
};

struct tap_diag {
	int fd;
	uint64_t now_ns, swept_ns;
	struct guesses *guesses;
	struct watched_pid watched[WATCHED_MAX];
	size_t watched_count;
	struct socket_inode *inodes;
	size_t inode_count;
	/* a queue over a ring of bytes */
	struct held *held;
	size_t first, held_count, tail;
	uint8_t *bytes;
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
	d->guesses = guesses_new();
	d->inodes = malloc(INODES_MAX * sizeof(*d->inodes));
	d->held = malloc(HELD_MAX * sizeof(*d->held));
	d->bytes = malloc(HELD_BYTES);
	return d->guesses && d->inodes && d->held && d->bytes ? 0 : -ENOMEM;
}

void
tap_diag_close(struct tap_diag *d)
{
	if (!d)
		return;
	if (d->fd >= 0)
		close(d->fd);
	guesses_free(d->guesses);
	free(d->inodes);
	free(d->held);
	free(d->bytes);
	free(d);
}

size_t
tap_diag_held(const struct tap_diag *d)
{
	return d->held_count;
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
	struct stat st;
	char path[64];

	w->seen = true;
	snprintf(path, sizeof(path), "/proc/%d/exe", (int)w->pid);
	if (!p || stat(path, &st) || st.st_ino == p->exe_inode)
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
	if (found && guesses_note(d->guesses, s, found->owner, d->now_ns))
		t->stats.tuples_full++;
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

void
tap_diag_hold(struct tap *t, const struct telltap_packet *packet)
{
	struct tap_diag *d = t->diag;
	size_t at = d->held_count ? d->tail : 0, limit = HELD_BYTES;
	struct held *h;

	/* Bytes lie in one piece; what is left at the end is passed over. */
	if (d->held_count && d->held[d->first].at >= at) {
		limit = d->held[d->first].at;
	} else if (limit - at < packet->cap_len) {
		at = 0;
		limit = d->held[d->first].at;
	}
	if (d->held_count == HELD_MAX || limit - at < packet->cap_len) {
		t->place_drops++;
		return;
	}
	h = &d->held[(d->first + d->held_count++) % HELD_MAX];
	h->packet = *packet;
	h->at = at;
	memcpy(d->bytes + at, packet->data, packet->cap_len);
	d->tail = at + packet->cap_len;
}

static uint32_t
guess(struct tap *t, const struct telltap_packet *p, uint16_t *ret_flags)
{
	const struct guesses *gs = t->diag->guesses;
	struct heads h;
	uint32_t owner;

	if (heads_read(p->data, p->cap_len, p->link_type, &h) || h.fragment == 2)
		return 0;
	*ret_flags = TELLTAP_PACKET_OUTBOUND;
	owner = guesses_find(gs, h.proto, h.src, h.sport, h.dst, h.dport);
	if (owner)
		return owner;
	*ret_flags = TELLTAP_PACKET_INBOUND;
	return guesses_find(gs, h.proto, h.dst, h.dport, h.src, h.sport);
}

static void
release(struct tap *t, struct held *h)
{
	struct telltap_packet p = h->packet;
	uint32_t owner;

	p.data = t->diag->bytes + h->at;
	owner = guess(t, &p, &p.flags);
	if (!owner) {
		tap_reader_count_unowned(t->reader, p.ts_ns);
		return;
	}
	p.owner = tap_owner_id(t, owner, owner, TAP_OLD | TAP_FOREIGN);
	tap_fail(t, tap_reader_put(t->reader, &p));
}

int
tap_diag_turn(struct tap *t)
{
	struct tap_diag *d = t->diag;
	struct timespec ts;
	int err;

	clock_gettime(CLOCK_REALTIME, &ts);
	d->now_ns = ts.tv_sec * 1000000000ull + ts.tv_nsec;
	look_for_processes(t);
	err = look_for_sockets(t);
	while (d->held_count && !tap_reader_is_full(t->reader)) {
		struct held *h = &d->held[d->first];

		if (h->packet.ts_ns + HOLD_NS > d->now_ns)
			break;
		release(t, h);
		d->first = (d->first + 1) % HELD_MAX;
		d->held_count--;
	}
	if (d->now_ns - d->swept_ns > SWEEP_NS) {
		d->swept_ns = d->now_ns;
		guesses_sweep(d->guesses, d->now_ns - FORGET_NS);
	}
	return err ? err : tap_reader_flush(t->reader);
}
