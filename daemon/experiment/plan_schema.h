/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXPERIMENT_PLAN_SCHEMA_H
#define EXPERIMENT_PLAN_SCHEMA_H

/* The plan as libcyaml reads it; for plan.c alone. */
struct cyaml_schema_value;
extern const struct cyaml_schema_value plan_schema;

#endif
