// SPDX-License-Identifier: Apache-2.0
/*
 * load MODE [ADDRESS]: one kind of traffic until it is killed; every 20 ms a line
 * "TIME COUNT CPU": CLOCK_MONOTONIC in seconds, how much there was so far, and the
 * processor time of both ends, which others on the machine disturb less.
 *
 *	rr	a byte there and a byte back over one TCP connection
 *	crr	the same with a connection of its own each
 *	udp	a byte there and back in datagrams
 *	bulk	blocks of 64 KiB over one TCP connection, counted in bytes
 *	paced	the same at 1 Gbit/s at most
 *	call	getppid()
 *	read	a byte out of a file, by pread()
 *
 * Both ends are on one processor but for bulk and paced. The server listens at
 * ADDRESS (127.0.0.1); with TELLTAP_LOAD_NETNS in the environment it is in the
 * network namespace of that name.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define BLOCK	65536
#define SLOT	0.02
#define GIGABIT	125e6

static uint64_t done;
static double told;
static char block[BLOCK];
static clockid_t server_clock;	/* 0: there is none */

static void
die(const char *what)
{
	perror(what);
	exit(2);
}

static double
read_clock(clockid_t clock)
{
	struct timespec ts;

	if (clock_gettime(clock, &ts))
		die("clock_gettime");
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static double
now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

static void
count(uint64_t n)
{
	double at = now(), cpu;

	done += n;
	if (at - told < SLOT)
		return;
	told = at;
	cpu = read_clock(CLOCK_PROCESS_CPUTIME_ID);
	if (server_clock)
		cpu += read_clock(server_clock);
	printf("%.4f %llu %.6f\n", at, (unsigned long long)done, cpu);
}

static void
pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

static void
enter_netns(void)
{
	const char *name = getenv("TELLTAP_LOAD_NETNS");
	char path[128];
	int fd;

	if (!name)
		return;
	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY);
	if (fd < 0 || setns(fd, 0))
		die(path);
	close(fd);
}

static int
listener(int type, struct sockaddr_in *at)
{
	socklen_t len = sizeof(*at);
	int fd = socket(AF_INET, type, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)at, len) ||
	    (type == SOCK_STREAM && listen(fd, 128)) ||
	    getsockname(fd, (struct sockaddr *)at, &len))
		die("listen");
	return fd;
}

static void
serve_stream(int fd, bool echo)
{
	ssize_t n;

	while ((n = read(fd, block, BLOCK)) > 0)
		if (echo && write(fd, block, (size_t)n) != n)
			break;
	close(fd);
}

static void
serve(int fd, const char *mode)
{
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	int one = 1, c;

	if (!strcmp(mode, "udp"))
		for (;;) {
			len = sizeof(from);
			if (recvfrom(fd, block, 1, 0,
				(struct sockaddr *)&from, &len) == 1)
				(void)!sendto(fd, block, 1, 0,
				    (struct sockaddr *)&from, len);
		}
	while ((c = accept(fd, NULL, NULL)) >= 0) {
		setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		serve_stream(c, strcmp(mode, "bulk") && strcmp(mode, "paced"));
	}
}

static int
connected(int type, const struct sockaddr_in *to)
{
	int one = 1, fd = socket(AF_INET, type, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)to, sizeof(*to)))
		die("connect");
	if (type == SOCK_STREAM)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static void
exchange(int fd)
{
	if (write(fd, block, 1) != 1 || read(fd, block, 1) != 1)
		die("exchange");
	count(1);
}

static void
send_blocks(int fd, bool paced)
{
	double start = now();

	for (;;) {
		ssize_t n = write(fd, block, BLOCK);

		if (n <= 0)
			die("write");
		count((uint64_t)n);
		while (paced && (double)done / GIGABIT > now() - start)
			usleep(200);
	}
}

static void
connect_again_and_again(const struct sockaddr_in *to)
{
	struct linger none = { 1, 0 };

	for (;;) {
		int fd = connected(SOCK_STREAM, to);

		exchange(fd);
		/* Else the ports run out. */
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
		close(fd);
	}
}

static void
call_the_kernel(bool reads)
{
	int fd = open("/proc/self/exe", O_RDONLY);

	for (;;) {
		for (int i = 0; i < 100; i++)
			if (!reads)
				syscall(SYS_getppid);
			else if (pread(fd, block, 1, 0) != 1)
				die("pread");
		count(100);
	}
}

int
main(int argc, char **argv)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	const char *mode = argc > 1 ? argv[1] : "";
	bool bulk = !strcmp(mode, "bulk"), paced = !strcmp(mode, "paced");
	int type = strcmp(mode, "udp") ? SOCK_STREAM : SOCK_DGRAM, fd, ports[2];
	pid_t parent = getpid(), server;

	setvbuf(stdout, NULL, _IOLBF, 0);
	inet_pton(AF_INET, argc > 2 ? argv[2] : "127.0.0.1", &at.sin_addr);
	if (!bulk && !paced)
		pin(1);
	if (!strcmp(mode, "call") || !strcmp(mode, "read"))
		call_the_kernel(*mode == 'r');
	if (pipe(ports))
		die("pipe");
	server = fork();
	if (server < 0)
		die("fork");
	if (server == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			return 1;
		enter_netns();
		fd = listener(type, &at);
		if (write(ports[1], &at, sizeof(at)) != sizeof(at))
			return 1;
		serve(fd, mode);
		return 0;
	}
	if (read(ports[0], &at, sizeof(at)) != sizeof(at))
		die("server");
	if (clock_getcpuclockid(server, &server_clock))
		die("clock_getcpuclockid");
	if (!strcmp(mode, "crr"))
		connect_again_and_again(&at);
	fd = connected(type, &at);
	if (bulk || paced)
		send_blocks(fd, paced);
	while (!strcmp(mode, "rr") || !strcmp(mode, "udp"))
		exchange(fd);
	fprintf(stderr, "load: no mode %s\n", mode);
	return 2;
}
