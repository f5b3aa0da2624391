// SPDX-License-Identifier: Apache-2.0
#include "kernel/tap_state.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/tap.skel.h"
#include "kernel/probe_set.h"

static int
no_print(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	return 0;
}

/* Their maps are large, and some slow every system call. */
static void
choose_hooks(struct tap *t)
{
	struct bpf_program *progs[] = { t->bpf->progs.hook_enter,
		t->bpf->progs.hook_leave, t->bpf->progs.hook_syscall,
		t->bpf->progs.hook_mapped };
	struct bpf_map *maps[] = { t->bpf->maps.hook_ring,
		t->bpf->maps.hook_streams, t->bpf->maps.hook_calls,
		t->bpf->maps.hook_sockets, t->bpf->maps.hook_next };

	t->probes_many = probe_set_can_many();
	for (size_t i = 0; i < sizeof(progs) / sizeof(*progs); i++)
		bpf_program__set_autoload(progs[i], t->tls_plaintext);
	for (size_t i = 0; i < 2 && t->probes_many; i++)
		probe_set_want_many(progs[i]);
	for (size_t i = 0; i < sizeof(maps) / sizeof(*maps); i++)
		(void)bpf_map__set_autocreate(maps[i], t->tls_plaintext);
}

static int
load_some(struct tap *t)
{
	if (!getenv("TELLTAP_BPF_DEBUG"))
		libbpf_set_print(no_print);
	t->bpf = tap_bpf__open();
	if (!t->bpf)
		return -errno;
	t->bpf->rodata->egress_has_netns_cookie =
	    libbpf_probe_bpf_helper(BPF_PROG_TYPE_CGROUP_SKB,
		BPF_FUNC_get_netns_cookie, NULL) == 1;
	t->bpf->rodata->early_has_netns_cookie =
	    t->bpf->rodata->egress_has_netns_cookie;
	bpf_program__set_autoload(t->bpf->progs.passed_write,
	    t->passed_sockets);
	bpf_program__set_autoload(t->bpf->progs.files_read, t->file_reads);
	choose_hooks(t);
	bpf_program__set_autoload(t->bpf->progs.files_uring, t->file_reads &&
	    libbpf_find_vmlinux_btf_id("io_uring_complete",
		BPF_TRACE_RAW_TP) > 0);
	return tap_bpf__load(t->bpf);
}

int
tap_load(struct tap *t, bool must_read)
{
	int err = load_some(t);

	if (err && t->file_reads && !must_read) {
		tap_bpf__destroy(t->bpf);
		t->file_reads = t->known_from_reads = false;
		err = load_some(t);
		if (!err)
			tap_note(t, "which files are read is not seen here, so "
				"none becomes known by that");
	}
	if (err)
		return tap_explain(err, "loading the kernel programs");
	t->place_maps.tuples = bpf_map__fd(t->bpf->maps.tuples);
	t->place_maps.ports = bpf_map__fd(t->bpf->maps.ports);
	t->place_maps.counters = bpf_map__fd(t->bpf->maps.counters);
	t->place_maps.interfaces = bpf_map__fd(t->bpf->maps.interfaces);
	return 0;
}

static int
attach_to_cgroup(struct tap *t, struct bpf_program *prog,
    struct bpf_link **ret_link)
{
	struct bpf_link *link = bpf_program__attach_cgroup(prog, t->cgroup_fd);

	if (!link)
		return tap_explain(-errno, bpf_program__name(prog));
	*ret_link = link;
	return 0;
}

int
tap_attach(struct tap *t)
{
	struct tap_bpf *b = t->bpf;
	struct {
		struct bpf_program *prog;
		struct bpf_link **link;
	} in_cgroup[] = {
		{ b->progs.socket_create, &b->links.socket_create },
		{ b->progs.socket_connect4, &b->links.socket_connect4 },
		{ b->progs.socket_connect6, &b->links.socket_connect6 },
		{ b->progs.socket_sendmsg4, &b->links.socket_sendmsg4 },
		{ b->progs.socket_sendmsg6, &b->links.socket_sendmsg6 },
		{ b->progs.socket_egress, &b->links.socket_egress },
		{ b->progs.bytes_release, &b->links.bytes_release },
		{ b->progs.socket_bind4, &b->links.socket_bind4 },
		{ b->progs.socket_bind6, &b->links.socket_bind6 },
	};
	int err;

	for (size_t i = 0; i < sizeof(in_cgroup) / sizeof(*in_cgroup); i++) {
		err = attach_to_cgroup(t, in_cgroup[i].prog,
		    in_cgroup[i].link);
		if (err)
			return err;
	}
	err = tap_bpf__attach(b);
	return err ? tap_explain(err, "attaching the kernel programs") : 0;
}
