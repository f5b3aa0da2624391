// SPDX-License-Identifier: Apache-2.0
#include "kernel/owners.h"

#include <stdlib.h>
#include <string.h>

#include "bpf/socket.h"

#define KNOWN_FLAGS                                                 \
	(TAP_OLD | TAP_INHERITED | TAP_SHARED | TAP_FOREIGN |      \
	    TAP_PASSED_FD | TAP_ACCEPTED | TAP_JOINED)
#define BLOCK		1024
#define BLOCKS_MAX	4096

struct combination {
	uint32_t creator, sender, flags;
	uint32_t next;			/* same hash; number, 0 at the end */
	struct tap_owner_info info;
};

/* Blocks do not move, so that what owners_info() returns stays valid. */
struct owners {
	const struct processes *processes;
	struct combination *blocks[BLOCKS_MAX];
	uint32_t heads[65536];
	uint32_t count;
};

struct owners *
owners_new(const struct processes *processes)
{
	struct owners *os = calloc(1, sizeof(*os));

	if (os)
		os->processes = processes;
	return os;
}

void
owners_free(struct owners *os)
{
	if (!os)
		return;
	for (size_t i = 0; i < BLOCKS_MAX; i++)
		free(os->blocks[i]);
	free(os);
}

static struct combination *
combination_at(const struct owners *os, uint32_t id)
{
	return &os->blocks[(id - 1) / BLOCK][(id - 1) % BLOCK];
}

static void
describe(const struct owners *os, struct combination *c, uint32_t id)
{
	const struct process *made = processes_find(os->processes, c->creator);
	const struct process *sent = processes_find(os->processes, c->sender);
	struct tap_owner_info *info = &c->info;
	bool one, images;

	info->id = id;
	info->accepted = c->flags & TAP_ACCEPTED;
	info->source = c->flags & TAP_OLD ? TAP_SOURCE_ITERATOR :
					    TAP_SOURCE_KERNEL;
	/* exec makes another image of the same process. */
	one = !made || !sent || made->pid == sent->pid;
	images = one && made && sent && made != sent;
	info->process = one && sent ? sent : made;
	info->other = one ? NULL : sent;
	info->certainty = TAP_EXACT;
	if (c->flags & TAP_JOINED) {
		info->resolver = true;
		info->process = made;
		info->other = sent;
		if (!made || !sent)
			info->certainty = TAP_AMBIGUOUS;
		return;
	}
	/* Two images of one process are marked as sharing, too. */
	if (!info->process || !one ||
	    c->flags & (TAP_FOREIGN | TAP_PASSED_FD) ||
	    (c->flags & TAP_SHARED && !images))
		info->certainty = TAP_AMBIGUOUS;
}

uint32_t
owners_number(struct owners *os, uint32_t creator, uint32_t sender,
    uint32_t flags, const struct tap_owner_info **ret_info)
{
	uint32_t hash, id;
	struct combination *c;

	*ret_info = NULL;
	flags &= KNOWN_FLAGS;
	hash = (creator * 0x9e3779b1u ^ sender * 0x85ebca6bu ^
		   flags * 0xc2b2ae35u) >> 16;
	for (id = os->heads[hash]; id; id = c->next) {
		c = combination_at(os, id);
		if (c->creator == creator && c->sender == sender &&
		    c->flags == flags)
			return id;
	}
	id = os->count + 1;
	if (os->count / BLOCK >= BLOCKS_MAX)
		return 0;
	if (!os->blocks[os->count / BLOCK]) {
		os->blocks[os->count / BLOCK] = calloc(BLOCK, sizeof(*c));
		if (!os->blocks[os->count / BLOCK])
			return 0;
	}
	os->count++;
	c = combination_at(os, id);
	c->creator = creator;
	c->sender = sender;
	c->flags = flags;
	c->next = os->heads[hash];
	os->heads[hash] = id;
	describe(os, c, id);
	*ret_info = &c->info;
	return id;
}

const struct tap_owner_info *
owners_info(const struct owners *os, uint32_t id)
{
	return id && id <= os->count ? &combination_at(os, id)->info : NULL;
}

uint32_t
owners_count(const struct owners *os)
{
	return os->count;
}
