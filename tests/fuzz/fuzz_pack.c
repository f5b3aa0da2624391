// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "content/known/known_pack.h"
#include "content/known/known_set.h"
#include "content/scan.h"

/* Packs of known files: what is none adds nothing, what is one can be sealed and
 * scanned with. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
scan(const struct known *k, const uint8_t *data, size_t size)
{
	struct scan_hint hint = { .outbound = true, .uses = true };
	const struct scan_findings *f;
	struct scan *s = scan_new(k, &hint);

	if (!s)
		return;
	if (size)
		scan_data(s, data, size);
	scan_finish(s, true, &f);
	for (size_t i = 0; i < f->use_count; i++)
		if (f->uses[i].file >= known_count(k) ||
		    f->uses[i].end > known_get(k, f->uses[i].file)->size)
			abort();
	scan_free(s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct known *k = known_new();
	int got = k ? known_unpack(k, (struct span){ data, size }) : -1;

	if (k && got && (known_count(k) || k->content_count ||
	    k->marks.count || known_index_anchors(k->index)))
		abort();
	if (!got && known_seal(k) == 0)
		scan(k, data, size);
	known_free(k);
	return 0;
}
