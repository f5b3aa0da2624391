// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "protocol/tls/keylog.h"

/* A key log read whole and cut in two at a line's end is the same key log. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct keylog *whole = keylog_new(), *parts = keylog_new();
	const struct keylog_stats *a, *b;
	size_t cut = len / 2;

	while (cut < len && data[cut] != '\n')
		cut++;
	cut += cut < len;
	if (!whole || !parts || keylog_add(whole, data, len) ||
	    keylog_add(parts, data, cut) ||
	    keylog_add(parts, data + cut, len - cut))
		abort();
	a = keylog_stats(whole);
	b = keylog_stats(parts);
	if (a->secrets != b->secrets || a->usable != b->usable ||
	    a->unreadable != b->unreadable || a->secrets > a->usable)
		abort();
	for (int label = 0; label < KEYLOG_LABEL_COUNT && len >= 32; label++) {
		struct span s = keylog_find(whole, (enum keylog_label)label,
		    data);

		if (s.len > KEYLOG_SECRET_MAX)
			abort();
	}
	keylog_free(whole);
	keylog_free(parts);
	return 0;
}
