// SPDX-License-Identifier: Apache-2.0
#include "service/engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "kernel/tap.h"

/* What the parent tells an engine of processes, whose texts lie behind. */

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

int
engine_hear_owner(struct engine_process *e, const struct message *m)
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

int
engine_hear_process(struct engine_process *e, const struct message *m)
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

int
engine_hear_client(struct engine_process *e, const struct message *m)
{
	const struct message_client *k = m->body;
	struct cursor c = cur_init(m->tail, m->tail_len);
	struct told_process t;
	int err = told_take(&t, &k->process, &c);
	struct telltap_client client = { .size = sizeof(client),
		.local_port = k->local_port, .remote_port = k->remote_port,
		.proto = k->proto, .since_ns = k->since_ns, .process = &t.p };

	memcpy(client.local, k->local, 16);
	memcpy(client.remote, k->remote, 16);
	if (!err)
		err = telltap_engine_client(e->engine, &client);
	told_clear(&t);
	return err;
}

int
engine_hear_file_read(struct engine_process *e, const struct message *m)
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
		.content = engine_reads_word(e->prints.reads, f->number),
	};

	if (!err && cur_failed(&c))
		err = ERR_MALFORMED;
	if (!err)
		err = telltap_engine_file_read(e->engine, &r);
	free(path);
	told_clear(&t);
	return err;
}
