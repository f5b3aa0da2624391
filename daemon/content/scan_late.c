// SPDX-License-Identifier: Apache-2.0
/*
 * A second look at what has no structure. The codes of a compression that bears
 * no mark may fill all of an item's first bytes, so that nothing has come out of
 * them when its walker is chosen; four times as many are enough.
 */
#include "content/scan_tree.h"

void
node_choose_late(struct scan_node *n, const uint8_t *p, size_t len, bool whole)
{
	uint64_t before = n->size - len;	/* bytes that stand before p */
	size_t in_head = before < SCAN_KEEP ? (size_t)(SCAN_KEEP - before) : 0;

	if (!n->undecided || (n->head_len < SCAN_KEEP && !whole))
		return;
	n->undecided = false;
	if (n->missing || n->head_len < SCAN_HEAD ||
	    !node_start_walker(n, walker_try(n->head, n->head_len, whole)))
		return;
	n->walker->data(n, n->head, n->head_len);
	if (in_head < len && !n->stopped)
		n->walker->data(n, p + in_head, len - in_head);
}
