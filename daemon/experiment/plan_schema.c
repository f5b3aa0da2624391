// SPDX-License-Identifier: Apache-2.0
#include "experiment/plan_schema.h"

#include <cyaml/cyaml.h>

#include "experiment/plan.h"

#define TEXT_MAX	4096
#define MAY		CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL

#define TEXT(key, flags, of, member)                                    \
	CYAML_FIELD_STRING_PTR(key, flags, struct of, member, 1, TEXT_MAX)
/* libcyaml's own takes any word that is not a no for a yes. */
#define YES_NO(key, of, member)                                         \
	CYAML_FIELD_ENUM_PTR(key, MAY | CYAML_FLAG_STRICT, struct of, member, \
	    answers, CYAML_ARRAY_LEN(answers))

static const cyaml_strval_t answers[] = {
	{ "no", 0 },
	{ "yes", 1 },
	{ "false", 0 },
	{ "true", 1 },
};

static const cyaml_strval_t states[] = {
	{ "keep", PLAN_NETWORK_KEEP },
	{ "cut", PLAN_NETWORK_CUT },
	{ "restore", PLAN_NETWORK_RESTORE },
};

static const struct cyaml_schema_value text_value = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, TEXT_MAX),
};

static const struct cyaml_schema_field phase_fields[] = {
	TEXT("name", CYAML_FLAG_POINTER, plan_phase, name),
	YES_NO("plant", plan_phase, plant),
	YES_NO("restart", plan_phase, restart),
	YES_NO("shuffle", plan_phase, shuffle),
	CYAML_FIELD_ENUM_PTR("network", MAY | CYAML_FLAG_STRICT,
	    struct plan_phase, network, states, CYAML_ARRAY_LEN(states)),
	TEXT("run", MAY, plan_phase, run),
	TEXT("each", MAY, plan_phase, each),
	CYAML_FIELD_UINT("wait", CYAML_FLAG_OPTIONAL, struct plan_phase, wait_s),
	CYAML_FIELD_UINT("timeout", CYAML_FLAG_OPTIONAL, struct plan_phase,
	    timeout_s),
	CYAML_FIELD_END,
};

static const struct cyaml_schema_value phase_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct plan_phase,
	    phase_fields),
};

static const struct cyaml_schema_field canaries_fields[] = {
	TEXT("folder", CYAML_FLAG_POINTER, plan_canaries, folder),
	CYAML_FIELD_UINT("count", CYAML_FLAG_OPTIONAL, struct plan_canaries,
	    count),
	CYAML_FIELD_SEQUENCE("types", MAY, struct plan_canaries, types,
	    &text_value, 1, CODE_COUNT_MAX),
	CYAML_FIELD_END,
};

static const struct cyaml_schema_field network_fields[] = {
	TEXT("cut", CYAML_FLAG_POINTER, plan_network_commands, cut),
	TEXT("restore", CYAML_FLAG_POINTER, plan_network_commands, restore),
	CYAML_FIELD_END,
};

static const struct cyaml_schema_field fields[] = {
	TEXT("experiment", CYAML_FLAG_POINTER, plan, experiment),
	TEXT("out", CYAML_FLAG_POINTER, plan, out),
	TEXT("seed", MAY, plan, seed),
	TEXT("restart", MAY, plan, restart),
	TEXT("key", MAY, plan, key),
	CYAML_FIELD_UINT("sessions", CYAML_FLAG_OPTIONAL, struct plan,
	    sessions),
	CYAML_FIELD_SEQUENCE("watch", CYAML_FLAG_POINTER, struct plan, watch,
	    &text_value, 1, PLAN_WATCH_MAX),
	CYAML_FIELD_MAPPING_PTR("canaries", CYAML_FLAG_POINTER, struct plan,
	    canaries, canaries_fields),
	CYAML_FIELD_MAPPING_PTR("network", MAY, struct plan, network,
	    network_fields),
	CYAML_FIELD_SEQUENCE("phases", CYAML_FLAG_POINTER, struct plan, phases,
	    &phase_value, 1, PLAN_PHASES_MAX),
	CYAML_FIELD_END,
};

const struct cyaml_schema_value plan_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct plan, fields),
};
