// SPDX-License-Identifier: Apache-2.0
#include "service/config_schema.h"

#include <cyaml/cyaml.h>

#include "service/targets.h"

#define TEXT_MAX	4096

static const struct cyaml_schema_value text_value = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, TEXT_MAX),
};

#define MAY	CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL

#define TEXT(key, of, member)                                           \
	CYAML_FIELD_STRING_PTR(key, MAY, struct of, member, 1, TEXT_MAX)
#define TEXTS(key, of, member)                                          \
	CYAML_FIELD_SEQUENCE(key, MAY, struct of, member, &text_value, 0, \
	    TARGETS_MAX)
/* libcyaml's own takes any word that is not a no for a yes. */
static const cyaml_strval_t answers[] = {
	{ "no", 0 },
	{ "yes", 1 },
	{ "false", 0 },
	{ "true", 1 },
};

#define YES_NO(key, of, member)                                         \
	CYAML_FIELD_ENUM_PTR(key, MAY | CYAML_FLAG_STRICT, struct of, member, \
	    answers, CYAML_ARRAY_LEN(answers))

static const struct cyaml_schema_field watch_fields[] = {
	TEXTS("exe", config_watch, exe),
	TEXTS("unit", config_watch, unit),
	TEXTS("cgroup", config_watch, cgroup),
	TEXTS("pid", config_watch, pid),
	TEXTS("user", config_watch, user),
	TEXTS("profile", config_watch, profile),
	YES_NO("descendants", config_watch, descendants),
	YES_NO("passed-sockets", config_watch, passed_sockets),
	YES_NO("file-reads", config_watch, file_reads),
	YES_NO("known-from-reads", config_watch, known_from_reads),
	YES_NO("tls-plaintext", config_watch, tls_plaintext),
	YES_NO("bpf", config_watch, bpf),
	CYAML_FIELD_END,
};

static const struct cyaml_schema_field fields[] = {
	CYAML_FIELD_MAPPING_PTR("watch", CYAML_FLAG_POINTER,
	    struct config_file, watch, watch_fields),
	TEXTS("known", config_file, known),
	TEXTS("archive-passwords", config_file, passwords),
	TEXTS("keylog", config_file, keylogs),
	TEXTS("tls-key", config_file, tls_keys),
	TEXT("profiles", config_file, profiles),
	TEXT("cases", config_file, cases),
	TEXT("part-size", config_file, part_size),
	TEXT("key", config_file, key),
	TEXT("lock", config_file, lock),
	TEXT("tsa", config_file, tsa),
	TEXT("tsa-ca", config_file, tsa_ca),
	TEXT("tsa-tls-ca", config_file, tsa_tls_ca),
	YES_NO("packets", config_file, packets),
	YES_NO("objects", config_file, objects),
	YES_NO("digests", config_file, digests),
	YES_NO("dpi", config_file, dpi),
	CYAML_FIELD_END,
};

const struct cyaml_schema_value config_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct config_file, fields),
};
