// SPDX-License-Identifier: Apache-2.0
#include "kernel/probe_set.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/hook.h"

/* Of later headers than those of the oldest system that this is built on. */
#define ATTACH_UPROBE_MULTI	48
#define UPROBE_MULTI_RETURN	1u

struct link_many {
	uint32_t prog_fd, target_fd, attach_type, flags;
	uint64_t path, offsets, ref_ctr_offsets, cookies;
	uint32_t count, uprobe_flags, pid, pad;
};

struct probe_set {
	struct probe_set *next;		/* of those to be taken away */
	int many[2];			/* or -1 */
	struct bpf_link *links[2 * HOOK_FUNCTIONS_MAX];
	size_t count;
};

/* Before 6.11 such a link held for one thread alone. */
bool
probe_set_can_many(void)
{
	unsigned major = 0, minor = 0;
	struct utsname u;

	if (uname(&u) || sscanf(u.release, "%u.%u", &major, &minor) != 2)
		return false;
	return major > 6 || (major == 6 && minor >= 11);
}

void
probe_set_want_many(struct bpf_program *program)
{
	bpf_program__set_expected_attach_type(program,
	    (enum bpf_attach_type)ATTACH_UPROBE_MULTI);
}

static bool
returns(size_t function)
{
	return !(hook_functions[function].what & TAP_HOOK_END);
}

static int
link_many(const struct bpf_program *program, bool back, pid_t pid,
    const char *path, const struct hook_places *places)
{
	uint64_t offsets[HOOK_FUNCTIONS_MAX], cookies[HOOK_FUNCTIONS_MAX];
	struct link_many a = {
		.prog_fd = (uint32_t)bpf_program__fd(program),
		.attach_type = ATTACH_UPROBE_MULTI,
		.path = (uintptr_t)path,
		.offsets = (uintptr_t)offsets,
		.cookies = (uintptr_t)cookies,
		.uprobe_flags = back ? UPROBE_MULTI_RETURN : 0,
		.pid = (uint32_t)pid,
	};
	long fd;

	for (size_t i = 0; i < hook_function_count; i++) {
		if (!places->offsets[i] || (back && !returns(i)))
			continue;
		offsets[a.count] = places->offsets[i];
		cookies[a.count++] = hook_functions[i].what;
	}
	fd = syscall(SYS_bpf, BPF_LINK_CREATE, &a, sizeof(a));
	return fd < 0 ? -errno : (int)fd;
}

static int
link_one(struct bpf_program *program, bool back, pid_t pid, const char *path,
    const struct hook_places *places, size_t function, struct probe_set *s)
{
	LIBBPF_OPTS(bpf_uprobe_opts, opts, .retprobe = back,
	    .bpf_cookie = hook_functions[function].what);
	struct bpf_link *link = bpf_program__attach_uprobe_opts(program, pid,
	    path, places->offsets[function], &opts);

	if (!link)
		return -errno;
	s->links[s->count++] = link;
	return 0;
}

static int
link_each(struct bpf_program *enter, struct bpf_program *leave, pid_t pid,
    const char *path, const struct hook_places *places, struct probe_set *s)
{
	int err = 0;

	for (size_t i = 0; i < hook_function_count && !err; i++) {
		if (!places->offsets[i])
			continue;
		if (returns(i))
			err = link_one(leave, true, pid, path, places, i, s);
		if (!err)
			err = link_one(enter, false, pid, path, places, i, s);
	}
	return err;
}

/* The way back first: nothing is entered that isn't left. */
int
probe_set_new(struct bpf_program *enter, struct bpf_program *leave, bool many,
    pid_t pid, int fd, const struct hook_places *places,
    struct probe_set **ret_set)
{
	struct probe_set *s = calloc(1, sizeof(*s));
	char path[40];
	int err = 0;

	if (!s)
		return -ENOMEM;
	s->many[0] = s->many[1] = -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!many) {
		err = link_each(enter, leave, pid, path, places, s);
	} else {
		s->many[0] = link_many(leave, true, pid, path, places);
		err = s->many[0] < 0 ? s->many[0] : 0;
		if (!err)
			s->many[1] = link_many(enter, false, pid, path, places);
		if (!err && s->many[1] < 0)
			err = s->many[1];
	}
	*ret_set = s;
	return err;
}

static void
set_free(struct probe_set *s)
{
	for (size_t i = 0; i < s->count; i++)
		bpf_link__destroy(s->links[i]);
	for (int i = 0; i < 2; i++)
		if (s->many[i] >= 0)
			close(s->many[i]);
	free(s);
}

struct probe_reaper {
	pthread_mutex_t lock;
	pthread_cond_t some;
	pthread_t thread;
	struct probe_set *first;
	bool runs, ends;
};

struct probe_reaper *
probe_reaper_new(void)
{
	struct probe_reaper *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->some, NULL);
	return r;
}

static void *
reap(void *arg)
{
	struct probe_reaper *r = arg;
	struct probe_set *s;

	pthread_mutex_lock(&r->lock);
	while (r->first || !r->ends) {
		s = r->first;
		if (!s) {
			pthread_cond_wait(&r->some, &r->lock);
			continue;
		}
		r->first = s->next;
		pthread_mutex_unlock(&r->lock);
		set_free(s);
		pthread_mutex_lock(&r->lock);
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

void
probe_reaper_take(struct probe_reaper *r, struct probe_set *set)
{
	if (!set)
		return;
	if (!r->runs)
		r->runs = pthread_create(&r->thread, NULL, reap, r) == 0;
	if (!r->runs) {
		set_free(set);
		return;
	}
	pthread_mutex_lock(&r->lock);
	set->next = r->first;
	r->first = set;
	pthread_cond_signal(&r->some);
	pthread_mutex_unlock(&r->lock);
}

void
probe_reaper_free(struct probe_reaper *r)
{
	if (!r)
		return;
	pthread_mutex_lock(&r->lock);
	r->ends = true;
	pthread_cond_signal(&r->some);
	pthread_mutex_unlock(&r->lock);
	if (r->runs)
		pthread_join(r->thread, NULL);
	pthread_cond_destroy(&r->some);
	pthread_mutex_destroy(&r->lock);
	free(r);
}
