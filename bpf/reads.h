/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TELLTAP_READS_H
#define TELLTAP_READS_H

/*
 * The sums of what watched processes read of regular files, and the file's name
 * at the first of the calls. Needs maps.h.
 */

#include "file.h"
#include "maps.h"

#define MODE_TYPE	0170000
#define MODE_REGULAR	0100000
#define DEPTH_MAX	48

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct tap_read_key);
	__type(value, struct tap_read);
} reads SEC(".maps") TAP_WEAK;

/* What one call did. */
struct part {
	int fd;
	__u32 flags;
	__u64 bytes;
	__u64 end;			/* 0: where the file's position is now */
};

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
    const struct file *file, int fd, __u64 size)
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
	f->size = size;
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

static __always_inline bool
file_is_regular(const struct file *file)
{
	return (BPF_CORE_READ(file, f_inode, i_mode) & MODE_TYPE) ==
	       MODE_REGULAR;
}

static __always_inline void
file_read(const struct task_struct *task, __u32 owner, const struct file *file,
    const struct part *p, __u64 size)
{
	struct tap_read_key key = {};
	struct tap_read *r, fresh = {};

	key.inode = BPF_CORE_READ(file, f_inode, i_ino);
	key.dev = BPF_CORE_READ(file, f_inode, i_sb, s_dev);
	key.owner = owner;
	r = bpf_map_lookup_elem(&reads, &key);
	if (r) {
		read_add(r, p, size);
		return;
	}
	fresh.first_ns = bpf_ktime_get_ns();
	read_add(&fresh, p, size);
	if (bpf_map_update_elem(&reads, &key, &fresh, BPF_NOEXIST)) {
		count(TAP_FILES_FULL);
		return;
	}
	report_name(&key, task, file, p->fd, size);
}

#endif
