// SPDX-License-Identifier: Apache-2.0
#include "engine/ties.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/reason.h"

#define ADDRESS_MAX	1024u
#define WORD_MAX	96u
#define VALID_NS	(UINT64_C(3600) * 1000000000)

struct tie {
	char address[ADDRESS_MAX];	/* "host/path" */
	size_t address_len;
	uint64_t hash;
	uint64_t flow, number;		/* of the look-up */
	uint64_t ts_ns, pid;
	char vendor[WORD_MAX], network[WORD_MAX], key[2 * WORD_MAX];
};

struct ties {
	struct tie *list[TIES_MAX];
	size_t next, count;
};

struct ties *
ties_new(void)
{
	return calloc(1, sizeof(struct ties));
}

void
ties_free(struct ties *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < TIES_MAX; i++)
		free(t->list[i]);
	free(t);
}

static uint64_t
hash_of(struct span a, struct span b)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < a.len; i++)
		h = (h ^ a.p[i]) * UINT64_C(0x100000001b3);
	for (size_t i = 0; i < b.len; i++)
		h = (h ^ b.p[i]) * UINT64_C(0x100000001b3);
	return h;
}

static void
copy_word(char *to, size_t max, struct span s)
{
	size_t n = s.len < max - 1 ? s.len : max - 1;

	if (n)
		memcpy(to, s.p, n);
	to[n] = '\0';
}

static void
remember(struct ties *t, const struct record *r, struct span address,
    const struct event_process *process)
{
	struct span none = { NULL, 0 };
	struct tie *e = t->list[t->next];

	if (address.len > ADDRESS_MAX)
		return;
	if (!e)
		e = t->list[t->next] = calloc(1, sizeof(*e));
	if (!e)
		return;
	memcpy(e->address, address.p, address.len);
	e->address_len = address.len;
	e->hash = hash_of(address, none);
	e->flow = r->flow.id;
	e->number = r->event.transfer->number;
	e->ts_ns = r->event.transfer->end_ns;
	e->pid = process ? process->pid : 0;
	copy_word(e->vendor, sizeof(e->vendor), r->cloud.vendor);
	copy_word(e->network, sizeof(e->network), r->cloud.network);
	copy_word(e->key, sizeof(e->key), r->cloud.key);
	t->next = (t->next + 1) % TIES_MAX;
	t->count++;
}

static bool
is_address(const struct tie *e, struct span host, struct span path)
{
	return e->address_len == host.len + path.len &&
	       !memcmp(e->address, host.p, host.len) &&
	       (!path.len || !memcmp(e->address + host.len, path.p, path.len));
}

/* The newest that fits. */
static const struct tie *
find(const struct ties *t, const struct event_transfer *tr,
    const struct event_process *process)
{
	struct span host = tr->http->host, path = tr->http->target;
	const uint8_t *mark = path.len ? memchr(path.p, '?', path.len) : NULL;
	const struct tie *found = NULL;
	uint64_t hash;

	if (mark)
		path.len = (size_t)(mark - path.p);
	hash = hash_of(host, path);
	for (size_t i = 0; i < TIES_MAX && t->list[i]; i++) {
		const struct tie *e = t->list[i];

		if (e->hash != hash || !is_address(e, host, path) ||
		    tr->start_ns < e->ts_ns ||
		    tr->start_ns - e->ts_ns > VALID_NS ||
		    (e->pid && process && e->pid != process->pid))
			continue;
		if (!found || e->ts_ns >= found->ts_ns)
			found = e;
	}
	return found;
}

static void
tie(struct record *r, const struct tie *e, struct ties_room *room)
{
	snprintf(room->id, sizeof(room->id), "%" PRIu64 ".%" PRIu64, e->flow,
	    e->number);
	snprintf(room->reason, sizeof(room->reason), "the answer to transfer "
	    "%s of %.60s gave this address to send to", room->id, e->vendor);
	snprintf(room->source, sizeof(room->source), "answer to transfer %s",
	    room->id);
	reason_add(r, &room->transfer, room->reasons,
	    sizeof(room->reasons) / sizeof(*room->reasons),
	    span_str(room->reason));
	room->transfer.tied_to = span_str(room->id);
	r->cloud = (struct event_cloud){
		.vendor = span_str(e->vendor),
		.network = span_str(e->network),
		.purpose = SPAN_LITERAL("sample-submission"),
		.source = span_str(room->source),
		.key = span_str(e->key),
	};
	r->event.cloud = &r->cloud;
}

void
ties_follow(struct ties *t, struct record *r,
    const struct event_process *process, struct ties_room *room)
{
	const struct event_transfer *tr = r->event.transfer;
	const struct tie *e;

	if (r->event.action != EVENT_TRANSFER)
		return;
	for (size_t i = 0; i < tr->grant_count && r->cloud.vendor.len; i++)
		remember(t, r, tr->grants[i], process);
	if (!t->count || !tr->http || !tr->http->request_body)
		return;
	e = find(t, tr, process);
	if (e)
		tie(r, e, room);
}
