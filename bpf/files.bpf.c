// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Sums up what watched processes read of regular files, at the end of their
 * system calls, when the file and the number of bytes are certain. Descriptors
 * that fanotify handed out are as good as any. It slows every system call on
 * the machine, so it is attached only where wanted. Reads by io_uring do not
 * come by here.
 */
#include "maps.h"
#include "file.h"
#include "task.h"

#define MODE_TYPE	0170000
#define MODE_REGULAR	0100000
#define PROT_EXEC	4
#define DEPTH_MAX	48

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct tap_read_key);
	__type(value, struct tap_read);
} reads SEC(".maps");

/* What one call did. */
struct part {
	int fd;
	__u32 flags;
	__u64 bytes;
	__u64 end;			/* 0: where the file's position is now */
};

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

/* A file's way up to the root. A loop of the kernel's own, for the verifier of
 * 6.1 would go through each of its turns. */
struct walk {
	struct tap_file *to;
	struct dentry *dentry;
	struct mount *mount;
	__u32 at;
};

static long
names_step(__u32 turn, struct walk *w)
{
	struct dentry *dentry = w->dentry, *parent;
	struct mount *mount = w->mount, *above;
	long len;

	if (dentry == BPF_CORE_READ(mount, mnt.mnt_root)) {
		above = BPF_CORE_READ(mount, mnt_parent);
		if (above == mount || !above) {
			w->to->cut = 0;
			return 1;
		}
		w->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
		w->mount = above;
		return 0;
	}
	parent = BPF_CORE_READ(dentry, d_parent);
	if (parent == dentry) {
		w->to->cut = 0;
		return 1;
	}
	if (w->at >= TAP_NAMES_LEN)
		return 1;
	len = bpf_probe_read_kernel_str(
	    &w->to->names[w->at & (TAP_NAMES_LEN - 1)], TAP_NAME_MAX,
	    BPF_CORE_READ(dentry, d_name.name));
	if (len <= 0)
		return 1;
	w->at += len;
	w->dentry = parent;
	return 0;
}

static __always_inline void
names_walk(struct tap_file *f, const struct file *file)
{
	struct vfsmount *vfs = BPF_CORE_READ(file, f_path.mnt);
	struct walk w = {
		.to = f,
		.dentry = BPF_CORE_READ(file, f_path.dentry),
		.mount = (void *)vfs -
			 bpf_core_field_offset(struct mount, mnt),
	};

	f->cut = 1;
	bpf_loop(DEPTH_MAX, names_step, &w, 0);
	f->names_len = w.at;
}

static __always_inline void
report_name(const struct tap_read_key *key, const struct task_struct *task,
    const struct file *file, int fd)
{
	struct tap_file *f = bpf_ringbuf_reserve(&ring, sizeof(*f), 0);

	if (!f) {
		count(TAP_RING_FULL);
		return;
	}
	f->record.kind = TAP_FILE;
	f->record.len = sizeof(*f);
	f->record.ts_ns = bpf_ktime_get_ns();
	f->key = *key;
	f->pid = task->tgid;
	f->fd = fd;
	names_walk(f, file);
	/* User space asks /proc for the name while the descriptor is open. */
	bpf_ringbuf_submit(f, BPF_RB_FORCE_WAKEUP);
}

static __always_inline void
read_add(struct tap_read *r, const struct part *p, __u64 size)
{
	r->size = size;
	r->last_ns = bpf_ktime_get_ns();
	__sync_fetch_and_add(&r->calls, 1);
	__sync_fetch_and_or(&r->flags, p->flags);
	if (p->flags)
		__sync_fetch_and_add(&r->mapped_bytes, p->bytes);
	else
		__sync_fetch_and_add(&r->bytes, p->bytes);
	if (p->end > r->end)
		r->end = p->end;
}

SEC("tp_btf/sys_exit")
int
BPF_PROG(files_read, struct pt_regs *regs, long got)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct tap_watched *w = watched_of(task);
	struct tap_read_key key = {};
	struct tap_read *r, fresh = {};
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
	if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & MODE_TYPE) !=
			 MODE_REGULAR)
		return 0;
	size = BPF_CORE_READ(file, f_inode, i_size);
	if (call == __NR_mmap)
		part_of_mapping(regs, size, &p);
	else if (!p.end)
		p.end = BPF_CORE_READ(file, f_pos);
	key.inode = BPF_CORE_READ(file, f_inode, i_ino);
	key.dev = BPF_CORE_READ(file, f_inode, i_sb, s_dev);
	key.owner = w->owner;
	r = bpf_map_lookup_elem(&reads, &key);
	if (r) {
		read_add(r, &p, size);
		return 0;
	}
	fresh.first_ns = bpf_ktime_get_ns();
	read_add(&fresh, &p, size);
	if (bpf_map_update_elem(&reads, &key, &fresh, BPF_NOEXIST)) {
		count(TAP_FILES_FULL);
		return 0;
	}
	report_name(&key, task, file, p.fd);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
