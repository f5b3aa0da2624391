// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What watched processes read of regular files through io_uring, at the end of
 * each request, by whichever thread it was done. Splices do not come by here:
 * the file they read from is kept where its place depends on the kernel.
 */
#include "reads.h"

#include <linux/io_uring.h>

#define OP_READ_MULTISHOT 49

/* The argument's type differs by kernel; the request's does not. */
SEC("tp_btf/io_uring_complete")
int
BPF_PROG(files_uring, void *ring, void *request)
{
	const struct io_kiocb *req = request;
	struct task_struct *task = bpf_get_current_task_btf();
	struct tap_watched *w = watched_of(task);
	struct part p = { .fd = -1 };
	struct file *file;
	__s32 got;
	__u8 op;

	if (!w || !req)
		return 0;
	op = BPF_CORE_READ(req, opcode);
	got = BPF_CORE_READ(req, cqe.res);
	if ((op != IORING_OP_READ && op != IORING_OP_READV &&
		op != IORING_OP_READ_FIXED && op != OP_READ_MULTISHOT) ||
	    got <= 0)
		return 0;
	file = BPF_CORE_READ(req, file);
	if (!file || !file_is_regular(file))
		return 0;
	p.bytes = got;
	p.end = BPF_CORE_READ((const struct kiocb *)req, ki_pos);
	file_read(task, w->owner, file, &p,
	    BPF_CORE_READ(file, f_inode, i_size));
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
