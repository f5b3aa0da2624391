// SPDX-License-Identifier: Apache-2.0
#include "service/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>

#include "service/jail_calls.h"

#define NOBODY		65534

/* Rights of later versions, which the header of 6.1 does not name. */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ull << 14)
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ull << 15)
#endif

/* As the kernel knows it today; the header may be older. */
struct landlock_rules {
	uint64_t fs, net, scoped;
};

#define NET_ALL		3ull		/* bind and connect TCP */
#define SCOPED_ALL	3ull		/* abstract sockets, signals */

int
jail_landlock_version(void)
{
	long v = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);

	return v > 0 ? (int)v : 0;
}

bool
jail_has_seccomp(void)
{
	uint32_t action = SECCOMP_RET_KILL_PROCESS;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

static int
new_ruleset(int version, uint64_t free_access)
{
	struct landlock_rules r = { .fs = (1ull << 13) - 1 };
	size_t len = version >= 6 ? 24 : version >= 4 ? 16 : 8;
	long fd;

	if (version >= 2)
		r.fs |= LANDLOCK_ACCESS_FS_REFER;
	if (version >= 3)
		r.fs |= LANDLOCK_ACCESS_FS_TRUNCATE;
	if (version >= 4)
		r.net = NET_ALL;
	if (version >= 5)
		r.fs |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
	if (version >= 6)
		r.scoped = SCOPED_ALL;
	r.fs &= ~free_access;
	fd = syscall(SYS_landlock_create_ruleset, &r, len, 0);
	return fd < 0 ? -errno : (int)fd;
}

static int
allow_folder(int ruleset, const char *dir, int version, uint64_t free_access)
{
	struct landlock_path_beneath_attr beneath = {
		.allowed_access = ((1ull << 13) - 1) &
				  ~(uint64_t)LANDLOCK_ACCESS_FS_EXECUTE,
	};
	int err = 0;

	if (version >= 2)
		beneath.allowed_access |= LANDLOCK_ACCESS_FS_REFER;
	if (version >= 3)
		beneath.allowed_access |= LANDLOCK_ACCESS_FS_TRUNCATE;
	beneath.allowed_access &= ~free_access;
	beneath.parent_fd = open(dir, O_PATH | O_CLOEXEC);
	if (beneath.parent_fd < 0)
		return -errno;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
		&beneath, 0))
		err = -errno;
	close(beneath.parent_fd);
	return err;
}

/* No path but below dir; free_access is left as it is everywhere. */
static int
give_up_paths(const char *dir, uint64_t free_access, unsigned *lacks)
{
	int version = jail_landlock_version(), fd, err = 0;

	if (!version) {
		*lacks |= JAIL_NO_LANDLOCK;
		return 0;
	}
	fd = new_ruleset(version, free_access);
	if (fd < 0)
		return fd;
	if (dir)
		err = allow_folder(fd, dir, version, free_access);
	if (!err && syscall(SYS_landlock_restrict_self, fd, 0))
		err = -errno;
	close(fd);
	return err;
}

/* Where the caller is not root, another engine needs the first two to change its
 * user, as the first one did, and another opener the others. */
#define FOR_CHILDREN	(1ull << CAP_SETUID | 1ull << CAP_SETGID |	\
			    1ull << CAP_SYS_PTRACE | 1ull << CAP_DAC_READ_SEARCH)

static int
set_capabilities(uint64_t set)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3,
		0 };
	struct __user_cap_data_struct data[2] = { 0 };

	for (int i = 0; i < 2; i++) {
		data[i].effective = data[i].permitted =
		    (uint32_t)(set >> 32 * i);
		data[i].inheritable = (uint32_t)((set & FOR_CHILDREN) >> 32 * i);
	}
	return syscall(SYS_capset, &head, data) ? -errno : 0;
}

static uint64_t
held_capabilities(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3,
		0 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capget, &head, data))
		return 0;
	return data[0].permitted | (uint64_t)data[1].permitted << 32;
}

int
jail_keep_capabilities(uint64_t capabilities)
{
	uint64_t keep = capabilities & held_capabilities();

	/* Nor may a program that is executed bring one back. Without the right
	 * to do so there is none to be brought. */
	for (int cap = 0; cap <= 63; cap++)
		if (!(keep >> cap & 1))
			(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	/* Ambient ones go with what is not inheritable any more. */
	return set_capabilities(keep);
}

/* There may be no other user there, and root is who made it. */
static bool
is_in_user_namespace(void)
{
	FILE *f = fopen("/proc/self/uid_map", "re");
	unsigned long inside, outside, count;
	bool is_own = f && fscanf(f, "%lu %lu %lu", &inside, &outside,
			       &count) == 3 &&
		      (inside || outside || count != UINT32_MAX);

	if (f)
		fclose(f);
	return is_own;
}

static int
change_user(const struct jail_options *o, unsigned *lacks)
{
	const struct passwd *p = getpwnam(o->user ? o->user : JAIL_USER);
	uid_t uid = p ? p->pw_uid : NOBODY;
	gid_t gid = p ? p->pw_gid : NOBODY;

	if (o->user && !p)
		return -ENOENT;
	if (o->keep_user || geteuid() == uid) {
		*lacks |= o->keep_user && geteuid() == 0 ? JAIL_NO_USER : 0;
		return 0;
	}
	if (setgroups(0, NULL) || setresgid(gid, gid, gid) ||
	    setresuid(uid, uid, uid)) {
		int err = -errno;

		/* Who was not root has no other user's files to lose. */
		if (geteuid() == 0 ? !is_in_user_namespace() : err != -EPERM)
			return err;
		*lacks |= JAIL_NO_USER;
	}
	return 0;
}

int
jail_enter(const struct jail_options *options, unsigned *ret_lacks)
{
	struct rlimit none = { 0, 0 };
	unsigned lacks = 0;
	int err;

	/* While there is a capability to do it with. */
	for (int cap = 0; cap <= 63; cap++)
		(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	err = change_user(options, &lacks);
	if (!err)
		err = jail_keep_capabilities(0);
	if (!err && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
			prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) ||
			setrlimit(RLIMIT_CORE, &none)))
		err = -errno;
	if (!err)
		err = give_up_paths(NULL, 0, &lacks);
	if (!err && !jail_has_seccomp())
		lacks |= JAIL_NO_SECCOMP;
	else if (!err)
		err = options->reads_alone ? jail_calls_reader() :
					     jail_calls_limit(options->threads);
	if (!err)
		*ret_lacks = lacks;
	return err;
}

int
jail_enter_opener(unsigned *ret_lacks)
{
	struct rlimit none = { 0, 0 };
	unsigned lacks = 0;
	int err = jail_keep_capabilities(1ull << CAP_SYS_PTRACE |
	    1ull << CAP_DAC_READ_SEARCH);

	if (!err && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
			prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) ||
			setrlimit(RLIMIT_CORE, &none)))
		err = -errno;
	if (!err && !jail_has_seccomp())
		lacks |= JAIL_NO_SECCOMP;
	else if (!err)
		err = jail_calls_opener();
	if (!err)
		*ret_lacks = lacks;
	return err;
}

/* For who is no parser: what reaches outside of the process ends it. */
static int
give_up_reach(unsigned *lacks)
{
	if (jail_has_seccomp())
		return jail_calls_refuse();
	*lacks |= JAIL_NO_SECCOMP;
	return 0;
}

int
jail_enter_folder(const char *dir, unsigned *ret_lacks)
{
	unsigned lacks = 0;
	int err = jail_keep_capabilities(1ull << CAP_DAC_OVERRIDE);

	if (!err && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
			prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)))
		err = -errno;
	if (!err)
		err = give_up_paths(dir, 0, &lacks);
	if (!err)
		err = give_up_reach(&lacks);
	if (!err)
		*ret_lacks = lacks;
	return err;
}

/* dir, or the folder it is to be in. */
static char *
existing(const char *dir)
{
	char *path = strdup(dir), *folder;

	if (!path || access(path, F_OK) == 0)
		return path;
	folder = strdup(dirname(path));
	free(path);
	return folder;
}

int
jail_enter_reader(const char *dir, unsigned *ret_lacks)
{
	const uint64_t reading = LANDLOCK_ACCESS_FS_READ_FILE |
				 LANDLOCK_ACCESS_FS_READ_DIR;
	char *folder = dir ? existing(dir) : NULL;
	unsigned lacks = 0;
	int err = dir && !folder ? -ENOMEM : 0;

	if (!err && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		err = -errno;
	if (!err)
		err = give_up_paths(folder, reading, &lacks);
	free(folder);
	if (!err)
		err = give_up_reach(&lacks);
	if (!err)
		*ret_lacks = lacks;
	return err;
}
