// SPDX-License-Identifier: Apache-2.0
/*
 * gRPC's messages, gRPC-Web's and Connect's: a byte of flags, the length in four
 * bytes, and so many bytes, which may be under the coding that the call declares.
 * Over HTTP/2 each is an entity of its own; in a body there may be several.
 */
#include <string.h>

#include "base/cursor.h"
#include "content/target.h"
#include "content/walk/walkers.h"

#define PREFIX_LEN	5
#define FLAG_PACKED	1
#define FLAGS		0x83	/* packed, and the last one: Connect's, gRPC-Web's */

struct grpc_state {
	uint8_t prefix[PREFIX_LEN];
	size_t have;		/* bytes of it */
	uint64_t left;		/* of the message */
};

/* All the prefixes that are there: a body that is declared so may be none, as
 * that of gRPC-Web is in base64. */
static bool
has_prefixes(const uint8_t *p, size_t len)
{
	struct cursor c = cur_init(p, len);
	uint32_t left;

	while (cur_left(&c) >= PREFIX_LEN) {
		if (cur_u8(&c) & ~FLAGS)
			return false;
		left = cur_be32(&c);
		cur_skip(&c, left < cur_left(&c) ? left : cur_left(&c));
	}
	return !cur_left(&c) || !(cur_u8(&c) & ~FLAGS);
}

bool
grpc_fits(struct span type, const uint8_t *p, size_t len)
{
	static const char *const types[] = {
		"application/grpc", "application/connect+",
	};

	type = header_main(type);
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		size_t n = strlen(types[i]);

		if (type.len >= n && span_caseeq((struct span){ type.p, n },
		    span_str(types[i])))
			return has_prefixes(p, len);
	}
	return false;
}

static bool
grpc_open_walk(struct scan_node *n)
{
	n->parsed = true;
	return true;
}

static void
begin_message(struct scan_node *n, struct grpc_state *st)
{
	struct cursor c = cur_init(st->prefix, PREFIX_LEN);
	bool packed = cur_u8(&c) & FLAG_PACKED;
	struct node_origin from = { .declared_file = n->from.declared_file };

	st->left = cur_be32(&c);
	if (packed)
		from.coding = n->from.coding;
	if (st->left)
		n->child = node_open(n->s, n, &from);
}

static void
end_message(struct scan_node *n, struct grpc_state *st, bool complete)
{
	st->have = 0;
	if (n->child)
		n->child->parent_bytes = n->child->size + PREFIX_LEN;
	node_close(n->child, complete);
	n->child = NULL;
}

static void
grpc_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct grpc_state *st = n->state;

	while (len) {
		size_t take = 1;

		if (st->have < PREFIX_LEN) {
			st->prefix[st->have++] = *p;
			if (st->have == PREFIX_LEN)
				begin_message(n, st);
		} else {
			take = st->left < len ? (size_t)st->left : len;
			if (n->child)
				node_data(n->child, p, take);
			st->left -= take;
		}
		if (st->have == PREFIX_LEN && !st->left)
			end_message(n, st, true);
		p += take;
		len -= take;
	}
}

static void
grpc_gap(struct scan_node *n, uint64_t len)
{
	struct grpc_state *st = n->state;

	if (st->have < PREFIX_LEN || len > st->left || !n->child) {
		/* where the next one begins is not known: bytes like any */
		end_message(n, st, false);
		n->parsed = false;
		n->child = node_open(n->s, n, &(struct node_origin){ 0 });
		st->left = UINT64_MAX;
		st->have = PREFIX_LEN;
		return;
	}
	node_gap(n->child, len);
	st->left -= len;
	if (!st->left)
		end_message(n, st, true);
}

static void
grpc_close(struct scan_node *n)
{
	struct grpc_state *st = n->state;

	if (st->have)
		n->parsed = false;
	end_message(n, st, false);
}

const struct walker walker_grpc = {
	.name = "grpc",
	.state_len = sizeof(struct grpc_state),
	.open = grpc_open_walk,
	.data = grpc_data,
	.gap = grpc_gap,
	.close = grpc_close,
};
