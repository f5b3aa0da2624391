// SPDX-License-Identifier: Apache-2.0
#include "engine/objects.h"

#include <string.h>

static bool
is_seen(const struct objects *o, const uint8_t *sha256)
{
	for (unsigned i = 0; i < o->count; i++)
		if (!memcmp(o->seen[i], sha256, 32))
			return true;
	return false;
}

static void
choose(struct objects *o, struct event_file *f)
{
	if (is_seen(o, f->sha256)) {
		f->kept = EVENT_KEPT;
		f->object = NULL;
		return;
	}
	if (!f->object || o->count == OBJECTS_MAX ||
	    f->size > OBJECTS_BYTES_MAX - o->bytes) {
		f->object = NULL;
		return;
	}
	memcpy(o->seen[o->count++], f->sha256, 32);
	o->bytes += f->size;
	f->kept = EVENT_KEPT;
}

void
objects_choose(struct objects *o, const struct event_transfer *t)
{
	/* They lie in an arena of the engine's own. */
	struct event_file *files = (struct event_file *)t->files;

	for (size_t i = 0; i < t->file_count; i++)
		if (files[i].kept != EVENT_NOT_ASKED)
			choose(o, &files[i]);
}
