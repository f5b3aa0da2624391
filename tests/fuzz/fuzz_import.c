// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdlib.h>

#include "source/import.h"

/* Logs of other tools: what is handed on is whole, and all of it is counted. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	uint64_t events, sum;
};

static uint64_t
read_all(struct span s)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < s.len; i++)
		sum += s.p[i];
	return sum;
}

static int
on_event(void *arg, const struct import_event *e)
{
	struct seen *seen = arg;

	seen->events++;
	seen->sum += read_all(e->guid) + read_all(e->executable) +
		     read_all(e->name) + read_all(e->args) +
		     read_all(e->query);
	if (!e->pid || !e->source || e->last_ns < e->ts_ns)
		abort();
	if (e->kind == IMPORT_CONNECTION && e->proto != 6 && e->proto != 17)
		abort();
	if (e->kind == IMPORT_QUERY && !e->query.len)
		abort();
	return seen->events == 10000 ? -1 : 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct import_stats stats = { 0 };
	struct seen seen = { 0 };
	int r = import_read((struct span){ data, size }, on_event, &seen,
	    &stats);

	if (stats.events < seen.events || (r == ERR_UNSUPPORTED && seen.events))
		abort();
	return 0;
}
