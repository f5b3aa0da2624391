/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVIDENCE_EVENT_TOTALS_H
#define EVIDENCE_EVENT_TOTALS_H

#include <stdbool.h>
#include <stddef.h>

/* The counters of struct event_totals by the names that events give them, for
 * those who write, read and print them. Each list ends with a NULL name. */

struct event_total_field {
	const char *name;
	size_t offset;		/* of a uint64_t in struct event_totals */
	bool live;		/* written only where a kernel counted */
	bool rare;		/* written only where it occurred */
};

/* telltap.coverage and telltap.summary. */
extern const struct event_total_field event_coverage_fields[];
extern const struct event_total_field event_summary_fields[];

#endif
