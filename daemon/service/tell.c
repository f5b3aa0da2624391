// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "kernel/diag.h"
#include "kernel/kin.h"
#include "kernel/process.h"
#include "kernel/tap_reader.h"
#include "service/tell.h"

int
tell(struct service *s, uint32_t kind, const void *body, const struct buf *tail)
{
	int err;

	if (s->engine_lost || !s->engine.pid)
		return 0;
	if (tail && tail->failed)
		return -ENOMEM;
	err = channel_send(&s->engine.channel, kind, body,
	    tail ? tail->data : NULL, tail ? tail->len : 0);
	if (err != -EPIPE && err != -ETIMEDOUT)
		return err;
	s->engine_lost = true;
	return 0;
}

void
tell_put_text(struct buf *b, const char *text, size_t max, uint32_t *ret_len)
{
	size_t len = text ? strlen(text) : 0;

	*ret_len = (uint32_t)(len > max ? max : len);
	if (*ret_len)
		buf_append(b, text, *ret_len);
}

void
tell_put_process(struct buf *b, const struct process *p, const char *other,
    struct message_process *m)
{
	size_t args = p->args_len < MESSAGE_ARGS_MAX ? p->args_len
						     : MESSAGE_ARGS_MAX;

	m->pid = (uint64_t)p->pid;
	m->parent_pid = (uint64_t)p->parent_pid;
	m->user = p->uid == (uid_t)-1 ? UINT64_MAX : p->uid;
	m->start_ns = p->start_ns;
	m->outside = p->outside;
	m->has_sha256 = p->has_sha256;
	if (p->has_sha256)
		memcpy(m->sha256, p->sha256, 32);
	tell_put_text(b, p->executable, MESSAGE_TEXT_MAX, &m->executable_len);
	tell_put_text(b, p->name, sizeof(p->name) - 1, &m->name_len);
	if (args)
		buf_append(b, p->args, args);
	m->args_len = (uint32_t)args;
	tell_put_text(b, p->cgroup, MESSAGE_TEXT_MAX, &m->cgroup_len);
	tell_put_text(b, p->unit, MESSAGE_TEXT_MAX, &m->unit_len);
	tell_put_text(b, p->container, MESSAGE_TEXT_MAX, &m->container_len);
	tell_put_text(b, other, MESSAGE_TEXT_MAX, &m->other_len);
}

static int
on_owner(void *arg, const struct tap_owner_info *o)
{
	struct message_owner m = { .id = o->id };
	struct buf b;
	int err;

	buf_init(&b, 0);
	m.process.user = UINT64_MAX;
	if (o->process)
		tell_put_process(&b, o->process,
		    o->other ? o->other->executable : NULL, &m.process);
	if (o->other)
		m.process.other_pid = (uint64_t)o->other->pid;
	m.process.source = (uint8_t)o->source;
	m.process.certainty = (uint8_t)o->certainty;
	m.process.accepted = o->accepted;
	m.process.resolver = o->resolver;
	err = tell(arg, MESSAGE_OWNER, &m, &b);
	buf_clear(&b);
	return err;
}

static int
on_process(void *arg, const struct process *p, bool ended)
{
	struct message_process m = { .ended = ended };
	struct buf b;
	int err;

	buf_init(&b, 0);
	tell_put_process(&b, p, NULL, &m);
	if (ended) {
		m.end_ns = p->end_ns;
		m.exit_code = WIFEXITED(p->exit_status) ?
				  (uint64_t)WEXITSTATUS(p->exit_status) :
				  128u + (uint64_t)WTERMSIG(p->exit_status);
	}
	err = tell(arg, MESSAGE_PROCESS, &m, &b);
	buf_clear(&b);
	return err;
}

static int
on_client(void *arg, const struct tap_client_info *c)
{
	struct message_client m = { .local_port = c->local_port,
		.remote_port = c->remote_port, .proto = c->proto,
		.since_ns = c->since_ns };
	struct buf b;
	int err;

	buf_init(&b, 0);
	memcpy(m.local, c->local, 16);
	memcpy(m.remote, c->remote, 16);
	tell_put_process(&b, c->process, NULL, &m.process);
	err = tell(arg, MESSAGE_CLIENT, &m, &b);
	buf_clear(&b);
	return err;
}

static int
on_socket(void *arg, const struct tap_socket_count *in)
{
	struct message_socket m = {
		.ts_ns = in->ts_ns,
		.local_port = in->local_port,
		.remote_port = in->remote_port,
		.proto = in->proto,
		.live = in->live,
		.owner = in->owner,
		.tx_bytes = in->tx_bytes,
		.tx_pending = in->tx_pending,
		.rx_bytes = in->rx_bytes,
	};

	/* Only TCP's are told with their addresses. */
	if (in->proto != 6)
		return 0;
	memcpy(m.local, in->local, 16);
	memcpy(m.remote, in->remote, 16);
	return tell(arg, MESSAGE_SOCKET, &m, NULL);
}

static int
on_unwatched(void *arg, const struct tap_unwatched *u)
{
	struct message_unwatched m = { .bytes = u->bytes,
		.packets = u->packets, .connections = u->connections,
		.first_ns = u->first_ns, .last_ns = u->last_ns,
		.pid = u->pid };

	memcpy(m.address, u->address, sizeof(m.address));
	memcpy(m.name, u->name, sizeof(m.name));
	return tell(arg, MESSAGE_UNWATCHED, &m, NULL);
}

static void
on_note(void *arg, const char *text)
{
	service_say(arg, "%s", text);
}

static int
on_capture(void *arg, const struct tap_reader_capture *c, bool opened)
{
	struct service *s = arg;
	struct message_capture m = {
		.netns = c->netns,
		.number = c->number,
		.block_len = c->shape.block_len,
		.block_count = c->shape.block_count,
		.link_type = c->shape.link_type,
	};
	struct message_capture_gone gone = { c->number };
	int err;

	if (!opened)
		return tell(s, MESSAGE_CAPTURE_GONE, &gone, NULL);
	if (s->engine_lost || !s->engine.pid)
		return 0;
	err = channel_send_fd(&s->engine.channel, MESSAGE_CAPTURE, &m, c->fd);
	if (err != -EPIPE && err != -ETIMEDOUT)
		return err;
	s->engine_lost = true;
	return 0;
}

/* The bytes are passed on, not looked at. */
static int
on_early(void *arg, const struct tap_early_packet *from)
{
	struct message_early m = {
		.netns = from->netns,
		.ts_ns = from->ts_ns,
		.cap_len = from->cap_len,
		.wire_len = from->wire_len,
		.interface = from->interface,
	};
	const struct buf tail = { .data = (uint8_t *)(uintptr_t)from->data,
		.len = from->cap_len };

	return tell(arg, MESSAGE_EARLY, &m, &tail);
}

static int
on_hold(void *arg, const struct tap_tuple *tuple, const struct tuple_holder *h)
{
	struct message_hold m = {
		.tuple = *tuple,
		.since_ns = h->since_ns,
		.cookie = h->cookie,
		.creator = h->creator,
		.sender = h->sender,
		.flags = h->flags,
		.owner = h->owner,
	};

	return tell(arg, MESSAGE_HOLD, &m, NULL);
}

static int
on_end(void *arg, uint64_t cookie, uint64_t ts_ns)
{
	struct message_end m = { cookie, ts_ns };

	return tell(arg, MESSAGE_END, &m, NULL);
}

static int
on_guess(void *arg, const struct diag_socket *from, uint32_t owner,
    uint64_t now_ns)
{
	struct message_guess m = {
		.now_ns = now_ns,
		.owner = owner,
		.local_port = from->local_port,
		.remote_port = from->remote_port,
		.proto = from->proto,
	};

	memcpy(m.local, from->local, 16);
	memcpy(m.remote, from->remote, 16);
	return tell(arg, MESSAGE_GUESS, &m, NULL);
}

static int
on_session(void *arg, const struct tap_session *from)
{
	struct message_session m = {
		.tuple = from->tuple,
		.stream = from->stream,
		.ts_ns = from->ts_ns,
		.ambiguous = from->ambiguous,
	};

	return tell(arg, MESSAGE_SESSION, &m, NULL);
}

/* The bytes are passed on, not looked at. */
static int
on_plaintext(void *arg, const struct tap_plaintext *from)
{
	struct message_plaintext m = {
		.stream = from->stream,
		.ts_ns = from->ts_ns,
		.offset = from->offset,
		.text_len = from->len,
		.inbound = from->inbound,
		.early = from->early,
		.of_file = from->of_file,
	};
	const struct buf tail = { .data = (uint8_t *)(uintptr_t)from->data,
		.len = from->len };

	return tell(arg, MESSAGE_PLAINTEXT, &m, &tail);
}

static int
on_session_end(void *arg, uint64_t stream, uint64_t ts_ns, uint64_t out_len,
    uint64_t in_len)
{
	struct message_session_end m = { stream, ts_ns, out_len, in_len };

	return tell(arg, MESSAGE_SESSION_END, &m, NULL);
}

int
tell_mark(void *arg, const char *text, uint64_t pid, uint64_t user)
{
	struct message_mark m = { .pid = pid, .user = user };
	struct timespec now;
	struct buf b;
	int err;

	clock_gettime(CLOCK_REALTIME, &now);
	m.ts_ns = (uint64_t)now.tv_sec * 1000000000ull +
		  (uint64_t)now.tv_nsec;
	buf_init(&b, 0);
	tell_put_text(&b, text, MESSAGE_TEXT_MAX, &m.text_len);
	err = tell(arg, MESSAGE_MARK, &m, &b);
	buf_clear(&b);
	return err;
}

const struct tap_events tell_events = {
	.on_owner = on_owner,
	.on_process = on_process,
	.on_socket = on_socket,
	.on_client = on_client,
	.on_unwatched = on_unwatched,
	.on_file_read = tell_file_read,
	.on_file_find = tell_file_find,
	.on_file_open = tell_file_open,
	.on_file_drop = tell_file_drop,
	.on_hash = tell_hash,
	.on_session = on_session,
	.on_plaintext = on_plaintext,
	.on_session_end = on_session_end,
	.on_note = on_note,
	.on_capture = on_capture,
	.on_early = on_early,
	.on_hold = on_hold,
	.on_end = on_end,
	.on_guess = on_guess,
};

int
tell_keys(void *arg, const uint8_t *text, size_t len)
{
	struct message_text m = { .text_len = (uint32_t)len };
	struct buf b;
	int err;

	buf_init(&b, 0);
	buf_append(&b, text, len);
	err = tell(arg, MESSAGE_KEYS, &m, &b);
	if (b.data)
		explicit_bzero(b.data, b.len);
	buf_clear(&b);
	return err;
}
