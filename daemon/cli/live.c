// SPDX-License-Identifier: Apache-2.0
#include "cli/live.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "cli/cli.h"
#include "kernel/process.h"

/* After the end, what is still in the kernel's buffers is waited for. */
#define QUIET_TURNS	4
#define TURNS_MAX	40
#define TURN_MS		50

void
live_init(struct live *l, const char *command)
{
	memset(l, 0, sizeof(*l));
	l->command = command;
	l->out.options.size = sizeof(l->out.options);
	l->out.case_options.size = sizeof(l->out.case_options);
	l->out.case_options.clock =
	    "this machine's, as its kernel stamps packets";
	l->out.case_options.live = true;
	l->out.options.threads = 1;
	l->options.exes = l->exes;
	l->options.cgroups = l->cgroups;
	l->options.units = l->units;
	l->options.pids = l->pids;
	l->options.uids = l->uids;
	l->options.passed_sockets = true;
}

static struct telltap_process
process_of(const struct process *p)
{
	return (struct telltap_process){
		.size = sizeof(struct telltap_process),
		.pid = (uint64_t)p->pid,
		.parent_pid = (uint64_t)p->parent_pid,
		.user = p->uid == (uid_t)-1 ? UINT64_MAX : p->uid,
		.start_ns = p->start_ns,
		.executable = p->executable,
		.name = p->name,
		.args = p->args,
		.args_len = p->args_len,
		.sha256 = p->has_sha256 ? p->sha256 : NULL,
		.cgroup = p->cgroup,
		.unit = p->unit,
		.container = p->container,
	};
}

static int
on_owner(void *arg, const struct tap_owner_info *o)
{
	struct live *l = arg;
	struct telltap_process p = { .size = sizeof(p), .user = UINT64_MAX };

	if (o->process)
		p = process_of(o->process);
	p.source = o->source == TAP_SOURCE_ITERATOR ? "iterator" : "kernel";
	p.certainty = o->certainty == TAP_EXACT ? "exact" : "ambiguous";
	p.accepted = o->accepted;
	if (o->other) {
		p.other_pid = (uint64_t)o->other->pid;
		p.other_executable = o->other->executable;
	}
	if (l->out.kept && telltap_case_owner(l->out.kept, o->id, p.pid,
			       p.executable, o->certainty != TAP_EXACT))
		return -ENOMEM;
	return telltap_engine_owner(l->out.engine, o->id, &p);
}

/* Numbers are the events' names for packets: none may come twice. */
static int
renumber(struct live *l, const struct telltap_packet **packets, size_t count)
{
	if (!l->packets_before)
		return 0;
	if (count > l->renumbered_cap) {
		struct telltap_packet *more = realloc(l->renumbered,
		    count * sizeof(*more));

		if (!more)
			return -ENOMEM;
		l->renumbered = more;
		l->renumbered_cap = count;
	}
	for (size_t i = 0; i < count; i++) {
		l->renumbered[i] = (*packets)[i];
		l->renumbered[i].number += l->packets_before;
	}
	*packets = l->renumbered;
	return 0;
}

static int
on_packets(void *arg, const struct telltap_packet *packets, size_t count)
{
	struct live *l = arg;
	int err = renumber(l, &packets, count);

	if (err)
		return err;
	if (l->out.kept && !l->out.no_packets) {
		err = telltap_case_packets(l->out.kept, packets, count, NULL,
		    0, true);
		if (err)
			return replay_case_failed(&l->out, err);
	}
	return telltap_engine_feed(l->out.engine, packets, count);
}

static int
on_process(void *arg, const struct process *process, bool ended)
{
	struct live *l = arg;
	struct telltap_process p = process_of(process);

	p.ended = ended;
	if (ended) {
		p.end_ns = process->end_ns;
		p.exit_code = WIFEXITED(process->exit_status) ?
				  WEXITSTATUS(process->exit_status) :
				  128 + WTERMSIG(process->exit_status);
	}
	return telltap_engine_process(l->out.engine,
	    ended ? process->end_ns : process->start_ns, &p);
}

static int
on_socket(void *arg, const struct tap_socket_count *in)
{
	struct live *l = arg;
	struct telltap_socket_count c = {
		.size = sizeof(c),
		.ts_ns = in->ts_ns,
		.local_port = in->local_port,
		.remote_port = in->remote_port,
		.proto = in->proto,
		.live = in->live,
		.owner = in->owner,
		.payload_out = in->tx_bytes,
		.pending_out = in->tx_pending,
		.payload_in = in->rx_bytes,
	};

	/* Only TCP's are told with their addresses. */
	if (in->proto != 6)
		return 0;
	memcpy(c.local, in->local, 16);
	memcpy(c.remote, in->remote, 16);
	return telltap_engine_socket(l->out.engine, &c);
}

static int
on_file_read(void *arg, const struct tap_file_read *in)
{
	struct live *l = arg;
	struct telltap_process p;
	struct telltap_file_read r = {
		.size_of = sizeof(r),
		.path = in->path,
		.inode = in->inode,
		.size = in->size,
		.bytes = in->bytes,
		.end = in->end,
		.calls = in->calls,
		.first_ns = in->first_ns,
		.last_ns = in->last_ns,
		.dev_major = in->dev_major,
		.dev_minor = in->dev_minor,
		.mapped = in->mapped,
	};

	if (in->process) {
		p = process_of(in->process);
		r.process = &p;
	}
	return telltap_engine_file_read(l->out.engine, &r);
}

static void
on_note(void *arg, const char *text)
{
	cli_fail("%s", text);
}

static int
failed(struct live *l, int err)
{
	if (!l->out.said)
		cli_fail("%s: %s", l->command, telltap_strerror(err));
	l->out.said = true;
	return CLI_ERROR;
}

static int
load_known(struct live *l)
{
	struct replay *r = &l->out;
	int err = 0;

	if (!r->known_count)
		return 0;
	r->known_files = telltap_known_new();
	if (!r->known_files)
		return cli_fail("out of memory");
	for (unsigned i = 0; i < r->known_count && !err; i++)
		err = telltap_known_add(r->known_files, r->known[i]);
	if (!err)
		err = telltap_known_seal(r->known_files);
	if (err)
		return cli_fail("%s", telltap_known_error(r->known_files));
	r->options.known = r->known_files;
	return 0;
}

int
live_open(struct live *l)
{
	struct tap_events events = {
		.on_owner = on_owner, .on_packets = on_packets,
		.on_process = on_process, .on_socket = on_socket,
		.on_file_read = on_file_read, .on_note = on_note,
	};
	int err;

	if (load_known(l) || replay_load_profiles(&l->out))
		return CLI_ERROR;
	err = replay_begin_output(&l->out, "");
	if (err)
		return failed(l, err);
	if (l->out.kept)
		l->packets_before = telltap_case_last_packet(l->out.kept);
	err = telltap_engine_new(&l->out.options, replay_on_event, &l->out,
	    &l->out.engine);
	if (!err)
		err = telltap_engine_option(l->out.engine, "live", l->command);
	if (err)
		return failed(l, err);
	if (tap_open(&l->options, &events, l, &l->tap))
		return cli_fail("%s: %s", l->command, tap_open_error());
	err = marks_open(l->out.case_dir, &l->marks);
	if (err)
		cli_fail("%s: no marks can be taken: %s", l->command,
		    telltap_strerror(err));
	return 0;
}

static int
on_mark(void *arg, const char *text, uint64_t pid, uint64_t user)
{
	struct live *l = arg;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return telltap_engine_mark(l->out.engine,
	    (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec, text,
	    pid, user);
}

int
live_poll(struct live *l, int timeout_ms)
{
	int err = tap_poll(l->tap, timeout_ms);

	if (!err && l->marks)
		marks_poll(l->marks, on_mark, l);
	if (!err && l->out.kept) {
		err = telltap_case_tick(l->out.kept);
		if (err)
			replay_case_failed(&l->out, err);
	}
	return err ? failed(l, err) : 0;
}

static int
drain(struct live *l)
{
	struct tap_stats before, after;
	int quiet = 0, code = 0;

	tap_stats(l->tap, &before);
	for (int i = 0; !code && quiet < QUIET_TURNS && i < TURNS_MAX; i++) {
		code = live_poll(l, TURN_MS);
		tap_stats(l->tap, &after);
		quiet = after.packets == before.packets && !after.held ?
			    quiet + 1 :
			    0;
		before = after;
	}
	return code;
}

static void
say_losses(const struct tap_stats *s)
{
	struct {
		uint64_t count;
		const char *what;
	} losses[] = {
		{ s->packets_dropped, "packets lost for lack of buffers" },
		{ s->ring_full, "records of the kernel lost" },
		{ s->watched_full, "processes that could not be marked" },
		{ s->storage_failed, "sockets that got no owner" },
		{ s->tuples_full, "addresses that could not be entered" },
		{ s->captures_failed, "interfaces without a capture" },
		{ s->files_full, "reads of files not counted" },
	};

	for (size_t i = 0; i < sizeof(losses) / sizeof(*losses); i++)
		if (losses[i].count)
			cli_fail("%llu %s",
			    (unsigned long long)losses[i].count,
			    losses[i].what);
}

int
live_finish(struct live *l)
{
	struct tap_stats s;
	int err, code = drain(l);

	if (code)
		return code;
	err = tap_report_rest(l->tap);
	tap_stats(l->tap, &s);
	say_losses(&s);
	if (!err)
		err = telltap_engine_drops(l->out.engine, s.packets_dropped,
		    s.ring_full + s.storage_failed + s.tuples_full +
			s.watched_full);
	if (!err)
		err = telltap_engine_unattributed(l->out.engine,
		    s.packets_unowned);
	if (!err)
		err = telltap_engine_finish(l->out.engine);
	if (!err)
		err = replay_end_output(&l->out);
	return err ? failed(l, err) : 0;
}

void
live_clear(struct live *l)
{
	tap_close(l->tap);
	marks_close(l->marks);
	replay_drop_output(&l->out);
	telltap_engine_free(l->out.engine);
	telltap_known_free(l->out.known_files);
	telltap_profiles_free(l->out.profile_set);
	for (unsigned i = 0; i < l->folder_count; i++)
		free(l->folders[i]);
	telltap_report_free(l->out.report);
	free(l->renumbered);
}
