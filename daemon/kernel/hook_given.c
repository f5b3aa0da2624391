// SPDX-License-Identifier: Apache-2.0
#include "kernel/hook_given.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "bpf/hook.h"
#include "kernel/patience.h"

/* Calls at a time; one more takes the place of another, which is lost. */
#define CALLS_MAX	64
/* A file's times are those of the kernel's clock tick before, which are 10 ms apart
 * at most. */
#define TICK_NS		20000000u
#define SECOND_NS	UINT64_C(1000000000)
#define ZFS_MAGIC	0x2fc12fc1	/* not the kernel's own */

/* In the process that is waited for alone; another one that takes its place knows
 * none. */
static struct call {
	uint64_t thread;		/* 0: none */
	uint64_t changed_ns;
	int fd;
} calls[CALLS_MAX];

struct question {
	struct tap_given given;
	uint64_t ts_ns;			/* of the call, where it begins */
	uint64_t at, len;		/* to be read */
};

static struct call *
slot_of(const struct tap_given *g)
{
	/* threads are numbered one after another */
	return &calls[g->thread % CALLS_MAX];
}

static void
let_go(struct call *c)
{
	if (c->thread)
		close(c->fd);
	c->thread = 0;
}

/* Whose change times tell of all that is written to a file. On others (what a server
 * has, an overlay, what the kernel makes up as it is read) it may change unseen. */
static bool
is_told_of_changes(int fd)
{
	struct statfs st;

	if (fstatfs(fd, &st))
		return false;
	switch ((unsigned long)st.f_type) {
	case EXT4_SUPER_MAGIC:
	case XFS_SUPER_MAGIC:
	case BTRFS_SUPER_MAGIC:
	case F2FS_SUPER_MAGIC:
	case ZFS_MAGIC:
	case TMPFS_MAGIC:
	case RAMFS_MAGIC:
	case SQUASHFS_MAGIC:
	case EROFS_SUPER_MAGIC_V1:
	case ISOFS_SUPER_MAGIC:
		return true;
	}
	return false;
}

/* Some have times of whole seconds. */
static bool
is_changed_before(uint64_t changed, uint64_t ts_ns)
{
	uint64_t tick = changed % SECOND_NS ? 0 : SECOND_NS;

	return changed + tick + TICK_NS <= ts_ns;
}

/* When it was changed last; 0 if it is not the call's file. */
static uint64_t
changed_ns(int fd, const struct tap_given *g)
{
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_ino != g->inode)
		return 0;
	return (uint64_t)st.st_ctim.tv_sec * SECOND_NS +
	       (uint64_t)st.st_ctim.tv_nsec;
}

/* As the process has it open. */
static int
open_theirs(const struct tap_given *g)
{
	int process = (int)syscall(SYS_pidfd_open, g->thread >> 32, 0), fd;

	if (process < 0)
		return -errno;
	fd = (int)syscall(SYS_pidfd_getfd, process, g->fd, 0);
	if (fd < 0)
		fd = -errno;
	close(process);
	return fd;
}

static int
begin_there(const void *ask, size_t len, void *ret, size_t room,
    size_t *ret_len, int *ret_fd)
{
	struct question q;
	uint64_t changed;
	struct call *c;
	int fd;

	memcpy(&q, ask, sizeof(q));
	c = slot_of(&q.given);
	let_go(c);
	fd = open_theirs(&q.given);
	if (fd < 0)
		return fd;
	changed = is_told_of_changes(fd) ? changed_ns(fd, &q.given) : 0;
	if (!changed || !is_changed_before(changed, q.ts_ns)) {
		close(fd);
		return -ESTALE;
	}
	*c = (struct call){ q.given.thread, changed, fd };
	return 0;
}

static int
read_there(const void *ask, size_t len, void *ret, size_t room,
    size_t *ret_len, int *ret_fd)
{
	struct question q;
	struct call *c;
	ssize_t n;

	memcpy(&q, ask, sizeof(q));
	c = slot_of(&q.given);
	if (c->thread != q.given.thread)
		return -ENOENT;
	n = pread(c->fd, ret, q.len, (off_t)q.at);
	if (n < 0)
		return -errno;
	if ((uint64_t)n != q.len ||
	    changed_ns(c->fd, &q.given) != c->changed_ns)
		return -ESTALE;
	*ret_len = q.len;
	return 0;
}

static int
end_there(const void *ask, size_t len, void *ret, size_t room,
    size_t *ret_len, int *ret_fd)
{
	struct question q;
	struct call *c;

	memcpy(&q, ask, sizeof(q));
	c = slot_of(&q.given);
	if (c->thread == q.given.thread)
		let_go(c);
	return 0;
}

static int
ask(patience_fn fn, const struct question *q, uint8_t *ret, size_t room)
{
	uint8_t none[1];
	size_t len;

	return patience_ask(fn, q, sizeof(*q), ret ? ret : none, room, &len,
	    NULL);
}

void
hook_given_begin(const struct tap_given *g, uint64_t ts_ns)
{
	if (!g->shared)
		(void)ask(begin_there, &(struct question){ *g, ts_ns, 0, 0 },
		    NULL, 0);
}

int
hook_given_read(const struct tap_given *g, uint64_t at, size_t len,
    uint8_t *ret_bytes)
{
	if (len > HOOK_GIVEN_READ_MAX)
		return -EINVAL;
	return g->shared ? -ESTALE : ask(read_there, &(struct question){ *g, 0,
		at, len }, ret_bytes, len);
}

void
hook_given_end(const struct tap_given *g)
{
	(void)ask(end_there, &(struct question){ *g, 0, 0, 0 }, NULL, 0);
}
