// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "engine/flow_record.h"
#include "engine/shard.h"

static bool
is_in_net(const struct packet_addr *a, const struct shard_net *net)
{
	unsigned whole = net->prefix / 8, rest = net->prefix % 8;

	if (memcmp(a->b, net->addr.b, whole))
		return false;
	return !rest || !((a->b[whole] ^ net->addr.b[whole]) >> (8 - rest));
}

static bool
is_endpoint(const struct shard_options *o, const struct packet_addr *a)
{
	for (size_t i = 0; i < o->net_count; i++)
		if (is_in_net(a, &o->nets[i]))
			return true;
	return false;
}

void
shard_orient(const struct shard *s, const struct flow *f, struct flow_user *u)
{
	bool a = is_endpoint(s->options, &f->addr[0]);
	bool b = is_endpoint(s->options, &f->addr[1]);

	u->endpoint_by = ENDPOINT_BY_FIRST_PACKET;
	u->endpoint_side = 0;
	if (f->owner_side) {
		u->endpoint_by = ENDPOINT_BY_ATTRIBUTION;
		u->endpoint_side = f->owner_side == 2;
	} else if (a != b) {
		u->endpoint_by = ENDPOINT_BY_OPTION;
		u->endpoint_side = b;
	} else if (f->syn_side) {
		u->endpoint_by = ENDPOINT_BY_SYN;
		u->endpoint_side = f->syn_side == 2;
	}
}
