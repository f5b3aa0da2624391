// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "evidence/bag_info.h"
#include "evidence/case_state.h"

/* What the program that makes the case knows of itself, and the engine does
 * not. */
static void
put_recorder(const struct telltap_case *c, struct buf *out)
{
	struct buf id;
	struct json j;

	buf_init(&id, 0);
	bag_info_build_id(&id);
	json_init(&j, out);
	json_object(&j, "recorder");
	json_text(&j, "build_id", (struct span){ id.data, id.len });
	json_str(&j, "clock", c->clock);
	json_close_object(&j);
	out->failed |= id.failed;
	buf_clear(&id);
}

static int
hand_on(struct telltap_case *c, const char *line, size_t len)
{
	return c->queue ? log_queue_add(c->queue, line, len)
			: log_append(&c->log, line, len);
}

int
case_add_first(struct telltap_case *c, const char *line, size_t len)
{
	struct buf whole;
	int err;

	if (!log_takes(line, len))
		return -EINVAL;
	if (c->parent && c->first.data != (const uint8_t *)line) {
		buf_reset(&c->first);
		buf_append(&c->first, line, len);
	}
	buf_init(&whole, 0);
	buf_append(&whole, line, len - 2);
	buf_u8(&whole, ',');
	put_recorder(c, &whole);
	if (!c->log.tree.size && c->previous.len) {
		buf_u8(&whole, ',');
		buf_append(&whole, c->previous.data, c->previous.len);
	}
	buf_str(&whole, "}}");
	err = whole.failed || c->first.failed
		  ? -ENOMEM
		  : hand_on(c, (const char *)whole.data, whole.len);
	buf_clear(&whole);
	c->begun |= !err;
	return err;
}
