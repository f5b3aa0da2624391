// SPDX-License-Identifier: Apache-2.0
#include <errno.h>

#include "engine/engine.h"
#include "evidence/event/event_json.h"

const char *
telltap_event_json(struct telltap_engine *e, const struct event *event,
    size_t *ret_len)
{
	buf_reset(&e->line);
	event_write_json(event, &e->line);
	if (e->line.failed)
		return NULL;
	*ret_len = e->line.len;
	return (const char *)e->line.data;
}

static int
write_input(void *arg, struct event *event)
{
	struct telltap_engine *e = arg;

	event_write_json(event, &e->line);
	return e->line.failed ? -ENOMEM : 0;
}

const char *
telltap_engine_input_json(struct telltap_engine *e, size_t *ret_len)
{
	buf_reset(&e->line);
	if (engine_with_input(e, write_input, e))
		return NULL;
	*ret_len = e->line.len;
	return (const char *)e->line.data;
}
