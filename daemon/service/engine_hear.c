// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/diag.h"
#include "kernel/tap.h"
#include "service/engine.h"

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
hear_unwatched(struct engine_process *e, const struct message *message)
{
	const struct message_unwatched *m = message->body;
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

	if (err || e->poll_count == TAP_READER_CAPTURES_MAX +
				     ENGINE_FIRST_CAPTURE) {
		close(m->fd);
		return err ? err : ERR_LIMIT;
	}
	e->polls[e->poll_count] = (struct pollfd){ m->fd, POLLIN, 0 };
	e->numbers[e->poll_count++] = from->number;
	return 0;
}

static int
hear_early(struct engine_process *e, const struct message *m)
{
	const struct message_early *from = m->body;
	struct tap_early_packet p = {
		.netns = from->netns,
		.ts_ns = from->ts_ns,
		.data = m->tail,
		.cap_len = from->cap_len,
		.wire_len = from->wire_len,
		.interface = from->interface,
	};

	tap_reader_early(e->reader, &p);
	return 0;
}

static int
hear_capture_gone(struct engine_process *e, const struct message *m)
{
	const struct message_capture_gone *gone = m->body;
	uint32_t number = gone->number;

	tap_reader_remove(e->reader, number);
	for (size_t i = ENGINE_FIRST_CAPTURE; i < e->poll_count; i++) {
		if (e->numbers[i] != number)
			continue;
		close(e->polls[i].fd);
		e->polls[i] = e->polls[--e->poll_count];
		e->numbers[i] = e->numbers[e->poll_count];
		break;
	}
	return 0;
}

static int
hear_hold(struct engine_process *e, const struct message *m)
{
	const struct message_hold *h = m->body;
	struct tuple_holder holder = { .since_ns = h->since_ns,
		.cookie = h->cookie, .creator = h->creator,
		.sender = h->sender, .flags = h->flags, .owner = h->owner };

	/* The parent has a table of the same size, and counts what finds no
	 * room in it. */
	(void)!tuples_hold(e->tuples, &h->tuple, &holder);
	return 0;
}

static int
hear_guess(struct engine_process *e, const struct message *m)
{
	const struct message_guess *g = m->body;
	struct diag_socket s = { .local_port = g->local_port,
		.remote_port = g->remote_port, .proto = g->proto };

	memcpy(s.local, g->local, 16);
	memcpy(s.remote, g->remote, 16);
	(void)!tap_reader_guess(e->reader, &s, g->owner, g->now_ns);
	return 0;
}

static int
hear_session(struct engine_process *e, const struct message *m)
{
	const struct message_session *from = m->body;
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
		.early = from->early,
		.of_file = from->of_file,
		.data = m->tail,
		.len = from->text_len,
	};

	return telltap_engine_plaintext(e->engine, &p);
}

static int
hear_session_end(struct engine_process *e, const struct message *m)
{
	const struct message_session_end *from = m->body;

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
hear_prints(struct engine_process *e, const struct message *m)
{
	engine_prints_link(e, m->fd);
	return 0;
}

static int
hear_file_expect(struct engine_process *e, const struct message *m)
{
	return engine_prints_expect(e, m->body);
}

static int
hear_end(struct engine_process *e, const struct message *m)
{
	const struct message_end *end = m->body;

	(void)tuples_end_cookie(e->tuples, end->cookie, end->ts_ns);
	return 0;
}

static int
hear_keys(struct engine_process *e, const struct message *m)
{
	return telltap_engine_keys(e->engine, m->tail, m->tail_len);
}

static int
hear_drained(struct engine_process *e, const struct message *m)
{
	e->drained_ns = ((const struct message_drained *)m->body)->until_ns;
	e->drained = true;
	return 0;
}

static int
hear_number(struct engine_process *e, const struct message *m)
{
	e->packet = ((const struct message_number *)m->body)->packet;
	tap_reader_number(e->reader, e->packet);
	return 0;
}

static int
hear_finish(struct engine_process *e, const struct message *m)
{
	e->parent.state = STATE_ENDING;
	e->turns_left = ((const struct message_finish *)m->body)->turns;
	e->finishing = true;
	return 0;
}

static int
hear_last(struct engine_process *e, const struct message *m)
{
	e->parent.state = STATE_ENDED;
	memcpy(&e->losses, m->body, sizeof(e->losses));
	e->last = true;
	return 0;
}

static int (*const hearers[MESSAGE_KIND_COUNT])(struct engine_process *e,
    const struct message *m) = {
	[MESSAGE_OWNER] = engine_hear_owner,
	[MESSAGE_PROCESS] = engine_hear_process,
	[MESSAGE_SOCKET] = hear_socket,
	[MESSAGE_CLIENT] = engine_hear_client,
	[MESSAGE_PRINTS] = hear_prints,
	[MESSAGE_FILE_EXPECT] = hear_file_expect,
	[MESSAGE_FILE_READ] = engine_prints_file_read,
	[MESSAGE_CAPTURE] = hear_capture,
	[MESSAGE_CAPTURE_GONE] = hear_capture_gone,
	[MESSAGE_EARLY] = hear_early,
	[MESSAGE_UNWATCHED] = hear_unwatched,
	[MESSAGE_HOLD] = hear_hold,
	[MESSAGE_END] = hear_end,
	[MESSAGE_MARK] = hear_mark,
	[MESSAGE_KEYS] = hear_keys,
	[MESSAGE_SESSION] = hear_session,
	[MESSAGE_PLAINTEXT] = hear_plaintext,
	[MESSAGE_SESSION_END] = hear_session_end,
	[MESSAGE_GUESS] = hear_guess,
	[MESSAGE_DRAINED] = hear_drained,
	[MESSAGE_NUMBER] = hear_number,
	[MESSAGE_FINISH] = hear_finish,
	[MESSAGE_LAST] = hear_last,
};

static int
hear_one(struct engine_process *e, const struct message *m)
{
	return hearers[m->kind] ? hearers[m->kind](e, m) : ERR_MALFORMED;
}

int
engine_hear(struct engine_process *e, bool wait)
{
	struct message m;
	int got, err = channel_read(&e->parent, wait);

	if (err && err != -EAGAIN)
		return err;
	err = 0;
	/* What is said behind the last word may be there with it. */
	while (!err && !e->last && (got = channel_next(&e->parent, &m)) != 0)
		err = got < 0 ? got : hear_one(e, &m);
	return err;
}
