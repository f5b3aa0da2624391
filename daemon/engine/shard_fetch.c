// SPDX-License-Identifier: Apache-2.0
#include "engine/flow_record.h"
#include "engine/shard.h"

static void
fetch(const void *p, size_t len)
{
	for (size_t i = 0; i < len; i += 64)
		__builtin_prefetch((const char *)p + i, 1);
}

void
shard_fetch_flow(const struct shard *s, uint32_t fetched)
{
	const struct flow *f = flow_table_fetched(s->table, fetched);

	if (f)
		fetch(f, sizeof(*f) + sizeof(struct flow_user));
}

void
shard_fetch_conn(const struct shard *s, uint32_t fetched)
{
	const struct flow *f = flow_table_fetched(s->table, fetched);
	const struct flow_user *u = f ? flow_user_of(f) : NULL;

	if (u && u->conn)
		fetch(u->conn, 256);
}

void
shard_fetch_layer(const struct shard *s, uint32_t fetched)
{
	const struct flow *f = flow_table_fetched(s->table, fetched);
	const struct flow_user *u = f ? flow_user_of(f) : NULL;

	if (u && u->conn)
		conn_fetch(u->conn);
}

void
shard_fetch_end(void *arg, const struct flow *f, unsigned step)
{
	const struct flow_user *u = flow_user_of(f);

	if (!u || !u->conn)
		return;
	if (step == 0)
		fetch(u->conn, 192);
	else
		conn_fetch_end(u->conn);
}
