// SPDX-License-Identifier: Apache-2.0
#include "service/marks.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SUFFIX		".mark"
#define TURN_MAX	16	/* marks of one turn */
#define ANSWER_MS	5000
#define QUESTION	'?'	/* alone: which case is written? */
/* The case's folder, a NUL, the text, a NUL. */
#define MESSAGE_MAX	(PATH_MAX + MARKS_TEXT_MAX + 2)

struct marks {
	int fd;
	const char *case_dir;
	struct sockaddr_un name;
};

static int
name_folder(char ret_folder[static 64])
{
	const char *own = getenv("XDG_RUNTIME_DIR");

	if (geteuid() == 0)
		own = "/run";
	if (!own || snprintf(ret_folder, 64, "%s/telltap", own) >= 64)
		return -ENOENT;
	return 0;
}

static int
bind_name(struct marks *m)
{
	char folder[64];
	int err = name_folder(folder);

	if (err)
		return err;
	if (mkdir(folder, 0700) && errno != EEXIST)
		return -errno;
	m->name.sun_family = AF_UNIX;
	snprintf(m->name.sun_path, sizeof(m->name.sun_path), "%s/%d" SUFFIX,
	    folder, (int)getpid());
	/* One of that number that did not clear up is gone. */
	unlink(m->name.sun_path);
	if (bind(m->fd, (struct sockaddr *)&m->name, sizeof(m->name)))
		return -errno;
	return chmod(m->name.sun_path, 0600) ? -errno : 0;
}

int
marks_open(const char *case_dir, struct marks **ret_marks)
{
	struct marks *m = calloc(1, sizeof(*m));
	int on = 1, err;

	if (!m)
		return -ENOMEM;
	m->case_dir = case_dir;
	m->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	err = m->fd < 0 ? -errno : 0;
	if (!err && setsockopt(m->fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)))
		err = -errno;
	if (!err)
		err = bind_name(m);
	if (err) {
		marks_close(m);
		return err;
	}
	*ret_marks = m;
	return 0;
}

void
marks_close(struct marks *m)
{
	if (!m)
		return;
	if (m->name.sun_path[0])
		unlink(m->name.sun_path);
	if (m->fd >= 0)
		close(m->fd);
	free(m);
}

static bool
is_same_folder(const char *a, const char *b)
{
	struct stat x, y;

	return a && b && !stat(a, &x) && !stat(b, &y) &&
	       x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* The message is whole, and for this run. */
static int
take(struct marks *m, const char *message, size_t len,
    const struct ucred *who, marks_fn fn, void *arg)
{
	const char *text = memchr(message, 0, len);

	if (!text || message[len - 1] || ++text == message + len || !*text ||
	    strlen(text) + 1 != (size_t)(message + len - text) ||
	    strlen(text) > MARKS_TEXT_MAX || !who)
		return -EINVAL;
	if (*message && !is_same_folder(message, m->case_dir))
		return -ESRCH;
	return fn(arg, text, (uint64_t)who->pid, who->uid);
}

/* Which case this run writes: its path; empty if it writes none. */
static void
tell_case(const struct marks *m, const struct sockaddr_un *to, socklen_t len)
{
	char path[PATH_MAX] = "";

	if (m->case_dir && !realpath(m->case_dir, path))
		path[0] = 0;
	if (sendto(m->fd, path, strlen(path) + 1, MSG_DONTWAIT,
		(const struct sockaddr *)to, len) < 0)
		return;		/* it did not want to know */
}

void
marks_poll(struct marks *m, marks_fn fn, void *arg)
{
	char message[MESSAGE_MAX];
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(struct ucred))];
	} control;

	for (int i = 0; i < TURN_MAX; i++) {
		struct iovec part = { message, sizeof(message) };
		struct sockaddr_un from;
		struct msghdr h = { &from, sizeof(from), &part, 1, &control,
			sizeof(control), 0 };
		ssize_t n = recvmsg(m->fd, &h, MSG_DONTWAIT | MSG_TRUNC);
		struct cmsghdr *c = n < 0 ? NULL : CMSG_FIRSTHDR(&h);
		struct ucred who;
		int32_t answer;

		if (n < 0)
			return;
		if (n == 1 && message[0] == QUESTION) {
			tell_case(m, &from, h.msg_namelen);
			continue;
		}
		if (c && c->cmsg_type == SCM_CREDENTIALS)
			memcpy(&who, CMSG_DATA(c), sizeof(who));
		answer = n < 1 || n > (ssize_t)sizeof(message)
			     ? -EINVAL
			     : take(m, message, (size_t)n, c ? &who : NULL, fn,
				   arg);
		if (sendto(m->fd, &answer, sizeof(answer), MSG_DONTWAIT,
			(struct sockaddr *)&from, h.msg_namelen) < 0)
			continue;	/* it did not want to know */
	}
}

/* A message and its answer, or nothing but whether there is anybody:
 * -ECONNREFUSED if it is no more. */
static int
exchange(const struct sockaddr_un *to, const char *message, size_t len,
    void *answer, size_t room, size_t *ret_len)
{
	struct sockaddr_un own = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = 0;
	struct pollfd p = { fd, POLLIN, 0 };
	ssize_t n = 0;

	if (fd < 0)
		return -errno;
	/* A name of the kernel's choice, to be answered at. */
	if (bind(fd, (struct sockaddr *)&own, sizeof(own.sun_family)) ||
	    connect(fd, (const struct sockaddr *)to, sizeof(*to)) ||
	    (len && send(fd, message, len, 0) != (ssize_t)len))
		err = -errno;
	if (!err && len) {
		if (poll(&p, 1, ANSWER_MS) != 1)
			err = -ETIMEDOUT;
		else if ((n = recv(fd, answer, room, 0)) < 0)
			err = -EIO;
	}
	close(fd);
	*ret_len = n > 0 ? (size_t)n : 0;
	return err;
}

/* One run's answer to a mark. */
static int
ask(const struct sockaddr_un *to, const char *message, size_t len)
{
	int32_t answer = 0;
	size_t n;
	int err = exchange(to, message, len, &answer, sizeof(answer), &n);

	return err ? err : len && n != sizeof(answer) ? -EIO : answer;
}

struct target {
	const char *message;
	size_t len;
	bool by_case;
	struct sockaddr_un one;
	unsigned alive;
	int result;
};

static void
try_name(struct target *t, const char *folder, const char *name)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t len = strlen(name), suffix = strlen(SUFFIX);
	int err;

	if (len <= suffix || strcmp(name + len - suffix, SUFFIX) ||
	    snprintf(to.sun_path, sizeof(to.sun_path), "%s/%s", folder, name) >=
		(int)sizeof(to.sun_path))
		return;
	err = ask(&to, t->message, t->by_case ? t->len : 0);
	if (err == -ECONNREFUSED) {
		unlink(to.sun_path);	/* of a run that died */
	} else if (t->by_case && err != -ESRCH && err != -ENOENT) {
		/* Others may end, or not answer, while the right one takes
		 * it. */
		if (t->result)
			t->result = err;
	} else if (!t->by_case && !err) {
		t->one = to;
		t->alive++;
	}
}

static int
try_all(struct target *t)
{
	const struct dirent *d;
	char folder[64];
	DIR *dir;

	if (name_folder(folder))
		return -ESRCH;
	dir = opendir(folder);
	if (!dir)
		return errno == ENOENT ? -ESRCH : -errno;
	while ((d = readdir(dir)))
		try_name(t, folder, d->d_name);
	closedir(dir);
	if (t->by_case)
		return t->result;
	return t->alive == 1 ? 0 : t->alive ? -EEXIST : -ESRCH;
}

int
marks_send(const char *case_dir, const char *text)
{
	char message[MESSAGE_MAX], path[PATH_MAX] = "";
	struct target t = { .message = message, .by_case = case_dir != NULL,
		.result = -ESRCH };
	size_t len = strlen(text);
	int err;

	if (!len || len > MARKS_TEXT_MAX)
		return -EINVAL;
	if (case_dir && !realpath(case_dir, path))
		return -errno;
	memcpy(message, path, strlen(path) + 1);
	memcpy(message + strlen(path) + 1, text, len + 1);
	t.len = strlen(path) + len + 2;
	err = try_all(&t);
	return err || t.by_case ? err : ask(&t.one, message, t.len);
}

int
marks_find_case(char *ret_path, size_t room)
{
	static const char question = QUESTION;
	struct target t = { .by_case = false };
	size_t n;
	int err = try_all(&t);

	if (!err)
		err = exchange(&t.one, &question, 1, ret_path, room, &n);
	if (err)
		return err;
	if (!n || ret_path[n - 1] || strlen(ret_path) + 1 != n)
		return -EIO;
	return *ret_path ? 0 : -ENOENT;
}
