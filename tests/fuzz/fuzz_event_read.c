// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/event/event_json.h"
#include "evidence/event/event_read.h"

/*
 * A line that reads as an event is written as a line that reads as the same
 * event: the second and the third writing are equal, unless something had to be
 * left out.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
write_line(const struct event *e, struct buf *b)
{
	buf_init(b, 0);
	event_write_json(e, b);
	if (b->failed || b->len > EVENT_LINE_MAX)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct event_reader *r = event_reader_new();
	struct buf first, second;
	struct event e;

	if (!r || event_read_json(r, (const char *)data, size, &e))
		goto out;
	write_line(&e, &first);
	if (event_read_json(r, (char *)first.data, first.len, &e))
		abort();
	write_line(&e, &second);
	if (!memmem(first.data, first.len, "\"left_out\"", 10) &&
	    (first.len != second.len ||
		memcmp(first.data, second.data, first.len)))
		abort();
	buf_clear(&first);
	buf_clear(&second);
out:
	event_reader_free(r);
	return 0;
}
