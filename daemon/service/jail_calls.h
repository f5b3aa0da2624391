/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_JAIL_CALLS_H
#define SERVICE_JAIL_CALLS_H

#include <stdbool.h>

#include "base/err.h"

/* The system calls that a jailed process may make; see jail.h. */
must_check int jail_calls_limit(bool threads);
/* The same for jail_options.reads_alone, and for jail_enter_opener(). */
must_check int jail_calls_reader(void);
must_check int jail_calls_opener(void);

/* For jail_enter_reader() and jail_enter_folder(): all but those that reach outside of the process. */
must_check int jail_calls_refuse(void);

#endif
