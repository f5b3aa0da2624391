/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_PROFILE_SHOW_H
#define CLI_PROFILE_SHOW_H

#include <stdbool.h>

#include "profile/profile.h"

/* Profiles on stdout, as text or as one line of JSON. */
void profile_show_line(const struct profile *p, bool json);
void profile_show(const struct profile *p, bool json);
void profile_show_match(const struct profile_match *m, bool json);

#endif
