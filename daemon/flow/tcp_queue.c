// SPDX-License-Identifier: Apache-2.0
#include "flow/tcp_queue.h"

struct tcp_piece *
tcp_queue_find(const struct tcp_queue *q, uint64_t offset)
{
	struct tcp_piece *p = q->root, *found = NULL;

	/* most segments come behind all others */
	if (q->last && q->last->offset <= offset)
		return q->last;
	while (p) {
		if (p->offset <= offset) {
			found = p;
			p = p->right;
		} else {
			p = p->left;
		}
	}
	return found;
}

/* Cuts tree t into what lies before offset and what lies behind it. */
static void
split(struct tcp_piece *t, uint64_t offset, struct tcp_piece **left,
    struct tcp_piece **right)
{
	while (t) {
		if (t->offset < offset) {
			*left = t;
			left = &t->right;
			t = t->right;
		} else {
			*right = t;
			right = &t->left;
			t = t->left;
		}
	}
	*left = NULL;
	*right = NULL;
}

void
tcp_queue_insert(struct tcp_queue *q, struct tcp_piece *piece, uint32_t random)
{
	struct tcp_piece *before = tcp_queue_find(q, piece->offset);
	struct tcp_piece **link = &q->root;

	piece->priority = random;
	while (*link && (*link)->priority >= random)
		link = piece->offset < (*link)->offset ?
		    &(*link)->left : &(*link)->right;
	split(*link, piece->offset, &piece->left, &piece->right);
	*link = piece;
	piece->next = before ? before->next : q->first;
	if (before)
		before->next = piece;
	else
		q->first = piece;
	if (!piece->next)
		q->last = piece;
	q->len += piece->len;
}

struct tcp_piece *
tcp_queue_pop(struct tcp_queue *q)
{
	struct tcp_piece **link = &q->root, *piece;

	while ((*link)->left)
		link = &(*link)->left;
	piece = *link;
	*link = piece->right;
	q->first = piece->next;
	if (!q->first)
		q->last = NULL;
	q->len -= piece->len;
	return piece;
}
