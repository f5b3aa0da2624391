// SPDX-License-Identifier: Apache-2.0
#include "service/marks_name.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define TURN_MAX	16	/* marks of one turn */

struct marks {
	int fd;
	const char *case_dir;
	struct sockaddr_un name;
};

int
marks_name_folder(char ret_folder[static MARKS_FOLDER_MAX])
{
	const char *own = getenv("XDG_RUNTIME_DIR");

	if (geteuid() == 0)
		own = "/run";
	if (!own || snprintf(ret_folder, MARKS_FOLDER_MAX,
		"%s/telltap", own) >= MARKS_FOLDER_MAX)
		return -ENOENT;
	return 0;
}

static int
bind_name(struct marks *m)
{
	char folder[MARKS_FOLDER_MAX];
	int err = marks_name_folder(folder);

	if (err)
		return err;
	if (mkdir(folder, 0700) && errno != EEXIST)
		return -errno;
	m->name.sun_family = AF_UNIX;
	snprintf(m->name.sun_path, sizeof(m->name.sun_path), "%s/%d" MARKS_SUFFIX,
	    folder, (int)getpid());
	/* Of those that were killed, and did not clear up. */
	marks_drop_left();
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
	char message[MARKS_MESSAGE_MAX];
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
		if (n == 1 && message[0] == MARKS_QUESTION) {
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
