/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_JAIL_DOCTOR_H
#define SERVICE_JAIL_DOCTOR_H

#include "kernel/doctor.h"

/* What this machine has of what the engine's jail is made of, behind the rows
 * that are there; how many there are now. */
size_t jail_doctor_ask(struct doctor_row rows[DOCTOR_ROWS_MAX], size_t count);

#endif
