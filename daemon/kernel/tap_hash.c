// SPDX-License-Identifier: Apache-2.0
#include "kernel/tap_state.h"

#include <stdlib.h>
#include <string.h>

/*
 * Hashes of executables. Reading one may take as long as its file's server likes,
 * so it is another process that reads, and an owner is told of before its hash is
 * there. Once it is, the owner is told of anew, with it.
 */

/* Owners that wait; one more is not told of anew. */
#define WAITING_MAX	8192

struct tap_hashes {
	struct {
		uint32_t image, owner;
	} waiting[WAITING_MAX];
	size_t count;
};

struct tap_hashes *
tap_hashes_new(void)
{
	return calloc(1, sizeof(struct tap_hashes));
}

/* Those that wait for that image's; told of anew if it is there. */
static void
let_go(struct tap *t, uint32_t image, bool tell)
{
	struct tap_hashes *hs = t->hashes;
	size_t kept = 0;

	for (size_t i = 0; i < hs->count; i++) {
		if (hs->waiting[i].image != image)
			hs->waiting[kept++] = hs->waiting[i];
		else if (tell && t->events.on_owner)
			tap_fail(t, t->events.on_owner(t->arg,
			    owners_info(t->owners, hs->waiting[i].owner)));
	}
	hs->count = kept;
}

static void
ask(struct tap *t, struct process *p)
{
	p->hash_asked = t->events.on_hash(t->arg, p);
	if (!p->hash_asked)
		let_go(t, p->owner, false);
}

void
tap_hash_want(struct tap *t, struct process *p, uint32_t owner)
{
	struct tap_hashes *hs = t->hashes;

	if (p->has_sha256 || p->hash_refused)
		return;
	if (!hs) {
		processes_hash(t->processes, p);
		return;
	}
	if (hs->count < WAITING_MAX) {
		hs->waiting[hs->count].image = p->owner;
		hs->waiting[hs->count++].owner = owner;
	}
	if (!p->hash_asked)
		ask(t, p);
}

void
tap_hash_is(struct tap *t, uint32_t image, const uint8_t *sha256)
{
	struct process *p = processes_find(t->processes, image);

	if (p && sha256)
		memcpy(p->sha256, sha256, sizeof(p->sha256));
	if (p) {
		p->has_sha256 = sha256 != NULL;
		p->hash_refused = !sha256;
	}
	let_go(t, image, p && sha256);
}

void
tap_hash_again(struct tap *t, uint32_t image)
{
	struct process *p = processes_find(t->processes, image);

	if (p)
		ask(t, p);
	else
		let_go(t, image, false);
}
