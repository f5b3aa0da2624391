/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROFILE_SCHEMA_H
#define PROFILE_SCHEMA_H

#include <cyaml/cyaml.h>

/* The form of a profile's YAML, as libcyaml takes it: what may be in it, of
 * which type, how long and how many. */
extern const struct cyaml_schema_value profile_schema;

#endif
