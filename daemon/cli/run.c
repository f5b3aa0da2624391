// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/live.h"

/*
 * The command is started as a child that waits on a pipe, so that it is marked
 * before it runs its first instruction.
 */

#define POLL_MS		100

struct child {
	pid_t pid;
	int go;
	int status;
	bool ended;
};

static pid_t command_pid;

/* The terminal tells the command itself; what came from elsewhere is handed
 * on. */
static void
hand_on(int signal, siginfo_t *info, void *context)
{
	if (command_pid > 0 && info->si_code <= 0)
		kill(command_pid, signal);
}

static void
exec_command(int go, int out, char **argv)
{
	char c;

	/* Killed before the word was given: nothing is run. */
	if (read(go, &c, 1) != 1)
		_exit(CLI_OWN_FAILURE);
	if (out >= 0)
		dup2(out, STDOUT_FILENO);
	/* What is ignored stays ignored through exec. */
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	execvp(argv[0], argv);
	cli_fail("run: %s: %s", argv[0], strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

static int
start(struct child *c, bool stdout_is_ours, char **argv)
{
	int go[2];

	if (pipe2(go, O_CLOEXEC))
		return cli_fail("run: %s", strerror(errno));
	c->pid = fork();
	if (c->pid < 0) {
		close(go[0]);
		close(go[1]);
		return cli_fail("run: %s", strerror(errno));
	}
	if (c->pid == 0) {
		close(go[1]);
		exec_command(go[0], stdout_is_ours ? STDERR_FILENO : -1, argv);
	}
	close(go[0]);
	c->go = go[1];
	return 0;
}

static void
stop(struct child *c)
{
	if (c->go >= 0)
		close(c->go);
	c->go = -1;
	if (c->pid > 0 && !c->ended)
		waitpid(c->pid, &c->status, 0);
}

static int
follow(struct live *l, struct child *c)
{
	int code = 0;

	command_pid = c->pid;
	if (write(c->go, "g", 1) != 1)
		return cli_fail("run: %s", strerror(errno));
	while (!code && !c->ended) {
		code = live_poll(l, POLL_MS);
		c->ended = waitpid(c->pid, &c->status, WNOHANG) == c->pid;
	}
	command_pid = 0;
	return code;
}

static int
run(struct live *l, struct child *c, int argc, char **argv)
{
	struct sigaction sa = { .sa_sigaction = hand_on,
		.sa_flags = SA_SIGINFO | SA_RESTART };
	struct cli_option options[CLI_OPTIONS_MAX];
	int err;

	/* What is run is all of what is watched. */
	l->options.descendants_alike = true;
	live_options(l, options);
	if (cli_options_before(argc, argv, options))
		return CLI_ERROR;
	if (optind == argc)
		return cli_fail("run: give a command; see telltap help");
	l->options.program = argv[optind];
	if (start(c, l->out.json, argv + optind) || live_open(l))
		return CLI_ERROR;
	if (service_watch_pid(l->service, c->pid))
		return CLI_ERROR;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	err = follow(l, c);
	return err ? err : live_finish(l);
}

int
cli_run(int argc, char **argv)
{
	struct child c = { .go = -1 };
	struct live l;
	int code;

	live_init(&l, "run");
	l.out.report = telltap_report_new();
	if (!l.out.report) {
		cli_fail("out of memory");
		return CLI_OWN_FAILURE;
	}
	code = run(&l, &c, argc, argv);
	stop(&c);
	live_clear(&l);
	if (code)
		return CLI_OWN_FAILURE;
	if (WIFSIGNALED(c.status))
		return 128 + WTERMSIG(c.status);
	/* A command that failed says more than a finding of ours. */
	return c.status ? WEXITSTATUS(c.status) : l.out.found ? CLI_FOUND : 0;
}
