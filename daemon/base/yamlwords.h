/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_YAMLWORDS_H
#define BASE_YAMLWORDS_H

#include "base/yamlfile.h"

/* What libcyaml complains of, in words for who wrote the file: what was found, and
 * what may stand there by the schema. why is replaced; outer is the key of the
 * mapping that it happened in, empty for the whole text. */
void yamlwords_put(const struct cyaml_schema_value *schema, const char *outer,
    struct yamlfile_wrong *w);

#endif
