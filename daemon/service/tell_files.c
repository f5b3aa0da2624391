// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "kernel/process.h"
#include "service/own_file.h"
#include "service/tell.h"

int
tell_file_read(void *arg, const struct tap_file_read *in)
{
	struct message_file_read m = {
		.inode = in->inode,
		.size = in->size,
		.bytes = in->bytes,
		.end = in->end,
		.calls = in->calls,
		.first_ns = in->first_ns,
		.last_ns = in->last_ns,
		.dev_major = in->dev_major,
		.dev_minor = in->dev_minor,
		.number = in->number,
		.mapped = in->mapped,
		.has_process = in->process != NULL,
	};
	struct buf b;
	int err;

	buf_init(&b, 0);
	m.process.user = UINT64_MAX;
	if (in->process)
		tell_put_process(&b, in->process, NULL, &m.process);
	tell_put_text(&b, in->path, MESSAGE_TEXT_MAX, &m.path_len);
	err = tell(arg, MESSAGE_FILE_READ, &m, &b);
	buf_clear(&b);
	return err;
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

int
tell_file_open(void *arg, const struct tap_file_open *f)
{
	struct service *s = arg;
	struct message_file_expect expect = { .number = f->number };
	struct message_file_open m = {
		.size = f->size,
		.first_ns = f->first_ns,
		.number = f->number,
		.of_product = f->process &&
		    own_file(f->process->executable, f->path),
	};

	strncpy(m.name, base_name(f->path), sizeof(m.name) - 1);
	if (s->engine_lost || !s->engine.pid) {
		opener_drop(s, f->number, f->dev);
		return 0;
	}
	expect.fate = children_hand_file(s, &m, f->dev) ? EXPECT_PRINT :
							 EXPECT_LEFT_OUT;
	return tell(s, MESSAGE_FILE_EXPECT, &expect, NULL);
}

void
tell_expect(struct service *s, const struct message_file_expect *m)
{
	int err = tell(s, MESSAGE_FILE_EXPECT, m, NULL);

	if (err)
		(void)service_fail(s, err, "%s: %s", s->options.command,
		    err_text(err));
}

int
tell_file_find(void *arg, const struct tap_file_find *f)
{
	/* Without an answer it is found out when it is to be handed on. */
	(void)opener_find(arg, f);
	return 0;
}

int
tell_file_drop(void *arg, uint32_t number, uint32_t dev)
{
	opener_drop(arg, number, dev);
	return 0;
}

bool
tell_hash(void *arg, const struct process *p)
{
	return opener_hash(arg, p);
}
