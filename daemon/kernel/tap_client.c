// SPDX-License-Identifier: Apache-2.0
#include "kernel/tap_state.h"

#include <stdlib.h>
#include <string.h>

#include "bpf/socket.h"
#include "kernel/proc.h"
#include "kernel/process_image.h"

#define TICK_NS		10000000

/* Another process may have its number by now. */
static bool
is_still(const struct tap_client *r, struct proc_stat *ret_stat)
{
	uint64_t apart;

	if (proc_read_stat((pid_t)r->pid, ret_stat))
		return false;
	apart = r->start_ns - ret_stat->start_ns;
	return apart / TICK_NS <= 1;
}

void
tap_client_take(struct tap *t, const struct tap_client *r)
{
	static char none[] = "";
	char *executable = NULL, *args = NULL;
	struct proc_stat st = { 0 };
	struct process p = {
		.pid = (pid_t)r->pid,
		.uid = r->uid,
		.start_boot_ns = r->start_ns,
		.start_ns = r->start_ns + t->boottime_offset,
		.executable = none, .args = none, .cgroup = none,
		.unit = none, .container = none,
	};
	struct tap_client_info c = {
		.local_port = r->tuple.local_port,
		.remote_port = r->tuple.remote_port,
		.proto = r->tuple.proto,
		.since_ns = r->record.ts_ns + t->monotonic_offset,
		.process = &p,
	};
	size_t len = 0;

	if (!t->events.on_client)
		return;
	memcpy(c.local, r->tuple.local, 16);
	memcpy(c.remote, r->tuple.remote, 16);
	memcpy(p.name, r->comm, sizeof(p.name));
	p.name[sizeof(p.name) - 1] = '\0';
	executable = proc_link(p.pid, "exe");
	if (process_ask_args(p.pid, &args, &len))
		args = NULL;
	if (is_still(r, &st)) {
		p.parent_pid = st.parent_pid;
		if (executable)
			p.executable = executable;
		if (args && len) {
			p.args = args;
			p.args_len = len;
		}
	}
	tap_fail(t, t->events.on_client(t->arg, &c));
	free(executable);
	free(args);
}
