// SPDX-License-Identifier: Apache-2.0
#include "kernel/tap_state.h"

#include <errno.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/tap.skel.h"

static int
walk(struct tap *t)
{
	int fd = bpf_iter_create(bpf_link__fd(t->bpf->links.scan_sockets));
	char nothing[64];
	ssize_t got;

	if (fd < 0)
		return fd;
	/* The program writes nothing; reading is what makes it walk. */
	while ((got = read(fd, nothing, sizeof(nothing))) > 0 ||
	       (got < 0 && errno == EAGAIN))
		;
	close(fd);
	return got < 0 ? -errno : 0;
}

int
tap_scan(struct tap *t, bool report)
{
	uint32_t zero = 0, reports = report;
	int err;

	if (bpf_map_update_elem(bpf_map__fd(t->bpf->maps.scan_reports), &zero,
		&reports, BPF_ANY))
		return -errno;
	err = walk(t);
	/* Who shares a socket is seen only once it has an owner. */
	if (!err && !report) {
		err = walk(t);
		tap_places_wake(t);
	}
	return err;
}
