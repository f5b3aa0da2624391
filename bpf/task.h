/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TELLTAP_TASK_H
#define TELLTAP_TASK_H

/*
 * System calls of the current task: their arguments, and the files that
 * descriptors stand for. Needs maps.h. A 32-bit program's calls have other
 * numbers and registers and are not read right.
 */

#include <asm/unistd.h>

#include "maps.h"

static __always_inline __u64
call_argument(const struct pt_regs *regs, int which)
{
#if defined(__TARGET_ARCH_x86)
	switch (which) {
	case 0:
		return regs->di;
	case 1:
		return regs->si;
	case 2:
		return regs->dx;
	case 3:
		return regs->r10;
	case 4:
		return regs->r8;
	case 5:
		return regs->r9;
	}
#elif defined(__TARGET_ARCH_arm64)
	switch (which) {
	case 0:
		return regs->orig_x0;
	case 1:
		return regs->regs[1];
	case 2:
		return regs->regs[2];
	case 3:
		return regs->regs[3];
	case 4:
		return regs->regs[4];
	case 5:
		return regs->regs[5];
	}
#endif
	return 0;
}

/* The number of the call that is being left. */
static __always_inline long
call_number(const struct pt_regs *regs)
{
#if defined(__TARGET_ARCH_x86)
	return (long)regs->orig_ax;
#elif defined(__TARGET_ARCH_arm64)
	return regs->syscallno;
#endif
}

/* NULL if there is none. Only to be read from by address. */
static __always_inline struct file *
file_of_fd(const struct task_struct *task, __u32 fd)
{
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **all, *file = NULL;

	if (!table || fd >= BPF_CORE_READ(table, max_fds))
		return NULL;
	all = BPF_CORE_READ(table, fd);
	if (bpf_probe_read_kernel(&file, sizeof(file), all + fd))
		return NULL;
	return file;
}

#define MODE_TYPE	0170000
#define MODE_SOCKET	0140000

/* The socket that a descriptor stands for; likewise. */
static __always_inline struct sock *
sock_of_fd(const struct task_struct *task, __u32 fd)
{
	struct file *file = file_of_fd(task, fd);
	struct socket *sock;

	if (!file ||
	    (BPF_CORE_READ(file, f_inode, i_mode) & MODE_TYPE) != MODE_SOCKET)
		return NULL;
	sock = BPF_CORE_READ(file, private_data);
	return sock ? BPF_CORE_READ(sock, sk) : NULL;
}

#endif
