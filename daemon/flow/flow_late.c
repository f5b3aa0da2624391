// SPDX-License-Identifier: Apache-2.0
#include "flow/flow_late.h"

#include <stdlib.h>
#include <string.h>

#include "flow/tcp_place.h"

#define WAIT_NS		UINT64_C(1000000000)
#define COUNT_MAX	32
#define BYTES_MAX	(256u << 10)
#define IN_VAIN_MAX	4

static size_t
size_of(const struct packet *p)
{
	return sizeof(struct flow_late) + p->payload_len;
}

/* NULL without memory. */
static struct flow_late_list *
list_of(struct flow_table *t, struct flow *f)
{
	struct tcp_odd *odd = tcp_half_odd(&f->half[0], &t->pool);

	if (odd != f->half[0].odd)
		return NULL;
	if (!odd->late)
		odd->late = calloc(1, sizeof(*odd->late));
	return odd->late;
}

bool
flow_late_take(struct flow_table *t, struct flow *f, unsigned side,
    const struct packet *p)
{
	struct flow_late_list *q;
	struct flow_late *l;

	if (!flow_late_is(f, side, p))
		return false;
	q = list_of(t, f);
	if (!q || q->in_vain == IN_VAIN_MAX ||
	    size_of(p) > t->pool.max - t->pool.used)
		return false;
	l = malloc(size_of(p));
	if (!l)
		return false;
	*l = (struct flow_late){ .side = side, .packet = *p };
	l->packet.payload = l->data;
	if (p->payload_len)
		memcpy(l->data, p->payload, p->payload_len);
	t->pool.used += size_of(p);
	if (!q->first)
		q->end = &q->first;
	*q->end = l;
	q->end = &l->next;
	q->count++;
	q->len += p->payload_len;
	return true;
}

static bool
is_over(const struct flow_late_list *q, uint64_t now_ns)
{
	return q->count > COUNT_MAX || q->len > BYTES_MAX ||
	    (int64_t)(now_ns - q->first->packet.ts_ns) >= (int64_t)WAIT_NS;
}

struct flow_late *
flow_late_next(struct flow_table *t, struct flow *f, uint64_t now_ns, bool all)
{
	struct flow_late_list *q = f->half[0].odd ? f->half[0].odd->late : NULL;
	struct flow_late **at = q ? &q->first : NULL, *l;

	if (!q || !q->first)
		return NULL;
	/* what the first waits for may itself wait behind it */
	while (*at && flow_late_is(f, (*at)->side, &(*at)->packet))
		at = &(*at)->next;
	if (!*at) {
		if (!all && !is_over(q, now_ns))
			return NULL;
		q->in_vain += q->in_vain < IN_VAIN_MAX;
		at = &q->first;
	}
	l = *at;
	*at = l->next;
	if (!l->next)
		q->end = at;
	q->count--;
	q->len -= l->packet.payload_len;
	t->pool.used -= size_of(&l->packet);
	return l;
}

void
flow_late_clear(struct flow *f)
{
	struct flow_late_list *q = f->half[0].odd ? f->half[0].odd->late : NULL;
	struct flow_late *l, *next;

	if (!q)
		return;
	for (l = q->first; l; l = next) {
		next = l->next;
		free(l);
	}
	free(q);
	f->half[0].odd->late = NULL;
}
