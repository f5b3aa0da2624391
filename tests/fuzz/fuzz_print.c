// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "content/known/known_print.h"

/* Fingerprints of known files: lines, a NUL, and the bytes of all parts. A set
 * that they make can be sealed and scanned with, and no more bytes are taken
 * than there are. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
scan(const struct known *k, struct span bytes)
{
	struct scan_hint hint = { .outbound = true, .uses = true };
	const struct scan_findings *f;
	struct scan *s = scan_new(k, &hint);

	if (!s)
		return;
	if (bytes.len)
		scan_data(s, bytes.p, bytes.len);
	scan_finish(s, true, &f);
	for (size_t i = 0; i < f->use_count; i++)
		if (f->uses[i].file >= known_count(k) ||
		    f->uses[i].start > f->uses[i].end)
			abort();
	scan_free(s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size ? memchr(data, 0, size) : NULL;
	struct span all = { nul ? nul + 1 : data, nul ? size -
		(size_t)(nul + 1 - data) : 0 }, left = all;
	const uint8_t *line = data, *end = nul ? nul : data + size, *newline;
	struct known *k = known_new();
	struct known_print_line l;
	struct json_tree tree;
	int err = k ? 0 : -1;

	json_tree_init(&tree);
	while (!err && line < end &&
	       (newline = memchr(line, '\n', (size_t)(end - line)))) {
		const struct json_node *root;

		err = json_tree_read(&tree, (const char *)line,
		    (size_t)(newline - line), &root);
		if (!err)
			err = known_print_add(k, root, &left, &l);
		line = newline + 1;
	}
	if (left.len > all.len || left.p + left.len != all.p + all.len)
		abort();
	if (!err && !known_seal(k))
		scan(k, all);
	json_tree_clear(&tree);
	known_free(k);
	return 0;
}
