// SPDX-License-Identifier: Apache-2.0
#include "kernel/process.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "bpf/process.h"
#include "kernel/exe_hash.h"
#include "kernel/process_image.h"
#include "kernel/proc.h"

/* Images kept; one more is refused, and its packets go without a description.
 * processes_sweep() makes room. */
#define IMAGES_MAX	262144

struct processes {
	struct process **by_owner;	/* hash table, open addressing */
	size_t slots, count, running;
	uint64_t unread;
	struct exe_hashes *hashes;
};

struct processes *
processes_new(void)
{
	struct processes *ps = calloc(1, sizeof(*ps));

	if (!ps)
		return NULL;
	ps->slots = 1024;
	ps->by_owner = calloc(ps->slots, sizeof(*ps->by_owner));
	ps->hashes = exe_hashes_new();
	if (!ps->by_owner || !ps->hashes) {
		free(ps->by_owner);
		exe_hashes_free(ps->hashes);
		free(ps);
		return NULL;
	}
	return ps;
}

void
processes_free(struct processes *ps)
{
	if (!ps)
		return;
	for (size_t i = 0; i < ps->slots; i++) {
		if (!ps->by_owner[i])
			continue;
		process_drop_strings(ps->by_owner[i]);
		free(ps->by_owner[i]);
	}
	free(ps->by_owner);
	exe_hashes_free(ps->hashes);
	free(ps);
}

static size_t
slot_of(const struct processes *ps, uint32_t owner)
{
	size_t i = owner * 0x9e3779b1u & (ps->slots - 1);

	while (ps->by_owner[i] && ps->by_owner[i]->owner != owner)
		i = (i + 1) & (ps->slots - 1);
	return i;
}

struct process *
processes_find(const struct processes *ps, uint32_t owner)
{
	return owner ? ps->by_owner[slot_of(ps, owner)] : NULL;
}

struct process *
processes_next(const struct processes *ps, size_t *at)
{
	while (*at < ps->slots) {
		struct process *p = ps->by_owner[(*at)++];

		if (p)
			return p;
	}
	return NULL;
}

static int
grow(struct processes *ps)
{
	struct processes bigger = *ps;

	if (ps->count * 2 < ps->slots)
		return 0;
	bigger.slots *= 2;
	bigger.by_owner = calloc(bigger.slots, sizeof(*bigger.by_owner));
	if (!bigger.by_owner)
		return -ENOMEM;
	for (size_t i = 0; i < ps->slots; i++)
		if (ps->by_owner[i])
			bigger.by_owner[slot_of(&bigger,
			    ps->by_owner[i]->owner)] = ps->by_owner[i];
	free(ps->by_owner);
	ps->by_owner = bigger.by_owner;
	ps->slots = bigger.slots;
	return 0;
}

static int
process_enter(struct processes *ps, uint32_t owner, struct process **ret_p)
{
	struct process *p = processes_find(ps, owner);
	int err;

	if (!p) {
		if (ps->count >= IMAGES_MAX)
			return ERR_LIMIT;
		err = grow(ps);
		if (err)
			return err;
		p = calloc(1, sizeof(*p));
		if (!p)
			return -ENOMEM;
		process_drop_strings(p);
		p->owner = owner;
		ps->by_owner[slot_of(ps, owner)] = p;
		ps->count++;
		ps->running++;
	}
	*ret_p = p;
	return 0;
}

static uint64_t
to_epoch(uint64_t ns, int clock)
{
	return ns + proc_clock_offset(clock);
}

void
processes_end(struct processes *ps, struct process *p, uint64_t end_ns)
{
	if (p->end_ns)
		return;
	p->end_ns = end_ns ? end_ns : 1;
	if (!p->bystander)
		ps->running--;
}

void
processes_stand_by(struct processes *ps, struct process *p)
{
	if (!p->bystander && !p->end_ns)
		ps->running--;
	p->bystander = true;
}

static void
fill_from_record(struct process *p, const struct tap_process *r)
{
	p->parent_owner = r->parent_owner;
	p->pid = r->pid;
	p->parent_pid = r->parent_pid;
	p->uid = r->uid;
	p->start_boot_ns = r->start_ns;
	p->start_ns = to_epoch(r->start_ns, CLOCK_BOOTTIME);
	p->cgroup_id = r->cgroup;
	p->netns = r->netns;
	p->netns_inode = r->netns_inode;
	memcpy(p->name, r->comm, sizeof(p->name));
	p->name[sizeof(p->name) - 1] = '\0';
}

static void
read_proc(struct processes *ps, struct process *p)
{
	bool in_time = process_read_proc(p);

	ps->unread += p->args_silent ||
	    (!in_time && (!p->executable[0] || !process_has_args(p)));
}

static void
fill_from_exec(struct processes *ps, struct process *p, struct process *before,
    const struct tap_process *r)
{
	fill_from_record(p, r);
	p->exe_inode = r->exe_inode;
	p->exe_dev = r->exe_dev;
	if (before) {
		processes_end(ps, before,
		    to_epoch(r->record.ts_ns, CLOCK_MONOTONIC));
		process_set_string(&p->cgroup, strdup(before->cgroup));
		process_set_string(&p->unit, strdup(before->unit));
		process_set_string(&p->container, strdup(before->container));
	}
	process_set_string(&p->executable, strndup(r->path, TAP_PATH_LEN));
	if (r->args_len <= TAP_ARGS_LEN)
		process_copy_args(p, r->args, r->args_len);
	read_proc(ps, p);
}

int
processes_record(struct processes *ps, const struct tap_process *r,
    struct process **ret_process)
{
	struct process *p, *before = processes_find(ps, r->parent_owner);
	int err;

	err = process_enter(ps, r->owner, &p);
	if (err)
		return err;
	*ret_process = p;
	switch (r->what) {
	case TAP_EXIT:
		p->exit_status = r->exit_code;
		processes_end(ps, p, to_epoch(r->record.ts_ns, CLOCK_MONOTONIC));
		return 0;
	case TAP_FORK:
		fill_from_record(p, r);
		if (before)
			process_copy_image(p, before);
		else
			read_proc(ps, p);
		return 0;
	case TAP_EXEC:
		fill_from_exec(ps, p, before, r);
		return 0;
	default:
		fill_from_record(p, r);
		read_proc(ps, p);
		return 0;
	}
}

int
processes_add(struct processes *ps, pid_t pid, uint32_t owner,
    struct process **ret_process)
{
	struct proc_stat st;
	struct process *p;
	struct stat netns;
	char path[64];
	int err = proc_read_stat(pid, &st);

	if (err)
		return err;
	err = process_enter(ps, owner, &p);
	if (err)
		return err;
	p->pid = pid;
	p->parent_pid = st.parent_pid;
	p->start_boot_ns = st.start_ns;
	p->start_ns = to_epoch(st.start_ns, CLOCK_BOOTTIME);
	p->uid = proc_uid(pid);
	memcpy(p->name, st.name, sizeof(p->name));
	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	if (stat(path, &netns) == 0)
		p->netns_inode = netns.st_ino;
	read_proc(ps, p);
	*ret_process = p;
	return 0;
}

void
processes_hash(struct processes *ps, struct process *p)
{
	if (!p->has_sha256)
		p->has_sha256 = exe_hash(ps->hashes, p->pid, p->executable,
				    p->exe_inode, p->sha256) == 0;
}

size_t
processes_sweep(struct processes *ps, uint64_t before_ns)
{
	struct processes fresh = *ps;
	size_t removed = 0;

	fresh.by_owner = calloc(ps->slots, sizeof(*fresh.by_owner));
	if (!fresh.by_owner)
		return 0;
	for (size_t i = 0; i < ps->slots; i++) {
		struct process *p = ps->by_owner[i];

		if (!p)
			continue;
		if (p->end_ns && p->end_ns < before_ns) {
			process_drop_strings(p);
			if (!p->owns) {
				free(p);
				removed++;
				continue;
			}
		}
		fresh.by_owner[slot_of(&fresh, p->owner)] = p;
	}
	free(ps->by_owner);
	ps->by_owner = fresh.by_owner;
	ps->count -= removed;
	return removed;
}

size_t
processes_running(const struct processes *ps)
{
	return ps->running;
}

size_t
processes_count(const struct processes *ps)
{
	return ps->count;
}

uint64_t
processes_unread(const struct processes *ps)
{
	return ps->unread;
}
