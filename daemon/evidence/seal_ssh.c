// SPDX-License-Identifier: Apache-2.0
#include "evidence/seal_ssh.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_MAX	65536
#define NOT_THERE	127

/* The child: in_fd is its input, out_fd its output, keep_fd stays open. */
static void
become(const char *const *argv, int in_fd, int out_fd, int keep_fd, bool quiet)
{
	int null_fd = quiet ? open("/dev/null", O_WRONLY) : -1;

	if (dup2(in_fd, 0) < 0 || dup2(out_fd, 1) < 0 ||
	    (null_fd >= 0 && dup2(null_fd, 2) < 0) ||
	    (keep_fd >= 0 && fcntl(keep_fd, F_SETFD, 0) < 0) ||
	    lseek(0, 0, SEEK_SET) < 0)
		_exit(NOT_THERE);
	execvp(argv[0], (char *const *)argv);
	_exit(NOT_THERE);
}

/* The exit code, or a negative code; what it prints is appended to out. */
static int
run(const char *const *argv, int in_fd, int keep_fd, bool quiet, struct buf *out)
{
	int pipe_fds[2], status = 0, err = 0;
	char data[4096];
	ssize_t n;
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (pid == 0)
		become(argv, in_fd, pipe_fds[1], keep_fd, quiet);
	close(pipe_fds[1]);
	if (pid < 0)
		err = -errno;
	while (!err && (n = read(pipe_fds[0], data, sizeof(data))) != 0) {
		if (n > 0)
			buf_append(out, data, (size_t)n);
		else if (errno != EINTR)
			err = -errno;
	}
	close(pipe_fds[0]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (err)
		return err;
	return WIFEXITED(status) ? WEXITSTATUS(status) : NOT_THERE;
}

int
seal_ssh_sign(const char *key_path, int fd, struct buf *out)
{
	const char *argv[] = { "ssh-keygen", "-q", "-Y", "sign", "-n",
			 SEAL_NAMESPACE, "-f", key_path, NULL };
	struct buf text;
	int code;

	buf_init(&text, OUTPUT_MAX);
	code = run(argv, fd, -1, false, &text);
	if (code == 0 && !text.failed && text.len)
		buf_append(out, text.data, text.len);
	else if (code >= 0)
		code = -ENOEXEC;
	buf_clear(&text);
	return code;
}

static void
take_line(struct buf *text, char *ret_who, size_t max)
{
	size_t len = 0;

	while (len < text->len && text->data[len] != '\n' && len + 1 < max)
		len++;
	if (len)
		memcpy(ret_who, text->data, len);
	ret_who[len] = 0;
}

static int
run_check(const char *const *argv, int sig_fd, int fd, char *ret_who, size_t max)
{
	struct buf text;
	int code;

	buf_init(&text, OUTPUT_MAX);
	code = run(argv, fd, sig_fd, true, &text);
	if (code == 0 && ret_who)
		take_line(&text, ret_who, max);
	buf_clear(&text);
	return code <= 0 ? code : code == NOT_THERE ? -ENOEXEC : -EBADMSG;
}

int
seal_ssh_check(const char *allowed_path, int sig_fd, int fd, char *ret_who,
    size_t max)
{
	char sig[32];
	const char *look[] = { "ssh-keygen", "-Y", "check-novalidate", "-n",
			 SEAL_NAMESPACE, "-s", sig, NULL };
	const char *find[] = { "ssh-keygen", "-Y", "find-principals", "-s", sig,
			 "-f", allowed_path, NULL };
	const char *verify[] = { "ssh-keygen", "-Y", "verify", "-n", SEAL_NAMESPACE,
			   "-s", sig, "-f", allowed_path, "-I",
			   ret_who, NULL };
	int err;

	snprintf(sig, sizeof(sig), "/dev/fd/%d", sig_fd);
	if (!allowed_path)
		return run_check(look, sig_fd, fd, ret_who, max);
	err = run_check(find, sig_fd, fd, ret_who, max);
	return err ? err : run_check(verify, sig_fd, fd, NULL, 0);
}
