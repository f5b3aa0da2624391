/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVIDENCE_LOG_LINES_H
#define EVIDENCE_LOG_LINES_H

#include "base/err.h"
#include "base/span.h"
#include "evidence/event/event_json.h"

/* Lines of a log that may be anybody's, with bounded memory. */
struct log_lines {
	int fd;			/* the caller's */
	size_t start, end;
	bool ended;
	char buf[4 * (EVENT_LINE_MAX + 1)];
};

/* NULL if memory is out; to be freed with free(3). */
struct log_lines *log_lines_new(int fd);

/* 0; ERR_END; ERR_LIMIT for a line that is too long; ERR_TRUNCATED for one
 * without a newline; a code of read(2). The line lives until the next call. */
int log_lines_next(struct log_lines *l, struct span *ret_line) must_check;

#endif
