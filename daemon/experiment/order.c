// SPDX-License-Identifier: Apache-2.0
#include "experiment/order.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "canary/stream.h"

static int
draw_init(struct stream *s, const char *seed, const char *purpose,
    unsigned session)
{
	return stream_init(s, span_str(seed), purpose, session);
}

int
order_phases(const struct plan *p, const char *seed, unsigned session,
    unsigned ret_order[static PLAN_PHASES_MAX])
{
	struct stream s;
	int r = draw_init(&s, seed, "experiment phases", session);
	unsigned end;

	for (unsigned i = 0; i < p->phases_count; i++)
		ret_order[i] = i;
	for (unsigned from = 0; !r && from < p->phases_count; from = end) {
		end = from;
		while (end < p->phases_count &&
		    plan_is(p->phases[end].shuffle))
			end++;
		for (unsigned n = end - from; n > 1; n--) {
			unsigned k = from + (unsigned)stream_below(&s, n);
			unsigned last = from + n - 1, kept = ret_order[last];

			ret_order[last] = ret_order[k];
			ret_order[k] = kept;
		}
		end += end == from;
	}
	stream_clear(&s);
	return r;
}

int
order_canaries(const char *seed, unsigned session, const char *phase,
    size_t count, size_t *ret_order)
{
	struct stream s;
	char *purpose;
	int r;

	if (asprintf(&purpose, "experiment canaries of %s", phase) < 0)
		return -ENOMEM;
	r = draw_init(&s, seed, purpose, session);
	free(purpose);
	for (size_t i = 0; i < count; i++)
		ret_order[i] = i;
	for (size_t n = count; !r && n > 1; n--) {
		size_t k = stream_below(&s, n), kept = ret_order[n - 1];

		ret_order[n - 1] = ret_order[k];
		ret_order[k] = kept;
	}
	stream_clear(&s);
	return r;
}

int
order_seed(const char *seed, unsigned session, char ret_seed[static 65])
{
	uint8_t bytes[32];
	struct stream s;
	int r = draw_init(&s, seed, "experiment seed", session);

	if (!r) {
		stream_bytes(&s, bytes, sizeof(bytes));
		for (int i = 0; i < 32; i++)
			snprintf(ret_seed + 2 * i, 3, "%02x", bytes[i]);
	}
	stream_clear(&s);
	return r;
}
