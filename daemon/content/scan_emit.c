// SPDX-License-Identifier: Apache-2.0
/* What decoders make of an item's bytes, held to the ceilings. */
#include "content/scan_tree.h"
#include "content/target.h"

bool
node_may_emit(struct scan_node *n, size_t len)
{
	n->output += len;
	n->s->output += len;
	if (n->output > SCAN_RATIO_FREE &&
	    n->output / SCAN_MAX_RATIO > n->size) {
		scan_limit(n->s, "unwraps to more than 1000 times its size");
		return false;
	}
	if (n->s->output > SCAN_ALL_FREE &&
	    n->s->output / SCAN_ALL_RATIO > n->s->root->size) {
		scan_limit(n->s, "archives in archives unwrap to more than 4000 "
		    "times the size");
		return false;
	}
	if (n->s->output > SCAN_MAX_OUTPUT) {
		scan_limit(n->s, "unwraps to more than 16 GiB");
		return false;
	}
	return true;
}

bool
node_emit(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct node_origin from = {
		.encoding = n->walker->name,
		.name = n->from.name,
		.declared_type = n->from.declared_type,
		.whole_parent = true,
	};

	if (!node_may_emit(n, len))
		return false;
	if (!n->child) {
		if (n->output > len)
			return false;
		from.coding = coding_rest(n->from.coding);
		n->child = node_open(n->s, n, &from);
		if (!n->child)
			return false;
	}
	node_data(n->child, p, len);
	return true;
}
