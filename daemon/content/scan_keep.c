// SPDX-License-Identifier: Apache-2.0
/* The bytes of items that may be files, within the ceilings of scan_keep. */
#include <stdlib.h>
#include <string.h>

#include "content/format_cut.h"
#include "content/scan_tree.h"

void
node_keep_begin(struct scan_node *n)
{
	n->keeps = n->s->keep && !n->from.enciphered;
	buf_init(&n->kept, n->keeps ? n->s->keep->each_max : 0);
}

static void
let_go(struct scan_node *n)
{
	if (n->keeps)
		n->s->keep->held -= n->kept.len;
	n->keeps = false;
	buf_clear(&n->kept);
}

void
node_keep(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct scan_keep *k = n->s->keep;

	if (len > k->all_max - k->held || n->missing) {
		let_go(n);
		return;
	}
	buf_append(&n->kept, p, len);
	if (n->kept.failed)
		let_go(n);
	else
		k->held += len;
}

void
node_keep_tail(struct scan_node *n, const uint8_t *p, size_t len)
{
	size_t keep = len < FORMAT_TAIL ? FORMAT_TAIL - len : 0;

	if (len > FORMAT_TAIL) {
		p += len - FORMAT_TAIL;
		len = FORMAT_TAIL;
	}
	if (n->tail_len > keep) {
		memmove(n->tail, n->tail + n->tail_len - keep, keep);
		n->tail_len = keep;
	}
	memcpy(n->tail + n->tail_len, p, len);
	n->tail_len += len;
}

/* A whole file: declared one, in a file's format, or all of a known one. */
static bool
may_be_file(const struct scan_item *item)
{
	if (!item->complete || item->missing || !item->has_sha256)
		return false;
	for (size_t i = 0; i < item->match_count; i++)
		if (item->matches[i].exact)
			return true;
	return !item->container && !item->cut &&
	    (item->declared_file || item->file_format);
}

void
node_keep_end(struct scan_node *n, struct scan_item *item)
{
	struct item_note *note = &n->s->notes[n->item];

	if (!n->keeps)
		return;
	if (n->kept.len != item->size || !item->size || !may_be_file(item)) {
		let_go(n);
		return;
	}
	item->bytes = note->kept = n->kept.data;
	note->kept_len = n->kept.len;
	n->keeps = false;
	buf_init(&n->kept, 0);
}

void
scan_keep_free(struct scan *s)
{
	for (size_t i = 0; i < s->item_count; i++) {
		if (s->notes[i].kept)
			s->keep->held -= s->notes[i].kept_len;
		free(s->notes[i].kept);
	}
}
