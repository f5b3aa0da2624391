// SPDX-License-Identifier: Apache-2.0
/* What of the known files findings rest on, so that it can be kept and the
 * findings be made again without the files. */
#include <stdlib.h>

#include "content/scan_tree.h"

void
scan_use_range(struct scan *s, uint32_t file, uint64_t start, uint64_t end)
{
	size_t cap = s->use_cap ? 2 * s->use_cap : 16;
	struct scan_use *list;

	if (!s->wants_uses || s->use_count == SCAN_MAX_USES)
		return;
	if (s->use_count == s->use_cap) {
		list = reallocarray(s->uses, cap, sizeof(*list));
		if (!list)
			return;
		s->uses = list;
		s->use_cap = cap;
	}
	s->uses[s->use_count++] = (struct scan_use){ file, start, end };
}

void
scan_use_hash(struct scan *s, long file)
{
	if (file >= 0)
		scan_use_range(s, (uint32_t)file, 0, 0);
}

/* The file that a match names, or one that may be meant as well, or whose bytes
 * other files have too. */
static bool
is_named(const struct scan_item *item, uint32_t file)
{
	if (item->shared_bytes && item->shared_file == file)
		return true;
	for (size_t i = 0; i < item->match_count; i++) {
		const struct scan_match *m = &item->matches[i];

		if (m->file == file)
			return true;
		for (size_t j = 0; j < m->also_count; j++)
			if (m->also[j] == file)
				return true;
	}
	return false;
}

void
scan_use_matches(struct scan_node *n, const struct scan_item *item)
{
	const struct matcher *m = n->match;

	for (size_t i = 0; i < item->match_count; i++)
		scan_use_hash(n->s, item->matches[i].file);
	if (item->shared_bytes)
		scan_use_hash(n->s, item->shared_file);
	for (size_t i = 0; m && i < m->run_count; i++) {
		const struct match_run *r = &m->runs[i];
		uint32_t file = n->s->known->contents[r->content].file;

		if (!r->dead && is_named(item, file))
			scan_use_range(n->s, file, r->file_off, r->file_off + r->len);
	}
}
