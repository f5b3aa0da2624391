// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cursor.h"
#include "kernel/diag.h"
#include "kernel/tap.h"
#include "service/engine.h"

/* A text of a message, ended; NULL for an empty one. */
static char *
take_text(struct cursor *c, uint32_t len, int *err)
{
	const uint8_t *p = cur_bytes(c, len);
	char *text;

	if (!p || !len)
		return NULL;
	text = malloc(len + 1);
	if (!text) {
		*err = -ENOMEM;
		return NULL;
	}
	memcpy(text, p, len);
	text[len] = '\0';
	return text;
}

struct told_process {
	struct telltap_process p;
	char *texts[7];
};

static void
told_clear(struct told_process *t)
{
	for (size_t i = 0; i < sizeof(t->texts) / sizeof(*t->texts); i++)
		free(t->texts[i]);
}

static int
told_take(struct told_process *t, const struct message_process *m,
    struct cursor *c)
{
	static const char *const sources[] = { NULL, "kernel", "iterator" };
	static const char *const certainties[] = { NULL, "exact",
		"ambiguous" };
	const uint32_t lens[] = { m->executable_len, m->name_len, m->args_len,
		m->cgroup_len, m->unit_len, m->container_len, m->other_len };
	int err = 0;

	memset(t, 0, sizeof(*t));
	for (size_t i = 0; i < sizeof(lens) / sizeof(*lens); i++)
		t->texts[i] = take_text(c, lens[i], &err);
	if (cur_failed(c) || m->source > 2 || m->certainty > 2)
		err = ERR_MALFORMED;
	t->p = (struct telltap_process){
		.size = sizeof(t->p),
		.pid = m->pid,
		.parent_pid = m->parent_pid,
		.user = m->user,
		.start_ns = m->start_ns,
		.end_ns = m->end_ns,
		.exit_code = m->exit_code,
		.other_pid = m->other_pid,
		.executable = t->texts[0],
		.name = t->texts[1],
		.args = t->texts[2],
		.args_len = m->args_len,
		.cgroup = t->texts[3],
		.unit = t->texts[4],
		.container = t->texts[5],
		.other_executable = t->texts[6],
		.sha256 = m->has_sha256 ? m->sha256 : NULL,
		.ended = m->ended,
		.accepted = m->accepted,
		.resolver = m->resolver,
		.outside = m->outside,
		.source = err ? NULL : sources[m->source],
		.certainty = err ? NULL : certainties[m->certainty],
	};
	return err;
}

static int
hear_owner(struct engine_process *e, const struct message *m)
{
	const struct message_owner *o = m->body;
	struct cursor c = cur_init(m->tail, m->tail_len);
	struct message_packet_owner to = { .owner = o->id,
		.pid = o->process.pid,
		.ambiguous = o->process.certainty != TAP_EXACT };
	struct told_process t;
	int err = told_take(&t, &o->process, &c);

	if (!err && e->keeps_case) {
		to.text_len = o->process.executable_len;
		err = channel_send(&e->recorder, MESSAGE_PACKET_OWNER, &to,
		    m->tail, to.text_len);
	}
	if (!err)
		err = telltap_engine_owner(e->engine, o->id, &t.p);
	told_clear(&t);
	return err;
}

static int
hear_process(struct engine_process *e, const struct message *m)
{
	const struct message_process *p = m->body;
	struct cursor c = cur_init(m->tail, m->tail_len);
	struct told_process t;
	int err = told_take(&t, p, &c);

	if (!err)
		err = telltap_engine_process(e->engine,
		    p->ended ? p->end_ns : p->start_ns, &t.p);
	told_clear(&t);
	return err;
}

static int
hear_client(struct engine_process *e, const struct message *m)
{
	const struct message_client *k = m->body;
	struct cursor c = cur_init(m->tail, m->tail_len);
	struct told_process t;
	int err = told_take(&t, &k->process, &c);
	struct telltap_client client = { .size = sizeof(client),
		.local_port = k->local_port, .remote_port = k->remote_port,
		.process = &t.p };

	memcpy(client.local, k->local, 16);
	memcpy(client.remote, k->remote, 16);
	if (!err)
		err = telltap_engine_client(e->engine, &client);
	told_clear(&t);
	return err;
}

static int
hear_file_read(struct engine_process *e, const struct message *m)
{
	const struct message_file_read *f = m->body;
	struct cursor c = cur_init(m->tail, m->tail_len);
	struct told_process t;
	int err = told_take(&t, &f->process, &c);
	char *path = take_text(&c, f->path_len, &err);
	struct telltap_file_read r = {
		.size_of = sizeof(r),
		.process = f->has_process ? &t.p : NULL,
		.path = path ? path : "",
		.inode = f->inode,
		.size = f->size,
		.bytes = f->bytes,
		.end = f->end,
		.calls = f->calls,
		.first_ns = f->first_ns,
		.last_ns = f->last_ns,
		.dev_major = f->dev_major,
		.dev_minor = f->dev_minor,
		.mapped = f->mapped,
		.content = engine_reads_word(e->reads, f->number),
	};

	if (!err && cur_failed(&c))
		err = ERR_MALFORMED;
	if (!err)
		err = telltap_engine_file_read(e->engine, &r);
	free(path);
	told_clear(&t);
	return err;
}

/* The descriptor is closed here, for there may be many of them. */
static int
hear_file_open(struct engine_process *e, const struct message *m)
{
	int err = 0;

	if (!e->reads) {
		e->reads = engine_reads_new(e->known_files);
		err = e->reads ? 0 : -ENOMEM;
	}
	if (!err)
		engine_reads_take(e->reads, m->body, m->fd);
	close(m->fd);
	return err;
}

static int
hear_socket(struct engine_process *e, const struct message *m)
{
	const struct message_socket *s = m->body;
	struct telltap_socket_count c = {
		.size = sizeof(c),
		.ts_ns = s->ts_ns,
		.local_port = s->local_port,
		.remote_port = s->remote_port,
		.proto = s->proto,
		.live = s->live,
		.owner = s->owner,
		.payload_out = s->tx_bytes,
		.pending_out = s->tx_pending,
		.payload_in = s->rx_bytes,
	};

	memcpy(c.local, s->local, 16);
	memcpy(c.remote, s->remote, 16);
	return telltap_engine_socket(e->engine, &c);
}

static int
hear_unwatched(struct engine_process *e, const struct message_unwatched *m)
{
	struct telltap_unwatched u = { .size = sizeof(u), .bytes = m->bytes,
		.packets = m->packets, .connections = m->connections,
		.first_ns = m->first_ns, .last_ns = m->last_ns,
		.pid = m->pid };
	char name[sizeof(m->name) + 1] = "";

	memcpy(u.address, m->address, sizeof(u.address));
	memcpy(name, m->name, sizeof(m->name));
	u.name = name;
	return telltap_engine_unwatched(e->engine, &u);
}

static int
hear_capture(struct engine_process *e, const struct message *m)
{
	const struct message_capture *from = m->body;
	struct tap_reader_capture c = {
		.number = from->number,
		.netns = from->netns,
		.fd = m->fd,
		.shape = { from->block_len, from->block_count,
			(uint16_t)from->link_type },
	};
	int err = tap_reader_add(e->reader, &c);

	if (err || e->poll_count > TAP_READER_CAPTURES_MAX) {
		close(m->fd);
		return err ? err : ERR_LIMIT;
	}
	e->polls[e->poll_count] = (struct pollfd){ m->fd, POLLIN, 0 };
	e->numbers[e->poll_count++] = from->number;
	return 0;
}

static void
hear_capture_gone(struct engine_process *e, uint32_t number)
{
	tap_reader_remove(e->reader, number);
	for (size_t i = 1; i < e->poll_count; i++) {
		if (e->numbers[i] != number)
			continue;
		close(e->polls[i].fd);
		e->polls[i] = e->polls[--e->poll_count];
		e->numbers[i] = e->numbers[e->poll_count];
		return;
	}
}

static int
hear_hold(struct engine_process *e, const struct message_hold *h)
{
	struct tuple_holder holder = { .since_ns = h->since_ns,
		.cookie = h->cookie, .creator = h->creator,
		.sender = h->sender, .flags = h->flags, .owner = h->owner };

	/* The parent has a table of the same size, and counts what finds no
	 * room in it. */
	(void)!tuples_hold(e->tuples, &h->tuple, &holder);
	return 0;
}

static int
hear_guess(struct engine_process *e, const struct message_guess *g)
{
	struct diag_socket s = { .local_port = g->local_port,
		.remote_port = g->remote_port, .proto = g->proto };

	memcpy(s.local, g->local, 16);
	memcpy(s.remote, g->remote, 16);
	(void)!tap_reader_guess(e->reader, &s, g->owner, g->now_ns);
	return 0;
}

static int
hear_session(struct engine_process *e, const struct message_session *from)
{
	struct telltap_session s = {
		.size = sizeof(s),
		.stream = from->stream,
		.ts_ns = from->ts_ns,
		.local_port = from->tuple.local_port,
		.remote_port = from->tuple.remote_port,
		.ambiguous = from->ambiguous,
	};

	memcpy(s.local, from->tuple.local, 16);
	memcpy(s.remote, from->tuple.remote, 16);
	return telltap_engine_session(e->engine, &s);
}

static int
hear_plaintext(struct engine_process *e, const struct message *m)
{
	const struct message_plaintext *from = m->body;
	struct telltap_plaintext p = {
		.size = sizeof(p),
		.stream = from->stream,
		.ts_ns = from->ts_ns,
		.offset = from->offset,
		.inbound = from->inbound,
		.data = m->tail,
		.len = from->text_len,
	};

	return telltap_engine_plaintext(e->engine, &p);
}

static int
hear_session_end(struct engine_process *e,
    const struct message_session_end *from)
{
	return telltap_engine_session_end(e->engine, from->stream,
	    from->ts_ns, from->out_len, from->in_len);
}

static int
hear_mark(struct engine_process *e, const struct message *m)
{
	const struct message_mark *k = m->body;
	char *text = strndup((const char *)m->tail, m->tail_len);
	int err = text ? telltap_engine_mark(e->engine, k->ts_ns, text, k->pid,
			     k->user)
		       : -ENOMEM;

	free(text);
	/* One without a text is nothing to end for. */
	return err == -EINVAL ? 0 : err;
}

static int
hear_one(struct engine_process *e, const struct message *m)
{
	switch (m->kind) {
	case MESSAGE_OWNER:
		return hear_owner(e, m);
	case MESSAGE_PROCESS:
		return hear_process(e, m);
	case MESSAGE_SOCKET:
		return hear_socket(e, m);
	case MESSAGE_CLIENT:
		return hear_client(e, m);
	case MESSAGE_FILE_OPEN:
		return hear_file_open(e, m);
	case MESSAGE_FILE_READ:
		return hear_file_read(e, m);
	case MESSAGE_CAPTURE:
		return hear_capture(e, m);
	case MESSAGE_CAPTURE_GONE:
		hear_capture_gone(e,
		    ((const struct message_capture_gone *)m->body)->number);
		return 0;
	case MESSAGE_UNWATCHED:
		return hear_unwatched(e, m->body);
	case MESSAGE_HOLD:
		return hear_hold(e, m->body);
	case MESSAGE_END:
		(void)tuples_end_cookie(e->tuples,
		    ((const struct message_end *)m->body)->cookie,
		    ((const struct message_end *)m->body)->ts_ns);
		return 0;
	case MESSAGE_MARK:
		return hear_mark(e, m);
	case MESSAGE_KEYS:
		return telltap_engine_keys(e->engine, m->tail, m->tail_len);
	case MESSAGE_SESSION:
		return hear_session(e, m->body);
	case MESSAGE_PLAINTEXT:
		return hear_plaintext(e, m);
	case MESSAGE_SESSION_END:
		return hear_session_end(e, m->body);
	case MESSAGE_GUESS:
		return hear_guess(e, m->body);
	case MESSAGE_DRAINED:
		e->drained_ns =
		    ((const struct message_drained *)m->body)->until_ns;
		e->drained = true;
		return 0;
	case MESSAGE_NUMBER:
		e->packet = ((const struct message_number *)m->body)->packet;
		tap_reader_number(e->reader, e->packet);
		return 0;
	case MESSAGE_FINISH:
		e->parent.state = STATE_ENDING;
		e->turns_left =
		    ((const struct message_finish *)m->body)->turns;
		e->finishing = true;
		return 0;
	case MESSAGE_LAST:
		e->parent.state = STATE_ENDED;
		memcpy(&e->losses, m->body, sizeof(e->losses));
		e->last = true;
		return 0;
	default:
		return ERR_MALFORMED;
	}
}

int
engine_hear(struct engine_process *e, bool wait)
{
	struct message m;
	int got, err = channel_read(&e->parent, wait);

	if (err && err != -EAGAIN)
		return err;
	err = 0;
	while (!err && (got = channel_next(&e->parent, &m)) != 0)
		err = got < 0 ? got : hear_one(e, &m);
	return err;
}
