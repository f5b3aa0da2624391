/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_YAMLFILE_H
#define BASE_YAMLFILE_H

#include <stddef.h>

#include "base/err.h"

/*
 * A file of YAML that a person wrote, read by libcyaml into structs, with one
 * line that says what is wrong with it and where. For files that are read once,
 * by the process that was started with them. Aliases are refused: an alias of
 * an alias of an alias is a bomb.
 */
#define YAMLFILE_ERROR_MAX	512
#define YAMLFILE_MAX	(1 << 20)

struct cyaml_schema_value;

/* ERR_MALFORMED or an errno value, and "PATH: line 7: field: why". Free with
 * yamlfile_free() by the same schema. */
int yamlfile_load(const char *path, const struct cyaml_schema_value *schema,
    void **ret_data, char ret_error[static YAMLFILE_ERROR_MAX]) must_check;
/* What is wrong with a text; where is the field, empty if it is not known. */
struct yamlfile_wrong {
	unsigned line;		/* 0: not known */
	char where[128], why[256];
};

/* The same of a text that the caller has read; NUL bytes are refused.
 * ERR_MALFORMED or -ENOMEM, with what is wrong. */
int yamlfile_parse(const void *text, size_t len,
    const struct cyaml_schema_value *schema, void **ret_data,
    struct yamlfile_wrong *ret_wrong) must_check;
/* Where a value of a file that was read stands, as yamlplace_find() has it. */
unsigned yamlfile_line(const char *path, const char *outer, const char *key,
    const char *value);
/* Accepts NULL. */
void yamlfile_free(const struct cyaml_schema_value *schema, void *data);

#endif
