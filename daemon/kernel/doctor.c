// SPDX-License-Identifier: Apache-2.0
#include "kernel/doctor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/libbpf.h>
#include <linux/capability.h>

#include "kernel/cgroup.h"
#include "kernel/proc.h"
#include "kernel/tap.h"

struct answers {
	struct doctor_row *rows;
	size_t count;
};

static struct doctor_row *
answer(struct answers *a, const char *what, enum doctor_state state,
    const char *lost)
{
	struct doctor_row *row = &a->rows[a->count++];

	*row = (struct doctor_row){ .what = what, .state = state,
		.lost = lost };
	return row;
}

uint64_t
doctor_parse_caps(const char *status)
{
	const char *line = strstr(status, "\nCapEff:");

	return line ? strtoull(line + 8, NULL, 16) : 0;
}

static void
ask_kernel(struct answers *a)
{
	unsigned major = 0, minor = 0;
	struct doctor_row *row;
	struct utsname u;
	bool old;

	if (uname(&u))
		return;
	sscanf(u.release, "%u.%u", &major, &minor);
	old = major < 6 || (major == 6 && minor < 1);
	row = answer(a, "kernel 6.1 or later", old ? DOCTOR_PART : DOCTOR_OK,
	    "never tried on this one");
	snprintf(row->found, sizeof(row->found), "%.64s", u.release);
}

static void
ask_capabilities(struct answers *a)
{
	static const struct {
		const char *name;
		int bit;
		enum doctor_state without;
		const char *lost;
	} caps[] = {
		{ "CAP_BPF", CAP_BPF, DOCTOR_MISSING,
		    "programs cannot be loaded" },
		{ "CAP_PERFMON", CAP_PERFMON, DOCTOR_MISSING,
		    "fork, exec and exit cannot be followed" },
		{ "CAP_NET_ADMIN", CAP_NET_ADMIN, DOCTOR_MISSING,
		    "sockets cannot be given their owner" },
		{ "CAP_NET_RAW", CAP_NET_RAW, DOCTOR_MISSING,
		    "packets cannot be captured" },
		{ "CAP_SYS_ADMIN", CAP_SYS_ADMIN, DOCTOR_PART,
		    "programs in other network namespaces are not captured" },
		{ "CAP_SYS_PTRACE", CAP_SYS_PTRACE, DOCTOR_PART,
		    "executables of other users' processes are not hashed" },
		{ "CAP_DAC_READ_SEARCH", CAP_DAC_READ_SEARCH, DOCTOR_PART,
		    "files of other users are not found" },
	};
	char *status = proc_read(getpid(), "status", 8192, NULL);
	uint64_t have = status ? doctor_parse_caps(status) : 0;

	free(status);
	for (size_t i = 0; i < sizeof(caps) / sizeof(*caps); i++) {
		bool has = have >> caps[i].bit & 1;

		answer(a, caps[i].name, has ? DOCTOR_OK : caps[i].without,
		    caps[i].lost);
	}
}

static void
ask_files(struct answers *a)
{
	bool btf = access("/sys/kernel/btf/vmlinux", R_OK) == 0;
	int fd = cgroup_open_root();
	struct doctor_row *row;

	answer(a, "type information of the kernel (BTF)",
	    btf ? DOCTOR_OK : DOCTOR_MISSING,
	    "programs cannot be fitted to this kernel");
	row = answer(a, "cgroup v2", fd >= 0 ? DOCTOR_OK : DOCTOR_MISSING,
	    "sockets cannot be given their owner");
	if (fd < 0)
		snprintf(row->found, sizeof(row->found), "%s", err_text(fd));
	else
		close(fd);
}

/* They have no addresses of the internet, and no interface carries what they send. */
static void
ask_vsock(struct answers *a)
{
	bool has = access("/dev/vsock", F_OK) == 0;
	struct doctor_row *row = answer(a, "no way out but by networks",
	    has ? DOCTOR_PART : DOCTOR_OK,
	    "what goes to this machine's host or guests by vsock is not seen");

	if (has)
		snprintf(row->found, sizeof(row->found), "there is vsock");
}

static void
ask_programs(struct answers *a)
{
	static const struct {
		const char *name;
		enum bpf_prog_type type;
	} progs[] = {
		{ "programs at sockets' making",
		    BPF_PROG_TYPE_CGROUP_SOCK },
		{ "programs at connect and sendmsg",
		    BPF_PROG_TYPE_CGROUP_SOCK_ADDR },
		{ "programs at sockets' egress", BPF_PROG_TYPE_CGROUP_SKB },
		{ "programs at captures", BPF_PROG_TYPE_SOCKET_FILTER },
	};
	static const struct {
		const char *name;
		enum bpf_map_type type;
	} maps[] = {
		{ "storage in sockets", BPF_MAP_TYPE_SK_STORAGE },
		{ "ring buffer", BPF_MAP_TYPE_RINGBUF },
		{ "prefix trie", BPF_MAP_TYPE_LPM_TRIE },
	};

	for (size_t i = 0; i < sizeof(progs) / sizeof(*progs); i++)
		answer(a, progs[i].name,
		    libbpf_probe_bpf_prog_type(progs[i].type, NULL) == 1 ?
			DOCTOR_OK : DOCTOR_MISSING,
		    "live watching does not work");
	for (size_t i = 0; i < sizeof(maps) / sizeof(*maps); i++)
		answer(a, maps[i].name,
		    libbpf_probe_bpf_map_type(maps[i].type, NULL) == 1 ?
			DOCTOR_OK : DOCTOR_MISSING,
		    "live watching does not work");
}

/* All of it together, with nothing watched. */
static void
ask_tap(struct answers *a, const char *what, const struct tap_options *wanted,
    enum doctor_state without, const char *lost)
{
	struct tap_options options = *wanted;
	struct tap_events events = { 0 };
	struct doctor_row *row;
	struct tap *tap = NULL;
	int err;

	options.buffer_bytes = 1 << 20;
	err = tap_open(&options, &events, NULL, &tap);
	row = answer(a, what, err ? without : DOCTOR_OK, lost);
	if (err)
		snprintf(row->found, sizeof(row->found), "%.159s",
		    tap_open_error());
	tap_close(tap);
}

static int
no_print(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	return 0;
}

size_t
doctor_ask(struct doctor_row rows[DOCTOR_ROWS_MAX])
{
	static const struct tap_options plain, passed = { .passed_sockets =
		true }, reads = { .file_reads = true },
		hooks = { .tls_plaintext = true };
	struct answers a = { rows, 0 };

	libbpf_set_print(no_print);
	ask_kernel(&a);
	ask_capabilities(&a);
	ask_files(&a);
	ask_programs(&a);
	ask_vsock(&a);
	ask_tap(&a, "the kernel tap as a whole", &plain, DOCTOR_MISSING,
	    "live watching does not work");
	ask_tap(&a, "sockets passed over unix sockets", &passed, DOCTOR_PART,
	    "they are found only when they are connected anew");
	ask_tap(&a, "files that are read", &reads, DOCTOR_PART,
	    "--file-reads does not work");
	ask_tap(&a, "programs for plaintext at TLS libraries", &hooks, DOCTOR_PART,
	    "--tls-plaintext does not work");
	return a.count;
}
