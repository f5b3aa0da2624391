// SPDX-License-Identifier: Apache-2.0
/*
 * The kernel tap against a storm of sockets (tests/e2e/storm.c) and a decoy
 * beside it: no act of the storm may be missed, none of the decoy's claimed,
 * and the payload of each TCP connection must be there to the byte.
 *
 *	tap [alone] [ROUNDS [RUSH [NETNS]]]
 *
 * as root; prints what it saw, exits 1 on a fault. RUSH is how many connections
 * are made at the end as fast as it goes; the decoy makes a quarter of that. With
 * NETNS, all but the tap is in that network namespace. alone: without the tap, which
 * tells how fast the storm is when nobody looks.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "e2e/storm.h"
#include "e2e/storm_ledger.h"
#include "kernel/process.h"
#include "kernel/tap.h"

struct storm {
	pid_t pid;
	int go, ready;
	bool ended;
	char ledger[160], program[160];
};

static struct ledger *seen;
static const struct tap_owner_info *owners[1 << 16];
static uint64_t false_claims, owner_faults, notes;

static void
die(const char *what)
{
	perror(what);
	exit(2);
}

static int
on_owner(void *arg, const struct tap_owner_info *owner)
{
	if (owner->id < sizeof(owners) / sizeof(*owners))
		owners[owner->id] = owner;
	return 0;
}

static int
on_packets(void *arg, const struct telltap_packet *p, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct tap_owner_info *o = owners[p[i].owner & 0xffff];

		if (!o || !o->process) {
			owner_faults++;
			continue;
		}
		if (ledger_packet(seen, &p[i], o) == LEDGER_DECOY &&
		    false_claims++ < 5)
			printf("  claimed of the decoy: owner %u pid %d\n",
			    o->id, (int)o->process->pid);
	}
	return 0;
}

static int
on_socket(void *arg, const struct tap_socket_count *count)
{
	ledger_count(seen, count);
	return 0;
}

static void
on_note(void *arg, const char *text)
{
	notes++;
	printf("  note: %s\n", text);
}

static int
listener(int type, uint16_t *ret_port)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6 };
	socklen_t len = sizeof(any);
	int fd = socket(AF_INET6,
	    type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any)) ||
	    getsockname(fd, (struct sockaddr *)&any, &len))
		die("listener");
	if (type == SOCK_STREAM && listen(fd, 1024))
		die("listen");
	*ret_port = ntohs(any.sin6_port);
	return fd;
}

#define PEERS_MAX 4096
#define SERVERS 2

/* The other end of everything: reads, and answers at a stream's end. */
static void
serve(int tcp, int udp)
{
	static struct pollfd fds[PEERS_MAX];
	static char bytes[65536];
	char answer[STORM_ANSWER];
	nfds_t n = 2;

	memset(answer, 'a', sizeof(answer));
	fds[0] = (struct pollfd){ .fd = tcp, .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = udp, .events = POLLIN };
	for (;;) {
		poll(fds, n, -1);
		if (fds[1].revents)
			while (recv(udp, bytes, sizeof(bytes), MSG_DONTWAIT) >
			       0)
				;
		for (nfds_t i = 2; i < n; ) {
			ssize_t got = fds[i].revents ?
					  recv(fds[i].fd, bytes,
					      sizeof(bytes), MSG_DONTWAIT) :
					  1;

			if (got > 0 || (got < 0 && errno == EAGAIN)) {
				i++;
				continue;
			}
			if (got == 0)
				send(fds[i].fd, answer, sizeof(answer),
				    MSG_NOSIGNAL);
			close(fds[i].fd);
			fds[i] = fds[--n];
		}
		while (fds[0].revents && n < PEERS_MAX) {
			int fd = accept4(tcp, NULL, NULL, SOCK_NONBLOCK);

			if (fd < 0)
				break;
			fds[n++] = (struct pollfd){ .fd = fd,
				.events = POLLIN };
		}
	}
}

static void
give(int to, int fd, char what)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { &what, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	sendmsg(to, &m, 0);
}

/* Opens connected sockets and gives them away. */
static void
donate(int to, uint16_t tcp_port, uint16_t udp_port)
{
	struct sockaddr_in peer = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char ask;

	while (read(to, &ask, 1) == 1) {
		bool tcp = ask == STORM_TCP;
		int fd = socket(AF_INET, tcp ? SOCK_STREAM : SOCK_DGRAM, 0);

		peer.sin_port = htons(tcp ? tcp_port : udp_port);
		if (connect(fd, (struct sockaddr *)&peer, sizeof(peer)))
			die("donor");
		give(to, fd, ask);
		close(fd);
	}
	_exit(0);
}

static pid_t children[8];
static int child_count;

static void
kill_children(void)
{
	for (int i = 0; i < child_count; i++)
		kill(children[i], SIGKILL);
}

static void
copy_program(const char *from, const char *to)
{
	struct stat st;
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);

	if (in < 0 || out < 0 || fstat(in, &st) ||
	    sendfile(out, in, NULL, st.st_size) != st.st_size)
		die(from);
	close(in);
	close(out);
}

static void
start(struct storm *s, const char *folder, const char *name, const char *mark,
    const char *rounds, const char *rush, uint16_t tcp_port,
    uint16_t udp_port, int donor)
{
	char tcp[16], udp[16], fd[16], self[4096] = { 0 };
	int in[2], out[2];

	if (readlink("/proc/self/exe", self, sizeof(self) - 16) < 0)
		die("/proc/self/exe");
	strcpy(strrchr(self, '/'), "/storm");
	snprintf(s->program, sizeof(s->program), "%s/%s", folder, name);
	snprintf(s->ledger, sizeof(s->ledger), "%s/%s.ledger", folder, name);
	snprintf(tcp, sizeof(tcp), "%u", tcp_port);
	snprintf(udp, sizeof(udp), "%u", udp_port);
	snprintf(fd, sizeof(fd), "%d", donor);
	copy_program(self, s->program);
	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		die("pipe");
	s->pid = fork();
	if (s->pid == 0) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		if (donor >= 0)
			fcntl(donor, F_SETFD, 0);
		execl(s->program, s->program, s->ledger, mark, rounds, tcp,
		    udp, rush, donor >= 0 ? fd : NULL, (char *)NULL);
		_exit(127);
	}
	children[child_count++] = s->pid;
	close(in[0]);
	close(out[1]);
	s->go = in[1];
	s->ready = out[0];
}

static void
wait_ready(const struct storm *s)
{
	char r;

	if (read(s->ready, &r, 1) != 1)
		die(s->program);
}

static bool
has_ended(struct storm *s)
{
	int status;

	if (!s->ended && waitpid(s->pid, &status, WNOHANG) == s->pid) {
		s->ended = true;
		if (status) {
			printf("FAILED %s: status %#x\n", s->program, status);
			exit(2);
		}
	}
	return s->ended;
}

static bool
both_ended(struct storm *a, struct storm *b)
{
	bool first = has_ended(a);

	return has_ended(b) && first;
}

static void
print_stats(const struct tap_stats *s)
{
	printf("  packets %llu, filters passed %llu refused %llu, unowned "
	       "%llu, dropped %llu\n  tuples %llu forgotten %llu, ring full "
	       "%llu, storage failed %llu, unparsed %llu, unread %llu\n",
	    (unsigned long long)s->packets, (unsigned long long)s->passed,
	    (unsigned long long)s->refused,
	    (unsigned long long)s->packets_unowned,
	    (unsigned long long)s->packets_dropped,
	    (unsigned long long)s->tuples,
	    (unsigned long long)s->tuples_forgotten,
	    (unsigned long long)s->ring_full,
	    (unsigned long long)s->storage_failed,
	    (unsigned long long)s->unparsed,
	    (unsigned long long)s->processes_unread);
}

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* Returns the way back. */
static int
enter_netns(const char *name)
{
	int back = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), fd;
	char path[300];

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || back < 0 || setns(fd, CLONE_NEWNET))
		die(path);
	close(fd);
	return back;
}

static void
let_go(const struct storm *watched, const struct storm *decoy)
{
	if (write(watched->go, "g", 1) != 1 || write(decoy->go, "g", 1) != 1)
		die("go");
}

static void
run_alone(struct storm *watched, struct storm *decoy)
{
	let_go(watched, decoy);
	while (!both_ended(watched, decoy))
		usleep(20000);
	ledger_print_rate(watched->ledger);
}

static void
remove_folder(const char *folder)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	if (system(command))
		die(command);
}

/* Servers, who gives sockets away, and both storms, up to where they wait for their
 * start. The namespace to go back to; -1: none. */
static int
set_up(const char *folder, const char *const *words, struct storm *watched,
    struct storm *decoy)
{
	const char *rounds = words[0], *rush = words[1], *netns = words[2];
	int tcp, udp, pair[2], outside = -1;
	uint16_t tcp_port, udp_port;
	char decoy_rush[16];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		die(folder);
	if (netns)
		outside = enter_netns(netns);
	tcp = listener(SOCK_STREAM, &tcp_port);
	udp = listener(SOCK_DGRAM, &udp_port);
	for (int i = 0; i < SERVERS; i++)
		if ((children[child_count++] = fork()) == 0)
			serve(tcp, udp);
	if ((children[child_count++] = fork()) == 0) {
		close(pair[0]);
		donate(pair[1], tcp_port, udp_port);
	}
	start(watched, folder, "watched", STORM_MARK, rounds, rush, tcp_port,
	    udp_port, pair[0]);
	snprintf(decoy_rush, sizeof(decoy_rush), "%d", atoi(rush) / 4);
	start(decoy, folder, "decoy", DECOY_MARK, rounds, decoy_rush, tcp_port,
	    udp_port, -1);
	wait_ready(watched);
	wait_ready(decoy);
	return outside;
}

/* Both storms to their end, and half a second more. */
static int
watch(struct tap *tap, const char *rounds, struct storm *watched,
    struct storm *decoy, struct tap_stats *ret_stats)
{
	double began = now();
	int err = 0, quiet = 0;

	let_go(watched, decoy);
	while (!err && quiet < 10) {
		err = tap_poll(tap, 50);
		if (both_ended(watched, decoy) && quiet++ == 0)
			printf("storm %s rounds: %.2f s\n", rounds,
			    now() - began);
	}
	tap_stats(tap, ret_stats);
	print_stats(ret_stats);
	return err;
}

/* How much is wrong with what was seen. */
static uint64_t
judge(const struct storm *watched, const struct tap_stats *stats)
{
	uint64_t faults = ledger_compare(seen, watched->ledger);

	if (false_claims || owner_faults) {
		printf("FAILED %llu packets of the decoy claimed, %llu without "
		       "an owner\n", (unsigned long long)false_claims,
		    (unsigned long long)owner_faults);
		faults++;
	}
	if (stats->packets_dropped || stats->ring_full || stats->tuples_full ||
	    stats->holders_forgotten) {
		printf("FAILED losses\n");
		faults++;
	}
	return faults;
}

/* [alone] [ROUNDS [RUSH [NETNS]]] */
int
main(int argc, char **argv)
{
	bool alone = argc > 1 && strcmp(argv[1], "alone") == 0;
	const char *words[] = { "500", "0", NULL };
	char folder[] = "/tmp/telltap-e2e-XXXXXX";
	struct storm watched = { 0 }, decoy = { 0 };
	const char *exes[] = { watched.program, NULL };
	struct tap_options options = { .exes = exes,
		.passed_sockets = true };
	struct tap_events events = { .on_owner = on_owner,
		.on_packets = on_packets, .on_socket = on_socket,
		.on_note = on_note };
	struct tap_stats stats;
	uint64_t faults;
	struct tap *tap;
	int outside;

	if (geteuid() != 0) {
		printf("skipped: e2e/tap needs root\n");
		return 0;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	atexit(kill_children);
	for (int i = 1 + alone; i < argc && i - alone <= 3; i++)
		words[i - alone - 1] = argv[i];
	if (!mkdtemp(folder))
		die(folder);
	outside = set_up(folder, words, &watched, &decoy);
	if (alone) {
		run_alone(&watched, &decoy);
		remove_folder(folder);
		return 0;
	}
	if (outside >= 0 && setns(outside, CLONE_NEWNET))
		die("setns");
	seen = ledger_new();
	if (tap_open(&options, &events, NULL, &tap)) {
		printf("FAILED tap_open: %s\n", tap_open_error());
		return 1;
	}
	faults = watch(tap, words[0], &watched, &decoy, &stats) != 0;
	faults += judge(&watched, &stats);
	tap_close(tap);
	ledger_free(seen);
	remove_folder(folder);
	printf("%s e2e/tap\n", faults ? "FAILED" : "PASSED");
	return faults != 0;
}
