// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Sums up what watched processes read of regular files, at the end of their
 * system calls, when the file and the number of bytes are certain. Descriptors
 * that fanotify handed out are as good as any. It slows every system call on
 * the machine, so it is attached only where wanted. Reads by io_uring come by
 * elsewhere (uring.bpf.c).
 */
#include "reads.h"
#include "task.h"

#define PROT_EXEC	4

static __always_inline __u64
position_at(__u64 address)
{
	__u64 position = 0;

	if (address)
		bpf_probe_read_user(&position, sizeof(position),
		    (void *)address);
	return position;
}

/* False if the call reads no file. */
static __always_inline bool
part_of_call(const struct pt_regs *regs, long call, long got, struct part *p)
{
	p->fd = (int)call_argument(regs, 0);
	p->bytes = got;
	switch (call) {
	case __NR_read:
	case __NR_readv:
		return true;
	case __NR_pread64:
	case __NR_preadv:
	case __NR_preadv2:
		p->end = call_argument(regs, 3) + got;
		return true;
	case __NR_splice:
	case __NR_copy_file_range:
		p->end = position_at(call_argument(regs, 1));
		return true;
	case __NR_sendfile:
		p->fd = (int)call_argument(regs, 1);
		p->end = position_at(call_argument(regs, 2));
		return true;
	}
	return false;
}

static __always_inline void
part_of_mapping(const struct pt_regs *regs, __u64 size, struct part *p)
{
	__u64 offset = call_argument(regs, 5), len = call_argument(regs, 1);

	if (offset > size)
		offset = size;
	if (len > size - offset)
		len = size - offset;
	p->bytes = len;
	p->end = offset + len;
	p->flags = TAP_READ_MAPPED;
	if (call_argument(regs, 2) & PROT_EXEC)
		p->flags |= TAP_READ_CODE;
}

SEC("tp_btf/sys_exit")
int
BPF_PROG(files_read, struct pt_regs *regs, long got)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct tap_watched *w = watched_of(task);
	struct part p = {};
	struct file *file;
	__u64 size;
	long call;

	if (!w || got <= 0)
		return 0;
	call = call_number(regs);
	if (call == __NR_mmap)
		p.fd = (int)call_argument(regs, 4);
	else if (!part_of_call(regs, call, got, &p))
		return 0;
	file = p.fd < 0 ? NULL : file_of_fd(task, p.fd);
	if (!file || !file_is_regular(file))
		return 0;
	size = BPF_CORE_READ(file, f_inode, i_size);
	if (call == __NR_mmap)
		part_of_mapping(regs, size, &p);
	else if (!p.end)
		p.end = BPF_CORE_READ(file, f_pos);
	file_read(task, w->owner, file, &p, size);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
