// SPDX-License-Identifier: Apache-2.0
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
