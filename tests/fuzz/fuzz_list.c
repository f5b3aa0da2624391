// SPDX-License-Identifier: Apache-2.0
/*
 * Any text as a list of hashes: it ends, each record has a hash and a name that
 * a catalogue can hold, and what is wrong is said.
 */
#include <stdlib.h>
#include <string.h>

#include "content/known/catalogue_list.h"
#include "content/known/known_manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct list_reader *l = list_over(data, len);
	struct list_record r;
	size_t records = 0;
	int got;

	if (!l)
		abort();
	while ((got = list_next(l, &r)) > 0) {
		if (!r.has_hash || r.has_hash >> KNOWN_HASH_COUNT ||
		    r.name.len > MANIFEST_NAME_MAX ||
		    (r.name.len && memchr(r.name.p, 0, r.name.len)) ||
		    ++records > len)
			abort();
	}
	if (got < 0 && (!list_error(l) || !list_line(l)))
		abort();
	list_close(l);
	return 0;
}
