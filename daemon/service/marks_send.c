// SPDX-License-Identifier: Apache-2.0
#include "service/marks_name.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* Who makes a mark: finds the runs that are alive, and asks them. Any of them may be
 * stopped, or not be what it seems: none is waited for while another one answers. */

#define ANSWER_MS	5000
#define RUNS_MAX	64	/* asked at once whose case it is */

/* A socket that hears that run alone. -ECONNREFUSED if it is no more. */
static int
reach(const struct sockaddr_un *to, int *ret_fd)
{
	struct sockaddr_un own = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err = fd < 0 ? -errno : 0;

	/* A name of the kernel's choice, to be answered at. */
	if (!err && (bind(fd, (struct sockaddr *)&own, sizeof(own.sun_family)) ||
	    connect(fd, (const struct sockaddr *)to, sizeof(*to))))
		err = -errno;
	if (err && fd >= 0)
		close(fd);
	if (!err)
		*ret_fd = fd;
	return err;
}

/* One that takes nothing in has no room for more at some time. */
static int
say(int fd, const char *message, size_t len)
{
	if (send(fd, message, len, 0) == (ssize_t)len)
		return 0;
	return errno == EAGAIN ? -ETIMEDOUT : -errno;
}

/* A message to one run, and its answer. */
static int
exchange(const struct sockaddr_un *to, const char *message, size_t len,
    void *answer, size_t room, size_t *ret_len)
{
	struct pollfd p = { .events = POLLIN };
	ssize_t n = 0;
	int err = reach(to, &p.fd);

	if (err)
		return err;
	err = say(p.fd, message, len);
	if (!err && poll(&p, 1, ANSWER_MS) != 1)
		err = -ETIMEDOUT;
	else if (!err && (n = recv(p.fd, answer, room, 0)) < 0)
		err = -EIO;
	close(p.fd);
	if (!err)
		*ret_len = (size_t)n;
	return err;
}

struct target {
	struct sockaddr_un one;		/* the last that is alive */
	unsigned alive;
	/* Whom a mark for one case was said to: any may be its run. */
	const char *message;		/* NULL: nobody */
	size_t len;
	struct pollfd asked[RUNS_MAX];
	unsigned long pids[RUNS_MAX];	/* of their runs, by their names */
	size_t asked_count;
	bool silent;			/* one takes nothing in */
};

static void
ask(struct target *t, int fd, unsigned long pid)
{
	int err = t->asked_count < RUNS_MAX ? say(fd, t->message, t->len)
					    : -ETIMEDOUT;

	if (!err) {
		t->pids[t->asked_count] = pid;
		t->asked[t->asked_count++] = (struct pollfd){ fd, POLLIN, 0 };
		return;
	}
	t->silent |= err == -ETIMEDOUT;
	close(fd);
}

static void
try_name(struct target *t, const char *folder, const char *name)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t len = strlen(name), suffix = strlen(MARKS_SUFFIX);
	int fd, err;

	if (len <= suffix || strcmp(name + len - suffix, MARKS_SUFFIX) ||
	    snprintf(to.sun_path, sizeof(to.sun_path), "%s/%s", folder, name) >=
		(int)sizeof(to.sun_path))
		return;
	err = reach(&to, &fd);
	if (err == -ECONNREFUSED)
		unlink(to.sun_path);	/* of a run that died */
	if (err)
		return;
	t->one = to;
	t->alive++;
	if (t->message)
		ask(t, fd, strtoul(name, NULL, 10));
	else
		close(fd);
}

static int
try_all(struct target *t)
{
	const struct dirent *d;
	char folder[MARKS_FOLDER_MAX];
	DIR *dir;

	if (marks_name_folder(folder))
		return -ESRCH;
	dir = opendir(folder);
	if (!dir)
		return errno == ENOENT ? -ESRCH : -errno;
	while ((d = readdir(dir)))
		try_name(t, folder, d->d_name);
	closedir(dir);
	return t->alive ? 0 : -ESRCH;
}

void
marks_drop_left(void)
{
	struct target nobody = { .message = NULL };

	(void)!try_all(&nobody);
}

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* -ESRCH: it is not its case. */
static int
hear_one(struct pollfd *p)
{
	int32_t answer;
	ssize_t n = recv(p->fd, &answer, sizeof(answer), 0);

	close(p->fd);
	p->fd = -1;
	return n == sizeof(answer) ? answer : -EIO;
}

/* Until the one whose case it is has answered, or nobody is left who may be it. */
static int
hear_answers(struct target *t)
{
	int64_t until = now_ms() + ANSWER_MS, wait;
	int result = t->silent ? -ETIMEDOUT : -ESRCH;

	for (size_t left = t->asked_count; left;) {
		wait = until - now_ms();
		if (wait <= 0 || (poll(t->asked, t->asked_count, (int)wait) < 0 &&
				     errno != EINTR))
			return -ETIMEDOUT;
		for (size_t i = 0; i < t->asked_count; i++) {
			int answer;

			if (t->asked[i].fd < 0 || !t->asked[i].revents)
				continue;
			left--;
			answer = hear_one(&t->asked[i]);
			/* One that ends meanwhile may not have been it. */
			if (answer != -ESRCH && answer != -EIO)
				return answer;
			if (answer == -EIO && !t->silent)
				result = answer;
		}
	}
	return result;
}

static int
send_to_case(struct target *t)
{
	int err = try_all(t);

	if (!err)
		err = hear_answers(t);
	for (size_t i = 0; i < t->asked_count; i++)
		if (t->asked[i].fd >= 0)
			close(t->asked[i].fd);
	return err;
}

static int
find_one(struct target *t)
{
	int err = try_all(t);

	return !err && t->alive > 1 ? -EEXIST : err;
}

static int
send_to_one(struct target *t, const char *message, size_t len)
{
	int32_t answer;
	size_t n;
	int err = find_one(t);

	if (!err)
		err = exchange(&t->one, message, len, &answer, sizeof(answer),
		    &n);
	return err ? err : n != sizeof(answer) ? -EIO : answer;
}

int
marks_send(const char *case_dir, const char *text)
{
	char message[MARKS_MESSAGE_MAX], path[PATH_MAX] = "";
	struct target t = { .message = case_dir ? message : NULL };
	size_t len = strlen(text);

	if (!len || len > MARKS_TEXT_MAX)
		return -EINVAL;
	if (case_dir && !realpath(case_dir, path))
		return -errno;
	memcpy(message, path, strlen(path) + 1);
	memcpy(message + strlen(path) + 1, text, len + 1);
	t.len = strlen(path) + len + 2;
	return case_dir ? send_to_case(&t) : send_to_one(&t, message, t.len);
}

/* Its answer, as far as it comes; what is no path is none. */
static void
list_one(struct pollfd *p, unsigned long pid, int64_t until, marks_run_fn fn,
    void *arg)
{
	char path[PATH_MAX + 1];
	int64_t wait = until - now_ms();
	ssize_t n = -1;

	if (poll(p, 1, wait > 0 ? (int)wait : 0) == 1)
		n = recv(p->fd, path, sizeof(path), 0);
	close(p->fd);
	fn(arg, pid, n > 0 && memchr(path, 0, (size_t)n) == path + n - 1 ? path
									  : NULL);
}

int
marks_list(marks_run_fn fn, void *arg)
{
	static const char question = MARKS_QUESTION;
	struct target t = { .message = &question, .len = 1 };
	int64_t until = now_ms() + ANSWER_MS;
	int err = try_all(&t);

	for (size_t i = 0; i < t.asked_count; i++)
		list_one(&t.asked[i], t.pids[i], until, fn, arg);
	return err;
}

int
marks_find_case(char *ret_path, size_t room)
{
	static const char question = MARKS_QUESTION;
	struct target t = { .message = NULL };
	size_t n;
	int err = find_one(&t);

	if (!err)
		err = exchange(&t.one, &question, 1, ret_path, room, &n);
	if (err)
		return err;
	if (!n || ret_path[n - 1] || strlen(ret_path) + 1 != n)
		return -EIO;
	return *ret_path ? 0 : -ENOENT;
}
