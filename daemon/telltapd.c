// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "service/config.h"
#include "service/process.h"
#include "telltap/telltap.h"

/*
 * The service. It reads its configuration, keeps a second one of itself from
 * starting, and runs the processes of service.h until it is told to stop. With
 * SIGHUP it reads the configuration again; if that is good, what is being
 * recorded is closed and the next part begins.
 */

#define POLL_MS		100
/* So many turns of 50 ms at most for what is still on its way at a stop, which
 * is to take no longer than two seconds. */
#define STOP_TURNS	10

/* An error that starting again does not mend; where a process died that was
 * recording, it does (EX_SOFTWARE). */
#define FAILED		2

static volatile sig_atomic_t told_to_stop, told_to_reload;
static bool journal;

static void
say(int level, const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	for (char *p = line; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	/* The journal takes the level from the line's head. */
	if (journal)
		fprintf(stderr, "<%d>%s\n", level, line);
	else
		fprintf(stderr, "telltapd: %s\n", line);
}

/* Where it begins with our name, that is said once. */
static void
say_warning(const char *line)
{
	static const char own[] = "telltapd: ";
	size_t len = sizeof(own) - 1;

	say(4, "%s", strncmp(line, own, len) == 0 ? line + len : line);
}

static void
on_signal(int signal)
{
	if (signal == SIGHUP)
		told_to_reload = 1;
	else
		told_to_stop = 1;
}

static void
take_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

/* The folder is the unit's RuntimeDirectory; without systemd it is made. */
static int
take_lock(const char *path, int *ret_fd)
{
	char folder[4096], *slash;
	int fd, n;

	n = snprintf(folder, sizeof(folder), "%s", path);
	slash = n < (int)sizeof(folder) ? strrchr(folder, '/') : NULL;
	if (slash && slash != folder) {
		*slash = '\0';
		(void)mkdir(folder, 0755);
	}
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0) {
		say(3, "%s: %s", path, strerror(errno));
		return FAILED;
	}
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		say(3, "another telltapd is running: it holds %s", path);
		close(fd);
		return FAILED;
	}
	if (ftruncate(fd, 0) == 0)
		dprintf(fd, "%d\n", (int)getpid());
	*ret_fd = fd;
	return 0;
}

static int
load(const char *path, struct config **ret_config)
{
	char error[CONFIG_ERROR_MAX];
	int err = config_load(path, error, ret_config);

	if (err)
		say(3, "%s", error);
	return err;
}

static int
open_service(const struct config *c, struct service **ret_service)
{
	struct service_options o = *config_options(c);

	o.command = "telltapd";
	o.say = say_warning;
	o.told_to_stop = &told_to_stop;
	return service_open(&o, ret_service);
}

struct run {
	const char *path;
	struct config *config;
	struct service *service;
	uint64_t watchdog_us;		/* 0: nobody waits for us */
	uint64_t alive_us;		/* last told */
};

static uint64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000u;
}

static void
tell_alive(struct run *r)
{
	uint64_t now = now_us();

	if (r->watchdog_us && now - r->alive_us >= r->watchdog_us / 3) {
		sd_notify(0, "WATCHDOG=1");
		r->alive_us = now;
	}
}

static void
tell_ready(const struct run *r)
{
	size_t n = service_watched_count(r->service);

	sd_notifyf(0, "READY=1\nSTATUS=watching; %zu processes at start", n);
	say(6, "watching, %zu processes at start; recording to %s", n,
	    config_options(r->config)->case_dir);
}

/* With the configuration that there was, if the next one can't be followed. */
static int
open_next(struct run *r, struct config *next)
{
	if (!open_service(next, &r->service)) {
		config_free(r->config);
		r->config = next;
		say(6, "configuration read again");
		return 0;
	}
	config_free(next);
	say(4, "the configuration stays as it was; what is recorded goes on in "
		"another part");
	return open_service(r->config, &r->service);
}

/* A configuration that is wrong changes nothing. */
static int
reload(struct run *r)
{
	struct config *next;
	int err;

	told_to_reload = 0;
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu",
	    (unsigned long long)now_us());
	if (load(r->path, &next)) {
		say(4, "the configuration stays as it was");
		sd_notify(0, "READY=1");
		return 0;
	}
	err = service_finish(r->service, STOP_TURNS);
	service_close(r->service);
	r->service = NULL;
	if (err) {
		config_free(next);
		return err;
	}
	err = open_next(r, next);
	if (err)
		return err;
	tell_ready(r);
	return 0;
}

static int
serve(struct run *r)
{
	int err = 0;

	while (!err && !told_to_stop) {
		err = service_poll(r->service, POLL_MS);
		tell_alive(r);
		if (!err && told_to_reload)
			err = reload(r);
	}
	if (err)
		return err;
	sd_notify(0, "STOPPING=1\nSTATUS=closing the case");
	err = service_finish(r->service, STOP_TURNS);
	if (!err)
		say(6, "stopped; the case is closed");
	return err;
}

static int
watch(struct run *r)
{
	int err;

	if (sd_watchdog_enabled(0, &r->watchdog_us) <= 0)
		r->watchdog_us = 0;
	tell_ready(r);
	err = serve(r);
	/* The recorder itself said that it can't go on, as with a full disk. */
	return err == -ECANCELED ? FAILED : err ? EX_SOFTWARE : 0;
}

/* Another start may go well, as on a machine that is short of memory or of time
 * while it boots. */
static bool
may_pass(int err)
{
	return err == -ENOMEM || err == -EAGAIN || err == -EBUSY ||
	       err == -ETIMEDOUT;
}

static int
run(const char *path)
{
	struct run r = { .path = path };
	int lock = -1, code, err;

	if (load(path, &r.config))
		return FAILED;
	code = take_lock(config_lock(r.config), &lock);
	if (!code) {
		err = open_service(r.config, &r.service);
		/* Before it watched there was nothing to be lost. */
		if (err && err != -EINTR)
			code = may_pass(err) ? EX_TEMPFAIL : FAILED;
		else if (!err)
			code = watch(&r);
	}
	service_close(r.service);
	config_free(r.config);
	if (lock >= 0)
		close(lock);
	return code;
}

static int
check(const char *path)
{
	struct config *c;

	if (load(path, &c))
		return FAILED;
	printf("%s: good\n", path);
	config_free(c);
	return 0;
}

static int
usage(FILE *to, int code)
{
	fputs("usage: telltapd [--config FILE] [--check-config]\n"
	      "       telltapd --version | --help\n", to);
	return code;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check-config", no_argument, NULL, 'k' },
		{ "version", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *path = CONFIG_PATH;
	bool only_check = false;
	int opt;

	if (child_is_wanted(argc, argv))
		return child_run(argc, argv);
	journal = getenv("JOURNAL_STREAM") != NULL;
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'c':
			path = optarg;
			break;
		case 'k':
			only_check = true;
			break;
		case 'v':
			printf("telltapd %s\n", telltap_version());
			return 0;
		case 'h':
			return usage(stdout, 0);
		default:
			return usage(stderr, FAILED);
		}
	}
	if (optind < argc)
		return usage(stderr, FAILED);
	if (only_check)
		return check(path);
	take_signals();
	return run(path);
}
