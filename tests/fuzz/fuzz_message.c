// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdlib.h>

#include "service/channel.h"

/* The first two bytes say who hears it and in which state; the rest is what
 * comes. Whatever is handed out lies within it, whole, and is taken up. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct channel *c, const struct message *m, size_t before)
{
	const uint8_t *body = m->body;
	uint8_t sum = 0;

	if (body != c->in.data + before + sizeof(struct message_head) ||
	    m->tail != body + message_len(m->kind) ||
	    m->tail + m->tail_len > c->in.data + c->in.len ||
	    c->at <= before || c->at > c->in.len || message_has_fd(m->kind))
		abort();
	for (size_t i = 0; i < message_len(m->kind) + m->tail_len; i++)
		sum ^= body[i];
	(void)*(volatile uint8_t *)&sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct channel c;
	struct message m;
	size_t before = 0;

	if (size < 2)
		return 0;
	channel_init(&c, -1, data[0] % ROLE_COUNT, data[0] / 16 % ROLE_COUNT);
	c.state = data[1] % (STATE_ENDED + 1);
	buf_append(&c.in, data + 2, size - 2);
	while (!c.in.failed && channel_next(&c, &m) == 1) {
		check(&c, &m, before);
		before = c.at;
	}
	channel_clear(&c);
	return 0;
}
