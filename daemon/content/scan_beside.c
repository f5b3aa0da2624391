// SPDX-License-Identifier: Apache-2.0
/* What may be hidden in an item that no walker explains, or that one only
 * guesses at: under XOR, behind a head of somebody's own, in a run of base64, in
 * base85. */
#include "content/format.h"
#include "content/scan_tree.h"
#include "content/walk/base85.h"
#include "content/walk/buried.h"
#include "content/walk/text_runs.h"
#include "content/walk/unxor.h"

static bool
is_unxored(const struct scan_node *n)
{
	return n->parent && unxor_found(n->parent->xored);
}

void
node_beside_begin(struct scan_node *n, const uint8_t *p, size_t len, bool whole)
{
	bool text = format_is_text(p, len);

	if (text && (!n->walker || walker_is_loose(n->walker)))
		n->base85 = base85_new(n, p, len);
	if ((n->walker && !walker_is_guess(n->walker)) ||
	    format_of(p, len).mime_type)
		return;
	if (!n->walker && text && len >= TEXT_RUN_MIN)
		n->runs = text_runs_new(n);
	else if (!n->walker && !text)
		n->buried = buried_new(n, p, len);
	/* one look into it is enough */
	n->undecided &= !n->buried;
	if (n->s->known->content_count && (!whole || len >= UNXOR_MIN) &&
	    !is_unxored(n))
		n->xored = unxor_new(n, text);
}

void
node_beside_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	if (n->xored)
		unxor_data(n->xored, p, len);
	if (n->runs)
		text_runs_data(n->runs, p, len);
	if (n->base85)
		base85_data(n->base85, p, len);
	if (n->buried)
		buried_data(n->buried, p, len);
}

void
node_beside_gap(struct scan_node *n, uint64_t len)
{
	if (n->xored)
		unxor_end(n->xored, false);
	if (n->runs)
		text_runs_gap(n->runs);
	base85_end(n->base85, false);
	n->base85 = NULL;
	if (n->buried)
		buried_gap(n->buried, len);
}

void
node_beside_end(struct scan_node *n, bool complete)
{
	text_runs_end(n->runs, complete);
	base85_end(n->base85, complete);
	buried_end(n->buried, complete);
	if (n->xored)
		unxor_end(n->xored, complete);
	n->runs = NULL;
	n->base85 = NULL;
	n->buried = NULL;
}
