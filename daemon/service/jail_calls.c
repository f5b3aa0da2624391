// SPDX-License-Identifier: Apache-2.0
#include "service/jail_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <seccomp.h>

/* One call per line, with what it is needed for. */
static const int allowed[] = {
	SCMP_SYS(pread64),		/* descriptors of files, passed to us */
	SCMP_SYS(fstat),		/* how big such a file is */
	SCMP_SYS(recvmsg),		/* messages in */
	SCMP_SYS(sendmsg),		/* messages out */
	SCMP_SYS(poll),			/* waiting for messages and packets */
	SCMP_SYS(ppoll),		/* the same, by another libc */
	SCMP_SYS(close),		/* of descriptors that were passed */
	SCMP_SYS(munmap),		/* malloc; rings of captures that ended */
	SCMP_SYS(mremap),		/* realloc of something big */
	SCMP_SYS(brk),			/* malloc */
	SCMP_SYS(madvise),		/* free, for something big */
	SCMP_SYS(futex),		/* locks of libraries, threads that wait */
	SCMP_SYS(clock_gettime),	/* where the vDSO has no clock */
	SCMP_SYS(gettimeofday),		/* the same, by libraries */
	SCMP_SYS(time),			/* the same */
	SCMP_SYS(clock_nanosleep),	/* threads that wait for work */
	SCMP_SYS(sched_yield),		/* the same */
	SCMP_SYS(sysinfo),		/* qsort: how much memory there is */
	SCMP_SYS(getrandom),		/* seeds of hash tables */
	SCMP_SYS(getpid),		/* abort, libcrypto's check for a fork */
	SCMP_SYS(gettid),		/* abort */
	SCMP_SYS(tgkill),		/* abort */
	SCMP_SYS(rt_sigprocmask),	/* abort, ends of threads */
	SCMP_SYS(rt_sigaction),		/* abort */
	SCMP_SYS(rt_sigreturn),		/* ends of signal handlers */
	SCMP_SYS(sigaltstack),		/* ends of threads, under sanitizers */
	SCMP_SYS(restart_syscall),	/* a poll that was stopped and goes on */
	SCMP_SYS(exit),			/* ends of threads */
	SCMP_SYS(exit_group),		/* the end */
};

/* Not for who is handed what others may write to, or have a position in. */
static const int with_own_files[] = {
	SCMP_SYS(read),			/* descriptors of files, passed to us */
	SCMP_SYS(readv),		/* stdio over such a descriptor */
	SCMP_SYS(lseek),		/* the same; what we write is no file */
	SCMP_SYS(write),		/* a last word to standard error */
	SCMP_SYS(writev),		/* the same, by stdio */
};

/* Only if there are to be threads. */
static const int for_threads[] = {
	SCMP_SYS(set_robust_list),	/* its start */
	SCMP_SYS(rseq),			/* its start */
};

/* What the opener is there for. */
static const int for_opening[] = {
	SCMP_SYS(pidfd_open),		/* whose descriptor it is */
	SCMP_SYS(pidfd_getfd),		/* its double */
	SCMP_SYS(newfstatat),		/* what a path leads to */
	SCMP_SYS(readlink),		/* where a process has its root */
	SCMP_SYS(readlinkat),
};

/* Calls that name a path: libraries try some files and do without. They fail,
 * and with Landlock the kernel would not allow them either. */
static const int refused[] = {
	SCMP_SYS(open),
	SCMP_SYS(openat2),
	SCMP_SYS(stat),
	SCMP_SYS(lstat),
	SCMP_SYS(statx),
	SCMP_SYS(access),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
};

/* The same, but for the opener. */
static const int refused_to_most[] = {
	SCMP_SYS(openat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
};

#define COUNT(list)	(sizeof(list) / sizeof(*(list)))

static int
add_all(scmp_filter_ctx f, uint32_t action, const int *calls, size_t count)
{
	int err = 0;

	for (size_t i = 0; i < count && !err; i++)
		/* A number below zero: this machine has no such call. */
		if (calls[i] >= 0)
			err = seccomp_rule_add(f, action, calls[i], 0);
	return err;
}

/* malloc, rings of captures; nothing that could be run */
static int
add_mapping(scmp_filter_ctx f)
{
	const struct scmp_arg_cmp no_code = SCMP_A2(SCMP_CMP_MASKED_EQ,
	    PROT_EXEC, 0);

	return seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, no_code);
}

static int
add_narrow(scmp_filter_ctx f, bool threads)
{
	const struct scmp_arg_cmp no_code = SCMP_A2(SCMP_CMP_MASKED_EQ,
	    PROT_EXEC, 0);
	const struct scmp_arg_cmp of_socket = SCMP_A1(SCMP_CMP_EQ, SOL_SOCKET,
	    0);
	const struct scmp_arg_cmp is_thread = SCMP_A0(SCMP_CMP_MASKED_EQ,
	    CLONE_THREAD, CLONE_THREAD);
	const struct scmp_arg_cmp get_flags = SCMP_A1(SCMP_CMP_EQ, F_GETFL,
	    0);
	int err;

	/* malloc of a thread grows so */
	err = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
	    no_code);
	if (!err)	/* clears the error of an interface that went down */
		err = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(getsockopt),
		    1, of_socket);
	if (!err)	/* stdio asks how a descriptor was opened */
		err = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
		    get_flags);
	if (!err && threads)
		err = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
		    is_thread);
	return err;
}

/* What every list has, and refuses. */
static int
new_list(bool threads, scmp_filter_ctx *ret_list)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int err;

	if (!f)
		return -ENOMEM;
	err = add_all(f, SCMP_ACT_ALLOW, allowed, COUNT(allowed));
	if (!err)
		err = add_all(f, SCMP_ACT_ERRNO(EACCES), refused,
		    COUNT(refused));
	if (!err)
		err = add_narrow(f, threads);
	if (err) {
		seccomp_release(f);
		return err;
	}
	*ret_list = f;
	return 0;
}

static int
load(scmp_filter_ctx f, int err)
{
	if (!err)
		err = seccomp_load(f);
	seccomp_release(f);
	return err;
}

int
jail_calls_limit(bool threads)
{
	scmp_filter_ctx f;
	int err = new_list(threads, &f);

	if (err)
		return err;
	err = add_all(f, SCMP_ACT_ALLOW, with_own_files,
	    COUNT(with_own_files));
	if (!err)
		err = add_mapping(f);
	if (!err)
		err = add_all(f, SCMP_ACT_ERRNO(EACCES), refused_to_most,
		    COUNT(refused_to_most));
	if (!err && threads)
		err = add_all(f, SCMP_ACT_ALLOW, for_threads,
		    COUNT(for_threads));
	/* clone3 has its flags in memory, where no filter sees them. */
	if (!err && threads)
		err = seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS),
		    SCMP_SYS(clone3), 0);
	return load(f, err);
}

/* A last word to standard error, and memory: no file is written to, or mapped. */
static int
add_nothing_written(scmp_filter_ctx f)
{
	const struct scmp_arg_cmp to_people = SCMP_A0(SCMP_CMP_EQ, 2, 0);
	const struct scmp_arg_cmp no_code = SCMP_A2(SCMP_CMP_MASKED_EQ,
	    PROT_EXEC, 0);
	const struct scmp_arg_cmp no_file = SCMP_A3(SCMP_CMP_MASKED_EQ,
	    MAP_ANONYMOUS, MAP_ANONYMOUS);
	int err = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(write), 1,
	    to_people);

	if (!err)
		err = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(writev), 1,
		    to_people);
	if (!err)
		err = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2,
		    no_code, no_file);
	return err;
}

/* What is passed to us takes the lowest number that is free: that of standard
 * error must never be. A filter of its own, for a list can't say "all but". */
static int
keep_standard_error(void)
{
	const struct scmp_arg_cmp is_it = SCMP_A0(SCMP_CMP_MASKED_EQ,
	    UINT32_MAX, 2);
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);

	if (!f)
		return -ENOMEM;
	return load(f, seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS,
			   SCMP_SYS(close), 1, is_it));
}

/* The list of who is passed others' files. */
static int
new_reading_list(scmp_filter_ctx *ret_f)
{
	int err = keep_standard_error();

	if (!err)
		err = new_list(false, ret_f);
	if (err)
		return err;
	err = add_nothing_written(*ret_f);
	return err ? load(*ret_f, err) : 0;
}

int
jail_calls_reader(void)
{
	scmp_filter_ctx f;
	int err = new_reading_list(&f);

	if (err)
		return err;
	return load(f, add_all(f, SCMP_ACT_ERRNO(EACCES), refused_to_most,
			   COUNT(refused_to_most)));
}

int
jail_calls_opener(void)
{
	const struct scmp_arg_cmp to_read = SCMP_A2(SCMP_CMP_MASKED_EQ,
	    O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY);
	scmp_filter_ctx f;
	int err = new_reading_list(&f);

	if (err)
		return err;
	err = add_all(f, SCMP_ACT_ALLOW, for_opening, COUNT(for_opening));
	if (!err)
		err = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
		    to_read);
	return load(f, err);
}

/* What a process needs to reach another one, the network, or the machine. */
static const int outside[] = {
	SCMP_SYS(execve),		/* another program */
	SCMP_SYS(execveat),
	SCMP_SYS(fork),			/* a process of its own */
	SCMP_SYS(vfork),
	SCMP_SYS(connect),		/* the network, other processes */
	SCMP_SYS(bind),
	SCMP_SYS(listen),
	SCMP_SYS(accept),
	SCMP_SYS(accept4),
	SCMP_SYS(kill),			/* other processes */
	SCMP_SYS(tkill),
	SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(pidfd_open),
	SCMP_SYS(pidfd_getfd),
	SCMP_SYS(pidfd_send_signal),
	SCMP_SYS(shmget),
	SCMP_SYS(shmat),
	SCMP_SYS(setuid),		/* another user */
	SCMP_SYS(setgid),
	SCMP_SYS(setresuid),
	SCMP_SYS(setresgid),
	SCMP_SYS(setgroups),
	SCMP_SYS(capset),
	SCMP_SYS(mount),		/* the machine */
	SCMP_SYS(umount2),
	SCMP_SYS(pivot_root),
	SCMP_SYS(chroot),
	SCMP_SYS(unshare),
	SCMP_SYS(setns),
	SCMP_SYS(reboot),
	SCMP_SYS(init_module),
	SCMP_SYS(finit_module),
	SCMP_SYS(kexec_load),
	SCMP_SYS(bpf),
	SCMP_SYS(perf_event_open),
	SCMP_SYS(userfaultfd),
	SCMP_SYS(io_uring_setup),	/* calls that no filter sees */
	SCMP_SYS(keyctl),		/* keys of the caller */
	SCMP_SYS(add_key),
	SCMP_SYS(request_key),
	SCMP_SYS(chmod),		/* rights of files, which Landlock lets be */
	SCMP_SYS(fchmod),
	SCMP_SYS(fchmodat),
	SCMP_SYS(chown),
	SCMP_SYS(fchown),
	SCMP_SYS(fchownat),
	SCMP_SYS(lchown),
};

int
jail_calls_refuse(void)
{
	const struct scmp_arg_cmp no_thread = SCMP_A0(SCMP_CMP_MASKED_EQ,
	    CLONE_THREAD, 0);
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
	int err;

	if (!f)
		return -ENOMEM;
	err = add_all(f, SCMP_ACT_KILL_PROCESS, outside, COUNT(outside));
	if (!err)
		err = seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS),
		    SCMP_SYS(clone3), 0);
	/* libpcap asks for the names in a filter: there are those of files. */
	if (!err)
		err = seccomp_rule_add(f, SCMP_ACT_ERRNO(EACCES),
		    SCMP_SYS(socket), 0);
	if (!err)
		err = seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS,
		    SCMP_SYS(clone), 1, no_thread);
	if (!err)
		err = seccomp_load(f);
	seccomp_release(f);
	return err;
}
