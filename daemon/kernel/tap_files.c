// SPDX-License-Identifier: Apache-2.0
#include "kernel/tap_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/tap.skel.h"
#include "kernel/proc.h"
#include "kernel/tap_state.h"

/* A file that was not read from for so long is reported. */
#define IDLE_NS		2000000000ull
#define SLOTS		65536
#define KEYS_A_TURN	65536
#define KIN_STEPS	16

/* Names wait here until their file is reported. As many as the kernel's map
 * has entries; above that a file is reported without its name. */
struct file_name {
	struct file_name *next;
	struct tap_read_key key;
	uint32_t number;		/* of on_file_open; 0: none */
	char path[];
};

/* Begun to be read, and not handed out yet: until packets are, for by then it
 * mostly shows whether it is only a library being loaded. */
struct waiting {
	struct file_name *name;
	uint64_t size, first_ns;
	uint32_t number;
};

#define WAITING_MAX 32

struct tap_files {
	struct waiting waiting[WAITING_MAX];
	size_t waiting_count;
	uint32_t number;		/* the last one given out */
	struct file_name *slots[SLOTS];
	size_t count;
};

struct tap_files *
tap_files_new(void)
{
	return calloc(1, sizeof(struct tap_files));
}

void
tap_files_free(struct tap_files *fs)
{
	for (size_t i = 0; fs && i < SLOTS; i++)
		for (struct file_name *n = fs->slots[i], *next; n; n = next) {
			next = n->next;
			free(n);
		}
	free(fs);
}

static struct file_name **
slot_of(struct tap_files *fs, const struct tap_read_key *key)
{
	uint64_t h = (key->inode ^ (uint64_t)key->dev << 40 ^
			 (uint64_t)key->owner << 20) * 0x9e3779b97f4a7c15ull;

	return &fs->slots[h >> 48];
}

char *
tap_files_join(const char *names, size_t len, bool cut)
{
	size_t count = 0, room = 8;
	char *path, *to;

	for (size_t at = 0; at < len; at += strnlen(names + at, len - at) + 1)
		count++;
	room += len + count;
	path = malloc(room);
	if (!path)
		return NULL;
	/* Backwards: the file's own name comes first. */
	to = path + room - 1;
	*to = '\0';
	for (size_t at = 0; at < len; ) {
		size_t n = strnlen(names + at, len - at);

		to -= n;
		memcpy(to, names + at, n);
		*--to = '/';
		at += n + 1;
	}
	if (cut) {
		to -= 3;
		memcpy(to, "...", 3);
	}
	memmove(path, to, path + room - to);
	return path;
}

/* The descriptor's link, if it still is that file's. The file is held while it
 * is asked: the process may give the descriptor to another one meanwhile. */
static char *
ask_proc(const struct tap_file *f)
{
	char link[64], target[4096];
	ssize_t len = -1;
	uint64_t inode;
	uint32_t dev;
	int fd;

	snprintf(link, sizeof(link), "/proc/%u/fd/%u", f->pid, f->fd);
	fd = open(link, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	if (!proc_inode(fd, "", &inode, &dev) && inode == f->key.inode) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		len = readlink(link, target, sizeof(target) - 1);
	}
	close(fd);
	if (len <= 0 || target[0] != '/')
		return NULL;
	target[len] = '\0';
	return strdup(target);
}

/* Its images of before have the same parent. */
static void
find_kin(const struct tap *t, uint32_t owner, pid_t kin[FILE_KIN_MAX])
{
	const struct process *p = processes_find(t->processes, owner);
	size_t n = 0;

	for (int i = 0; p && n < FILE_KIN_MAX && i < KIN_STEPS; i++) {
		if (p->parent_pid && (!n || kin[n - 1] != p->parent_pid))
			kin[n++] = p->parent_pid;
		p = processes_find(t->processes, p->parent_owner);
	}
}

static void
wait_for_hand(struct tap *t, const struct tap_file *f, struct file_name *n)
{
	struct tap_file_find find = { .file = { .pid = (pid_t)f->pid,
		.fd = (int)f->fd, .path = n->path, .inode = f->key.inode,
		.dev = f->key.dev } };
	struct tap_files *fs = t->files;
	struct waiting *w;

	if (!t->events.on_file_find || !t->known_from_reads)
		return;
	if (fs->waiting_count == WAITING_MAX)
		tap_files_hand(t);
	if (++fs->number == 0)
		fs->number = 1;
	w = &fs->waiting[fs->waiting_count++];
	w->name = n;
	w->size = f->size;
	w->first_ns = f->record.ts_ns + t->monotonic_offset;
	w->number = find.number = fs->number;
	find_kin(t, f->key.owner, find.file.kin);
	tap_fail(t, t->events.on_file_find(t->arg, &find));
}

/* A library that was loaded was not looked at. */
static bool
is_loaded(const struct tap_read *r)
{
	return r->flags & TAP_READ_CODE && r->bytes < r->size;
}

static void
hand_one(struct tap *t, const struct waiting *w)
{
	struct tap_file_open file = { .path = w->name->path,
		.number = w->number, .dev = w->name->key.dev,
		.size = w->size, .first_ns = w->first_ns };
	struct tap_read r;

	if (!bpf_map_lookup_elem(bpf_map__fd(t->bpf->maps.reads),
		&w->name->key, &r) && is_loaded(&r)) {
		tap_fail(t, t->events.on_file_drop(t->arg, file.number,
		    file.dev));
		return;
	}
	file.process = processes_find(t->processes, w->name->key.owner);
	w->name->number = w->number;
	tap_fail(t, t->events.on_file_open(t->arg, &file));
}

void
tap_files_hand(struct tap *t)
{
	struct tap_files *fs = t->files;

	if (!fs)
		return;
	for (size_t i = 0; i < fs->waiting_count; i++)
		hand_one(t, &fs->waiting[i]);
	fs->waiting_count = 0;
}

void
tap_files_name(struct tap *t, const struct tap_file *f)
{
	struct tap_files *fs = t->files;
	struct file_name **slot, *n;
	size_t len;
	char *path;

	if (!fs || fs->count >= SLOTS)
		return;
	path = ask_proc(f);
	if (!path)
		path = tap_files_join(f->names,
		    f->names_len < sizeof(f->names) ? f->names_len :
						      sizeof(f->names),
		    f->cut);
	if (!path)
		return;
	len = strlen(path) + 1;
	n = malloc(sizeof(*n) + len);
	if (n) {
		slot = slot_of(fs, &f->key);
		n->key = f->key;
		n->number = 0;
		memcpy(n->path, path, len);
		n->next = *slot;
		*slot = n;
		fs->count++;
		wait_for_hand(t, f, n);
	}
	free(path);
}

static struct file_name *
take_name(struct tap_files *fs, const struct tap_read_key *key)
{
	struct file_name **at = slot_of(fs, key), *n;

	while (*at && memcmp(&(*at)->key, key, sizeof(*key)))
		at = &(*at)->next;
	n = *at;
	if (n) {
		*at = n->next;
		fs->count--;
	}
	return n;
}

static void
report(struct tap *t, const struct tap_read_key *key, const struct tap_read *r)
{
	struct file_name *name = take_name(t->files, key);
	struct tap_file_read out = {
		.process = processes_find(t->processes, key->owner),
		.path = name ? name->path : "",
		.inode = key->inode,
		.size = r->size,
		.bytes = r->bytes ? r->bytes : r->mapped_bytes,
		.end = r->end,
		.first_ns = r->first_ns + t->monotonic_offset,
		.last_ns = r->last_ns + t->monotonic_offset,
		.dev_major = key->dev >> 20,
		.dev_minor = key->dev & 0xfffff,
		.calls = r->calls,
		.mapped = !r->bytes && r->flags & TAP_READ_MAPPED,
		.number = name ? name->number : 0,
	};

	if (!is_loaded(r) && t->events.on_file_read)
		tap_fail(t, t->events.on_file_read(t->arg, &out));
	free(name);
}

void
tap_files_flush(struct tap *t, bool all)
{
	int fd = bpf_map__fd(t->bpf->maps.reads);
	struct tap_read_key key, *due, *last = NULL;
	struct timespec ts;
	struct tap_read r;
	size_t count = 0;
	uint64_t now;

	if (!t->files)
		return;
	tap_files_hand(t);
	due = malloc(KEYS_A_TURN * sizeof(*due));
	if (!due)
		return;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	now = ts.tv_sec * 1000000000ull + ts.tv_nsec;
	while (count < KEYS_A_TURN && !bpf_map_get_next_key(fd, last, &key)) {
		if (!bpf_map_lookup_elem(fd, &key, &r) &&
		    (all || r.last_ns + IDLE_NS < now))
			due[count++] = key;
		last = &key;
	}
	for (size_t i = 0; i < count; i++)
		if (!bpf_map_lookup_and_delete_elem(fd, &due[i], &r))
			report(t, &due[i], &r);
	free(due);
}
