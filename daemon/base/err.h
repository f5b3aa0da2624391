/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

/*
 * Error codes: 0 is success, negated errno values come first, ours lie below
 * them. A parser tells truncated input (more bytes might mend it) from
 * malformed input (nothing will) and from input it does not support.
 */
enum {
	ERR_TRUNCATED = -4096,		/* bytes end before the structure does */
	ERR_MALFORMED = -4097,		/* bytes contradict the format */
	ERR_UNSUPPORTED = -4098,	/* well formed, but not handled here */
	ERR_LIMIT = -4099,		/* a ceiling of ours was reached */
	ERR_END = -4100,		/* no more items; not a failure */
};

/* err_text - a sentence for people. Static storage, never NULL. */
const char *err_text(int err);

#define must_check __attribute__((warn_unused_result))

#endif
