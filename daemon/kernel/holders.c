// SPDX-License-Identifier: Apache-2.0
#include "kernel/holders.h"

#include <stdlib.h>

#define FIRST_CAP	64

/* A record's time and a packet's come from two clocks that are matched to
 * within this. */
#define CLOCK_SLACK_NS	20000

struct holder_link {
	struct tuple_holder holder;
	uint32_t older, newer;		/* index + 1 */
};

bool
tuple_is_held(const struct tuple_holder *holder, uint64_t ts_ns)
{
	return holder->since_ns <= ts_ns + CLOCK_SLACK_NS;
}

void
holders_drop(struct holders *hs)
{
	free(hs->links);
	*hs = (struct holders){ 0 };
}

static void
remove_oldest(struct holders *hs, struct holder_chain *chain)
{
	uint32_t index = chain->oldest;
	struct holder_link *link = &hs->links[index - 1];

	chain->oldest = link->newer;
	if (link->newer)
		hs->links[link->newer - 1].older = 0;
	else
		chain->newest = 0;
	chain->count--;
	link->older = hs->free;
	hs->free = index;
	hs->count--;
}

static bool
has_room(struct holders *hs)
{
	size_t cap = hs->cap ? hs->cap * 2 : FIRST_CAP;
	struct holder_link *links;

	if (hs->free || hs->used < hs->cap)
		return true;
	if (hs->cap >= HOLDERS_MAX)
		return false;
	links = realloc(hs->links, cap * sizeof(*links));
	if (!links)
		return false;
	hs->links = links;
	hs->cap = cap;
	return true;
}

static uint32_t
take_link(struct holders *hs)
{
	uint32_t index = hs->free;

	if (index)
		hs->free = hs->links[index - 1].older;
	else
		index = (uint32_t)++hs->used;
	hs->count++;
	return index;
}

void
holders_push(struct holders *hs, struct holder_chain *chain,
    const struct tuple_holder *holder)
{
	uint32_t index;

	if (chain->count == HOLDERS_OF_TUPLE || !has_room(hs)) {
		hs->forgotten++;
		if (!chain->count)
			return;
		remove_oldest(hs, chain);
	}
	index = take_link(hs);
	hs->links[index - 1] = (struct holder_link){ *holder, chain->newest, 0 };
	if (chain->newest)
		hs->links[chain->newest - 1].newer = index;
	else
		chain->oldest = index;
	chain->newest = index;
	chain->count++;
}

void
holders_trim(struct holders *hs, struct holder_chain *chain, uint64_t next_ns,
    uint64_t before_ns)
{
	while (chain->count) {
		uint32_t newer = hs->links[chain->oldest - 1].newer;

		if ((newer ? hs->links[newer - 1].holder.since_ns : next_ns) >=
		    before_ns)
			break;
		remove_oldest(hs, chain);
	}
}

void
holders_clear(struct holders *hs, struct holder_chain *chain)
{
	while (chain->count)
		remove_oldest(hs, chain);
}

const struct tuple_holder *
holders_find(const struct holders *hs, const struct holder_chain *chain,
    uint64_t ts_ns)
{
	for (uint32_t i = chain->newest; i; i = hs->links[i - 1].older) {
		const struct holder_link *link = &hs->links[i - 1];

		if (!link->older || tuple_is_held(&link->holder, ts_ns))
			return &link->holder;
	}
	return NULL;
}
