/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_DOCTOR_H
#define KERNEL_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * What this machine has of what the kernel tap needs, and what is lost where
 * it lacks something. Asks the kernel itself; changes nothing.
 */

enum doctor_state {
	DOCTOR_OK,
	DOCTOR_PART,		/* works, with a loss */
	DOCTOR_MISSING,		/* live watching does not work */
};

struct doctor_row {
	const char *what;
	enum doctor_state state;
	char found[160];
	const char *lost;	/* unless it is OK */
};

#define DOCTOR_ROWS_MAX 32

/* How many rows were filled. */
size_t doctor_ask(struct doctor_row rows[DOCTOR_ROWS_MAX]);

/* CapEff out of the text of /proc/self/status; 0 if it is not there. */
uint64_t doctor_parse_caps(const char *status);

#endif
