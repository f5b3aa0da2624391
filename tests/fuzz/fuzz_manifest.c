// SPDX-License-Identifier: Apache-2.0
/*
 * Any text as a manifest: it is refused with its line, or read, and then each
 * file has one hash and a name, and is found again by it.
 */
#include <stdlib.h>
#include <string.h>

#include "content/known/known_set.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct known *k = known_new();
	size_t same;

	if (!k)
		abort();
	(void)known_is_manifest("x.sha256", data, len);
	if (known_add_manifest(k, "x.sha256", data, len)) {
		if (strncmp(known_error(k), "x.sha256:", 9))
			abort();
		known_free(k);
		return 0;
	}
	if (known_seal(k))
		abort();
	for (size_t i = 0; i < known_count(k); i++) {
		const struct known_file *f = known_get(k, i);
		int alg = __builtin_ctz(f->has_hash);
		long found = known_find_hash(k, (enum known_hash)alg,
		    f->hash[alg], &same);

		if (found < 0 || (size_t)found > i || !same)
			abort();
	}
	known_free(k);
	return 0;
}
