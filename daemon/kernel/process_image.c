// SPDX-License-Identifier: Apache-2.0
#include "kernel/process_image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/process.h"
#include "kernel/patience.h"
#include "kernel/proc.h"

#define ARGS_MAX	(PATIENCE_ANSWER_MAX - 1)

static char empty[] = "";

void
process_drop_strings(struct process *p)
{
	char **all[] = { &p->executable, &p->args, &p->cgroup, &p->unit,
			 &p->container };

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		if (*all[i] != empty)
			free(*all[i]);
		*all[i] = empty;
	}
	p->args_len = 0;
}

void
process_set_string(char **to, char *value)
{
	if (!value)
		return;
	if (*to != empty)
		free(*to);
	*to = value;
}

/* In a process that is waited for with patience: what a process was called with lies
 * in its memory, which may be a file whose server does not answer. */
static int
read_args(const void *ask, size_t len, void *ret, size_t room, size_t *ret_len,
    int *ret_fd)
{
	pid_t pid = *(const pid_t *)ask;
	char *text = proc_read(pid, "cmdline", room, ret_len);

	if (!text)
		return -ESRCH;
	memcpy(ret, text, *ret_len);
	free(text);
	return 0;
}

int
process_ask_args(pid_t pid, char **ret_args, size_t *ret_len)
{
	char *args = malloc(ARGS_MAX + 1);
	size_t len;
	int err = args ? patience_ask(read_args, &pid, sizeof(pid), args,
			     ARGS_MAX, &len, NULL) : -ENOMEM;

	if (err) {
		free(args);
		return err;
	}
	args[len] = '\0';
	*ret_args = args;
	*ret_len = len;
	return 0;
}

bool
process_has_args(const struct process *p)
{
	return p->args_len && p->args_len < TAP_ARGS_LEN;
}

/* The executable comes last: if its link still is the file the record named, all
 * of it was in time. */
bool
process_read_proc(struct process *p)
{
	struct proc_stat st;
	char path[64], *text;
	uint64_t inode;
	uint32_t dev;
	size_t len;

	text = proc_read(p->pid, "cgroup", 65536, NULL);
	if (text) {
		process_set_string(&p->cgroup, strdup(proc_parse_cgroup(text)));
		process_set_string(&p->unit, proc_unit_of(p->cgroup));
		process_set_string(&p->container, proc_container_of(p->cgroup));
		free(text);
	}
	/* The kernel's record has them, unless it had no room for more. */
	text = NULL;
	p->args_silent = !process_has_args(p) &&
	    process_ask_args(p->pid, &text, &len) == -ETIMEDOUT;
	snprintf(path, sizeof(path), "/proc/%d/exe", (int)p->pid);
	if (proc_inode(AT_FDCWD, path, &inode, &dev) ||
	    proc_read_stat(p->pid, &st) ||
	    (p->exe_inode && p->exe_inode != inode) ||
	    (p->start_boot_ns && (p->start_boot_ns - st.start_ns) / 10000000 >
				     1)) {
		free(text);
		return false;
	}
	if (text && len) {
		process_set_string(&p->args, text);
		p->args_len = len;
	} else {
		free(text);
	}
	process_set_string(&p->executable, proc_link(p->pid, "exe"));
	if (!p->exe_inode) {
		p->exe_inode = inode;
		p->exe_dev = dev;
	}
	p->from_proc = true;
	return true;
}

void
process_copy_args(struct process *p, const char *from, size_t len)
{
	char *args = len ? malloc(len + 1) : NULL;

	if (!args)
		return;
	memcpy(args, from, len);
	args[len] = '\0';
	process_set_string(&p->args, args);
	p->args_len = len;
}

void
process_copy_image(struct process *p, const struct process *from)
{
	p->exe_inode = from->exe_inode;
	p->exe_dev = from->exe_dev;
	p->has_sha256 = from->has_sha256;
	memcpy(p->sha256, from->sha256, sizeof(p->sha256));
	p->from_proc = from->from_proc;
	process_set_string(&p->executable, strdup(from->executable));
	process_set_string(&p->cgroup, strdup(from->cgroup));
	process_set_string(&p->unit, strdup(from->unit));
	process_set_string(&p->container, strdup(from->container));
	process_copy_args(p, from->args, from->args_len);
}
