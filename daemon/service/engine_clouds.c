// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "bpf/cloud.h"
#include "service/engine.h"
#include "verdict/event.h"

/* Addresses of the clouds that the product speaks to, as they become known from
 * its own names and connections; the parent has the kernel count what others
 * send there. Each is told once. */

struct engine_cloud {
	UT_hash_handle hh;
	struct packet_addr addr;
};

#define DNS_PORT	53

static int
learn(struct engine_process *e, const struct packet_addr *addr)
{
	struct message_cloud m;
	struct engine_cloud *c;

	HASH_FIND(hh, e->clouds, addr, sizeof(*addr), c);
	if (c || HASH_COUNT(e->clouds) >= TAP_CLOUDS_MAX)
		return 0;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->addr = *addr;
	HASH_ADD(hh, e->clouds, addr, sizeof(c->addr), c);
	memcpy(m.address, addr->b, sizeof(m.address));
	return channel_send(&e->parent, MESSAGE_CLOUD, &m, NULL, 0);
}

int
engine_clouds_learn(struct engine_process *e, const struct event *event)
{
	const struct event_transfer *t = event->transfer;
	int err = 0;

	/* What others have it carry goes where they want it to. */
	if (!t || e->orphaned || e->last || event->on_behalf_of ||
	    !event->process || event->process->accepted)
		return 0;
	if (t->dns)
		for (size_t i = 0; i < t->dns->address_count && !err; i++)
			err = learn(e, &t->dns->addresses[i]);
	else if (event->flow && event->flow->remote_port != DNS_PORT)
		err = learn(e, &event->flow->remote);
	if (!err)
		err = channel_flush(&e->parent);
	/* That it is gone is seen where it is listened to. */
	return err == -EPIPE || err == -ETIMEDOUT ? 0 : err;
}
