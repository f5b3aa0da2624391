// SPDX-License-Identifier: Apache-2.0
/*
 * Reads files in the ways that scanners do, for a test to see what is told of
 * it (tests/e2e/test_reads.sh):
 *
 *	reads whole|part|mapped|uring|worker|fanotify FILE
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "e2e/storm_uring.h"

static char buffer[65536];

static int
open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		uring_fail(path);
	return fd;
}

static void
read_plain(int fd, bool whole)
{
	ssize_t n;

	do
		n = read(fd, buffer, whole ? sizeof(buffer) : 1000);
	while (whole && n > 0);
	if (n < 0)
		uring_fail("read");
}

static void
read_mapped(int fd)
{
	struct stat st;
	char *p;

	if (fstat(fd, &st))
		uring_fail("fstat");
	p = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		uring_fail("mmap");
	memcpy(buffer, p, sizeof(buffer) < (size_t)st.st_size ?
		sizeof(buffer) : (size_t)st.st_size);
}

static void
read_uring(int fd, bool worker)
{
	struct uring u;
	uint64_t at = 0;
	int n;

	if (!uring_open(&u))
		uring_fail("io_uring");
	do {
		struct io_uring_sqe sqe = { .opcode = IORING_OP_READ, .fd = fd,
			.addr = (uintptr_t)buffer, .len = sizeof(buffer),
			.off = at };

		n = worker ? uring_do(&u, &sqe) : uring_do_here(&u, &sqe);
		if (n < 0)
			uring_fail("io_uring read");
		at += n;
	} while (n > 0);
}

/* Somebody else opens the file; the descriptor comes with the event. */
static void
read_fanotify(const char *path)
{
	struct fanotify_event_metadata e;
	int fan = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC, O_RDONLY);
	struct fanotify_response answer;
	pid_t pid;

	if (fan < 0 ||
	    fanotify_mark(fan, FAN_MARK_ADD, FAN_OPEN_PERM, AT_FDCWD, path))
		uring_fail("fanotify");
	pid = fork();
	if (pid == 0)
		_exit(open(path, O_RDONLY) < 0);
	if (read(fan, &e, sizeof(e)) != sizeof(e) || e.fd < 0)
		uring_fail("fanotify event");
	read_plain(e.fd, true);
	answer = (struct fanotify_response){ e.fd, FAN_ALLOW };
	if (write(fan, &answer, sizeof(answer)) != sizeof(answer))
		uring_fail("fanotify answer");
	waitpid(pid, NULL, 0);
}

int
main(int argc, char **argv)
{
	const char *how = argc == 3 ? argv[1] : "";

	if (strcmp(how, "whole") == 0)
		read_plain(open_file(argv[2]), true);
	else if (strcmp(how, "part") == 0)
		read_plain(open_file(argv[2]), false);
	else if (strcmp(how, "mapped") == 0)
		read_mapped(open_file(argv[2]));
	else if (strcmp(how, "uring") == 0)
		read_uring(open_file(argv[2]), false);
	else if (strcmp(how, "worker") == 0)
		read_uring(open_file(argv[2]), true);
	else if (strcmp(how, "fanotify") == 0)
		read_fanotify(argv[2]);
	else
		return 2;
	return 0;
}
