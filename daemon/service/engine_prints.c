// SPDX-License-Identifier: Apache-2.0
#include "service/engine_prints.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "service/engine.h"

#define HOLD_NS		5000000000ull
#define HOLD_BYTES	(64u << 20)
/* A fingerprinter that says nothing for so long gets no time to run. */
#define PATIENCE_NS	10000000000ull
/* At the end; one that never comes to an end is no use. */
#define SETTLE_NS	20000000000ull
#define TURN_MS		50

/* A message of the parent's, to be heard again. */
struct engine_waiting {
	struct engine_waiting *next;
	size_t body_len, tail_len;
	_Alignas(8) uint8_t data[];
};

void
engine_prints_init(struct engine_prints *p)
{
	*p = (struct engine_prints){ .link.fd = -1 };
	hold_init(&p->hold, HOLD_NS, HOLD_BYTES);
	p->end = &p->first;
}

static void
lose_link(struct engine_prints *p)
{
	channel_clear(&p->link);
	if (p->reads)
		engine_reads_give_up(p->reads);
}

static void
tell_full(struct engine_prints *p)
{
	static const struct message_empty nothing;

	if (p->told_full || !engine_reads_is_full(p->reads))
		return;
	p->told_full = true;
	if (channel_send(&p->link, MESSAGE_FULL, &nothing, NULL, 0) ||
	    channel_flush(&p->link))
		lose_link(p);
}

static int
need_reads(struct engine_process *e)
{
	if (!e->prints.reads)
		e->prints.reads = engine_reads_new(e->known_files);
	return e->prints.reads ? 0 : -ENOMEM;
}

/* It parses files of anybody's and may have been taken over: what it says that
 * makes no sense ends the link, and for want of one the process ends. */
static int
hear(struct engine_process *e)
{
	struct engine_prints *p = &e->prints;
	struct message m;
	int got = 0, err = p->link.fd < 0 ? -EAGAIN :
					    channel_read(&p->link, false);

	if (err == -EAGAIN)
		return 0;
	if (!err)
		err = need_reads(e);
	while (!err && (got = channel_next(&p->link, &m)) > 0) {
		err = engine_reads_print(p->reads, m.body, m.tail);
		p->heard_ns = clock_up_ns();
	}
	if (got < 0 || err == ERR_MALFORMED)
		fprintf(stderr, "telltap: the engine heard a message from the "
			"fingerprinter that is none\n");
	if (got < 0 || err)
		lose_link(p);
	else
		tell_full(p);
	return err == -ENOMEM ? err : 0;
}

void
engine_prints_link(struct engine_process *e, int fd)
{
	struct engine_prints *p = &e->prints;

	lose_link(p);
	channel_init(&p->link, fd, ROLE_ENGINE, ROLE_FINGERPRINTER);
	p->link.state = STATE_RUNNING;
	p->told_full = false;
	e->polls[1] = (struct pollfd){ fd, POLLIN, 0 };
}

int
engine_prints_expect(struct engine_process *e,
    const struct message_file_expect *m)
{
	struct message_file_expect now = *m;
	int err = need_reads(e);

	if (err)
		return err;
	/* Without a link nothing comes that could be waited for. */
	if (e->prints.link.fd < 0 && now.fate == EXPECT_PRINT)
		now.fate = EXPECT_LEFT_OUT;
	if (!engine_reads_pending(e->prints.reads))
		e->prints.heard_ns = clock_up_ns();
	engine_reads_expect(e->prints.reads, &now);
	return 0;
}

/* hold_fn */
static int
feed(void *arg, const struct telltap_packet *packets, size_t count)
{
	struct engine_process *e = arg;
	int err = engine_reads_join(e->prints.reads, e->engine);

	return err ? err : telltap_engine_feed(e->engine, packets, count);
}

int
engine_prints_feed(struct engine_process *e,
    const struct telltap_packet *packets, size_t count)
{
	struct hold_to to = { .give = feed, .arg = e };

	if (!engine_reads_pending(e->prints.reads) && !e->prints.hold.first)
		return feed(e, packets, count);
	return hold_add(&e->prints.hold, packets, count, &to);
}

static int
put_off(struct engine_prints *p, const struct message *m)
{
	size_t body_len = message_len(m->kind);
	struct engine_waiting *w = malloc(sizeof(*w) + body_len + m->tail_len);

	if (!w)
		return -ENOMEM;
	w->next = NULL;
	w->body_len = body_len;
	w->tail_len = m->tail_len;
	memcpy(w->data, m->body, body_len);
	if (m->tail_len)
		memcpy(w->data + body_len, m->tail, m->tail_len);
	*p->end = w;
	p->end = &w->next;
	return 0;
}

int
engine_prints_file_read(struct engine_process *e, const struct message *m)
{
	const struct message_file_read *f = m->body;

	return engine_reads_is_pending(e->prints.reads, f->number)
		   ? put_off(&e->prints, m)
		   : engine_hear_file_read(e, m);
}

/* In order, so that one may keep others waiting. */
static int
tell_reads(struct engine_process *e)
{
	struct engine_prints *p = &e->prints;
	struct engine_waiting *w;
	int err = 0;

	while (!err && (w = p->first)) {
		const struct message_file_read *f = (const void *)w->data;
		struct message m = { .kind = MESSAGE_FILE_READ, .body = f,
			.tail = w->data + w->body_len,
			.tail_len = w->tail_len, .fd = -1 };

		if (engine_reads_is_pending(p->reads, f->number))
			break;
		err = engine_hear_file_read(e, &m);
		p->first = w->next;
		if (!p->first)
			p->end = &p->first;
		free(w);
	}
	return err;
}

int
engine_prints_turn(struct engine_process *e)
{
	struct hold_to to = { .give = feed, .arg = e };
	struct engine_prints *p = &e->prints;
	int err = hear(e);

	if (p->link.fd < 0)
		e->polls[1].fd = -1;
	if (engine_reads_pending(p->reads) &&
	    clock_up_ns() - p->heard_ns > PATIENCE_NS)
		engine_reads_give_up(p->reads);
	if (!err)
		err = hold_release(&p->hold, engine_reads_pending(p->reads) ?
		    clock_ns(CLOCK_REALTIME) : UINT64_MAX, &to);
	return err ? err : tell_reads(e);
}

int
engine_prints_settle(struct engine_process *e)
{
	uint64_t begun = clock_up_ns();
	int err = engine_prints_turn(e);

	while (!err && engine_reads_pending(e->prints.reads)) {
		if (clock_up_ns() - begun > SETTLE_NS)
			lose_link(&e->prints);
		if (poll(&e->polls[1], 1, TURN_MS) < 0 && errno != EINTR)
			return -errno;
		err = engine_prints_turn(e);
	}
	return err;
}
